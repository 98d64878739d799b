//! The SQL of aliquots.

use crate::{
    core::{LabAnalysisId, LabContainerId, LabSampleId, Result, Stamp},
    db::{DbError, Locked, Tx, sql},
    lab::samples::{Sample, store::SAMPLES},
};

/// Reads the tubes that a sample was divided into, in the order of their numbers.
///
/// # Errors
/// When the database refuses.
pub async fn aliquots_of(tx: &mut Tx, parent: LabSampleId) -> Result<Vec<Sample>> {
    Ok(tx.all(sql(SAMPLES).push("s.parent_id = ").push_bind(parent).push(" ORDER BY s.number")).await?)
}

/// Counts a version of the sample that is divided. Returns whether it still had the version that was read.
pub(super) async fn touch(tx: &mut Tx, sample: Locked<LabSampleId>, version: i64, stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE lab_samples SET version = version + 1, updated_at = $3, updated_by = $4 WHERE id = $1 AND version = $2")
        .bind(sample.id())
        .bind(version)
        .bind(stamp.at)
        .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

/// Adds a tube of a sample in a container: it is of the same draw, with the same times, indices and statement of a pregnancy.
pub(super) async fn insert(
    tx: &mut Tx,
    id: LabSampleId,
    number: &str,
    (parent, container): (Locked<LabSampleId>, LabContainerId),
    stamp: Stamp,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO lab_samples (id, number, container_id, updated_at, updated_by, parent_id, patient_id, clinic_id, requisition_id,
        specimen, priority, place, wanted_from, origin, state, draw_id, site, expected_at, collected_at, collected_by, sent_at, sent_by,
        received_at, received_by, index_h, index_i, index_l, pregnancy, pregnancy_source, pregnancy_at, pregnancy_by) SELECT ")
    .push_bind(id)
    .push(", ")
    .push_bind(number)
    .push(", ")
    .push_bind(container)
    .push(", ")
    .push_bind(stamp.at)
    .push(", ")
    .push_bind(stamp.by)
    .push(
        ", s.id, s.patient_id, s.clinic_id, s.requisition_id, s.specimen, s.priority, s.place, s.wanted_from, s.origin, 'received', s.draw_id,
        s.site, s.expected_at, s.collected_at, s.collected_by, s.sent_at, s.sent_by, s.received_at, s.received_by, s.index_h, s.index_i,
        s.index_l, s.pregnancy, s.pregnancy_source, s.pregnancy_at, s.pregnancy_by FROM lab_samples s WHERE s.id = ",
    )
    .push_bind(parent.id());
    tx.execute(query).await?;
    Ok(())
}

/// Gives a test without a value to a tube. Returns whether it still had the version that was read.
pub(super) async fn give(tx: &mut Tx, analysis: Locked<LabAnalysisId>, version: i64, tube: LabSampleId, stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE lab_analyses SET sample_id = $3, version = version + 1, updated_at = $4, updated_by = $5
        WHERE id = $1 AND version = $2 AND (state = 'waiting' OR state = 'ready')")
    .bind(analysis.id())
    .bind(version)
    .bind(tube)
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}
