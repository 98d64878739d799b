//! The SQL of orders of the laboratory.

use std::collections::HashSet;

use super::{LabItem, LabRequest};
use crate::{
    core::{LabTestId, OrderId, PatientId, Result, time::Instant},
    db::{DbError, Tx, sql},
    lab::{flag::Flag, vocabulary::Fasting},
    patients::merges,
};

/// Reads the laboratory's part of an order.
///
/// # Errors
/// When the database refuses.
pub async fn request(tx: &mut Tx, id: OrderId) -> Result<Option<LabRequest>> {
    let query =
        sql("SELECT l.order_id, o.patient_id, o.clinic_id, o.visit_id, o.requisition_id, o.priority, o.state, l.test_id, l.panel_id,
        l.fasting, l.wanted_from, s.name AS place FROM lab_orders l JOIN orders o ON o.id = l.order_id
        LEFT JOIN visits v ON v.id = o.visit_id LEFT JOIN services s ON s.id = v.service_id WHERE l.order_id = ")
        .push_bind(id);
    Ok(tx.optional(query).await?)
}

pub(super) async fn insert(
    tx: &mut Tx,
    id: OrderId,
    patient: PatientId,
    item: LabItem,
    fasting: Fasting,
    wanted_from: Option<Instant>,
) -> Result<()> {
    let (test, panel) = match item {
        LabItem::Test(test) => (Some(test), None),
        LabItem::Panel(panel) => (None, Some(panel)),
    };
    let query =
        sql("INSERT INTO lab_orders (order_id, patient_id, test_id, panel_id, fasting, wanted_from) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(id)
            .bind(patient)
            .bind(test)
            .bind(panel)
            .bind(fasting)
            .bind(wanted_from);
    tx.execute(query).await.map_err(DbError::of_form_key)?;
    Ok(())
}

/// Reads the tests of the patient that are on order and not released.
pub(super) async fn on_order(tx: &mut Tx, patient: PatientId) -> Result<Vec<LabTestId>> {
    let query =
        sql("SELECT DISTINCT test_id FROM lab_analyses WHERE state NOT IN ('released', 'cancelled') AND patient_id = ").push_bind(patient);
    Ok(tx.all::<(LabTestId,)>(query).await?.into_iter().map(|(test,)| test).collect())
}

/// The latest released value of a test, of the patient's record and of those that were merged into it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct LatestValue {
    pub test_id: LabTestId,
    pub value_text: String,
    pub unit: String,
    pub flag: Flag,
    pub measured_at: Instant,
}

/// Reads the latest released value of each test of a patient, the latest first. Values of records that were merged into the patient's count.
///
/// # Errors
/// When the database refuses.
pub async fn latest_values(tx: &mut Tx, patient: PatientId) -> Result<Vec<LatestValue>> {
    let family = merges::family(tx, patient).await?;
    let query = sql("SELECT r.test_id, r.value_text, r.unit, r.flag, r.measured_at FROM lab_results r
        WHERE r.released_at IS NOT NULL AND r.superseded_at IS NULL AND r.patient_id IN ")
    .push_list(family)
    .push(" AND NOT EXISTS (SELECT 1 FROM lab_results l WHERE l.patient_id = r.patient_id AND l.test_id = r.test_id AND l.released_at IS NOT NULL
            AND l.superseded_at IS NULL AND (l.measured_at > r.measured_at OR (l.measured_at = r.measured_at AND l.id > r.id)))
        ORDER BY r.measured_at DESC, r.id DESC");
    let mut found: Vec<LatestValue> = tx.all(query).await?;
    let mut seen = HashSet::new();
    found.retain(|value| seen.insert(value.test_id));
    Ok(found)
}

/// Reads the latest released value of one test of a patient, by the test's code. Values of records that were merged into the patient's count.
///
/// # Errors
/// When the database refuses.
pub async fn latest_of(tx: &mut Tx, patient: PatientId, code: &str) -> Result<Option<LatestValue>> {
    let family = merges::family(tx, patient).await?;
    let query = sql("SELECT r.test_id, r.value_text, r.unit, r.flag, r.measured_at FROM lab_results r JOIN lab_tests t ON t.id = r.test_id
        WHERE r.released_at IS NOT NULL AND r.superseded_at IS NULL AND r.patient_id IN ")
    .push_list(family)
    .push(" AND t.code = ")
    .push_bind(code)
    .push(" ORDER BY r.measured_at DESC, r.id DESC LIMIT 1");
    Ok(tx.optional(query).await?)
}
