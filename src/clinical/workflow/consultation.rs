//! The steps of a consultation: calling the patient, beginning, writing, signing.

use crate::{
    appointments::{self, AppointmentState},
    audit::Action,
    billing::{self, ToCharge},
    clinical::{
        CONSULTATION, Encounter, EncounterState, Meaning, NoteState, NoteText, PRESCRIPTIONS,
        islands::Place,
        medicines,
        signatures::{self, Signer},
        store::{self, NewEncounter},
        worksheet::NoteView,
    },
    core::{
        AddendumId, EncounterId, Error, PatientId, Permission, QueueEntryId, Result, ServiceId, ServicePointId, StaffId, VisitId, time,
    },
    db::Locked,
    opd::{self, QueueState, Step, Visit},
    orders::{self, Asked},
    organisation, patients,
    server::{Ctx, Event},
    tr,
};

use super::{
    Writing, lock_encounter, lock_patient, lock_visit, visit,
    warnings::{Reply, ask_again, repeated},
    writable,
};

/// Calls the next patient of the queue; `None` when no patient waits. Also returns the queue entry, for an undo.
pub async fn call_next(ctx: &mut Ctx, service: ServiceId) -> Result<Option<(VisitId, QueueEntryId)>> {
    let doctor = doctor(ctx)?;
    let service = organisation::service(&mut ctx.tx, service).await?;
    ctx.at_clinic(Permission::WriteNotes, service.clinic_id)?;
    let (stamp, point) = (ctx.stamp(), point(ctx).await?);
    let called = opd::call_next(&mut ctx.tx, service.clinic_id, Some(service.id), Step::Doctor, Some(doctor), point, stamp).await?;
    let Some(row) = called else { return Ok(None) };
    let entry = opd::entry(&mut ctx.tx, row.entry).await?;
    told(ctx, &entry).await?;
    Ok(Some((row.visit, row.entry)))
}

/// Notifies the patient, the board and the desks of the call.
async fn told(ctx: &mut Ctx, entry: &opd::Entry) -> Result<()> {
    opd::tell_called(ctx, entry).await?;
    ctx.did(Action::Update, "queue", entry.id, Some(entry.patient_id));
    ctx.tell(Event::new(&opd::QUEUE).at(entry.clinic_id).of(entry.patient_id).about(entry.visit_id));
    Ok(())
}

/// Calls this patient out of turn.
pub async fn call(ctx: &mut Ctx, id: VisitId) -> Result<QueueEntryId> {
    let doctor = doctor(ctx)?;
    visit(ctx, id).await?;
    let entry = opd::open_entry(&mut ctx.tx, id).await?;
    if entry.step != Step::Doctor {
        return Err(Error::conflict(tr!(clinical.not_in_queue)));
    }
    let (stamp, point) = (ctx.stamp(), point(ctx).await?);
    let entry = opd::call(&mut ctx.tx, entry.id, Some(doctor), point, stamp).await?;
    told(ctx, &entry).await?;
    Ok(entry.id)
}

/// Begins the encounter of a called patient, unless it has begun; the patient is in the room.
pub async fn begin(ctx: &mut Ctx, id: VisitId) -> Result<Writing> {
    let (visit_lock, visit) = lock_visit(ctx, id).await?;
    begin_locked(ctx, visit_lock, visit).await
}

/// Does the same for a visit that is already locked.
async fn begin_locked(ctx: &mut Ctx, visit_lock: Locked<VisitId>, visit: Visit) -> Result<Writing> {
    if let Some((lock, encounter)) = lock_encounter(ctx, visit_lock).await? {
        writable(ctx, &encounter)?;
        in_the_room(ctx, &visit).await?;
        return Ok(Writing { visit, encounter, lock });
    }
    let doctor = doctor(ctx)?;
    let entry = opd::open_entry(&mut ctx.tx, visit.id).await?;
    if entry.step != Step::Doctor || entry.state == QueueState::Waiting {
        return Err(Error::conflict(tr!(clinical.call_first)));
    }
    let service = organisation::service(&mut ctx.tx, entry.service_id).await?;
    let new = NewEncounter {
        id: EncounterId::new(),
        patient: visit.patient_id,
        visit: Some(visit_lock),
        clinic: visit.clinic_id,
        department: Some(service.department_id),
        doctor: Some(doctor),
        reason: visit.reason.clone(),
    };
    let stamp = ctx.stamp();
    let lock = store::begin(&mut ctx.tx, new, stamp).await?;
    let encounter = store::encounter(&mut ctx.tx, lock.id()).await?.ok_or(Error::NotFound)?;
    store::insert_note(&mut ctx.tx, lock, visit.patient_id, stamp).await?;
    in_the_room(ctx, &visit).await?;
    if let Some(appointment) = visit.appointment_id
        && appointments::find(&mut ctx.tx, appointment).await?.state == AppointmentState::CheckedIn
    {
        appointments::begin_consultation(&mut ctx.tx, appointment, stamp).await?;
        ctx.tell(Event::new(&appointments::APPOINTMENTS).at(visit.clinic_id).of(visit.patient_id).about(appointment));
    }
    ctx.did(Action::Create, "encounter", encounter.id, Some(visit.patient_id));
    ctx.tell(Event::new(&patients::CHART).at(visit.clinic_id).of(visit.patient_id).about(visit.id));
    Ok(Writing { visit, encounter, lock })
}

/// Changes the queue state from called to serving, if the entry still shows the patient as called.
async fn in_the_room(ctx: &mut Ctx, visit: &Visit) -> Result<()> {
    if visit.ended_at.is_some() {
        return Ok(());
    }
    let entry = opd::open_entry(&mut ctx.tx, visit.id).await?;
    if entry.step == Step::Doctor && entry.state == QueueState::Called {
        let (stamp, point, doctor) = (ctx.stamp(), point(ctx).await?, ctx.who.staff);
        opd::start(&mut ctx.tx, entry.id, doctor, point, stamp).await?;
        ctx.tell(Event::new(&opd::QUEUE).at(visit.clinic_id).of(visit.patient_id).about(visit.id));
    }
    Ok(())
}

/// Takes a colleague's unfinished encounter over.
pub async fn take_over(ctx: &mut Ctx, id: VisitId) -> Result<()> {
    let doctor = doctor(ctx)?;
    let (visit_lock, visit) = lock_visit(ctx, id).await?;
    let (lock, encounter) = lock_encounter(ctx, visit_lock).await?.ok_or_else(|| Error::conflict(tr!(clinical.not_begun)))?;
    let stamp = ctx.stamp();
    if !store::take_over(&mut ctx.tx, lock, doctor, stamp).await? {
        return Err(Error::conflict(tr!(clinical.already_signed)));
    }
    seen_where(ctx, lock, &visit).await?;
    ctx.did(Action::Update, "encounter", encounter.id, Some(visit.patient_id));
    ctx.tell(Event::new(&patients::CHART).at(visit.clinic_id).of(visit.patient_id).about(visit.id));
    Ok(())
}

/// Sets the encounter's department to the one that sees the patient: after a transfer and a take-over that department is the one
/// that is charged. A doctor who writes after the patient has moved on to another doctor changes nothing.
async fn seen_where(ctx: &mut Ctx, lock: Locked<EncounterId>, visit: &Visit) -> Result<()> {
    if visit.ended_at.is_some() {
        return Ok(());
    }
    let entry = opd::open_entry(&mut ctx.tx, visit.id).await?;
    if !is_with_me(ctx, &entry) {
        return Ok(());
    }
    let department = organisation::service(&mut ctx.tx, entry.service_id).await?.department_id;
    let stamp = ctx.stamp();
    store::move_to(&mut ctx.tx, lock, department, stamp).await
}

/// Whether the patient is at the doctor's step, called or in the room, and not with a colleague.
fn is_with_me(ctx: &Ctx, entry: &opd::Entry) -> bool {
    entry.step == Step::Doctor && entry.state != QueueState::Waiting && entry.doctor_id.is_none_or(|doctor| Some(doctor) == ctx.who.staff)
}

/// Returns the note as it is stored; an empty one before the first word.
pub async fn note(ctx: &mut Ctx, id: VisitId) -> Result<NoteView> {
    let visit = visit(ctx, id).await?;
    ctx.saw_live([visit.patient_id], "note").await?;
    note_view(ctx, id).await
}

/// Does the same for a page that has already written its audit entry.
pub async fn note_view(ctx: &mut Ctx, id: VisitId) -> Result<NoteView> {
    let Some(encounter) = store::encounter_of_visit(&mut ctx.tx, id).await? else { return Ok(NoteView::default()) };
    let Some(note) = store::note(&mut ctx.tx, encounter.id).await? else { return Ok(NoteView::default()) };
    let saved = if note.version == 0 { String::new() } else { time::show_time(ctx.zone().local(note.updated_at).time()) };
    Ok(NoteView { version: note.version, text: note.text, saved, signed: note.state == NoteState::Signed })
}

/// Returns the name under which the author's browser keeps a text that it cannot send, and the keys for it. Only the author gets the
/// keys. They stay the same until the hospital's key is rotated; then the earlier keys are included, for text that was stored with them.
/// Only the server can compute them.
pub fn kept_place(ctx: &Ctx, visit: &Visit) -> Result<Place> {
    let name = format!("note:{}:{}", ctx.user(), visit.id);
    let keys = ctx.tx.keys().browser_keys(&name).map_err(|error| Error::internal("no key for a draft", &error))?;
    let hex = |key: &[u8]| key.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    Ok(Place { keys: keys.iter().map(|key| hex(key.as_slice())).collect(), name })
}

/// Saves the draft over version `version` and returns the new version. The first save begins the encounter.
pub async fn save_note(ctx: &mut Ctx, id: VisitId, version: i64, text: &NoteText) -> Result<i64> {
    let Writing { visit, encounter, lock } = begin(ctx, id).await?;
    let now = ctx.now;
    match store::save_draft(&mut ctx.tx, lock, version, text, now).await? {
        Some(version) => {
            ctx.did(Action::Update, "note", encounter.id, Some(visit.patient_id));
            Ok(version)
        }
        None => Err(unsaved(ctx, encounter.id).await),
    }
}

/// Returns the reason why a draft could not be saved or signed.
async fn unsaved(ctx: &mut Ctx, encounter: EncounterId) -> Error {
    match store::note(&mut ctx.tx, encounter).await {
        Ok(Some(note)) if note.state == NoteState::Draft => {
            let at = time::show_time(ctx.zone().local(note.updated_at).time());
            Error::conflict(tr!(clinical.changed_meanwhile, at = at))
        }
        Ok(_) => Error::conflict(tr!(clinical.already_signed)),
        Err(error) => error,
    }
}

/// Signs the text and finishes the encounter. Signing again a note that the user has already signed changes nothing.
pub async fn sign(ctx: &mut Ctx, id: VisitId, version: i64, text: NoteText, reply: &Reply) -> Result<Option<EncounterId>> {
    let patient = lock_patient(ctx, id).await?;
    let (visit_lock, visit) = lock_visit(ctx, id).await?;
    if let Some((_, encounter)) = lock_encounter(ctx, visit_lock).await?
        && encounter.state == EncounterState::Finished
        && let Some(note) = store::note(&mut ctx.tx, encounter.id).await?
        && note.signature.as_ref().is_some_and(|signature| signature.by == ctx.who.user)
        && note.text == text
    {
        return Ok(None);
    }
    let Writing { visit, encounter, lock } = begin_locked(ctx, visit_lock, visit).await?;
    let (stamp, name) = (ctx.stamp(), ctx.who.name.clone());
    seen_where(ctx, lock, &visit).await?;
    let encounter = store::encounter(&mut ctx.tx, encounter.id).await?.ok_or(Error::NotFound)?;
    let note = store::note(&mut ctx.tx, encounter.id).await?.ok_or(Error::NotFound)?;
    let signed = note.sign(text, stamp.by, &name, stamp.at)?;
    if !store::sign_note(&mut ctx.tx, lock, &signed, version).await? {
        return Err(unsaved(ctx, encounter.id).await);
    }
    ask_again(ctx, patient, lock, reply).await?;
    let repeated = repeated(ctx, lock).await?;
    let (valid, over) = medicines::store::activate(&mut ctx.tx, patient, lock, &repeated, stamp.at).await?;
    for prescription in over {
        ctx.did(Action::Update, "prescription_replaced", prescription, Some(visit.patient_id));
    }
    signatures::sign_note(&mut ctx.tx, lock, &Signer { user: stamp.by, name: &name, meaning: Meaning::Author, at: stamp.at }).await?;
    orders::place_drafts(ctx, lock).await?;
    // This comes last, because a finished encounter accepts no more changes.
    store::finish(&mut ctx.tx, lock, stamp).await?;
    if let Some(appointment) = visit.appointment_id
        && appointments::find(&mut ctx.tx, appointment).await?.state == AppointmentState::InConsultation
    {
        appointments::fulfil(&mut ctx.tx, appointment, stamp).await?;
        ctx.tell(Event::new(&appointments::APPOINTMENTS).at(visit.clinic_id).of(visit.patient_id).about(appointment));
    }
    charge(ctx, &visit, &encounter).await?;
    move_on(ctx, visit_lock, &visit).await?;
    ctx.did(Action::Sign, "note", signed.id, Some(visit.patient_id));
    ctx.tell(Event::new(&patients::CHART).at(visit.clinic_id).of(visit.patient_id).about(visit.id));
    if valid > 0 {
        ctx.tell(Event::new(&PRESCRIPTIONS).at(visit.clinic_id).of(visit.patient_id));
    }
    Ok((valid > 0).then_some(encounter.id))
}

/// Puts the consultation on the patient's account.
async fn charge(ctx: &mut Ctx, visit: &Visit, encounter: &Encounter) -> Result<()> {
    let Some(department) = encounter.department else { return Ok(()) };
    let (stamp, day) = (ctx.stamp(), ctx.zone().day(ctx.now));
    let visit_type = match visit.appointment_id {
        Some(id) => appointments::find(&mut ctx.tx, id).await?.visit_type_id,
        None => None,
    };
    let (patient, clinic, provider) = (visit.patient_id, visit.clinic_id, encounter.doctor);
    let held = billing::Consultation { patient, clinic, department, provider, visit_type, day };
    let charge = ToCharge::done(&CONSULTATION, encounter.id.into(), Some(visit.id), held.into());
    let charged = billing::charge(&mut ctx.tx, &charge, stamp).await?;
    if charged.changed {
        ctx.did(Action::Create, "charge", charged.id, Some(visit.patient_id));
        ctx.tell(Event::new(&billing::BILLING).at(visit.clinic_id).of(visit.patient_id).about(visit.id));
    }
    Ok(())
}

/// Moves the patient to the next stop of the visit, or home. A patient who already waits at another step stays there.
async fn move_on(ctx: &mut Ctx, visit_lock: Locked<VisitId>, visit: &Visit) -> Result<()> {
    if visit.ended_at.is_some() {
        return Ok(());
    }
    let entry = opd::open_entry(&mut ctx.tx, visit.id).await?;
    if is_with_me(ctx, &entry) {
        opd::go_on(ctx, visit_lock, Step::Doctor).await?;
    }
    Ok(())
}

/// Places an order for the patient of the visit. The first order begins the encounter, as the first word of the note does.
pub async fn order(ctx: &mut Ctx, id: VisitId, asked: &Asked) -> Result<()> {
    let (patient, place) = order_place(ctx, id).await?;
    orders::place(ctx, patient, place, asked).await?;
    Ok(())
}

/// Locks the patient of the visit, and returns the consultation that orders belong to. The first order begins the encounter.
///
/// # Errors
/// [`Error::Conflict`] when the consultation is over, or a colleague's.
pub async fn order_place(ctx: &mut Ctx, id: VisitId) -> Result<(Locked<PatientId>, orders::Place)> {
    let patient = lock_patient(ctx, id).await?;
    let Writing { visit, encounter, lock } = begin(ctx, id).await?;
    Ok((patient, orders::Place { clinic: encounter.clinic, visit: Some(visit.id), encounter: Some(lock), admission: None }))
}

/// Adds an addendum to a signed note, once for its key; any doctor of the clinic may do so.
pub async fn add_addendum(ctx: &mut Ctx, id: EncounterId, key: AddendumId, body: &str) -> Result<Encounter> {
    let lock = ctx.tx.lock(id).await?;
    let encounter = store::encounter(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::WriteNotes, encounter.clinic)?;
    let note = store::note(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if note.state != NoteState::Signed {
        return Err(Error::conflict(tr!(clinical.not_signed_yet)));
    }
    let (stamp, name) = (ctx.stamp(), ctx.who.name.clone());
    let known = store::addenda_of(&mut ctx.tx, [note.id]).await?.into_iter().find(|(_, known)| known.id == key);
    if let Some((_, known)) = known {
        return if known.author == stamp.by && known.body == body { Ok(encounter) } else { Err(Error::key_used()) };
    }
    store::insert_addendum(&mut ctx.tx, lock, key, body, stamp).await?;
    let signer = Signer { user: stamp.by, name: &name, meaning: Meaning::Author, at: stamp.at };
    signatures::sign_addendum(&mut ctx.tx, lock, key, &signer).await?;
    ctx.did(Action::Create, "addendum", key, Some(encounter.patient));
    ctx.tell(Event::new(&patients::CHART).at(encounter.clinic).of(encounter.patient));
    Ok(encounter)
}

/// Returns the user's staff id; users without one do not hold consultations.
fn doctor(ctx: &Ctx) -> Result<StaffId> {
    ctx.who.staff.ok_or(Error::Forbidden)
}

/// Returns the room in which the user works, if one is chosen.
async fn point(ctx: &mut Ctx) -> Result<Option<ServicePointId>> {
    Ok(opd::point_of(ctx).await?.map(|point| point.id))
}
