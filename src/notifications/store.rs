//! The SQL of notifications. Every query names the user, so that no user reads another's notifications.

use crate::{
    core::{NotificationId, PatientId, Result, UserId, time::Instant},
    db::{Tx, sql},
};

use super::{Hearer, Notice};

pub(super) async fn insert(tx: &mut Tx, id: NotificationId, hearer: Hearer, notice: &Notice, link: &str, now: Instant) -> Result<()> {
    let facts = serde_json::to_value(notice).unwrap_or_default();
    let kind = facts.get("kind").and_then(|kind| kind.as_str()).unwrap_or_default().to_owned();
    let details = facts.get("details").map_or_else(|| "{}".to_owned(), ToString::to_string);
    let query =
        sql("INSERT INTO notifications (id, user_id, kind, details, link, created_at, dependant_id) VALUES ($1, $2, $3, $4, $5, $6, $7)")
            .bind(id)
            .bind(hearer.user)
            .bind(kind)
            .bind(details)
            .bind(link)
            .bind(now)
            .bind(hearer.dependant);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn unread(tx: &mut Tx, user: UserId) -> Result<i64> {
    Ok(tx.count(sql("SELECT count(*) FROM notifications WHERE user_id = $1 AND read_at IS NULL").bind(user)).await?)
}

/// A notification as stored.
pub(super) struct Kept {
    pub id: NotificationId,
    /// `None` when a newer program wrote a kind that this program does not know.
    pub notice: Option<Notice>,
    pub at: Instant,
    pub read: bool,
    /// The patient whom it concerns, if that is not the user.
    pub dependant: Option<PatientId>,
}

#[derive(sqlx::FromRow)]
struct KeptRow {
    id: NotificationId,
    kind: String,
    details: String,
    created_at: Instant,
    read_at: Option<Instant>,
    dependant_id: Option<PatientId>,
}

pub(super) async fn newest(tx: &mut Tx, user: UserId, limit: i64, offset: i64) -> Result<Vec<Kept>> {
    let query = sql("SELECT id, kind, details, created_at, read_at, dependant_id FROM notifications WHERE user_id = $1
        ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3")
    .bind(user)
    .bind(limit)
    .bind(offset);
    let rows: Vec<KeptRow> = tx.all(query).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let details: serde_json::Value = serde_json::from_str(&row.details).unwrap_or_default();
            let notice = serde_json::from_value(serde_json::json!({ "kind": row.kind, "details": details })).ok();
            Kept { id: row.id, notice, at: row.created_at, read: row.read_at.is_some(), dependant: row.dependant_id }
        })
        .collect())
}

/// Marks a notification as read; returns its link and the dependant whom it concerns, or `None` when it belongs to
/// another user.
pub(super) async fn read(tx: &mut Tx, user: UserId, id: NotificationId, now: Instant) -> Result<Option<(String, Option<PatientId>)>> {
    let query = sql("UPDATE notifications SET read_at = coalesce(read_at, $3) WHERE id = $1 AND user_id = $2 RETURNING link, dependant_id")
        .bind(id)
        .bind(user)
        .bind(now);
    Ok(tx.optional(query).await?)
}

pub(super) async fn read_all(tx: &mut Tx, user: UserId, now: Instant) -> Result<()> {
    tx.execute(sql("UPDATE notifications SET read_at = $2 WHERE user_id = $1 AND read_at IS NULL").bind(user).bind(now)).await?;
    Ok(())
}
