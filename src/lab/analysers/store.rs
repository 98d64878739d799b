//! The SQL of analysers, their messages and values.

use super::{
    Analyser, AnalyserControl, AnalyserHealth, AnalyserMessage, AnalyserValue, CodeMap, MessageFate, MessageReason, SentValue, ValueReason,
    ValueState,
    form::{AnalyserForm, CodeForm},
};
use crate::{
    core::{
        AnalyserMessageId, AnalyserValueId, ClinicId, LabAnalyserControlId, LabAnalyserId, LabCodeMapId, LabControlRunId, LabResultId,
        LabTestId, Result, Stamp, UserId, time::Instant,
    },
    db::{DbError, Lockable, Locked, Sql, Tx, sql},
    keys::{ANALYSER_MESSAGES as FIELDS, Sealed},
};

impl Lockable for LabAnalyserId {
    const TABLE: &'static str = "lab_analysers";
}

impl Lockable for AnalyserMessageId {
    const TABLE: &'static str = "lab_analyser_messages";
}

const ANALYSERS: &str = "SELECT id, clinic_id, name, bench, protocol, peers, application, facility, charset, sample_field, checks_patient,
    csv_separator, csv_decimal, csv_sample, csv_code, csv_value, csv_unit, version, retired_at FROM lab_analysers WHERE ";
const MESSAGES: &str =
    "SELECT id, analyser_id, clinic_id, control_id, received_at, state, reason, id_reused FROM lab_analyser_messages WHERE ";
const VALUES: &str = "SELECT id, message_id, analyser_id, clinic_id, position, sample_number, test_id, state, reason, result_id
    FROM lab_analyser_values WHERE ";

/// Reads the analysers of a clinic, those in use first.
///
/// # Errors
/// When the database refuses.
pub async fn analysers(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<Analyser>> {
    let query = sql(ANALYSERS).push("clinic_id = ").push_bind(clinic);
    Ok(tx.all(query.push(" ORDER BY CASE WHEN retired_at IS NULL THEN 0 ELSE 1 END, name, id")).await?)
}

/// Reads the analysers in use that send over the network, of all clinics.
pub(super) async fn senders(tx: &mut Tx) -> Result<Vec<Analyser>> {
    Ok(tx.all(sql(ANALYSERS).push("protocol = 'hl7' AND retired_at IS NULL ORDER BY name, id")).await?)
}

/// Reads an analyser.
///
/// # Errors
/// When the database refuses.
pub async fn analyser(tx: &mut Tx, id: LabAnalyserId) -> Result<Option<Analyser>> {
    Ok(tx.optional(sql(ANALYSERS).push("id = ").push_bind(id)).await?)
}

/// Writes an analyser: a new one (`version` 0), or its new settings. Returns whether it still had the version.
pub(super) async fn save(
    tx: &mut Tx,
    (id, clinic, version): (LabAnalyserId, ClinicId, i64),
    form: &AnalyserForm,
    stamp: Stamp,
) -> Result<bool, DbError> {
    let query = if version == 0 {
        sql("INSERT INTO lab_analysers (name, bench, protocol, peers, application, facility, charset, sample_field, checks_patient, csv_separator,
            csv_decimal, csv_sample, csv_code, csv_value, csv_unit, updated_at, updated_by, id, clinic_id)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)")
    } else {
        sql("UPDATE lab_analysers SET name = $1, bench = $2, protocol = $3, peers = $4, application = $5, facility = $6, charset = $7,
            sample_field = $8, checks_patient = $9, csv_separator = $10, csv_decimal = $11, csv_sample = $12, csv_code = $13, csv_value = $14,
            csv_unit = $15, updated_at = $16, updated_by = $17, version = version + 1 WHERE id = $18 AND clinic_id = $19 AND version = $20")
    };
    let query = query
        .bind(&form.name)
        .bind(&form.bench)
        .bind(form.protocol)
        .bind(&form.peers)
        .bind(&form.application)
        .bind(&form.facility)
        .bind(form.charset)
        .bind(form.sample_field)
        .bind(form.checks_patient)
        .bind(form.csv_separator)
        .bind(form.csv_decimal)
        .bind(&form.csv_sample)
        .bind(&form.csv_code)
        .bind(&form.csv_value)
        .bind(&form.csv_unit)
        .bind(stamp.at)
        .bind(stamp.by)
        .bind(id)
        .bind(clinic);
    let query = if version == 0 { query } else { query.bind(version) };
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn set_retired(
    tx: &mut Tx,
    id: Locked<LabAnalyserId>,
    version: i64,
    retired: Option<Instant>,
    stamp: Stamp,
) -> Result<bool> {
    let query = sql("UPDATE lab_analysers SET retired_at = $2, updated_at = $3, updated_by = $4, version = version + 1
        WHERE id = $1 AND version = $5")
    .bind(id.id())
    .bind(retired)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(version);
    Ok(tx.execute(query).await? == 1)
}

/// Reads the codes of an analyser.
///
/// # Errors
/// When the database refuses.
pub async fn code_maps(tx: &mut Tx, analyser: LabAnalyserId) -> Result<Vec<CodeMap>> {
    let query = sql("SELECT id, code, unit, test_id, factor FROM lab_code_maps WHERE analyser_id = ").push_bind(analyser);
    Ok(tx.all(query.push(" ORDER BY code, unit")).await?)
}

pub(super) async fn insert_map(
    tx: &mut Tx,
    (id, analyser): (LabCodeMapId, LabAnalyserId),
    form: &CodeForm,
    stamp: Stamp,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO lab_code_maps (id, analyser_id, code, unit, test_id, factor, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    .bind(id)
    .bind(analyser)
    .bind(&form.code)
    .bind(&form.unit)
    .bind(form.test)
    .bind(form.factor)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn delete_map(tx: &mut Tx, analyser: Locked<LabAnalyserId>, id: LabCodeMapId) -> Result<bool> {
    let query = sql("DELETE FROM lab_code_maps WHERE analyser_id = $1 AND id = $2").bind(analyser.id()).bind(id);
    Ok(tx.execute(query).await? == 1)
}

/// Reads the names of control material of an analyser.
///
/// # Errors
/// When the database refuses.
pub async fn controls(tx: &mut Tx, analyser: LabAnalyserId) -> Result<Vec<AnalyserControl>> {
    let query = sql("SELECT id, sample, level FROM lab_analyser_controls WHERE analyser_id = ").push_bind(analyser);
    Ok(tx.all(query.push(" ORDER BY sample")).await?)
}

pub(super) async fn insert_control(
    tx: &mut Tx,
    (id, analyser): (LabAnalyserControlId, LabAnalyserId),
    (sample, level): (&str, i64),
    stamp: Stamp,
) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO lab_analyser_controls (id, analyser_id, sample, level, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(id)
            .bind(analyser)
            .bind(sample)
            .bind(level)
            .bind(stamp.at)
            .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn delete_control(tx: &mut Tx, analyser: Locked<LabAnalyserId>, id: LabAnalyserControlId) -> Result<bool> {
    let query = sql("DELETE FROM lab_analyser_controls WHERE analyser_id = $1 AND id = $2").bind(analyser.id()).bind(id);
    Ok(tx.execute(query).await? == 1)
}

/// A message to be stored.
pub(super) struct NewAnalyserMessage<'n> {
    pub id: AnalyserMessageId,
    pub analyser: LabAnalyserId,
    pub clinic: ClinicId,
    pub control_id: &'n str,
    pub digest: &'n str,
    /// The bytes, each as one letter.
    pub raw: &'n str,
    pub reason: MessageReason,
    pub id_reused: bool,
}

pub(super) async fn insert_message(tx: &mut Tx, new: &NewAnalyserMessage<'_>, stamp: Stamp) -> Result<(), DbError> {
    let state = if new.reason == MessageReason::Filed { MessageFate::Received } else { MessageFate::Refused };
    let query =
        sql("INSERT INTO lab_analyser_messages (id, analyser_id, clinic_id, control_id, digest, sealed, received_at, received_by, state,
        reason, id_reused) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")
        .bind(new.id)
        .bind(new.analyser)
        .bind(new.clinic)
        .bind(new.control_id)
        .bind(new.digest)
        .bind(FIELDS.seal(new.id, new.analyser, [new.raw]))
        .bind(stamp.at)
        .bind(stamp.by)
        .bind(state)
        .bind(new.reason)
        .bind(new.id_reused);
    tx.execute(query).await?;
    Ok(())
}

/// Reads the message with this control id and these bytes, and whether another had the same control id.
pub(super) async fn stored(
    tx: &mut Tx,
    analyser: LabAnalyserId,
    control_id: &str,
    digest: &str,
) -> Result<(Option<AnalyserMessage>, bool)> {
    let query = sql(MESSAGES).push("analyser_id = ").push_bind(analyser).push(" AND control_id = ").push_bind(control_id);
    let same: Option<AnalyserMessage> = tx.optional(query.push(" AND digest = ").push_bind(digest)).await?;
    let others = sql("SELECT count(*) FROM (SELECT id FROM lab_analyser_messages WHERE analyser_id = ").push_bind(analyser);
    let others = others.push(" AND control_id = ").push_bind(control_id).push(" LIMIT 1) AS others");
    Ok((same, tx.count(others).await? > 0))
}

/// Reads a message.
pub(super) async fn message(tx: &mut Tx, id: AnalyserMessageId) -> Result<Option<AnalyserMessage>> {
    Ok(tx.optional(sql(MESSAGES).push("id = ").push_bind(id)).await?)
}

/// Reads the bytes of messages, each as one letter.
pub(super) async fn raw(tx: &mut Tx, ids: &[AnalyserMessageId]) -> Result<Vec<(AnalyserMessageId, String)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = sql("SELECT id, analyser_id, sealed FROM lab_analyser_messages WHERE id IN ").push_list(ids.iter().copied());
    let rows: Vec<(AnalyserMessageId, LabAnalyserId, Sealed)> = tx.all(query).await?;
    let mut read = Vec::new();
    for (id, analyser, sealed) in rows {
        let [text] = FIELDS.open(tx.keys(), id, analyser, &sealed)?;
        read.push((id, text));
    }
    Ok(read)
}

/// Reads the messages that are stored and not filed yet, the oldest first.
pub(super) async fn received(tx: &mut Tx, limit: i64) -> Result<Vec<(AnalyserMessageId, ClinicId)>> {
    let query = sql("SELECT id, clinic_id FROM lab_analyser_messages WHERE state = 'received' ORDER BY received_at, id LIMIT ");
    Ok(tx.all(query.push_bind(limit)).await?)
}

/// Reads the last messages of an analyser.
///
/// # Errors
/// When the database refuses.
pub async fn last_messages(tx: &mut Tx, analyser: LabAnalyserId, limit: i64) -> Result<Vec<AnalyserMessage>> {
    let query = sql(MESSAGES).push("analyser_id = ").push_bind(analyser);
    Ok(tx.all(query.push(" ORDER BY received_at DESC, id DESC LIMIT ").push_bind(limit)).await?)
}

pub(super) async fn set_fate(tx: &mut Tx, id: Locked<AnalyserMessageId>, fate: MessageFate) -> Result<()> {
    tx.execute(sql("UPDATE lab_analyser_messages SET state = $2 WHERE id = $1").bind(id.id()).bind(fate)).await?;
    Ok(())
}

pub(super) async fn refuse(tx: &mut Tx, id: Locked<AnalyserMessageId>, reason: MessageReason) -> Result<()> {
    let query = sql("UPDATE lab_analyser_messages SET state = 'refused', reason = $2 WHERE id = $1 AND state = 'received'");
    tx.execute(query.bind(id.id()).bind(reason)).await?;
    Ok(())
}

/// The fate of a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct ValueFate {
    pub test: Option<LabTestId>,
    pub state: ValueState,
    pub reason: ValueReason,
    pub result: Option<LabResultId>,
    pub run: Option<LabControlRunId>,
}

pub(super) async fn insert_value(
    tx: &mut Tx,
    message: &AnalyserMessage,
    sent: &SentValue,
    digest: &str,
    placed: ValueFate,
) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO lab_analyser_values (id, message_id, analyser_id, clinic_id, position, sample_number, code, unit, sequence,
        measured, digest, test_id, state, reason, result_id, run_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)")
        .bind(AnalyserValueId::new())
        .bind(message.id)
        .bind(message.analyser_id)
        .bind(message.clinic_id)
        .bind(sent.position)
        .bind(&sent.sample)
        .bind(&sent.code)
        .bind(&sent.unit)
        .bind(&sent.sequence)
        .bind(&sent.measured)
        .bind(digest)
        .bind(placed.test)
        .bind(placed.state)
        .bind(placed.reason)
        .bind(placed.result)
        .bind(placed.run);
    tx.execute(query).await?;
    Ok(())
}

/// Whether the same measurement was filed already.
pub(super) async fn is_filed(tx: &mut Tx, analyser: LabAnalyserId, sent: &SentValue, test: LabTestId, digest: &str) -> Result<bool> {
    let query = sql("SELECT count(*) FROM lab_analyser_values WHERE state IN ('filed', 'control') AND analyser_id = $1 AND sample_number = $2 AND test_id = $3
        AND measured = $4 AND sequence = $5 AND digest = $6")
    .bind(analyser)
    .bind(&sent.sample)
    .bind(test)
    .bind(&sent.measured)
    .bind(&sent.sequence)
    .bind(digest);
    Ok(tx.count(query).await? > 0)
}

/// Reads a value.
pub(super) async fn value(tx: &mut Tx, id: AnalyserValueId) -> Result<Option<AnalyserValue>> {
    Ok(tx.optional(sql(VALUES).push("id = ").push_bind(id)).await?)
}

/// Reads the values of a message.
pub(super) async fn values_of(tx: &mut Tx, message: AnalyserMessageId) -> Result<Vec<AnalyserValue>> {
    Ok(tx.all(sql(VALUES).push("message_id = ").push_bind(message).push(" ORDER BY position")).await?)
}

/// Reads the unmatched values of a clinic, the oldest first.
pub(super) async fn unmatched(tx: &mut Tx, clinic: ClinicId, limit: i64) -> Result<Vec<AnalyserValue>> {
    let query = sql(VALUES).push("state = 'unmatched' AND clinic_id = ").push_bind(clinic);
    Ok(tx.all(query.push(" ORDER BY id LIMIT ").push_bind(limit)).await?)
}

/// The query for the number of unmatched values of a clinic.
pub fn count_unmatched(clinic: ClinicId) -> Sql {
    sql("SELECT count(*) FROM lab_analyser_values WHERE state = 'unmatched' AND clinic_id = ").push_bind(clinic)
}

/// Writes the new fate of an unmatched value. Returns whether it was still unmatched.
pub(super) async fn settle(
    tx: &mut Tx,
    (message, id): (Locked<AnalyserMessageId>, AnalyserValueId),
    placed: ValueFate,
    resolved: Option<(Instant, UserId)>,
    resolution: &str,
) -> Result<bool, DbError> {
    let query = sql("UPDATE lab_analyser_values SET test_id = $3, state = $4, reason = $5, result_id = $6, run_id = $7, resolved_at = $8,
        resolved_by = $9, resolution = $10 WHERE message_id = $1 AND id = $2 AND state = 'unmatched'")
    .bind(message.id())
    .bind(id)
    .bind(placed.test)
    .bind(placed.state)
    .bind(placed.reason)
    .bind(placed.result)
    .bind(placed.run)
    .bind(resolved.map(|(at, _)| at))
    .bind(resolved.map(|(_, by)| by))
    .bind(resolution);
    Ok(tx.execute(query).await? == 1)
}

/// Reads the last message, the messages refused since a moment, and the unmatched values of each analyser of a clinic.
///
/// # Errors
/// When the database refuses.
pub async fn health(tx: &mut Tx, clinic: ClinicId, since: Instant) -> Result<Vec<AnalyserHealth>> {
    let query = sql("SELECT a.id AS analyser_id, (SELECT m.received_at FROM lab_analyser_messages m WHERE m.analyser_id = a.id
            ORDER BY m.received_at DESC LIMIT 1) AS last_at,
        (SELECT count(*) FROM lab_analyser_messages m WHERE m.analyser_id = a.id AND m.state = 'refused' AND m.received_at >= $1) AS refused,
        (SELECT count(*) FROM lab_analyser_values v WHERE v.state = 'unmatched' AND v.clinic_id = $2 AND v.analyser_id = a.id) AS unmatched
        FROM lab_analysers a WHERE a.clinic_id = $3")
    .bind(since)
    .bind(clinic)
    .bind(clinic);
    Ok(tx.all(query).await?)
}
