//! The SQL of overridden warnings.

use super::{CheckFinding, Overridden, OverrideOf};
use crate::{
    core::{ClinicId, FindingId, PatientId, Result, Stamp},
    db::{Tx, sql},
    formulary::check::Warning,
};

pub(super) async fn insert(tx: &mut Tx, about: &Overridden<'_>, warning: &Warning, stamp: Stamp) -> Result<()> {
    let (prescription, order) = match about.of {
        OverrideOf::Prescription(id) => (Some(id), None),
        OverrideOf::CareOrder(id) => (None, Some(id)),
    };
    let query = sql(
        "INSERT INTO check_findings (id, prescription_id, care_order_id, patient_id, clinic_id, stage, rule_key, level, sentence, reason,
            decided_at, decided_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING",
    )
    .bind(FindingId::new())
    .bind(prescription)
    .bind(order)
    .bind(about.patient)
    .bind(about.clinic)
    .bind(about.stage)
    .bind(&warning.key)
    .bind(warning.level)
    .bind(warning.sentence.chars().take(2_000).collect::<String>())
    .bind(about.reason)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn page(tx: &mut Tx, clinic: ClinicId, reviewed: bool, limit: i64, offset: i64) -> Result<Vec<CheckFinding>> {
    let query =
        sql("SELECT f.id, f.patient_id, p.given_names, p.family_name, p.mrn, coalesce(x.drug, o.title) AS drug, f.stage, f.level, f.sentence, f.reason, f.decided_at,
            u.display_name AS prescriber, f.reviewed_at, r.display_name AS reviewer
        FROM check_findings f JOIN patients p ON p.id = f.patient_id LEFT JOIN prescriptions x ON x.id = f.prescription_id
        LEFT JOIN care_orders o ON o.id = f.care_order_id JOIN users u ON u.id = f.decided_by LEFT JOIN users r ON r.id = f.reviewed_by WHERE f.clinic_id = ")
        .push_bind(clinic)
        .push(if reviewed {
            " AND f.reviewed_at IS NOT NULL ORDER BY f.decided_at DESC, f.id"
        } else {
            " AND f.reviewed_at IS NULL ORDER BY f.decided_at, f.id"
        })
        .push(" LIMIT ")
        .push_bind(limit)
        .push(" OFFSET ")
        .push_bind(offset);
    Ok(tx.all(query).await?)
}

pub(super) async fn owner(tx: &mut Tx, id: FindingId) -> Result<Option<(PatientId, ClinicId)>> {
    Ok(tx.optional(sql("SELECT patient_id, clinic_id FROM check_findings WHERE id = $1").bind(id)).await?)
}

pub(super) async fn review(tx: &mut Tx, id: FindingId, stamp: Stamp) -> Result<bool> {
    let query =
        sql("UPDATE check_findings SET reviewed_at = $2, reviewed_by = $3 WHERE id = $1 AND reviewed_at IS NULL AND decided_by <> $3");
    Ok(tx.execute(query.bind(id).bind(stamp.at).bind(stamp.by)).await? > 0)
}
