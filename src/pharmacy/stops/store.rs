//! The SQL of the pharmacy's stop.

use crate::{
    core::{ClinicId, Result, Stamp, VisitId},
    db::{Tx, sql},
};

pub(super) async fn is_on(tx: &mut Tx, clinic: ClinicId) -> Result<bool> {
    let query = sql("SELECT count(*) FROM pharmacy_stops WHERE is_on AND clinic_id = ").push_bind(clinic);
    Ok(tx.count(query).await? > 0)
}

pub(super) async fn set(tx: &mut Tx, clinic: ClinicId, is_on: bool, stamp: Stamp) -> Result<()> {
    let query = sql("INSERT INTO pharmacy_stops (clinic_id, is_on, updated_at, updated_by) VALUES ($1, $2, $3, $4)
        ON CONFLICT (clinic_id) DO UPDATE SET is_on = excluded.is_on, updated_at = excluded.updated_at, updated_by = excluded.updated_by")
    .bind(clinic)
    .bind(is_on)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn is_paid_first(tx: &mut Tx, clinic: ClinicId) -> Result<bool> {
    let query = sql("SELECT count(*) FROM pharmacy_stops WHERE paid_first AND clinic_id = ").push_bind(clinic);
    Ok(tx.count(query).await? > 0)
}

pub(super) async fn set_paid_first(tx: &mut Tx, clinic: ClinicId, is_on: bool, stamp: Stamp) -> Result<()> {
    let query = sql("INSERT INTO pharmacy_stops (clinic_id, is_on, paid_first, updated_at, updated_by) VALUES ($1, $5, $2, $3, $4)
        ON CONFLICT (clinic_id) DO UPDATE SET paid_first = excluded.paid_first, updated_at = excluded.updated_at, updated_by = excluded.updated_by")
    .bind(clinic)
    .bind(is_on)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(false);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn waits(tx: &mut Tx, visit: VisitId) -> Result<bool> {
    let query = sql("SELECT count(*) FROM encounters e JOIN prescriptions x ON x.encounter_id = e.id JOIN supplies s ON s.id = x.id
        JOIN pharmacy_stops p ON p.clinic_id = s.clinic_id AND p.is_on
        WHERE (s.state = 'to_verify' OR s.state = 'verified' OR s.state = 'queried' OR EXISTS (SELECT 1 FROM dispenses d
            WHERE d.supply_id = s.id AND d.paid_first AND d.handed_at IS NULL AND d.returned < d.quantity)) AND e.visit_id = ")
    .push_bind(visit);
    Ok(tx.count(query).await? > 0)
}
