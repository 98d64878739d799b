//! The SQL of merges.

use std::collections::HashMap;

use super::{
    MergeReason, MergeState,
    facts::Before,
    tables::{JOINED, Joined, Joining, Moved},
};
use crate::{
    core::{ClinicId, MergeId, PatientId, Result, Stamp, UserId, time::Instant},
    db::{Locked, Sql, Tx, sql},
    keys::{CONTACTS, COVERAGES, Fields, MERGES, MESSAGE_CHANNELS, PATIENT_PHONES, Sealed, ToSeal},
    patients::AllergyStatus,
};

/// A merge of two records.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Merge {
    pub id: MergeId,
    pub survivor_id: PatientId,
    pub merged_id: PatientId,
    pub state: MergeState,
    pub reason: MergeReason,
    pub proposed_at: Instant,
    pub proposed_by: UserId,
    pub proposer: String,
    pub decided_at: Option<Instant>,
    pub decider: Option<String>,
    /// Set when a user asked to separate the records; another one decides.
    pub undo_asked_at: Option<Instant>,
    pub undo_asked_by: Option<UserId>,
    pub undo_asker: Option<String>,
    pub undone_at: Option<Instant>,
    pub undoer: Option<String>,
    /// The words of the proposal, of the decision and of the way back, and the state before.
    #[sqlx(skip)]
    pub words: [String; 3],
    #[sqlx(skip)]
    pub before: String,
}

#[derive(sqlx::FromRow)]
struct MergeRow {
    #[sqlx(flatten)]
    merge: Merge,
    sealed: Sealed,
}

const MERGE: &str = "SELECT m.id, m.survivor_id, m.merged_id, m.state, m.reason, m.sealed, m.proposed_at, m.proposed_by,
    p.display_name AS proposer, m.decided_at, d.display_name AS decider, m.undo_asked_at, m.undo_asked_by,
    a.display_name AS undo_asker, m.undone_at, u.display_name AS undoer
    FROM patient_merges m JOIN users p ON p.id = m.proposed_by LEFT JOIN users d ON d.id = m.decided_by LEFT JOIN users u ON u.id = m.undone_by
    LEFT JOIN users a ON a.id = m.undo_asked_by WHERE ";

fn opened(tx: &Tx, row: MergeRow) -> Result<Merge> {
    let MergeRow { mut merge, sealed } = row;
    let [proposal, decision, undoing, before] = MERGES.open(tx.keys(), merge.id, merge.survivor_id, &sealed)?;
    merge.words = [proposal, decision, undoing];
    merge.before = before;
    Ok(merge)
}

async fn read(tx: &mut Tx, query: Sql) -> Result<Vec<Merge>> {
    let rows: Vec<MergeRow> = tx.all(query).await?;
    rows.into_iter().map(|row| opened(tx, row)).collect()
}

pub(super) async fn merge(tx: &mut Tx, id: MergeId) -> Result<Option<Merge>> {
    Ok(read(tx, sql(MERGE).push("m.id = ").push_bind(id)).await?.pop())
}

/// Returns the merges of a clinic, the latest first: those that wait, or all.
pub(super) async fn listed(tx: &mut Tx, clinic: ClinicId, all: bool, limit: i64, offset: i64) -> Result<Vec<Merge>> {
    let query = sql(MERGE)
        .push("m.clinic_id = ")
        .push_bind(clinic)
        .push(if all { "" } else { " AND (m.state = 'proposed' OR (m.state = 'merged' AND m.undo_asked_at IS NOT NULL))" })
        .push(" ORDER BY m.proposed_at DESC, m.id DESC LIMIT ")
        .push_bind(limit)
        .push(" OFFSET ")
        .push_bind(offset);
    read(tx, query).await
}

/// Returns the merges of a patient that wait or hold.
pub(super) async fn of_patient(tx: &mut Tx, patient: PatientId) -> Result<Vec<Merge>> {
    let mut found = read(tx, sql(MERGE).push("m.state IN ('proposed', 'merged') AND m.survivor_id = ").push_bind(patient)).await?;
    found.extend(read(tx, sql(MERGE).push("m.state IN ('proposed', 'merged') AND m.merged_id = ").push_bind(patient)).await?);
    Ok(found)
}

/// The query for the number of proposals, and of requests to separate records, that wait at the clinic.
pub fn count_waiting(clinic: ClinicId) -> Sql {
    sql("SELECT (SELECT count(*) FROM patient_merges WHERE state = 'proposed' AND clinic_id = ")
        .push_bind(clinic)
        .push(") + (SELECT count(*) FROM patient_merges WHERE undo_asked_at IS NOT NULL AND state = 'merged' AND clinic_id = ")
        .push_bind(clinic)
        .push(")")
}

/// Returns the ids of the records that are one person's: the record, and those that were merged into it.
///
/// # Errors
/// When the database refuses.
pub async fn family(tx: &mut Tx, patient: PatientId) -> Result<Vec<PatientId>> {
    let query = sql("SELECT merged_id FROM patient_merges WHERE survivor_id = $1 AND state = 'merged' ORDER BY merged_id").bind(patient);
    let merged: Vec<(PatientId,)> = tx.all(query).await?;
    Ok(std::iter::once(patient).chain(merged.into_iter().map(|(id,)| id)).collect())
}

/// Returns the surviving record of each of these patients whose record was merged.
///
/// # Errors
/// When the database refuses.
pub async fn surviving(tx: &mut Tx, patients: &[PatientId]) -> Result<HashMap<PatientId, PatientId>> {
    if patients.is_empty() {
        return Ok(HashMap::new());
    }
    let query = sql("SELECT merged_id, survivor_id FROM patient_merges WHERE state = 'merged' AND merged_id IN ");
    let rows: Vec<(PatientId, PatientId)> = tx.all(query.push_list(patients.iter().copied())).await?;
    Ok(rows.into_iter().collect())
}

/// Returns those of the patients, and the others of their merges, whose records are merged.
///
/// # Errors
/// When the database refuses.
pub async fn joined_with(tx: &mut Tx, patients: &[PatientId]) -> Result<Vec<PatientId>> {
    if patients.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows: Vec<(PatientId, PatientId)> = Vec::new();
    for head in [
        "SELECT merged_id, survivor_id FROM patient_merges WHERE state = 'merged' AND merged_id IN ",
        "SELECT merged_id, survivor_id FROM patient_merges WHERE state = 'merged' AND survivor_id IN ",
    ] {
        rows.extend(tx.all::<(PatientId, PatientId)>(sql(head).push_list(patients.iter().copied())).await?);
    }
    Ok(rows.into_iter().flat_map(|(merged, survivor)| [merged, survivor]).collect())
}

/// Returns the surviving record, if the patient's record was merged.
///
/// # Errors
/// When the database refuses.
pub async fn survivor_of(tx: &mut Tx, patient: PatientId) -> Result<Option<PatientId>> {
    Ok(surviving(tx, &[patient]).await?.remove(&patient))
}

pub(super) async fn insert(tx: &mut Tx, merge: &NewMerge<'_>, stamp: Stamp) -> Result<bool> {
    let query = sql("INSERT INTO patient_merges (id, survivor_id, merged_id, clinic_id, state, reason, sealed, proposed_at, proposed_by)
        VALUES ($1, $2, $3, $4, 'proposed', $5, $6, $7, $8)")
    .bind(merge.id)
    .bind(merge.survivor)
    .bind(merge.merged)
    .bind(merge.clinic)
    .bind(merge.reason)
    .bind(MERGES.seal(merge.id, merge.survivor, [merge.words, "", "", ""]))
    .bind(stamp.at)
    .bind(stamp.by);
    match tx.execute(query).await {
        Err(error) if error.is_unique() => Ok(false),
        done => Ok(done.map(|_| true)?),
    }
}

/// A proposal.
pub(super) struct NewMerge<'w> {
    pub id: MergeId,
    pub survivor: PatientId,
    pub merged: PatientId,
    pub clinic: ClinicId,
    pub reason: MergeReason,
    pub words: &'w str,
}

/// Writes the state to which a merge goes, with its words; `false` when it has left the state in which it was read.
pub(super) async fn decide(tx: &mut Tx, merge: &Merge, state: MergeState, before: &str, stamp: Stamp) -> Result<bool> {
    let [proposal, decision, undoing] = merge.words.each_ref().map(String::as_str);
    let set = match state {
        MergeState::Undone => {
            "UPDATE patient_merges SET state = $2, undone_at = $3, undone_by = $4, sealed = $5 WHERE id = $1 AND state = $6"
        }
        _ => "UPDATE patient_merges SET state = $2, decided_at = $3, decided_by = $4, sealed = $5 WHERE id = $1 AND state = $6",
    };
    let query = sql(set)
        .bind(merge.id)
        .bind(state)
        .bind(stamp.at)
        .bind(stamp.by)
        .bind(MERGES.seal(merge.id, merge.survivor_id, [proposal, decision, undoing, before]))
        .bind(merge.state);
    let done = tx.execute(query).await? == 1;
    tx.changed(&MERGES, merge.id);
    Ok(done)
}

/// Records who asks to separate the records, with the reason among the words, or that nobody does any more; `false` when they are not merged.
pub(super) async fn ask_to_undo(tx: &mut Tx, merge: &Merge, asks: Option<UserId>, now: Instant) -> Result<bool> {
    let [proposal, decision, undoing] = merge.words.each_ref().map(String::as_str);
    let query = sql("UPDATE patient_merges SET undo_asked_at = $2, undo_asked_by = $3, sealed = $4 WHERE id = $1 AND state = 'merged'")
        .bind(merge.id)
        .bind(asks.map(|_| now))
        .bind(asks)
        .bind(MERGES.seal(merge.id, merge.survivor_id, [proposal, decision, undoing, &merge.before]));
    let done = tx.execute(query).await? == 1;
    tx.changed(&MERGES, merge.id);
    Ok(done)
}

/// Whether the patient has an open visit, and whether a stay is requested or goes on.
pub(super) async fn in_house(tx: &mut Tx, patient: PatientId) -> Result<(bool, bool)> {
    let visits = tx.count(sql("SELECT count(*) FROM visits WHERE ended_at IS NULL AND patient_id = ").push_bind(patient)).await?;
    let stays = sql("SELECT count(*) FROM admissions WHERE state IN ('requested', 'accepted', 'admitted') AND patient_id = ");
    Ok((visits > 0, tx.count(stays.push_bind(patient)).await? > 0))
}

/// The obstacles between two records that the database knows.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an obstacle of its own")]
pub(super) struct Conflicts {
    pub same_time: bool,
    pub same_wait: bool,
    pub offered: bool,
    pub acts_for_other: bool,
    pub in_other_merge: bool,
    pub one_dead: bool,
}

pub(super) async fn conflicts(tx: &mut Tx, survivor: PatientId, merged: PatientId) -> Result<Conflicts> {
    let times = sql("SELECT count(*) FROM appointments a JOIN appointments b ON b.patient_id = $1 AND b.starts_at < a.ends_at
            AND b.ends_at > a.starts_at AND b.state IN ('held', 'booked', 'checked_in', 'in_consultation')
        WHERE a.patient_id = $2 AND a.state = 'booked'")
    .bind(survivor)
    .bind(merged);
    let waits = sql("SELECT count(*) FROM waitlist a JOIN waitlist b ON b.patient_id = $1 AND b.service_id = a.service_id
            AND b.state IN ('waiting', 'offered') WHERE a.patient_id = $2 AND a.state = 'waiting'")
    .bind(survivor)
    .bind(merged);
    let offers = sql("SELECT count(*) FROM waitlist WHERE patient_id = $1 AND state = 'offered'").bind(merged);
    let acts = sql("SELECT count(*) FROM guardians WHERE ended_at IS NULL
            AND ((patient_id = $1 AND guardian_id = $2) OR (patient_id = $3 AND guardian_id = $4))")
    .bind(survivor)
    .bind(merged)
    .bind(merged)
    .bind(survivor);
    let chain = sql("SELECT (SELECT count(*) FROM patient_merges WHERE merged_id = $1 AND state = 'merged')
            + (SELECT count(*) FROM patient_merges WHERE survivor_id = $2 AND state = 'merged')")
    .bind(survivor)
    .bind(merged);
    let dead = sql("SELECT count(*) FROM patients a JOIN patients b ON b.id = $1
        WHERE a.id = $2 AND coalesce(CAST(a.deceased_on AS TEXT), '') <> coalesce(CAST(b.deceased_on AS TEXT), '')")
    .bind(survivor)
    .bind(merged);
    Ok(Conflicts {
        same_time: tx.count(times).await? > 0,
        same_wait: tx.count(waits).await? > 0,
        offered: tx.count(offers).await? > 0,
        acts_for_other: tx.count(acts).await? > 0,
        in_other_merge: tx.count(chain).await? > 0,
        one_dead: tx.count(dead).await? > 0,
    })
}

/// Whether both records have a portal account.
pub(super) async fn both_have_accounts(tx: &mut Tx, survivor: PatientId, merged: PatientId) -> Result<bool> {
    let query = sql("SELECT count(*) FROM patient_users WHERE patient_id IN ").push_list([survivor, merged]);
    Ok(tx.count(query).await? == 2)
}

/// Returns the number of rows of each table that name a patient; tables without rows are left out.
pub(super) async fn counts(tx: &mut Tx, patient: PatientId) -> Result<Vec<(&'static Joined, i64)>> {
    let mut found = Vec::new();
    // Signed-in people cannot read the table of what was imported.
    let readable =
        |joined: &&Joined| joined.column == "patient_id" && joined.joining != Joining::Care && joined.table != "imported_records";
    for joined in JOINED.iter().filter(readable) {
        let query = sql("SELECT count(*) FROM ").push(joined.table).push(" WHERE patient_id = ").push_bind(patient);
        let count = tx.count(query).await?;
        if count > 0 {
            found.push((joined, count));
        }
    }
    Ok(found)
}

/// Returns the number of rows that a merge moved, by table.
pub(super) async fn moved_rows(tx: &mut Tx, id: MergeId) -> Result<Vec<(String, i64)>> {
    let query = sql(
        "SELECT table_name, count(*) FROM patient_merge_rows WHERE merge_id = $1 AND act = 'moved' GROUP BY table_name ORDER BY table_name",
    );
    Ok(tx.all(query.bind(id)).await?)
}

/// Adds the condition for the rows of `from` that move to `to`.
fn movable(query: Sql, moved: Moved, from: PatientId, to: PatientId) -> Sql {
    match moved {
        Moved::All | Moved::Resealed => query.push(" WHERE t.patient_id = ").push_bind(from),
        Moved::Booked => query.push(" WHERE t.state = 'booked' AND t.patient_id = ").push_bind(from),
        Moved::Waiting => query.push(" WHERE t.state = 'waiting' AND t.patient_id = ").push_bind(from),
        Moved::Account => query
            .push(" WHERE t.patient_id = ")
            .push_bind(from)
            .push(" AND NOT EXISTS (SELECT 1 FROM patient_users o WHERE o.patient_id = ")
            .push_bind(to)
            .push(")"),
        Moved::ActsForPatient => query
            .push(" WHERE t.ended_at IS NULL AND t.patient_id = ")
            .push_bind(from)
            .push(
                " AND NOT EXISTS (SELECT 1 FROM guardians o WHERE o.ended_at IS NULL AND o.guardian_id = t.guardian_id AND o.patient_id = ",
            )
            .push_bind(to)
            .push(")"),
        Moved::PatientActsFor => query
            .push(" WHERE t.ended_at IS NULL AND t.guardian_id = ")
            .push_bind(from)
            .push(
                " AND NOT EXISTS (SELECT 1 FROM guardians o WHERE o.ended_at IS NULL AND o.patient_id = t.patient_id AND o.guardian_id = ",
            )
            .push_bind(to)
            .push(")"),
        Moved::Addresses => query
            .push(" WHERE t.confirmed_at IS NOT NULL AND t.removed_at IS NULL AND t.patient_id = ")
            .push_bind(from)
            .push(" AND NOT EXISTS (SELECT 1 FROM message_channels o WHERE o.kind = t.kind AND o.confirmed_at IS NOT NULL AND o.removed_at IS NULL")
            .push(" AND o.patient_id = ")
            .push_bind(to)
            .push(")"),
        Moved::Wishes => query
            .push(" WHERE t.patient_id = ")
            .push_bind(from)
            .push(" AND NOT EXISTS (SELECT 1 FROM message_preferences o WHERE o.patient_id = ")
            .push_bind(to)
            .push(")"),
    }
}

/// Notes the rows of the merged record that move, and moves them.
pub(super) async fn move_rows(tx: &mut Tx, merge: &Merge, _both: &[Locked<PatientId>]) -> Result<()> {
    let (from, to) = (merge.merged_id, merge.survivor_id);
    for joined in JOINED {
        let Joining::Moves(moved) = joined.joining else { continue };
        let noted = sql("INSERT INTO patient_merge_rows (merge_id, table_name, column_name, row_id, act) SELECT ")
            .push_bind(merge.id)
            .push(", ")
            .push_bind(joined.table)
            .push(", ")
            .push_bind(joined.column)
            .push(", t.")
            .push(joined.key)
            .push(", 'moved' FROM ")
            .push(joined.table)
            .push(" t");
        tx.execute(movable(noted, moved, from, to)).await?;
        hand_over(tx, merge.id, joined, moved, (from, to)).await?;
    }
    Ok(())
}

/// Moves the noted rows back: those that are still as they were moved.
pub(super) async fn move_back(tx: &mut Tx, merge: &Merge, _both: &[Locked<PatientId>]) -> Result<()> {
    for joined in JOINED {
        let Joining::Moves(moved) = joined.joining else { continue };
        hand_over(tx, merge.id, joined, moved, (merge.survivor_id, merge.merged_id)).await?;
    }
    Ok(())
}

/// Takes the addresses out of use that a person confirmed on the surviving record whose account goes back: they are another person's.
pub(super) async fn take_addresses(tx: &mut Tx, merge: &Merge, _both: &[Locked<PatientId>], now: Instant) -> Result<()> {
    let query = sql("UPDATE message_channels SET removed_at = $1 WHERE patient_id = $2 AND removed_at IS NULL AND created_by IN
            (SELECT u.user_id FROM patient_users u JOIN patient_merge_rows r ON r.row_id = u.user_id AND r.table_name = 'patient_users'
                WHERE u.patient_id = $3 AND r.merge_id = $4)")
    .bind(now)
    .bind(merge.survivor_id)
    .bind(merge.merged_id)
    .bind(merge.id);
    tx.execute(query).await?;
    Ok(())
}

/// Gives the noted rows of a column from one patient to another.
async fn hand_over(tx: &mut Tx, merge: MergeId, joined: &Joined, moved: Moved, (from, to): (PatientId, PatientId)) -> Result<()> {
    if matches!(moved, Moved::Resealed | Moved::Addresses) {
        return reseal(tx, merge, joined, (from, to)).await;
    }
    let query = sql("UPDATE ").push(joined.table).push(" SET ").push(joined.column).push(" = ").push_bind(to);
    let query = query.push(" WHERE ").push(joined.column).push(" = ").push_bind(from);
    let query = match moved {
        Moved::Booked => query.push(" AND state = 'booked'"),
        Moved::Waiting => query.push(" AND state = 'waiting'"),
        _ => query,
    };
    let query = match moved {
        // The row has no other key than its patient: it is noted under the merged record, whose row it was.
        Moved::Wishes => query.push(" AND (SELECT merged_id FROM patient_merges WHERE id = ").push_bind(merge).push(")"),
        _ => query.push(" AND ").push(joined.key),
    };
    tx.execute(noted(query, merge, joined)).await?;
    Ok(())
}

/// Adds the condition for the noted rows of a column.
fn noted(query: Sql, merge: MergeId, joined: &Joined) -> Sql {
    query
        .push(" IN (SELECT row_id FROM patient_merge_rows WHERE merge_id = ")
        .push_bind(merge)
        .push(" AND table_name = ")
        .push_bind(joined.table)
        .push(" AND column_name = ")
        .push_bind(joined.column)
        .push(")")
}

/// Seals the noted rows again for their new owner.
async fn reseal(tx: &mut Tx, merge: MergeId, joined: &Joined, (from, to): (PatientId, PatientId)) -> Result<()> {
    let query = sql("SELECT id, sealed FROM ").push(joined.table).push(" WHERE patient_id = ").push_bind(from).push(" AND id");
    let rows: Vec<(uuid::Uuid, Sealed)> = tx.all(noted(query, merge, joined)).await?;
    for (id, sealed) in rows {
        let again = match joined.table {
            "message_channels" => seal_again(tx, &MESSAGE_CHANNELS, id, &sealed, (from, to))?,
            "patient_phones" => seal_again(tx, &PATIENT_PHONES, id, &sealed, (from, to))?,
            "coverages" => seal_again(tx, &COVERAGES, id, &sealed, (from, to))?,
            _ => seal_again(tx, &CONTACTS, id, &sealed, (from, to))?,
        };
        let query = sql("UPDATE ")
            .push(joined.table)
            .push(" SET patient_id = ")
            .push_bind(to)
            .push(", sealed = ")
            .push_bind(again)
            .push(" WHERE id = ")
            .push_bind(id);
        tx.execute(query).await?;
        match joined.table {
            "message_channels" => tx.changed(&MESSAGE_CHANNELS, id),
            "patient_phones" => tx.changed(&PATIENT_PHONES, id),
            "coverages" => tx.changed(&COVERAGES, id),
            _ => tx.changed(&CONTACTS, id),
        }
    }
    Ok(())
}

/// Seals what a row keeps for its new owner.
fn seal_again<const N: usize>(
    tx: &Tx,
    fields: &Fields<N, PatientId>,
    id: uuid::Uuid,
    sealed: &Sealed,
    (from, to): (PatientId, PatientId),
) -> Result<ToSeal> {
    let texts = fields.open(tx.keys(), id, from, sealed)?;
    Ok(fields.seal(id, to, texts.each_ref().map(String::as_str)))
}

/// Sets the allergy status of a record from its list; without an active allergy it is `otherwise`.
pub(super) async fn settle_allergies(tx: &mut Tx, patient: PatientId, otherwise: AllergyStatus) -> Result<()> {
    let active = "SELECT count(*) FROM allergies WHERE entered_in_error_at IS NULL AND clinical_status = 'active' AND verification <> 'refuted' AND patient_id = ";
    let status = match (tx.count(sql(active).push_bind(patient)).await?, otherwise) {
        (0, AllergyStatus::Recorded) => AllergyStatus::NotRecorded,
        (0, otherwise) => otherwise,
        _ => AllergyStatus::Recorded,
    };
    tx.execute(sql("UPDATE patients SET allergy_status = $2 WHERE id = $1").bind(patient).bind(status)).await?;
    Ok(())
}

/// Sets the version of a record back, after its facts are what they were before the merge.
pub(super) async fn set_version_back(tx: &mut Tx, patient: Locked<PatientId>, before: &Before) -> Result<()> {
    let Some(saved_by) = before.saved_by() else { return Ok(()) };
    let query = sql("UPDATE patients SET version = $2, updated_at = $3, updated_by = $4 WHERE id = $1")
        .bind(patient.id())
        .bind(before.version)
        .bind(before.updated_at)
        .bind(saved_by);
    tx.execute(query).await?;
    Ok(())
}

/// Returns the user who saved the record last.
pub(super) async fn saved_by(tx: &mut Tx, patient: PatientId) -> Result<UserId> {
    Ok(tx.one::<(UserId,)>(sql("SELECT updated_by FROM patients WHERE id = ").push_bind(patient)).await?.0)
}
