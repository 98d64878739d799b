//! The SQL of encounters, notes and diagnoses. Prescriptions and drugs have their own store in `medicines`.

use chrono::NaiveDate;

use crate::{
    core::{
        AddendumId, AdmissionId, ClinicId, DepartmentId, DiagnosisId, EncounterId, Error, NoteId, PatientId, Result, StaffId, Stamp,
        UserId, VisitId, time::Instant,
    },
    db::{DbError, Lockable, Locked, Tx, sql},
    keys::{ADDENDA, Keyring, NOTES as SEALED_NOTES, Sealed, ToSeal, Unopened},
    tr,
};

use super::{
    Addendum, Certainty, Diagnosis, Encounter, EncounterKind, EncounterState, Meaning, Note, NoteState, NoteText, Problem, Rank, Verdict,
    note::Signature,
};

impl Lockable for EncounterId {
    const TABLE: &'static str = "encounters";
}

/// Translates an error of a schema guard into a message, for a write that did not hold the encounter's lock.
pub(super) fn refused(error: DbError) -> Error {
    if error.violates("encounter_finished") {
        return Error::conflict(tr!(clinical.already_signed));
    }
    if error.is_unique() || error.violates("encounters_finish_leaves_no_draft") {
        return Error::conflict(tr!(clinical.changed_by_another));
    }
    error.into()
}

#[derive(sqlx::FromRow)]
struct EncounterRow {
    id: EncounterId,
    patient_id: PatientId,
    visit_id: Option<VisitId>,
    clinic_id: ClinicId,
    department_id: Option<DepartmentId>,
    doctor_id: Option<StaffId>,
    doctor_name: Option<String>,
    kind: EncounterKind,
    state: EncounterState,
    reason: String,
    started_at: Instant,
    ended_at: Option<Instant>,
}

impl From<EncounterRow> for Encounter {
    fn from(row: EncounterRow) -> Self {
        Self {
            id: row.id,
            patient: row.patient_id,
            visit: row.visit_id,
            clinic: row.clinic_id,
            department: row.department_id,
            doctor: row.doctor_id,
            doctor_name: row.doctor_name.unwrap_or_default(),
            kind: row.kind,
            state: row.state,
            reason: row.reason,
            started_at: row.started_at,
            ended_at: row.ended_at,
        }
    }
}

const ENCOUNTERS: &str =
    "SELECT e.id, e.patient_id, e.visit_id, e.clinic_id, e.department_id, e.doctor_id, s.display_name AS doctor_name, e.kind,
        e.state, e.reason, e.started_at, e.ended_at
    FROM encounters e LEFT JOIN staff s ON s.id = e.doctor_id ";

pub(super) async fn encounter(tx: &mut Tx, id: EncounterId) -> Result<Option<Encounter>> {
    let row: Option<EncounterRow> = tx.optional(sql(ENCOUNTERS).push("WHERE e.id = ").push_bind(id)).await?;
    Ok(row.map(Into::into))
}

/// Returns the doctor's licence number for prescribing; empty where none is on record.
pub(super) async fn licence(tx: &mut Tx, doctor: StaffId) -> Result<String> {
    let row: Option<(String,)> = tx.optional(sql("SELECT licence_number FROM staff WHERE id = ").push_bind(doctor)).await?;
    Ok(row.map(|(number,)| number).unwrap_or_default())
}

pub(super) async fn encounters(tx: &mut Tx, ids: &[EncounterId]) -> Result<Vec<Encounter>> {
    let query = sql(ENCOUNTERS).push("WHERE e.id IN ").push_list(ids.iter().copied());
    let rows: Vec<EncounterRow> = tx.all(query).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub(super) async fn encounter_of_visit(tx: &mut Tx, visit: VisitId) -> Result<Option<Encounter>> {
    let row: Option<EncounterRow> = tx.optional(sql(ENCOUNTERS).push("WHERE e.visit_id = ").push_bind(visit)).await?;
    Ok(row.map(Into::into))
}

/// Returns the patient's encounters, newest first, without those entered in error. All encounters of the last one's
/// moment are included, so that the next page misses none.
pub(super) async fn encounters_of(tx: &mut Tx, patient: PatientId, before: Option<Instant>, limit: i64) -> Result<Vec<Encounter>> {
    let all = || sql(ENCOUNTERS).push("WHERE e.state <> 'entered_in_error' AND e.patient_id = ").push_bind(patient);
    let query = match before {
        Some(before) => all().push(" AND e.started_at < ").push_bind(before),
        None => all(),
    };
    let mut rows: Vec<EncounterRow> = tx.all(query.push(" ORDER BY e.started_at DESC, e.id DESC LIMIT ").push_bind(limit)).await?;
    let last = rows.last().map(|row| row.started_at).filter(|_| i64::try_from(rows.len()) == Ok(limit));
    if let Some(last) = last {
        rows.retain(|row| row.started_at > last);
        rows.extend(tx.all::<EncounterRow>(all().push(" AND e.started_at = ").push_bind(last)).await?);
    }
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Returns a doctor's encounters that are not finished, oldest first.
pub(super) async fn open_of_doctor(tx: &mut Tx, doctor: StaffId, clinic: ClinicId) -> Result<Vec<OpenEncounter>> {
    let query = sql("SELECT e.visit_id, e.patient_id, p.given_names, p.family_name, v.token, e.started_at
        FROM encounters e JOIN visits v ON v.id = e.visit_id JOIN patients p ON p.id = e.patient_id
        WHERE e.doctor_id = $1 AND e.clinic_id = $2 AND e.state = 'in_progress' ORDER BY e.started_at LIMIT 20")
    .bind(doctor)
    .bind(clinic);
    Ok(tx.all(query).await?)
}

/// An encounter that waits to be signed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct OpenEncounter {
    pub visit_id: VisitId,
    pub patient_id: PatientId,
    pub given_names: String,
    pub family_name: String,
    pub token: String,
    pub started_at: Instant,
}

/// Makes an encounter one of a stay on a ward.
pub(super) async fn set_stay(tx: &mut Tx, encounter: Locked<EncounterId>, admission: AdmissionId) -> Result<()> {
    let query =
        sql("UPDATE encounters SET kind = 'inpatient', admission_id = $2 WHERE id = $1 AND state = 'in_progress' AND visit_id IS NULL");
    tx.execute(query.bind(encounter.id()).bind(admission)).await?;
    Ok(())
}

/// Returns the encounters of a stay on a ward, the first at the beginning.
pub(super) async fn of_stay(tx: &mut Tx, admission: AdmissionId) -> Result<Vec<EncounterId>> {
    let query = sql("SELECT id FROM encounters WHERE admission_id = ").push_bind(admission).push(" ORDER BY started_at, id");
    Ok(tx.all::<(EncounterId,)>(query).await?.into_iter().map(|(id,)| id).collect())
}

/// The values of a new encounter.
pub(super) struct NewEncounter {
    pub id: EncounterId,
    pub patient: PatientId,
    /// `None` where the encounter belongs to no visit.
    pub visit: Option<Locked<VisitId>>,
    pub clinic: ClinicId,
    pub department: Option<DepartmentId>,
    pub doctor: Option<StaffId>,
    pub reason: String,
}

/// Begins an encounter, either of a visit that has none yet, or without a visit: each visit has at most one.
pub(super) async fn begin(tx: &mut Tx, new: NewEncounter, stamp: Stamp) -> Result<Locked<EncounterId>> {
    let query =
        sql("INSERT INTO encounters (id, patient_id, visit_id, clinic_id, department_id, doctor_id, kind, state, reason, started_at,
            created_by, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, 'outpatient', 'in_progress', $7, $8, $9, $8, $9)")
        .bind(new.id)
        .bind(new.patient)
        .bind(new.visit.map(Locked::id))
        .bind(new.clinic)
        .bind(new.department)
        .bind(new.doctor)
        .bind(new.reason)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await.map_err(refused)?;
    tx.lock(new.id).await
}

pub(super) async fn take_over(tx: &mut Tx, encounter: Locked<EncounterId>, doctor: StaffId, stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE encounters SET doctor_id = $2, updated_at = $3, updated_by = $4, version = version + 1
        WHERE id = $1 AND state = 'in_progress'")
    .bind(encounter.id())
    .bind(doctor)
    .bind(stamp.at)
    .bind(stamp.by);
    if tx.execute(query).await? == 0 {
        return Ok(false);
    }
    let query = sql("UPDATE notes SET author_id = $2 WHERE encounter_id = $1 AND state = 'draft'").bind(encounter.id()).bind(stamp.by);
    tx.execute(query).await.map_err(refused)?;
    Ok(true)
}

/// Records the department in which the patient is seen, while the encounter is in progress.
pub(super) async fn move_to(tx: &mut Tx, encounter: Locked<EncounterId>, department: DepartmentId, stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE encounters SET department_id = $2, updated_at = $3, updated_by = $4, version = version + 1
        WHERE id = $1 AND state = 'in_progress' AND (department_id IS NULL OR department_id <> $5)")
    .bind(encounter.id())
    .bind(department)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(department);
    tx.execute(query).await?;
    Ok(())
}

/// Finishes the encounter. The schema refuses this while a note or a prescription is still a draft.
pub(super) async fn finish(tx: &mut Tx, encounter: Locked<EncounterId>, stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE encounters SET state = 'finished', ended_at = CASE WHEN started_at > $2 THEN started_at ELSE $2 END,
            updated_at = $2, updated_by = $3, version = version + 1
        WHERE id = $1 AND state = 'in_progress'")
    .bind(encounter.id())
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await.map_err(refused)? > 0)
}

#[derive(sqlx::FromRow)]
struct NoteRow {
    id: NoteId,
    encounter_id: EncounterId,
    patient_id: PatientId,
    author_id: UserId,
    sealed: Sealed,
    state: NoteState,
    signed_at: Option<Instant>,
    signed_by: Option<UserId>,
    signed_digest: Option<String>,
    signer: Option<String>,
    updated_at: Instant,
    version: i64,
}

impl NoteRow {
    fn opened(self, keys: &Keyring) -> Result<Note, Unopened> {
        let row = self;
        let [history, examination, assessment, plan] = SEALED_NOTES.open(keys, row.id, row.encounter_id, &row.sealed)?;
        let signature = row.signed_at.zip(row.signed_by).zip(row.signed_digest).map(|((at, by), digest)| Signature {
            at,
            by,
            name: row.signer.unwrap_or_default(),
            digest,
            meaning: Meaning::Author,
            verdict: Verdict::Unchecked,
        });
        Ok(Note {
            id: row.id,
            encounter: row.encounter_id,
            patient: row.patient_id,
            author: row.author_id,
            text: NoteText { history, examination, assessment, plan },
            state: row.state,
            signature,
            updated_at: row.updated_at,
            version: row.version,
        })
    }
}

fn sealed(id: NoteId, encounter: EncounterId, text: &NoteText) -> ToSeal {
    SEALED_NOTES.seal(id, encounter, [&text.history, &text.examination, &text.assessment, &text.plan])
}

const NOTES: &str = "SELECT n.id, n.encounter_id, n.patient_id, n.author_id, n.sealed, n.state, n.signed_at, n.signed_by,
        n.signed_digest, u.display_name AS signer, n.updated_at, n.version
    FROM notes n LEFT JOIN users u ON u.id = n.signed_by ";

pub(super) async fn note(tx: &mut Tx, encounter: EncounterId) -> Result<Option<Note>> {
    let query = sql(NOTES).push("WHERE n.state <> 'entered_in_error' AND n.encounter_id = ").push_bind(encounter);
    let row: Option<NoteRow> = tx.optional(query).await?;
    Ok(row.map(|row| row.opened(tx.keys())).transpose()?)
}

pub(super) async fn notes_of(tx: &mut Tx, encounters: &[EncounterId]) -> Result<Vec<Note>> {
    let query = sql(NOTES).push("WHERE n.state <> 'entered_in_error' AND n.encounter_id IN ").push_list(encounters.iter().copied());
    let rows: Vec<NoteRow> = tx.all(query).await?;
    Ok(rows.into_iter().map(|row| row.opened(tx.keys())).collect::<Result<_, _>>()?)
}

/// Inserts the empty note of an encounter that has just begun.
pub(super) async fn insert_note(tx: &mut Tx, encounter: Locked<EncounterId>, patient: PatientId, stamp: Stamp) -> Result<()> {
    let query = sql("INSERT INTO notes (id, encounter_id, patient_id, author_id, state, created_at, updated_at, version)
        VALUES ($1, $2, $3, $4, 'draft', $5, $5, 0)")
    .bind(NoteId::new())
    .bind(encounter.id())
    .bind(patient)
    .bind(stamp.by)
    .bind(stamp.at);
    tx.execute(query).await.map_err(refused)?;
    Ok(())
}

/// Saves the draft unless it was saved after version `version`. Returns the new version, or `None`.
pub(super) async fn save_draft(
    tx: &mut Tx,
    encounter: Locked<EncounterId>,
    version: i64,
    text: &NoteText,
    now: Instant,
) -> Result<Option<i64>> {
    let of = sql("SELECT id FROM notes WHERE encounter_id = $1").bind(encounter.id());
    let Some((note,)) = tx.optional::<(NoteId,)>(of).await? else { return Ok(None) };
    let query = sql("UPDATE notes SET sealed = $3, updated_at = $4, version = version + 1
        WHERE id = $1 AND version = $2 AND state = 'draft'")
    .bind(note)
    .bind(version)
    .bind(sealed(note, encounter.id(), text))
    .bind(now);
    Ok((tx.execute(query).await.map_err(refused)? > 0).then_some(version + 1))
}

/// Freezes the draft of version `version` with the text and signature of `signed`.
pub(super) async fn sign_note(tx: &mut Tx, encounter: Locked<EncounterId>, signed: &Note, version: i64) -> Result<bool> {
    let Some(signature) = &signed.signature else { return Ok(false) };
    let query = sql("UPDATE notes SET state = 'signed', sealed = $3, signed_at = $4, signed_by = $5, signed_digest = $6, updated_at = $4,
            version = version + 1
        WHERE id = $1 AND version = $2 AND state = 'draft' AND encounter_id = $7")
    .bind(signed.id)
    .bind(version)
    .bind(sealed(signed.id, signed.encounter, &signed.text))
    .bind(signature.at)
    .bind(signature.by)
    .bind(&signature.digest)
    .bind(encounter.id());
    Ok(tx.execute(query).await.map_err(refused)? > 0)
}

#[derive(sqlx::FromRow)]
struct AddendumRow {
    note_id: NoteId,
    id: AddendumId,
    sealed: Sealed,
    written_at: Instant,
    written_by: UserId,
    writer: String,
}

/// Returns the addenda of the notes, oldest first.
pub(super) async fn addenda_of(tx: &mut Tx, notes: impl IntoIterator<Item = NoteId>) -> Result<Vec<(NoteId, Addendum)>> {
    let query = sql("SELECT a.note_id, a.id, a.sealed, a.written_at, a.written_by, u.display_name AS writer
        FROM addenda a JOIN users u ON u.id = a.written_by WHERE a.note_id IN ")
    .push_list(notes)
    .push(" ORDER BY a.written_at, a.id");
    let rows: Vec<AddendumRow> = tx.all(query).await?;
    let opened = |row: AddendumRow| {
        let [body] = ADDENDA.open(tx.keys(), row.id, row.note_id, &row.sealed)?;
        let addendum =
            Addendum { id: row.id, body, at: row.written_at, by: row.writer, author: row.written_by, verdict: Verdict::Unchecked };
        Ok((row.note_id, addendum))
    };
    Ok(rows.into_iter().map(opened).collect::<Result<_, Unopened>>()?)
}

/// Adds an addendum to the signed note of the encounter.
pub(super) async fn insert_addendum(tx: &mut Tx, encounter: Locked<EncounterId>, id: AddendumId, body: &str, stamp: Stamp) -> Result<()> {
    let of = sql("SELECT id FROM notes WHERE encounter_id = $1 AND state = 'signed'").bind(encounter.id());
    let (note,) = tx.one::<(NoteId,)>(of).await?;
    let query = sql("INSERT INTO addenda (id, note_id, sealed, written_at, written_by) VALUES ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(note)
        .bind(ADDENDA.seal(id, note, [body]))
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await.map_err(DbError::of_form_key)?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct DiagnosisRow {
    id: DiagnosisId,
    encounter_id: EncounterId,
    patient_id: PatientId,
    code: String,
    description: String,
    certainty: Certainty,
    rank: Rank,
    recorded_at: Instant,
}

impl From<DiagnosisRow> for Diagnosis {
    fn from(row: DiagnosisRow) -> Self {
        Self {
            id: row.id,
            encounter: row.encounter_id,
            patient: row.patient_id,
            code: row.code,
            description: row.description,
            certainty: row.certainty,
            rank: row.rank,
            recorded_at: row.recorded_at,
        }
    }
}

const DIAGNOSES: &str = "SELECT id, encounter_id, patient_id, code, description, certainty, rank, recorded_at FROM diagnoses WHERE entered_in_error_at IS NULL AND ";

pub(super) async fn diagnoses(tx: &mut Tx, encounter: EncounterId) -> Result<Vec<Diagnosis>> {
    let query = sql(DIAGNOSES).push("encounter_id = ").push_bind(encounter).push(" ORDER BY rank, recorded_at, id");
    let rows: Vec<DiagnosisRow> = tx.all(query).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub(super) async fn diagnoses_of(tx: &mut Tx, encounters: &[EncounterId]) -> Result<Vec<Diagnosis>> {
    let query = sql(DIAGNOSES).push("encounter_id IN ").push_list(encounters.iter().copied()).push(" ORDER BY rank, recorded_at, id");
    let rows: Vec<DiagnosisRow> = tx.all(query).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The values of a new diagnosis.
pub(super) struct NewDiagnosis<'d> {
    pub id: DiagnosisId,
    pub encounter: Locked<EncounterId>,
    pub patient: PatientId,
    pub code: &'d str,
    pub description: &'d str,
    pub certainty: Certainty,
    pub rank: Rank,
}

/// Adds the diagnosis; returns `false` when the encounter has this code already.
pub(super) async fn insert_diagnosis(tx: &mut Tx, new: NewDiagnosis<'_>, stamp: Stamp) -> Result<bool> {
    let query = sql("INSERT INTO diagnoses (id, encounter_id, patient_id, code, description, certainty, rank, recorded_at, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (encounter_id, code) WHERE entered_in_error_at IS NULL DO NOTHING")
    .bind(new.id)
    .bind(new.encounter.id())
    .bind(new.patient)
    .bind(new.code)
    .bind(new.description)
    .bind(new.certainty)
    .bind(new.rank)
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await.map_err(refused)? > 0)
}

/// Makes the primary diagnosis of an encounter secondary, before another one becomes primary.
pub(super) async fn demote_primary(tx: &mut Tx, encounter: Locked<EncounterId>) -> Result<()> {
    let query = sql("UPDATE diagnoses SET rank = 'secondary' WHERE encounter_id = $1 AND rank = 'primary' AND entered_in_error_at IS NULL");
    tx.execute(query.bind(encounter.id())).await.map_err(refused)?;
    Ok(())
}

/// Makes the diagnosis the primary one; the former one must have been made secondary before.
pub(super) async fn promote(tx: &mut Tx, id: DiagnosisId, encounter: Locked<EncounterId>) -> Result<()> {
    let query = sql("UPDATE diagnoses SET rank = 'primary' WHERE id = $1 AND encounter_id = $2 AND entered_in_error_at IS NULL");
    tx.execute(query.bind(id).bind(encounter.id())).await.map_err(refused)?;
    Ok(())
}

/// Marks the diagnosis as entered in error; returns `false` when the encounter has no such diagnosis.
pub(super) async fn strike_diagnosis(
    tx: &mut Tx,
    id: DiagnosisId,
    encounter: Locked<EncounterId>,
    reason: &str,
    stamp: Stamp,
) -> Result<bool> {
    let query = sql("UPDATE diagnoses SET entered_in_error_at = $3, entered_in_error_by = $4, error_reason = $5
        WHERE id = $1 AND encounter_id = $2 AND entered_in_error_at IS NULL")
    .bind(id)
    .bind(encounter.id())
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(reason);
    Ok(tx.execute(query).await.map_err(refused)? > 0)
}

#[derive(sqlx::FromRow)]
struct ProblemRow {
    description: String,
    code: String,
    clinical_status: String,
    onset_on: Option<NaiveDate>,
}

/// Returns the patient's problem list, active problems first.
pub(super) async fn problems_of(tx: &mut Tx, patient: PatientId) -> Result<Vec<Problem>> {
    let family = crate::patients::merges::family(tx, patient).await?;
    let query = sql("SELECT description, code, clinical_status, onset_on FROM problems
        WHERE entered_in_error_at IS NULL AND superseded_at IS NULL AND verification <> 'refuted' AND patient_id IN ")
    .push_list(family)
    .push(" ORDER BY CASE clinical_status WHEN 'active' THEN 0 ELSE 1 END, onset_on DESC, description LIMIT 200");
    let rows: Vec<ProblemRow> = tx.all(query).await?;
    Ok(rows
        .into_iter()
        .map(|row| Problem { description: row.description, code: row.code, active: row.clinical_status == "active", onset: row.onset_on })
        .collect())
}
