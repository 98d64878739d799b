//! The SQL of reports.

use super::{LabReport, LabResult};
use crate::{
    core::{ClinicId, LabReportId, PatientId, RequisitionId, Result, Stamp, time::Instant},
    db::{Tx, sql},
    lab::vocabulary::ReportState,
};

const REPORTS: &str =
    "SELECT p.id, p.requisition_id, q.number AS requisition, p.patient_id, p.clinic_id, p.version, p.state, p.digest, p.created_at,
        u.display_name AS orderer, q.requested_by, q.requested_at
    FROM lab_reports p JOIN requisitions q ON q.id = p.requisition_id JOIN users u ON u.id = q.requested_by WHERE ";

/// Reads a report.
///
/// # Errors
/// When the database refuses.
pub async fn report(tx: &mut Tx, id: LabReportId) -> Result<Option<LabReport>> {
    Ok(tx.optional(sql(REPORTS).push("p.id = ").push_bind(id)).await?)
}

/// Reads the reports of a requisition, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn reports_of(tx: &mut Tx, requisition: RequisitionId) -> Result<Vec<LabReport>> {
    Ok(tx.all(sql(REPORTS).push("p.requisition_id = ").push_bind(requisition).push(" ORDER BY p.version DESC")).await?)
}

/// Reads the latest report of each requisition of a patient, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_patient(tx: &mut Tx, patient: PatientId, before: Option<Instant>, limit: i64) -> Result<Vec<LabReport>> {
    let mut query = sql(REPORTS)
        .push("NOT EXISTS (SELECT 1 FROM lab_reports n WHERE n.requisition_id = p.requisition_id AND n.version > p.version) AND p.patient_id = ")
        .push_bind(patient);
    if let Some(before) = before {
        query = query.push(" AND p.created_at < ").push_bind(before);
    }
    Ok(tx.all(query.push(" ORDER BY p.created_at DESC, p.id LIMIT ").push_bind(limit)).await?)
}

/// A report to be written.
pub(super) struct NewReport<'n> {
    pub id: LabReportId,
    pub requisition: RequisitionId,
    pub patient: PatientId,
    pub clinic: ClinicId,
    pub version: i64,
    pub state: ReportState,
    pub digest: &'n str,
}

pub(super) async fn insert(tx: &mut Tx, new: &NewReport<'_>, results: &[LabResult], stamp: Stamp) -> Result<()> {
    let query = sql("INSERT INTO lab_reports (id, requisition_id, patient_id, clinic_id, version, state, digest, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
    .bind(new.id)
    .bind(new.requisition)
    .bind(new.patient)
    .bind(new.clinic)
    .bind(new.version)
    .bind(new.state)
    .bind(new.digest)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    for result in results {
        let query = sql("INSERT INTO lab_report_results (report_id, result_id) VALUES ($1, $2)").bind(new.id).bind(result.id);
        tx.execute(query).await?;
    }
    Ok(())
}
