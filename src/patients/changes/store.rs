//! The SQL of changes of records.

use uuid::Uuid;

use super::RecordChange;
use crate::{
    audit::{FieldChange, changes_text, read_changes},
    core::{PatientId, Result, Stamp, time::Instant},
    db::{Locked, Tx, sql},
    keys::{PATIENT_CHANGES, Sealed},
};

pub(super) async fn insert(
    tx: &mut Tx,
    patient: Locked<PatientId>,
    request: &str,
    (open, sealed): (&[FieldChange], &[FieldChange]),
    stamp: Stamp,
) -> Result<()> {
    let id = Uuid::now_v7();
    let query =
        sql("INSERT INTO patient_changes (id, patient_id, changed_at, changed_by, request_id, sealed) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(id)
            .bind(patient.id())
            .bind(stamp.at)
            .bind(stamp.by)
            .bind(request)
            .bind(PATIENT_CHANGES.seal(id, patient.id(), [&changes_text(open), &changes_text(sealed)]));
    tx.execute(query).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct ChangeRow {
    id: Uuid,
    changed_at: Instant,
    corrector: String,
    sealed: Sealed,
}

pub(super) async fn of_patient(tx: &mut Tx, patient: PatientId, limit: i64, offset: i64) -> Result<Vec<RecordChange>> {
    let query =
        sql("SELECT c.id, c.changed_at, u.display_name AS corrector, c.sealed FROM patient_changes c JOIN users u ON u.id = c.changed_by
        WHERE c.patient_id = $1 ORDER BY c.changed_at DESC, c.id DESC LIMIT $2 OFFSET $3")
        .bind(patient)
        .bind(limit)
        .bind(offset);
    let rows: Vec<ChangeRow> = tx.all(query).await?;
    let mut changes = Vec::with_capacity(rows.len());
    for row in rows {
        let [open, sealed] = PATIENT_CHANGES.open(tx.keys(), row.id, patient, &row.sealed)?;
        let fields = [read_changes(&open), read_changes(&sealed)].concat();
        changes.push(RecordChange { at: row.changed_at, by: row.corrector, fields });
    }
    Ok(changes)
}

/// Empties the values by which a patient was reached or identified, when a record is erased; the names of the fields stay.
pub(in crate::patients) async fn forget_reach(tx: &mut Tx, patient: Locked<PatientId>) -> Result<()> {
    let query = sql("SELECT id, sealed FROM patient_changes WHERE patient_id = ").push_bind(patient.id());
    for (id, sealed) in tx.all::<(Uuid, Sealed)>(query).await? {
        let [open, reach] = PATIENT_CHANGES.open(tx.keys(), id, patient.id(), &sealed)?;
        let emptied: Vec<FieldChange> =
            read_changes(&reach).into_iter().map(|change| FieldChange { before: String::new(), after: String::new(), ..change }).collect();
        let sealed = PATIENT_CHANGES.seal(id, patient.id(), [&open, &changes_text(&emptied)]);
        tx.execute(sql("UPDATE patient_changes SET sealed = $2 WHERE id = $1").bind(id).bind(sealed)).await?;
        tx.changed(&PATIENT_CHANGES, id);
    }
    Ok(())
}
