//! The SQL of effects.

use uuid::Uuid;

use super::{DoseEffect, NeededDose, ToldEffect};
use crate::{
    core::{AdmissionId, DoseId, Result, Stamp, time::Instant},
    db::{DbError, Sql, Tx, sql},
    server::hooks::AskedOf,
};

#[derive(sqlx::FromRow)]
struct NeededRow {
    dose_id: DoseId,
    admission_id: AdmissionId,
    title: String,
    dose: String,
    route: String,
    given_at: Instant,
}

async fn needed(tx: &mut Tx, query: Sql) -> Result<Vec<NeededDose>> {
    let rows: Vec<NeededRow> = tx.all(query).await?;
    let dose = |row: NeededRow| {
        let NeededRow { dose_id, admission_id, title, dose, route, given_at } = row;
        NeededDose { dose_id, admission_id, title, dose, route, given_at, told: None }
    };
    Ok(rows.into_iter().map(dose).collect())
}

/// Returns the doses that a patient was given as needed since a time, the latest first.
pub(super) async fn given(tx: &mut Tx, admission: AdmissionId, since: Instant) -> Result<Vec<NeededDose>> {
    let query = sql("SELECT a.dose_id, o.admission_id, o.title, o.dose, o.route, a.given_at FROM care_orders o
        JOIN administrations a ON a.order_id = o.id AND a.patient_id = o.patient_id AND a.outcome = 'given' AND a.superseded_at IS NULL
        WHERE o.timing = 'as_needed' AND o.admission_id = ")
    .push_bind(admission)
    .push(" AND a.given_at >= ")
    .push_bind(since);
    needed(tx, query.push(" ORDER BY a.given_at DESC, a.dose_id LIMIT 200")).await
}

const OPEN_ON_WARD: &str = "SELECT a.dose_id, o.admission_id, o.title, o.dose, o.route, a.given_at
    FROM ward_rooms r JOIN beds b ON b.room_id = r.id
    JOIN bed_uses u ON u.bed_id = b.id AND u.kind = 'stay' AND u.ended_at IS NULL AND u.voided_at IS NULL
    JOIN care_orders o ON o.admission_id = u.admission_id AND o.timing = 'as_needed'";
const GIVEN_ON_WARD: &str = "JOIN administrations a ON a.order_id = o.id AND a.patient_id = o.patient_id AND a.outcome = 'given'
    AND a.superseded_at IS NULL WHERE r.ward_id = ";
const OPEN_OF_STAY: &str = "SELECT a.dose_id, o.admission_id, o.title, o.dose, o.route, a.given_at FROM care_orders o
    JOIN administrations a ON a.order_id = o.id AND a.patient_id = o.patient_id AND a.outcome = 'given' AND a.superseded_at IS NULL
    WHERE o.timing = 'as_needed' AND o.admission_id = ";

/// Returns the doses that were given as needed since a time, and whose effect nobody told.
pub(super) async fn open(tx: &mut Tx, of: AskedOf, since: Instant) -> Result<Vec<NeededDose>> {
    let query = match of {
        AskedOf::Stay(admission) => sql(OPEN_OF_STAY).push_bind(admission),
        // SQLite would read all doses in the order of their times: `CROSS JOIN` keeps the ward's orders first.
        AskedOf::Ward(ward) => sql(OPEN_ON_WARD).push_for(" CROSS ", " ").push(GIVEN_ON_WARD).push_bind(ward),
    };
    let query = query.push(" AND a.given_at >= ").push_bind(since);
    let query = query.push(" AND NOT EXISTS (SELECT 1 FROM dose_effects e WHERE e.dose_id = a.dose_id)");
    needed(tx, query.push(" ORDER BY a.given_at, a.dose_id LIMIT 500")).await
}

const TOLD: &str = "SELECT e.dose_id, e.effect, e.pain, e.at, u.display_name AS recorder FROM dose_effects e
    JOIN users u ON u.id = e.recorded_by JOIN doses d ON d.id = e.dose_id ";

/// Returns the effects that were told of a patient since a time, the first one first.
pub(super) async fn told(tx: &mut Tx, admission: AdmissionId, since: Instant) -> Result<Vec<ToldEffect>> {
    let query =
        sql(TOLD).push("JOIN care_orders o ON o.id = d.order_id WHERE o.timing = 'as_needed' AND o.admission_id = ").push_bind(admission);
    Ok(tx.all(query.push(" AND e.at >= ").push_bind(since).push(" ORDER BY e.at, e.id LIMIT 400")).await?)
}

pub(super) async fn of_dose(tx: &mut Tx, dose: DoseId) -> Result<Vec<ToldEffect>> {
    Ok(tx.all(sql(TOLD).push("WHERE e.dose_id = ").push_bind(dose).push(" ORDER BY e.at, e.id LIMIT 50")).await?)
}

/// Returns the dose of the effect with this key.
pub(super) async fn dose_of(tx: &mut Tx, id: Uuid) -> Result<Option<DoseId>> {
    let row: Option<(DoseId,)> = tx.optional(sql("SELECT dose_id FROM dose_effects WHERE id = ").push_bind(id)).await?;
    Ok(row.map(|(dose,)| dose))
}

pub(super) async fn insert(
    tx: &mut Tx,
    id: Uuid,
    (dose, effect, pain): (DoseId, Option<DoseEffect>, Option<i64>),
    stamp: Stamp,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO dose_effects (id, dose_id, effect, pain, at, recorded_by) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(dose)
        .bind(effect)
        .bind(pain)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}
