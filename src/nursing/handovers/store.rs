//! The SQL of handovers.

use chrono::NaiveDate;

use super::{Handover, HandoverNote};
use crate::{
    core::{AdmissionId, HandoverId, HandoverNoteId, PatientId, Result, Stamp, WardId, time::Instant},
    db::{Lockable, Tx, sql},
    keys::{HANDOVER_NOTES as FIELDS, Keyring, Sealed, Unopened},
    nursing::bedside::Whose,
    wards::{Ward, WardShift},
};

impl Lockable for HandoverId {
    const TABLE: &'static str = "handovers";
}

const HANDOVERS: &str = "SELECT h.id, h.clinic_id, h.ward_id, h.day, h.shift, h.state, h.offered_at, h.offered_by, o.display_name AS offerer, \
                         h.taken_at, t.display_name AS taker, h.version FROM handovers h LEFT JOIN users o ON o.id = h.offered_by \
                         LEFT JOIN users t ON t.id = h.taken_by WHERE ";
const NOTES: &str = "SELECT n.id, n.admission_id, n.patient_id, n.version, n.sealed, n.written_at, u.display_name AS writer FROM handover_notes n \
                     JOIN users u ON u.id = n.written_by WHERE n.superseded_at IS NULL AND ";

/// Reads a handover.
///
/// # Errors
/// When the database refuses.
pub async fn find(tx: &mut Tx, id: HandoverId) -> Result<Option<Handover>> {
    Ok(tx.optional(sql(HANDOVERS).push("h.id = ").push_bind(id)).await?)
}

pub(super) async fn of_shift(tx: &mut Tx, ward: WardId, (day, shift): (NaiveDate, WardShift)) -> Result<Option<Handover>> {
    let query = sql(HANDOVERS).push("h.ward_id = ").push_bind(ward).push(" AND h.day = ").push_bind(day);
    Ok(tx.optional(query.push(" AND h.shift = ").push_bind(shift)).await?)
}

/// Begins the handover of a shift, unless somebody did at the same moment.
pub(super) async fn insert(tx: &mut Tx, id: HandoverId, ward: &Ward, (day, shift): (NaiveDate, WardShift), stamp: Stamp) -> Result<()> {
    let query = sql("INSERT INTO handovers (id, clinic_id, ward_id, day, shift, state, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, 'preparing', $6, $7) ON CONFLICT (ward_id, day, shift) DO NOTHING")
    .bind(id)
    .bind(ward.clinic_id)
    .bind(ward.id)
    .bind(day)
    .bind(shift)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn offer(tx: &mut Tx, id: HandoverId, stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE handovers SET state = 'offered', offered_at = $2, offered_by = $3, version = version + 1
        WHERE id = $1 AND state = 'preparing'")
    .bind(id)
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn take_back(tx: &mut Tx, id: HandoverId) -> Result<bool> {
    let query = sql("UPDATE handovers SET state = 'preparing', offered_at = NULL, offered_by = NULL, version = version + 1
        WHERE state = 'offered' AND id = ")
    .push_bind(id);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn take_over(tx: &mut Tx, id: HandoverId, stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE handovers SET state = 'taken', taken_at = $2, taken_by = $3, version = version + 1
        WHERE id = $1 AND state = 'offered'")
    .bind(id)
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

#[derive(sqlx::FromRow)]
struct NoteRow {
    id: HandoverNoteId,
    admission_id: AdmissionId,
    patient_id: PatientId,
    version: i64,
    sealed: Sealed,
    written_at: Instant,
    writer: String,
}

impl NoteRow {
    fn open(self, keys: &Keyring) -> Result<HandoverNote, Unopened> {
        let parts = FIELDS.open(keys, self.id, self.patient_id, &self.sealed)?;
        let Self { id, admission_id, version, written_at, writer, .. } = self;
        Ok(HandoverNote { id, admission_id, version, parts, written_at, writer })
    }
}

fn opened(tx: &Tx, rows: Vec<NoteRow>) -> Result<Vec<HandoverNote>> {
    Ok(rows.into_iter().map(|row| row.open(tx.keys())).collect::<Result<_, _>>()?)
}

/// Reads the lines of a handover.
///
/// # Errors
/// When the database refuses, or a line cannot be opened.
pub async fn notes_of(tx: &mut Tx, handover: HandoverId) -> Result<Vec<HandoverNote>> {
    let rows = tx.all(sql(NOTES).push("n.handover_id = ").push_bind(handover)).await?;
    opened(tx, rows)
}

/// Reads the last line of each of these admissions.
pub(super) async fn last_notes(tx: &mut Tx, admissions: &[AdmissionId]) -> Result<Vec<HandoverNote>> {
    if admissions.is_empty() {
        return Ok(Vec::new());
    }
    let query = sql(NOTES).push(
        "n.id = (SELECT x.id FROM handover_notes x WHERE x.admission_id = n.admission_id AND x.superseded_at IS NULL
        ORDER BY x.written_at DESC, x.id DESC LIMIT 1) AND n.admission_id IN ",
    );
    let rows = tx.all(query.push_list(admissions.iter().copied())).await?;
    opened(tx, rows)
}

pub(super) async fn note(tx: &mut Tx, handover: HandoverId, admission: AdmissionId) -> Result<Option<HandoverNote>> {
    let query = sql(NOTES).push("n.handover_id = ").push_bind(handover).push(" AND n.admission_id = ").push_bind(admission);
    let rows = tx.all(query).await?;
    Ok(opened(tx, rows)?.pop())
}

pub(super) async fn supersede(tx: &mut Tx, id: HandoverNoteId, now: Instant) -> Result<()> {
    tx.execute(sql("UPDATE handover_notes SET superseded_at = $2 WHERE id = $1 AND superseded_at IS NULL").bind(id).bind(now)).await?;
    tx.changed(&FIELDS, id);
    Ok(())
}

pub(super) async fn insert_note(
    tx: &mut Tx,
    (id, handover): (HandoverNoteId, HandoverId),
    whose: Whose,
    (version, parts): (i64, &[String; 4]),
    stamp: Stamp,
) -> Result<()> {
    let [situation, background, assessment, recommendation] = parts;
    let sealed = FIELDS.seal(id, whose.patient, [situation.as_str(), background.as_str(), assessment.as_str(), recommendation.as_str()]);
    let query =
        sql("INSERT INTO handover_notes (id, handover_id, admission_id, patient_id, clinic_id, version, sealed, written_at, written_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
        .bind(id)
        .bind(handover)
        .bind(whose.admission)
        .bind(whose.patient)
        .bind(whose.clinic)
        .bind(version)
        .bind(sealed)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}
