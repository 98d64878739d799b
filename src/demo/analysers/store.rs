//! The SQL of the demo's analysers.

use crate::{
    core::{
        AnalyserMessageId, AnalyserValueId, ClinicId, ImagingStationId, LabAnalyserControlId, LabAnalyserId, LabCodeMapId, LabResultId,
        UserId, time::Instant,
    },
    db::{DbError, Tx, sql},
    keys::ANALYSER_MESSAGES,
};

/// A moment and the user who acted.
type By = (Instant, UserId);

pub(super) async fn analyser(
    tx: &mut Tx,
    id: LabAnalyserId,
    clinic: ClinicId,
    (name, bench, application): (&str, &str, &str),
    (at, by): By,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO lab_analysers (id, clinic_id, name, bench, protocol, peers, application, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, 'hl7', '127.0.0.1', $5, $6, $7)");
    tx.execute(query.bind(id).bind(clinic).bind(name).bind(bench).bind(application).bind(at).bind(by)).await?;
    Ok(())
}

/// Maps a code, when the catalogue has the test.
pub(super) async fn code(
    tx: &mut Tx,
    analyser: LabAnalyserId,
    (code, unit, test, factor): (&str, &str, &str, i64),
    (at, by): By,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO lab_code_maps (id, analyser_id, code, unit, test_id, factor, created_at, created_by) SELECT ")
        .push_bind(LabCodeMapId::new())
        .push(", ")
        .push_bind(analyser)
        .push(", ")
        .push_bind(code)
        .push(", ")
        .push_bind(unit)
        .push(", t.id, ")
        .push_bind(factor)
        .push(", ")
        .push_bind(at)
        .push(", ")
        .push_bind(by)
        .push(" FROM lab_tests t WHERE t.code = ")
        .push_bind(test);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn control(tx: &mut Tx, analyser: LabAnalyserId, sample: &str, (at, by): By) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO lab_analyser_controls (id, analyser_id, sample, level, created_at, created_by) VALUES ($1, $2, $3, 1, $4, $5)");
    tx.execute(query.bind(LabAnalyserControlId::new()).bind(analyser).bind(sample).bind(at).bind(by)).await?;
    Ok(())
}

/// Returns a result of a test that waits to be checked, and the number of its sample.
pub(super) async fn result(tx: &mut Tx, clinic: ClinicId, test: &str) -> Result<Option<(LabResultId, String)>, DbError> {
    let query = sql("SELECT r.id, s.number FROM lab_results r JOIN lab_analyses a ON a.id = r.analysis_id JOIN lab_samples s ON s.id = a.sample_id
        JOIN lab_tests t ON t.id = r.test_id WHERE r.superseded_at IS NULL AND r.checked_at IS NULL AND r.clinic_id = $1 AND t.code = $2 LIMIT 1");
    tx.optional(query.bind(clinic).bind(test)).await
}

pub(super) async fn message(
    tx: &mut Tx,
    id: AnalyserMessageId,
    (clinic, analyser): (ClinicId, LabAnalyserId),
    control_id: &str,
    (text, digest): (&str, &str),
    is_filed: bool,
    at: Instant,
) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO lab_analyser_messages (id, analyser_id, clinic_id, control_id, digest, sealed, received_at, received_by, state)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
        .bind(id)
        .bind(analyser)
        .bind(clinic)
        .bind(control_id)
        .bind(digest)
        .bind(ANALYSER_MESSAGES.seal(id, analyser, [text]))
        .bind(at)
        .bind(UserId::SYSTEM)
        .bind(if is_filed { "filed" } else { "unmatched" });
    tx.execute(query).await?;
    Ok(())
}

/// A value as it was sent.
pub(super) struct DemoValue<'v> {
    pub code: &'v str,
    pub unit: &'v str,
    /// Empty when the code means none.
    pub test: &'v str,
    /// Empty when it is filed.
    pub reason: &'v str,
    pub digest: &'v str,
}

pub(super) async fn value(
    tx: &mut Tx,
    (message, analyser, clinic): (AnalyserMessageId, LabAnalyserId, ClinicId),
    (position, number, measured): (i64, &str, &str),
    sent: &DemoValue<'_>,
    result: Option<LabResultId>,
) -> Result<(), DbError> {
    let query = sql(
        "INSERT INTO lab_analyser_values (id, message_id, analyser_id, clinic_id, position, sample_number, code, unit, measured, digest,
        test_id, state, reason, result_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, (SELECT t.id FROM lab_tests t WHERE t.code = $11), $12, $13, $14)",
    )
    .bind(AnalyserValueId::new())
    .bind(message)
    .bind(analyser)
    .bind(clinic)
    .bind(position)
    .bind(number)
    .bind(sent.code)
    .bind(sent.unit)
    .bind(measured)
    .bind(sent.digest)
    .bind(sent.test)
    .bind(if result.is_some() { "filed" } else { "unmatched" })
    .bind(sent.reason)
    .bind(result);
    tx.execute(query).await?;
    Ok(())
}

/// Adds a device that reads the worklist, when there is its room.
pub(super) async fn station(tx: &mut Tx, clinic: ClinicId, title: &str, room: &str, (at, by): By) -> Result<(), DbError> {
    let query = sql("INSERT INTO imaging_stations (id, clinic_id, room_id, ae_title, peers, updated_at, updated_by) SELECT ")
        .push_bind(ImagingStationId::new())
        .push(", r.clinic_id, r.id, ")
        .push_bind(title)
        .push(", '127.0.0.1', ")
        .push_bind(at)
        .push(", ")
        .push_bind(by)
        .push(" FROM imaging_rooms r WHERE r.clinic_id = ")
        .push_bind(clinic)
        .push(" AND r.name = ")
        .push_bind(room);
    tx.execute(query).await?;
    Ok(())
}
