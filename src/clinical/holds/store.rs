//! The SQL of parts that are held back.

use super::{HiddenFrom, NoteHold, NotePart, OutsideReader};
use crate::{
    core::{ClinicId, EncounterId, Error, NoteHoldId, OrderId, PatientId, PrescriptionId, Result, Stamp, time::Instant},
    db::{Locked, Sql, Tx, Value, sql},
    keys::{Keyring, NOTE_HOLDS, Sealed},
};

#[derive(sqlx::FromRow)]
struct HoldRow {
    id: NoteHoldId,
    encounter_id: Option<EncounterId>,
    prescription_id: Option<PrescriptionId>,
    patient_id: PatientId,
    part: NotePart,
    hidden_from: HiddenFrom,
    sealed: Sealed,
    held_at: Instant,
    held_by: String,
    clinic_id: ClinicId,
    about: String,
    about_at: Instant,
}

impl HoldRow {
    fn open(self, keys: &Keyring) -> Result<HeldPart> {
        let [reason] = NOTE_HOLDS.open(keys, self.id, self.patient_id, &self.sealed)?;
        let hold = NoteHold {
            id: self.id,
            part: self.part,
            prescription: self.prescription_id,
            hidden_from: self.hidden_from,
            reason,
            held_at: self.held_at,
            held_by: self.held_by,
        };
        Ok(HeldPart { hold, encounter: self.encounter_id, clinic: self.clinic_id, about: self.about, at: self.about_at })
    }
}

/// A part that is held back, with the entry that it belongs to.
#[derive(Clone, Debug)]
pub(in crate::clinical) struct HeldPart {
    pub hold: NoteHold,
    /// `None` for the results of an order.
    pub encounter: Option<EncounterId>,
    pub clinic: ClinicId,
    /// The medicine or the ordered service; empty for a part of a note.
    pub about: String,
    /// The time of the encounter or of the order.
    pub at: Instant,
}

const HELD: &str = "SELECT h.id, h.encounter_id, h.prescription_id, h.patient_id, h.part, h.hidden_from, h.sealed, h.held_at,
        u.display_name AS held_by, coalesce(e.clinic_id, o.clinic_id) AS clinic_id, coalesce(p.drug, o.service, '') AS about,
        coalesce(e.started_at, o.ordered_at) AS about_at
    FROM note_holds h JOIN users u ON u.id = h.held_by LEFT JOIN encounters e ON e.id = h.encounter_id
    LEFT JOIN prescriptions p ON p.id = h.prescription_id LEFT JOIN orders o ON o.id = h.order_id WHERE h.ended_at IS NULL AND ";

async fn held(tx: &mut Tx, query: Sql) -> Result<Vec<HeldPart>> {
    let rows: Vec<HoldRow> = tx.all(query).await?;
    rows.into_iter().map(|row| row.open(tx.keys())).collect()
}

/// Returns the parts of these encounters that are held back now.
pub(in crate::clinical) async fn holds_of(tx: &mut Tx, encounters: &[EncounterId]) -> Result<Vec<(EncounterId, NoteHold)>> {
    let query = sql(HELD).push("h.encounter_id IN ").push_list(encounters.iter().copied()).push(" ORDER BY h.held_at, h.id");
    Ok(held(tx, query).await?.into_iter().filter_map(|one| Some((one.encounter?, one.hold))).collect())
}

/// Returns everything of a patient that is held back now, the latest first.
pub(super) async fn of_patient(tx: &mut Tx, patient: PatientId) -> Result<Vec<HeldPart>> {
    held(tx, sql(HELD).push("h.patient_id = ").push_bind(patient).push(" ORDER BY h.held_at DESC, h.id")).await
}

/// An order whose results can be held back.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct HoldableOrder {
    pub id: OrderId,
    pub service: String,
    pub ordered_at: Instant,
}

/// Returns the latest orders of a patient at a clinic whose results are not held back.
pub(super) async fn orders_to_hold(tx: &mut Tx, patient: PatientId, clinic: ClinicId, limit: i64) -> Result<Vec<HoldableOrder>> {
    let query = sql("SELECT o.id, o.service, o.ordered_at FROM orders o WHERE o.patient_id = $1 AND o.clinic_id = $2
            AND o.state NOT IN ('draft', 'cancelled', 'entered_in_error')
            AND NOT EXISTS (SELECT 1 FROM note_holds h WHERE h.patient_id = o.patient_id AND h.order_id = o.id AND h.ended_at IS NULL)
        ORDER BY o.ordered_at DESC, o.id LIMIT $3")
    .bind(patient)
    .bind(clinic)
    .bind(limit);
    Ok(tx.all(query).await?)
}

/// Returns the patient and the clinic of an order.
pub(super) async fn order_of(tx: &mut Tx, id: OrderId) -> Result<Option<(PatientId, ClinicId)>> {
    Ok(tx.optional(sql("SELECT patient_id, clinic_id FROM orders WHERE id = ").push_bind(id)).await?)
}

/// Returns the encounter, or the order, of a hold that has not ended.
pub(super) async fn subject_of(tx: &mut Tx, id: NoteHoldId) -> Result<Option<(Option<EncounterId>, Option<OrderId>)>> {
    let query = sql("SELECT encounter_id, order_id FROM note_holds WHERE ended_at IS NULL AND id = ").push_bind(id);
    Ok(tx.optional(query).await?)
}

/// Returns those of these prescriptions that are kept from this reader.
pub(in crate::clinical) async fn kept_prescriptions(
    tx: &mut Tx,
    of: &[PrescriptionId],
    reader: OutsideReader,
) -> Result<Vec<PrescriptionId>> {
    if of.is_empty() {
        return Ok(Vec::new());
    }
    let query = sql("SELECT h.prescription_id FROM note_holds h WHERE h.ended_at IS NULL AND h.prescription_id IN ")
        .push_list(of.iter().copied())
        .push(" AND h.hidden_from IN ")
        .push_list(reader.kept_by());
    let rows: Vec<(PrescriptionId,)> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Adds to a query of another department that the row is not kept from this reader. `joined` joins the hold `h` with the row, as
/// ` WHERE h.patient_id = d.patient_id AND h.prescription_id = d.supply_id`: the patient's holds are few, and found by an index.
pub fn unless_held(query: Sql, joined: &'static str, reader: OutsideReader) -> Sql {
    query
        .push(" AND NOT EXISTS (SELECT 1 FROM note_holds h")
        .push(joined)
        .push(" AND h.ended_at IS NULL AND h.hidden_from IN ")
        .push_list(reader.kept_by())
        // PostgreSQL looks for each row, and does not read all holds to join them.
        .push_for(")", " OFFSET 0)")
}

/// Returns the encounters of these records of which a part is kept from this reader. What says the same beside the note goes with it: the
/// treatment plan and the reasons of follow-ups with the plan, the problem list with the diagnoses.
///
/// # Errors
/// When the database refuses.
pub async fn held_encounters(tx: &mut Tx, records: &[PatientId], part: NotePart, reader: OutsideReader) -> Result<Vec<EncounterId>> {
    let query = sql("SELECT h.encounter_id FROM note_holds h WHERE h.ended_at IS NULL AND h.part = ")
        .push_bind(part)
        .push(" AND h.encounter_id IS NOT NULL AND h.patient_id IN ")
        .push_list(records.iter().copied())
        .push(" AND h.hidden_from IN ")
        .push_list(reader.kept_by());
    let rows: Vec<(EncounterId,)> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Whether the results of an order are held back from somebody: the bell does not ring for them.
///
/// # Errors
/// When the database refuses.
pub async fn is_result_held(tx: &mut Tx, order: OrderId) -> Result<bool> {
    let query = sql("SELECT count(*) FROM note_holds WHERE ended_at IS NULL AND order_id = ").push_bind(order);
    Ok(tx.count(query).await? > 0)
}

/// The subject of a new hold, whose turn is taken.
pub(super) enum HoldSubject {
    Encounter(Locked<EncounterId>, Option<PrescriptionId>),
    Order(Locked<OrderId>),
}

/// A part to be held back.
pub(super) struct NewHold<'h> {
    pub id: NoteHoldId,
    pub subject: HoldSubject,
    pub patient: PatientId,
    pub part: NotePart,
    pub hidden_from: HiddenFrom,
    pub reason: &'h str,
}

/// Holds a part back; `false` when it is held back already.
pub(super) async fn insert(tx: &mut Tx, new: &NewHold<'_>, stamp: Stamp) -> Result<bool> {
    let (encounter, prescription, order) = match &new.subject {
        HoldSubject::Encounter(encounter, prescription) => (Some(encounter.id().into()), prescription.map(Into::into), None),
        HoldSubject::Order(order) => (None, None, Some(order.id().into())),
    };
    let query =
        sql("INSERT INTO note_holds (id, encounter_id, prescription_id, order_id, patient_id, part, hidden_from, sealed, held_at, held_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
        .bind(new.id)
        .bind(Value::Uuid(encounter))
        .bind(Value::Uuid(prescription))
        .bind(Value::Uuid(order))
        .bind(new.patient)
        .bind(new.part)
        .bind(new.hidden_from)
        .bind(NOTE_HOLDS.seal(new.id, new.patient, [new.reason]))
        .bind(stamp.at)
        .bind(stamp.by);
    match tx.execute(query).await {
        Err(error) if error.is_unique() => Ok(false),
        // The prescription of another encounter.
        Err(error) if error.violates("note_holds_same_patient") => Err(Error::NotFound),
        done => Ok(done.map(|_| true)?),
    }
}

/// Ends a hold, whose subject is locked; `false` when it has ended already.
pub(super) async fn end(tx: &mut Tx, _subject: &HoldSubject, id: NoteHoldId, stamp: Stamp) -> Result<bool> {
    let query =
        sql("UPDATE note_holds SET ended_at = $2, ended_by = $3 WHERE id = $1 AND ended_at IS NULL").bind(id).bind(stamp.at).bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}
