//! The SQL of hold-if rules and of the values by which a nurse decided.

use super::{HoldCheck, HoldMeasure, HoldRule};
use crate::{
    core::{AdministrationId, CareOrderId, DoseId, Result, time::Instant},
    db::{DbError, Tx, sql},
    medicine_record::orders::CareOrder,
    row,
};

/// Writes the rules of an order.
///
/// # Errors
/// When the database refuses.
pub async fn insert_rules(tx: &mut Tx, order: &CareOrder) -> Result<(), DbError> {
    if order.hold_if.is_empty() {
        return Ok(());
    }
    let rows = order.hold_if.iter().map(|rule| row![order.id, rule.measure, rule.comparator, rule.bound]);
    tx.execute(sql("INSERT INTO order_hold_rules (order_id, measure, comparator, bound) VALUES ").push_rows(rows)).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct RuleRow {
    order_id: CareOrderId,
    #[sqlx(flatten)]
    rule: HoldRule,
}

/// Returns the rules of orders, those of one order in a fixed order.
///
/// # Errors
/// When the database refuses.
pub async fn rules_of(tx: &mut Tx, orders: &[CareOrderId]) -> Result<Vec<(CareOrderId, HoldRule)>> {
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let query =
        sql("SELECT order_id, measure, comparator, bound FROM order_hold_rules WHERE order_id IN ").push_list(orders.iter().copied());
    let rows: Vec<RuleRow> = tx.all(query.push(" ORDER BY order_id, measure, comparator")).await?;
    Ok(rows.into_iter().map(|row| (row.order_id, row.rule)).collect())
}

/// Returns the last value of a measure until a time: from the observations of the stay; the glucose from the vital signs of the patient, and from what
/// was measured for another dose.
pub(super) async fn last_value(tx: &mut Tx, order: &CareOrder, measure: HoldMeasure, at: Instant) -> Result<Option<(i64, Instant)>> {
    let query = match measure {
        HoldMeasure::Systolic => sql("SELECT x.systolic AS value, x.taken_at FROM observations x WHERE x.systolic IS NOT NULL"),
        HoldMeasure::Pulse => sql("SELECT x.pulse AS value, x.taken_at FROM observations x WHERE x.pulse IS NOT NULL"),
        HoldMeasure::Respiration => sql("SELECT x.respiration AS value, x.taken_at FROM observations x WHERE x.respiration IS NOT NULL"),
        HoldMeasure::Glucose => return last_glucose(tx, order, at).await,
    };
    let query = query.push(" AND x.superseded_at IS NULL AND x.kind = 'values' AND x.admission_id = ").push_bind(order.admission_id);
    Ok(tx.optional(query.push(" AND x.taken_at <= ").push_bind(at).push(" ORDER BY x.taken_at DESC LIMIT 1")).await?)
}

async fn last_glucose(tx: &mut Tx, order: &CareOrder, at: Instant) -> Result<Option<(i64, Instant)>> {
    let query = sql("SELECT w.value, w.taken_at FROM (
            SELECT m.glucose_decimmol AS value, m.taken_at FROM vitals m
            WHERE m.glucose_decimmol IS NOT NULL AND m.entered_in_error_at IS NULL AND m.patient_id = $1 AND m.taken_at <= $2
            UNION ALL SELECT c.value, c.taken_at FROM administrations a JOIN dose_hold_checks c ON c.administration_id = a.id
            WHERE c.measure = 'glucose' AND c.value IS NOT NULL AND a.outcome = 'given' AND a.superseded_at IS NULL
              AND a.patient_id = $3 AND c.taken_at <= $4) w ORDER BY w.taken_at DESC LIMIT 1");
    Ok(tx.optional(query.bind(order.patient_id).bind(at).bind(order.patient_id).bind(at)).await?)
}

/// Records the values by which a nurse decided with the record of a dose.
///
/// # Errors
/// When the database refuses.
pub async fn keep(tx: &mut Tx, record: AdministrationId, checks: &[HoldCheck]) -> Result<(), DbError> {
    if checks.is_empty() {
        return Ok(());
    }
    let rows = checks.iter().map(|check| row![record, check.measure, check.value, check.taken_at, check.recent, check.reason]);
    let query = sql("INSERT INTO dose_hold_checks (administration_id, measure, value, taken_at, recent, reason) VALUES ").push_rows(rows);
    tx.execute(query).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct CheckRow {
    administration_id: AdministrationId,
    #[sqlx(flatten)]
    check: HoldCheck,
}

/// Returns the checks of all versions of the record of a dose.
///
/// # Errors
/// When the database refuses.
pub async fn checks_of(tx: &mut Tx, dose: DoseId) -> Result<Vec<(AdministrationId, HoldCheck)>> {
    let query = sql("SELECT c.administration_id, c.measure, c.value, c.taken_at, c.recent, c.reason FROM administrations a
        JOIN dose_hold_checks c ON c.administration_id = a.id WHERE a.dose_id = ")
    .push_bind(dose);
    let rows: Vec<CheckRow> = tx.all(query.push(" ORDER BY a.version, c.measure")).await?;
    Ok(rows.into_iter().map(|row| (row.administration_id, row.check)).collect())
}
