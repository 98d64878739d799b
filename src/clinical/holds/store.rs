//! The SQL of parts that are held back.

use super::{HiddenFrom, NoteHold, NotePart};
use crate::{
    core::{EncounterId, NoteHoldId, PatientId, Result, Stamp, time::Instant},
    db::{Locked, Tx, sql},
    keys::{NOTE_HOLDS, Sealed},
};

#[derive(sqlx::FromRow)]
struct HoldRow {
    id: NoteHoldId,
    encounter_id: EncounterId,
    patient_id: PatientId,
    part: NotePart,
    hidden_from: HiddenFrom,
    sealed: Sealed,
    held_at: Instant,
    held_by: String,
}

const HELD: &str = "SELECT h.id, h.encounter_id, h.patient_id, h.part, h.hidden_from, h.sealed, h.held_at, u.display_name AS held_by
    FROM note_holds h JOIN users u ON u.id = h.held_by WHERE h.ended_at IS NULL AND ";

/// Returns the parts of these encounters that are held back now.
pub(in crate::clinical) async fn holds_of(tx: &mut Tx, encounters: &[EncounterId]) -> Result<Vec<(EncounterId, NoteHold)>> {
    let query = sql(HELD).push("h.encounter_id IN ").push_list(encounters.iter().copied()).push(" ORDER BY h.held_at, h.id");
    let rows: Vec<HoldRow> = tx.all(query).await?;
    let opened = |row: HoldRow| {
        let [reason] = NOTE_HOLDS.open(tx.keys(), row.id, row.patient_id, &row.sealed)?;
        let (id, part, hidden_from) = (row.id, row.part, row.hidden_from);
        Ok((row.encounter_id, NoteHold { id, part, hidden_from, reason, held_at: row.held_at, held_by: row.held_by }))
    };
    rows.into_iter().map(opened).collect()
}

/// Returns the encounter of a hold that has not ended.
pub(super) async fn encounter_of(tx: &mut Tx, id: NoteHoldId) -> Result<Option<EncounterId>> {
    let query = sql("SELECT encounter_id FROM note_holds WHERE ended_at IS NULL AND id = ").push_bind(id);
    Ok(tx.optional::<(EncounterId,)>(query).await?.map(|(encounter,)| encounter))
}

/// A part to be held back.
pub(super) struct NewHold<'h> {
    pub id: NoteHoldId,
    pub encounter: Locked<EncounterId>,
    pub patient: PatientId,
    pub part: NotePart,
    pub hidden_from: HiddenFrom,
    pub reason: &'h str,
}

/// Holds a part back; `false` when it is held back already.
pub(super) async fn insert(tx: &mut Tx, new: &NewHold<'_>, stamp: Stamp) -> Result<bool> {
    let query = sql("INSERT INTO note_holds (id, encounter_id, patient_id, part, hidden_from, sealed, held_at, held_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    .bind(new.id)
    .bind(new.encounter.id())
    .bind(new.patient)
    .bind(new.part)
    .bind(new.hidden_from)
    .bind(NOTE_HOLDS.seal(new.id, new.patient, [new.reason]))
    .bind(stamp.at)
    .bind(stamp.by);
    match tx.execute(query).await {
        Err(error) if error.is_unique() => Ok(false),
        done => Ok(done.map(|_| true)?),
    }
}

/// Ends a hold; `false` when it has ended already.
pub(super) async fn end(tx: &mut Tx, _encounter: Locked<EncounterId>, id: NoteHoldId, stamp: Stamp) -> Result<bool> {
    let query =
        sql("UPDATE note_holds SET ended_at = $2, ended_by = $3 WHERE id = $1 AND ended_at IS NULL").bind(id).bind(stamp.at).bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}
