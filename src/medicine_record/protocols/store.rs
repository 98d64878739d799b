//! The SQL of protocols, and of the orders that were started by one.

use super::WardProtocol;
use crate::{
    core::{Result, UserId, WardId, WardProtocolId, time::Instant},
    db::{DbError, Tx, sql},
    medicine_record::orders::CareOrder,
};

const PROTOCOLS: &str =
    "SELECT p.id, p.root_id, p.version, p.ward_id, p.name, p.indication, p.drug_id, d.name AS drug, p.dose, p.route, p.interval_min,
        p.most_in_day, p.hours, p.sign_hours, p.instructions, p.made_at, u.display_name AS maker, p.retired
    FROM ward_protocols p JOIN users u ON u.id = p.made_by JOIN drugs d ON d.id = p.drug_id WHERE ";

/// Reads a version of a protocol.
///
/// # Errors
/// When the database refuses.
pub async fn find(tx: &mut Tx, id: WardProtocolId) -> Result<Option<WardProtocol>> {
    Ok(tx.optional(sql(PROTOCOLS).push("p.id = ").push_bind(id)).await?)
}

/// Reads the latest version of each protocol of a ward, by name: those that are started, or all of them.
///
/// # Errors
/// When the database refuses.
pub async fn current(tx: &mut Tx, ward: WardId, all: bool) -> Result<Vec<WardProtocol>> {
    let query = sql(PROTOCOLS).push(if all { "p.superseded_at IS NULL" } else { "p.superseded_at IS NULL AND NOT p.retired" });
    Ok(tx.all(query.push(" AND p.ward_id = ").push_bind(ward).push(" ORDER BY p.name, p.id LIMIT 100")).await?)
}

/// Reads the versions of a protocol, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn versions_of(tx: &mut Tx, root: WardProtocolId) -> Result<Vec<WardProtocol>> {
    Ok(tx.all(sql(PROTOCOLS).push("p.root_id = ").push_bind(root).push(" ORDER BY p.version DESC LIMIT 50")).await?)
}

pub(super) async fn insert(tx: &mut Tx, new: &WardProtocol, by: UserId) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO ward_protocols (id, root_id, version, ward_id, name, indication, drug_id, dose, route, interval_min, most_in_day,
            hours, sign_hours, instructions, made_at, made_by, retired)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)")
        .bind(new.id)
        .bind(new.root_id)
        .bind(new.version)
        .bind(new.ward_id)
        .bind(&new.name)
        .bind(&new.indication)
        .bind(new.drug_id)
        .bind(&new.dose)
        .bind(&new.route)
        .bind(new.interval_min)
        .bind(new.most_in_day)
        .bind(new.hours)
        .bind(new.sign_hours)
        .bind(&new.instructions)
        .bind(new.made_at)
        .bind(by)
        .bind(new.retired);
    tx.execute(query).await?;
    Ok(())
}

/// Marks a version as superseded; `false` when it was.
pub(super) async fn supersede(tx: &mut Tx, id: WardProtocolId, now: Instant) -> Result<bool> {
    let query = sql("UPDATE ward_protocols SET superseded_at = $2 WHERE id = $1 AND superseded_at IS NULL").bind(id).bind(now);
    Ok(tx.execute(query).await? == 1)
}

/// Records the protocol by which an order was started.
pub(super) async fn insert_order(tx: &mut Tx, order: &CareOrder, protocol: WardProtocolId) -> Result<(), DbError> {
    if order.protocol.is_some() {
        // The form was sent twice.
        return Ok(());
    }
    let query = sql("INSERT INTO order_protocols (order_id, patient_id, protocol_id) VALUES ($1, $2, $3)")
        .bind(order.id)
        .bind(order.patient_id)
        .bind(protocol);
    tx.execute(query).await?;
    Ok(())
}
