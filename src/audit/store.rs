//! The rows of the audit log, which are added and never changed (triggers refuse it), and the alarms that follow from
//! them.

use chrono::Duration;
use uuid::Uuid;

use super::{Action, AuditRow, TOO_MANY};
use crate::{
    core::{ClinicId, PatientId, Result, Role, Stamp, UserId, time::Instant},
    db::{Tx, insert_rows, sql},
    row,
};

/// Adds the rows.
///
/// # Errors
/// When the database refuses.
pub async fn write(tx: &mut Tx, rows: &[AuditRow]) -> Result<()> {
    if cfg!(feature = "unguarded") {
        return Ok(());
    }
    let values = rows.iter().map(|row| {
        row![
            row.at,
            row.user,
            row.roles.as_str(),
            row.action,
            row.what,
            row.subject,
            row.patient,
            row.clinic,
            row.address.as_str(),
            row.request.as_str(),
            row.why.as_str(),
        ]
    });
    let head =
        "INSERT INTO audit_log (at, user_id, roles, action, what, subject_id, patient_id, clinic_id, address, request_id, why) VALUES ";
    insert_rows(tx, head, "", values.collect()).await?;
    for row in rows.iter().filter(|row| row.action == Action::Refused && row.what == TOO_MANY) {
        raise_alarm(tx, row.user, row.at).await?;
    }
    Ok(())
}

/// Returns the patients whose records the user opened since then, each with the latest time.
pub(super) async fn opened(tx: &mut Tx, user: UserId, since: Instant, lists: &[&'static str]) -> Result<Vec<(PatientId, Instant)>> {
    let query = sql("SELECT patient_id, max(at) FROM openings WHERE user_id = ")
        .push_bind(user)
        .push(" AND at > ")
        .push_bind(since)
        .push(" AND what NOT IN ")
        .push_list(lists.iter().copied());
    Ok(tx.all(query.push(" GROUP BY patient_id")).await?)
}

/// Records that a user opens too many records, so that the auditors are notified, at most once an hour.
async fn raise_alarm(tx: &mut Tx, user: UserId, now: Instant) -> Result<()> {
    let query = sql("INSERT INTO opening_alarms (user_id, raised_at) VALUES ($1, $2)
        ON CONFLICT (user_id) DO UPDATE SET raised_at = excluded.raised_at, told_at = NULL WHERE opening_alarms.raised_at <= $3")
    .bind(user)
    .bind(now)
    .bind(now - Duration::hours(1));
    tx.execute(query).await?;
    Ok(())
}

/// A user who was refused further records.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Alarm {
    pub user_id: UserId,
    pub login: String,
    pub display_name: String,
}

/// Whether any alarm has no notification yet.
///
/// # Errors
/// When the database refuses.
pub async fn alarms_wait(tx: &mut Tx) -> Result<bool> {
    let waiting = "SELECT (SELECT count(*) FROM opening_alarms WHERE told_at IS NULL) + (SELECT count(*) FROM role_alarms)";
    Ok(tx.count(sql(waiting)).await? > 0)
}

/// Returns the users who were refused further records and whom no notification names yet, and marks them as notified.
///
/// # Errors
/// When the database refuses.
pub async fn take_alarms(tx: &mut Tx, now: Instant) -> Result<Vec<Alarm>> {
    let waiting: Vec<Alarm> = tx
        .all(sql(
            "SELECT a.user_id, u.login, u.display_name FROM opening_alarms a JOIN users u ON u.id = a.user_id WHERE a.told_at IS NULL",
        ))
        .await?;
    let mut taken = Vec::new();
    for alarm in waiting {
        let query = sql("UPDATE opening_alarms SET told_at = $2 WHERE user_id = $1 AND told_at IS NULL").bind(alarm.user_id).bind(now);
        // Otherwise another node has taken it first.
        if tx.execute(query).await? == 1 {
            taken.push(alarm);
        }
    }
    Ok(taken)
}

crate::text_enum! {
    /// The kind of a change of a user's roles.
    pub enum RoleChange("what") {
        /// A role with access to data was granted.
        Given = "given",
        /// A role that reads the audit log was removed.
        Taken = "taken",
        /// A user with such a role was deactivated, permanently or for a time.
        Deactivated = "deactivated",
    }
}

/// Records a change of a user's roles, so that the auditors are notified.
///
/// # Errors
/// When the database refuses.
pub async fn raise_role_alarm(
    tx: &mut Tx,
    (what, user): (RoleChange, UserId),
    (role, clinic): (Role, Option<ClinicId>),
    stamp: Stamp,
) -> Result<()> {
    let query =
        sql("INSERT INTO role_alarms (id, user_id, role, clinic_id, granted_by, granted_at, what) VALUES ($1, $2, $3, $4, $5, $6, $7)")
            .bind(Uuid::now_v7())
            .bind(user)
            .bind(role)
            .bind(clinic)
            .bind(stamp.by)
            .bind(stamp.at)
            .bind(what);
    tx.execute(query).await?;
    Ok(())
}

/// A change of a user's roles.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RoleAlarm {
    id: Uuid,
    pub what: RoleChange,
    pub role: Role,
    /// The clinic's name; `None` is all clinics.
    pub clinic: Option<String>,
    pub user_id: UserId,
    pub display_name: String,
    /// The user who changed it.
    pub by_id: UserId,
    pub by_login: String,
    pub by_name: String,
}

/// Reads the changes of roles without a notification and deletes them, because the caller notifies the auditors. Without an auditor,
/// granted roles stay until there is one.
///
/// # Errors
/// When the database refuses.
pub async fn take_role_alarms(tx: &mut Tx, has_auditors: bool) -> Result<Vec<RoleAlarm>> {
    let query = sql("SELECT a.id, a.what, a.role, c.name AS clinic, a.user_id, u.display_name, a.granted_by AS by_id, g.login AS by_login,
            g.display_name AS by_name
        FROM role_alarms a JOIN users u ON u.id = a.user_id JOIN users g ON g.id = a.granted_by LEFT JOIN clinics c ON c.id = a.clinic_id")
    .push(if has_auditors { "" } else { " WHERE a.what <> 'given'" })
    .push(" ORDER BY a.granted_at, a.id LIMIT 100");
    let mut taken = Vec::new();
    for alarm in tx.all::<RoleAlarm>(query).await? {
        // Otherwise another node has taken it first.
        if tx.execute(sql("DELETE FROM role_alarms WHERE id = $1").bind(alarm.id)).await? == 1 {
            taken.push(alarm);
        }
    }
    Ok(taken)
}
