//! The handover from shift to shift: a line for each patient (situation, background, assessment, recommendation), offered by a nurse of the
//! shift that ends and taken over by a nurse of the next one.

mod store;

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::{
    audit::Action,
    core::{
        AdmissionId, ClinicId, Error, HandoverId, HandoverNoteId, Permission, Result, Stamp, UserId, WardId,
        error::FieldErrors,
        time::{Instant, Zone},
    },
    nursing::{bedside, department::NURSING, vocabulary::HandoverState},
    organisation::{self, Typed},
    server::{Ctx, Event},
    tr,
    wards::{self, WardShift},
};

pub use store::{find, notes_of};

/// The parts of a line, in order; each is also the name of its field.
pub const PARTS: [&str; 4] = ["situation", "background", "assessment", "recommendation"];

/// A handover.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Handover {
    pub id: HandoverId,
    pub clinic_id: ClinicId,
    pub ward_id: WardId,
    /// The shift that ends.
    pub day: NaiveDate,
    pub shift: WardShift,
    pub state: HandoverState,
    pub offered_at: Option<Instant>,
    pub offered_by: Option<UserId>,
    pub offerer: Option<String>,
    pub taken_at: Option<Instant>,
    pub taker: Option<String>,
    pub version: i64,
}

/// A patient's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandoverNote {
    pub id: HandoverNoteId,
    pub admission_id: AdmissionId,
    pub version: i64,
    /// In the order of [`PARTS`].
    pub parts: [String; 4],
    pub written_at: Instant,
    pub writer: String,
}

/// The handover that a ward works on.
#[derive(Clone, Debug)]
pub struct Current {
    pub shift: (NaiveDate, WardShift),
    /// The ward's name for the shift.
    pub shift_name: String,
    /// None before its first line.
    pub handover: Option<Handover>,
    /// The lines of this handover.
    pub notes: HashMap<AdmissionId, HandoverNote>,
    /// The last line of an earlier one, for a patient who has none yet: it is carried for editing.
    pub carried: HashMap<AdmissionId, HandoverNote>,
}

/// Returns the shift whose handover the ward works on: the one before, as long as it was offered and not taken over, or else the present.
async fn shift_of(ctx: &mut Ctx, ward: WardId, zone: Zone) -> Result<(NaiveDate, WardShift)> {
    let shifts = wards::shifts_of(&mut ctx.tx, ward, zone).await?;
    let now = shifts.at(ctx.now);
    let before = shifts.before(now);
    let waits = store::of_shift(&mut ctx.tx, ward, before).await?.is_some_and(|one| one.state == HandoverState::Offered);
    Ok(if waits { before } else { now })
}

/// Reads the handover that a ward works on, with the lines of these patients.
///
/// # Errors
/// When the database refuses.
pub async fn current(ctx: &mut Ctx, ward: WardId, zone: Zone, patients: &[AdmissionId]) -> Result<Current> {
    let shift = shift_of(ctx, ward, zone).await?;
    let shift_name = wards::shifts_of(&mut ctx.tx, ward, zone).await?.name(shift);
    let handover = store::of_shift(&mut ctx.tx, ward, shift).await?;
    let notes: HashMap<_, _> = match &handover {
        Some(handover) => store::notes_of(&mut ctx.tx, handover.id).await?.into_iter().map(|note| (note.admission_id, note)).collect(),
        None => HashMap::new(),
    };
    let without: Vec<AdmissionId> = patients.iter().copied().filter(|one| !notes.contains_key(one)).collect();
    let carried = store::last_notes(&mut ctx.tx, &without).await?.into_iter().map(|note| (note.admission_id, note)).collect();
    Ok(Current { shift, shift_name, handover, notes, carried })
}

/// Returns the handover of a shift, locked; it begins with its first act.
async fn begun(ctx: &mut Ctx, ward: &wards::Ward, (day, shift): (NaiveDate, WardShift)) -> Result<Handover> {
    if let Some(known) = store::of_shift(&mut ctx.tx, ward.id, (day, shift)).await? {
        ctx.tx.lock(known.id).await?;
        return store::find(&mut ctx.tx, known.id).await?.ok_or(Error::NotFound);
    }
    let id = HandoverId::new();
    let stamp = ctx.stamp();
    store::insert(&mut ctx.tx, id, ward, (day, shift), stamp).await?;
    let known = store::of_shift(&mut ctx.tx, ward.id, (day, shift)).await?.ok_or(Error::NotFound)?;
    ctx.tx.lock(known.id).await?;
    if known.id == id {
        ctx.did(Action::Create, "handover", id, None);
    }
    store::find(&mut ctx.tx, known.id).await?.ok_or(Error::NotFound)
}

/// Reads the parts of a line.
///
/// # Errors
/// [`Error::Invalid`] with every field that is wrong; also when all are empty.
pub fn read_parts(fields: &Typed) -> Result<[String; 4]> {
    let mut errors = FieldErrors::new();
    let parts = PARTS.map(|part| {
        let typed = fields.get(part).map_or("", String::as_str);
        errors.check(crate::core::form::text(part, typed, 2_000)).unwrap_or_default()
    });
    if parts.iter().all(String::is_empty) {
        errors.add("situation", tr!(errors.required));
    }
    errors.finish()?;
    Ok(parts)
}

/// Writes the line of a patient; another version supersedes the one before.
///
/// # Errors
/// [`Error::Conflict`] when another nurse wrote since, or the handover was taken over.
pub async fn write(ctx: &mut Ctx, admission: AdmissionId, seen: i64, parts: &[String; 4]) -> Result<WardId> {
    let bed = bedside::turn(ctx, Permission::RecordCare, admission).await?;
    bed.must_be_admitted()?;
    let ward = wards::find_ward(&mut ctx.tx, bed.admission.ward()).await?;
    let shift = shift_of(ctx, ward.id, bed.zone).await?;
    let handover = begun(ctx, &ward, shift).await?;
    if handover.state == HandoverState::Taken {
        return Err(Error::conflict(tr!(nursing.handover_was_taken)));
    }
    let before = store::note(&mut ctx.tx, handover.id, admission).await?;
    let version = before.as_ref().map_or(0, |note| note.version);
    if version != seen {
        let by = before.map(|note| note.writer).unwrap_or_default();
        return Err(Error::conflict(tr!(nursing.note_changed, name = by)));
    }
    let (now, by, whose, id) = (ctx.now, ctx.user(), bed.whose(), HandoverNoteId::new());
    if let Some(before) = before {
        store::supersede(&mut ctx.tx, before.id, now).await?;
    }
    store::insert_note(&mut ctx.tx, (id, handover.id), whose, (version + 1, parts), Stamp { by, at: now }).await?;
    bedside::record(ctx, Action::Update, "handover_note", id, whose);
    Ok(ward.id)
}

/// Offers the handover of the ward's shift to the next nurse.
///
/// # Errors
/// [`Error::Conflict`] in another state.
pub async fn offer(ctx: &mut Ctx, ward: WardId) -> Result<()> {
    let ward = at_ward(ctx, ward).await?;
    let zone = organisation::clinic(&mut ctx.tx, ward.clinic_id).await?.zone;
    let shift = shift_of(ctx, ward.id, zone).await?;
    let handover = begun(ctx, &ward, shift).await?;
    let stamp = ctx.stamp();
    let changed = store::offer(&mut ctx.tx, handover.id, stamp).await?;
    finish(ctx, &handover, changed)
}

/// Takes the offer back.
///
/// # Errors
/// As [`offer`].
pub async fn take_back(ctx: &mut Ctx, id: HandoverId) -> Result<WardId> {
    let handover = locked(ctx, id).await?;
    let changed = store::take_back(&mut ctx.tx, id).await?;
    finish(ctx, &handover, changed)?;
    Ok(handover.ward_id)
}

/// Takes the handover over: another person than the one who offered it.
///
/// # Errors
/// [`Error::Conflict`] in another state, or for the person who offered.
pub async fn take_over(ctx: &mut Ctx, id: HandoverId) -> Result<WardId> {
    let handover = locked(ctx, id).await?;
    let stamp = ctx.stamp();
    if handover.offered_by == Some(stamp.by) {
        return Err(Error::conflict(tr!(nursing.another_takes_over)));
    }
    let changed = store::take_over(&mut ctx.tx, id, stamp).await?;
    finish(ctx, &handover, changed)?;
    Ok(handover.ward_id)
}

async fn at_ward(ctx: &mut Ctx, ward: WardId) -> Result<wards::Ward> {
    let ward = wards::find_ward(&mut ctx.tx, ward).await?;
    ctx.at_clinic(Permission::RecordCare, ward.clinic_id)?;
    Ok(ward)
}

async fn locked(ctx: &mut Ctx, id: HandoverId) -> Result<Handover> {
    let known = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::RecordCare, known.clinic_id)?;
    ctx.tx.lock(id).await?;
    store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)
}

fn finish(ctx: &mut Ctx, handover: &Handover, changed: bool) -> Result<()> {
    if !changed {
        return Err(Error::conflict(tr!(nursing.handover_state, state = handover.state.words())));
    }
    ctx.did(Action::Update, "handover", handover.id, None);
    ctx.tell(Event::new(&NURSING).at(handover.clinic_id));
    Ok(())
}
