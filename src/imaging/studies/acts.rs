//! Acts on studies. Each takes its turn: the order first, then the study, then its room.

use chrono::Duration;
use uuid::Uuid;

use super::{
    ImagingStudy, SafetyCheck, changed, charge, safety, safety_values, step,
    store::{self, Columns},
    withdraw_charge,
};
use crate::{
    appointments,
    audit::Action,
    core::{
        Error, ImagingOrderId, ImagingRoomId, Permission, Result, UserId,
        time::{Instant, show_date},
    },
    db::{Locked, Value},
    imaging::{
        IMAGING, catalogue,
        rooms::{self, is_open_at},
        step::{ImagingAct, ImagingStep},
        vocabulary::{SafetyAnswer, SafetyQuestion},
    },
    messages::{self, About, MessageKind},
    notifications::{Hearer, Notice, notify},
    orders::{self, OrderAct, OrderState, Report},
    patients,
    server::{Ctx, Event},
    tr,
};

/// Minutes by which a slot may lie in the past: the patient stands in the room.
const LATE_MINUTES: i64 = 30;

/// Locks a study with its order, and refuses one of another clinic. A version tells whether the user saw the study as it is.
pub(super) async fn turn(
    ctx: &mut Ctx,
    permission: Permission,
    id: ImagingOrderId,
    version: i64,
) -> Result<(Locked<ImagingOrderId>, ImagingStudy)> {
    let study = store::study(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(permission, study.clinic_id)?;
    ctx.reach([study.patient_id]).await?;
    orders::hold(ctx, &[study.order_id]).await?;
    let lock = ctx.tx.lock(id).await?;
    let study = store::study(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if study.version != version {
        return Err(changed(&study));
    }
    if study.order_state == OrderState::OnHold {
        return Err(Error::conflict(tr!(imaging.order_on_hold)));
    }
    Ok((lock, study))
}

/// The columns of a reason.
fn stopped(ctx: &Ctx, reason: &str) -> Result<Columns> {
    if reason.is_empty() {
        return Err(Error::invalid("reason", tr!(errors.required)));
    }
    Ok(vec![("stop_reason", Value::from(reason)), ("stopped_at", Value::from(ctx.now)), ("stopped_by", Value::from(ctx.user()))])
}

/// Takes the reason of a study that goes on.
fn goes_on() -> Columns {
    vec![("stop_reason", Value::from("")), ("stopped_at", Value::Instant(None)), ("stopped_by", Value::Uuid(None))]
}

/// Decides on the protocol: the study can be booked.
///
/// # Errors
/// [`Error::Conflict`] when it is not to be decided on.
pub async fn vet(ctx: &mut Ctx, id: ImagingOrderId, version: i64, protocol: &str) -> Result<()> {
    let (lock, study) = turn(ctx, Permission::ReportImaging, id, version).await?;
    let (now, by) = (ctx.now, ctx.user());
    let texts = store::texts(&study, [protocol, &study.question, &study.answer]);
    let columns = vec![("sealed", texts), ("vetted_at", Value::from(now)), ("vetted_by", Value::from(by))];
    step(ctx, lock, &study, ImagingAct::Vet, columns).await?;
    store::texts_changed(&mut ctx.tx, id);
    orders::perform(ctx, study.order_id, OrderAct::Accept, &Report::default()).await?;
    Ok(())
}

/// Returns the request to the doctor with a question.
///
/// # Errors
/// [`Error::Invalid`] without a question; [`Error::Conflict`] when it is not to be decided on.
pub async fn give_back(ctx: &mut Ctx, id: ImagingOrderId, version: i64, question: &str) -> Result<()> {
    if question.is_empty() {
        return Err(Error::invalid("question", tr!(errors.required)));
    }
    let (lock, study) = turn(ctx, Permission::ReportImaging, id, version).await?;
    let texts = store::texts(&study, [&study.protocol, question, ""]);
    step(ctx, lock, &study, ImagingAct::Return, vec![("sealed", texts)]).await?;
    store::texts_changed(&mut ctx.tx, id);
    if study.ordered_by != UserId::SYSTEM {
        let hearer = Hearer { user: study.ordered_by, dependant: None };
        notify(ctx, hearer, &Notice::ImagingReturned { number: study.number() }, &format!("/imaging/answer/{id}")).await?;
    }
    Ok(())
}

/// Answers the radiologist's question: the request is to be decided on again.
///
/// # Errors
/// [`Error::Invalid`] without an answer; [`Error::Conflict`] when there is no question.
pub async fn answer(ctx: &mut Ctx, id: ImagingOrderId, version: i64, answer: &str) -> Result<()> {
    if answer.is_empty() {
        return Err(Error::invalid("answer", tr!(errors.required)));
    }
    let (lock, study) = turn(ctx, Permission::PlaceOrders, id, version).await?;
    let texts = store::texts(&study, [&study.protocol, &study.question, answer]);
    step(ctx, lock, &study, ImagingAct::Answer, vec![("sealed", texts)]).await?;
    store::texts_changed(&mut ctx.tx, id);
    Ok(())
}

/// The slot that a study is booked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    pub room: ImagingRoomId,
    pub starts_at: Instant,
    /// `None`: as long as the procedure says.
    pub minutes: Option<i64>,
    /// Whether the user books outside of the room's hours.
    pub outside: bool,
}

/// Books a study into a slot of a room, or moves its booking.
///
/// # Errors
/// [`Error::Invalid`] with the field; [`Error::Conflict`] when the room or the patient is taken at that time.
pub async fn book(ctx: &mut Ctx, id: ImagingOrderId, version: i64, slot: Slot) -> Result<()> {
    let (lock, study) = turn(ctx, Permission::WorkImaging, id, version).await?;
    let procedure = catalogue::procedure(&mut ctx.tx, study.procedure_id).await?;
    // Bookings of one room take turns.
    ctx.tx.lock(slot.room).await?;
    let room = rooms::room(&mut ctx.tx, slot.room).await?;
    if room.clinic_id != study.clinic_id || room.retired_at.is_some() || room.modality != procedure.modality {
        return Err(Error::invalid("room", tr!(imaging.room_unfit)));
    }
    let (now, by) = (ctx.now, ctx.user());
    let ends_at = slot.starts_at + Duration::minutes(slot.minutes.unwrap_or(procedure.minutes));
    if slot.starts_at < now - Duration::minutes(LATE_MINUTES) {
        return Err(Error::invalid("time", tr!(imaging.slot_past)));
    }
    let last = ctx.today() + appointments::BOOKED_AHEAD;
    if ctx.zone().day(slot.starts_at) > last {
        return Err(Error::invalid("day", tr!(appointments.too_far_ahead, date = show_date(last))));
    }
    let hours = rooms::hours(&mut ctx.tx, study.clinic_id).await?;
    if !slot.outside && !is_open_at(&hours, room.id, ctx.zone(), slot.starts_at, ends_at) {
        return Err(Error::invalid("outside", tr!(imaging.outside_hours)));
    }
    let mut columns: Columns = vec![
        ("room_id", Value::from(slot.room)),
        ("starts_at", Value::from(slot.starts_at)),
        ("ends_at", Value::from(ends_at)),
        ("booked_by", Value::from(by)),
    ];
    columns.extend(goes_on());
    step(ctx, lock, &study, ImagingAct::Book, columns).await?;
    let notice = Notice::ImagingBooked { room: room.name, when: ctx.zone().local(slot.starts_at) };
    let kind = if study.step == ImagingStep::Scheduled { MessageKind::Moved } else { MessageKind::Booked };
    tell_patient(ctx, &study, kind, (&notice, slot.starts_at)).await
}

/// Tells the patient of a booking, of its move, or that it is given back. Each has its own subject: a person hears of a subject once.
pub(super) async fn tell_patient(ctx: &mut Ctx, study: &ImagingStudy, kind: MessageKind, (notice, at): (&Notice, Instant)) -> Result<()> {
    let about = About {
        kind,
        subject: Uuid::now_v7(),
        clinic: study.clinic_id,
        at: Some(at),
        expires: Some(at),
        needed_by: None,
        link: "/portal/records".to_owned(),
        call: false,
    };
    messages::tell(ctx, study.patient_id, notice, &about).await
}

/// Tells the patient that the booked time is not kept.
pub(super) async fn tell_unbooked(ctx: &mut Ctx, study: &ImagingStudy) -> Result<()> {
    let Some(at) = study.starts_at.filter(|at| study.step == ImagingStep::Scheduled && *at > ctx.now) else { return Ok(()) };
    let notice = Notice::ImagingUnbooked { when: ctx.zone().local(at) };
    tell_patient(ctx, study, MessageKind::Cancelled, (&notice, at)).await
}

/// Gives the slot of a study back.
///
/// # Errors
/// [`Error::Conflict`] when it is not booked.
pub async fn unbook(ctx: &mut Ctx, id: ImagingOrderId, version: i64) -> Result<()> {
    let (lock, study) = turn(ctx, Permission::WorkImaging, id, version).await?;
    let columns = vec![
        ("room_id", Value::Uuid(None)),
        ("starts_at", Value::Instant(None)),
        ("ends_at", Value::Instant(None)),
        ("booked_by", Value::Uuid(None)),
    ];
    step(ctx, lock, &study, ImagingAct::Unbook, columns).await?;
    tell_unbooked(ctx, &study).await
}

/// Records that the patient is there.
///
/// # Errors
/// [`Error::Conflict`] when the study is not booked.
pub async fn arrive(ctx: &mut Ctx, id: ImagingOrderId, version: i64) -> Result<()> {
    let (lock, study) = turn(ctx, Permission::WorkImaging, id, version).await?;
    let (now, by) = (ctx.now, ctx.user());
    step(ctx, lock, &study, ImagingAct::Arrive, vec![("arrived_at", Value::from(now)), ("arrived_by", Value::from(by))]).await?;
    orders::perform(ctx, study.order_id, OrderAct::Accept, &Report::default()).await?;
    Ok(())
}

/// Records that the patient did not come. The study can be booked again.
///
/// # Errors
/// [`Error::Conflict`] when the study is not booked; [`Error::Invalid`] without a reason.
pub async fn no_show(ctx: &mut Ctx, id: ImagingOrderId, version: i64, reason: &str) -> Result<()> {
    let (lock, study) = turn(ctx, Permission::WorkImaging, id, version).await?;
    let columns = stopped(ctx, reason)?;
    step(ctx, lock, &study, ImagingAct::NoShow, columns).await
}

/// Cancels a study whose images were not begun, and its order.
///
/// # Errors
/// [`Error::Conflict`] when the images were begun; [`Error::Invalid`] without a reason.
pub async fn cancel(ctx: &mut Ctx, id: ImagingOrderId, version: i64, reason: &str) -> Result<()> {
    let (_, study) = turn(ctx, Permission::WorkImaging, id, version).await?;
    stopped(ctx, reason)?;
    if study.started_at.is_some() || !ImagingAct::Cancel.fits(study.step) {
        return Err(changed(&study));
    }
    // The order's kind follows the order: the study is cancelled with it.
    let report = Report { reason: reason.to_owned(), outcome: String::new() };
    match orders::perform(ctx, study.order_id, OrderAct::Cancel, &report).await? {
        OrderState::Cancelled => Ok(()),
        _ => Err(changed(&study)),
    }
}

/// Ends a study that was begun and has no images. The order is done, and nothing is charged.
///
/// # Errors
/// [`Error::Conflict`] when it was not begun; [`Error::Invalid`] without a reason.
pub async fn discontinue(ctx: &mut Ctx, id: ImagingOrderId, version: i64, reason: &str) -> Result<()> {
    let (lock, study) = turn(ctx, Permission::WorkImaging, id, version).await?;
    let columns = stopped(ctx, reason)?;
    step(ctx, lock, &study, ImagingAct::Discontinue, columns).await?;
    withdraw_charge(ctx, &study, false).await?;
    let outcome = tr!(imaging.outcome_discontinued, reason = reason.to_owned());
    orders::perform(ctx, study.order_id, OrderAct::Complete, &Report { reason: String::new(), outcome }).await?;
    Ok(())
}

/// Records the answers to the questions of safety. The answer about the kidneys follows from the laboratory; a reaction that the record
/// knows, and a pregnancy that the laboratory found, are not denied. A changed answer needs a new override.
///
/// # Errors
/// [`Error::Conflict`] when the images were begun.
pub async fn answer_safety(ctx: &mut Ctx, id: ImagingOrderId, version: i64, said: &[(SafetyQuestion, SafetyAnswer)]) -> Result<()> {
    let (_, study) = turn(ctx, Permission::WorkImaging, id, version).await?;
    if study.started_at.is_some() || !(ImagingAct::Cancel.fits(study.step)) {
        return Err(changed(&study));
    }
    let (stamp, today) = (ctx.stamp(), ctx.today());
    let mut written = false;
    for check in store::safety_of(&mut ctx.tx, id).await? {
        let Some((_, answer)) = said.iter().find(|(question, _)| *question == check.question) else { continue };
        let (answer, egfr) = settled(ctx, &study, check.question, *answer, today).await?;
        let before = (check.answer, check.egfr, check.egfr_at);
        let egfr = egfr.map(|egfr| (egfr.millionths, egfr.measured_at));
        if before == (Some(answer), egfr.map(|(value, _)| value), egfr.map(|(_, at)| at)) {
            continue;
        }
        if check.answer.is_some() {
            store::supersede(&mut ctx.tx, check.id, stamp.at).await?;
            store::ask(&mut ctx.tx, id, check.question, stamp.at).await?;
        }
        store::set_answer(&mut ctx.tx, id, check.question, (answer, egfr), stamp).await?;
        written = true;
    }
    if written {
        ctx.did(Action::Update, "imaging_safety", id, Some(study.patient_id));
        ctx.tell(Event::new(&IMAGING).at(study.clinic_id).of(study.patient_id).about(id));
    }
    Ok(())
}

/// Returns the answer that counts: what the record says goes before what was said.
async fn settled(
    ctx: &mut Ctx,
    study: &ImagingStudy,
    question: SafetyQuestion,
    said: SafetyAnswer,
    today: chrono::NaiveDate,
) -> Result<(SafetyAnswer, Option<safety::LastEgfr>)> {
    match question {
        SafetyQuestion::Kidney => {
            let last = safety_values(&mut ctx.tx, study.patient_id).await?.egfr;
            let answer = safety::kidney(last.as_ref(), said, safety::age(study.birth, today), ctx.now);
            Ok((answer, last))
        }
        SafetyQuestion::ContrastReaction if said == SafetyAnswer::No => {
            let allergies = patients::allergies(&mut ctx.tx, study.patient_id).await?;
            let known = !safety::contrast_allergies(&allergies).is_empty();
            Ok((if known { SafetyAnswer::Yes } else { said }, None))
        }
        SafetyQuestion::Pregnancy if said == SafetyAnswer::No => {
            let found = safety_values(&mut ctx.tx, study.patient_id).await?.pregnant_at;
            let counts = found.is_some_and(|at| ctx.now - at <= Duration::days(safety::PREGNANT_DAYS));
            Ok((if counts { SafetyAnswer::Yes } else { said }, None))
        }
        SafetyQuestion::ContrastReaction | SafetyQuestion::Pregnancy | SafetyQuestion::Implants => Ok((said, None)),
    }
}

/// Overrides an answer that keeps the study from being started: the radiologist takes responsibility, with a reason.
///
/// # Errors
/// [`Error::Invalid`] without a reason; [`Error::Conflict`] when the question is not answered, or nothing is to be overridden.
pub async fn override_answer(ctx: &mut Ctx, id: ImagingOrderId, version: i64, question: SafetyQuestion, reason: &str) -> Result<()> {
    if reason.is_empty() {
        return Err(Error::invalid("reason", tr!(errors.required)));
    }
    let (_, study) = turn(ctx, Permission::ReportImaging, id, version).await?;
    let checks = store::safety_of(&mut ctx.tx, id).await?;
    let check = checks.iter().find(|check| check.question == question).ok_or(Error::NotFound)?;
    if check.answer.is_none() || !check.blocks() || study.started_at.is_some() {
        return Err(Error::conflict(tr!(imaging.nothing_to_override)));
    }
    let stamp = ctx.stamp();
    store::set_override(&mut ctx.tx, check.id, reason, stamp).await?;
    ctx.did(Action::Update, "imaging_override", check.id, Some(study.patient_id));
    ctx.tell(Event::new(&IMAGING).at(study.clinic_id).of(study.patient_id).about(id));
    Ok(())
}

/// Begins the images.
///
/// # Errors
/// [`Error::Conflict`] when the patient has not arrived, when an answer is missing or not overridden, or when another answer follows from the
/// record by now: an eGFR that is newer, corrected or withdrawn, an allergy, a pregnancy test.
pub async fn start(ctx: &mut Ctx, id: ImagingOrderId, version: i64) -> Result<()> {
    let (lock, study) = turn(ctx, Permission::WorkImaging, id, version).await?;
    let checks = store::safety_of(&mut ctx.tx, id).await?;
    if checks.iter().any(SafetyCheck::blocks) {
        return Err(Error::conflict(tr!(imaging.safety_incomplete)));
    }
    let today = ctx.today();
    for check in &checks {
        let Some(said) = check.answer else { continue };
        let (answer, egfr) = settled(ctx, &study, check.question, said, today).await?;
        if (answer, egfr.map(|egfr| (egfr.millionths, egfr.measured_at))) != (said, check.egfr.zip(check.egfr_at)) {
            return Err(Error::conflict(tr!(imaging.record_newer)));
        }
    }
    let (now, by) = (ctx.now, ctx.user());
    step(ctx, lock, &study, ImagingAct::Start, vec![("started_at", Value::from(now)), ("started_by", Value::from(by))]).await?;
    orders::perform(ctx, study.order_id, OrderAct::Start, &Report::default()).await?;
    Ok(())
}

/// Records that the images are made: the charge is billable, and the study is to be reported.
///
/// # Errors
/// [`Error::Conflict`] when the images were not begun.
pub async fn acquire(ctx: &mut Ctx, id: ImagingOrderId, version: i64) -> Result<()> {
    let (lock, study) = turn(ctx, Permission::WorkImaging, id, version).await?;
    let (now, by) = (ctx.now, ctx.user());
    step(ctx, lock, &study, ImagingAct::Acquire, vec![("acquired_at", Value::from(now)), ("acquired_by", Value::from(by))]).await?;
    let procedure = catalogue::procedure(&mut ctx.tx, study.procedure_id).await?;
    match charge(ctx, &study, &procedure, true).await {
        // The charge is on an invoice already, or a package covers it: it stays.
        Ok(()) | Err(Error::Conflict(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Records that the first report of a locked study is signed: the order is done.
///
/// # Errors
/// When the database refuses.
pub async fn report_is_signed(ctx: &mut Ctx, lock: Locked<ImagingOrderId>, study: &ImagingStudy) -> Result<()> {
    if !ImagingAct::Report.fits(study.step) {
        return Ok(());
    }
    step(ctx, lock, study, ImagingAct::Report, Vec::new()).await?;
    orders::perform(ctx, study.order_id, OrderAct::Complete, &Report::default()).await?;
    Ok(())
}
