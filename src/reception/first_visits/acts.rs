//! The acts on requests for a first appointment: ask without signing in, answer, refuse, book.

use chrono::{Datelike as _, NaiveDate};

use super::{
    FirstVisitState, SuitableTime,
    store::{self, Decision, FirstVisit, NewFirstVisit},
};
use crate::{
    accounts::Caller,
    appointments::{self, APPOINTMENTS, Booking, BookingDetails, Through},
    audit::{self, Action, AuditRow},
    core::{
        ClinicId, Error, FirstVisitId, IdempotencyKey, PatientId, Permission, Result, ServiceId, SpecialtyId, StaffId, UserId,
        error::FieldErrors,
        form,
        locale::{self, LOCALE, Locale},
        time::{self, Instant, parse_date},
    },
    db::Tx,
    organisation,
    patients::{self, PatientForm},
    server::{Ctx, Event, Request, mail},
    tr,
};

/// The open requests that a clinic takes: beyond it, a person is asked to call.
const MOST_OPEN: i64 = 300;

/// The open requests that are taken from one network (an IPv6 /64): a house, or one stranger.
const MOST_OF_NETWORK: i64 = 20;

/// The form of the public page, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct TypedFirstVisit {
    pub clinic: String,
    pub specialty: String,
    pub doctor: String,
    pub name: String,
    pub birth_date: String,
    pub phone: String,
    pub email: String,
    pub suits: String,
    pub reason: String,
}

impl TypedFirstVisit {
    /// Checks all fields at once.
    fn parse(&self, id: FirstVisitId, today: NaiveDate) -> Result<NewFirstVisit> {
        let mut errors = FieldErrors::new();
        let clinic: Option<ClinicId> = errors.chosen("clinic", &self.clinic);
        let specialty: Option<SpecialtyId> = if self.specialty.is_empty() { None } else { errors.chosen("specialty", &self.specialty) };
        let doctor: Option<StaffId> = if self.doctor.is_empty() { None } else { errors.chosen("doctor", &self.doctor) };
        let name = errors.required_name("name", &self.name, tr!(first_visits.name_missing));
        let born = errors.check(parse_date("birth_date", &self.birth_date));
        if born.is_some_and(|day| day > today || day.year() < today.year() - 130) {
            errors.add("birth_date", tr!(first_visits.not_born_then));
        }
        let phone = errors.required_line("phone", &self.phone, 40);
        if let Some(fault) = patients::phone_fault(&phone).filter(|_| !phone.is_empty()) {
            errors.add("phone", fault);
        }
        let email = self.email.trim().to_lowercase();
        if !email.is_empty() && !mail::is_address(&email) {
            errors.add("email", tr!(accounts.no_address));
        }
        let suits: Option<SuitableTime> = if self.suits.is_empty() { Some(SuitableTime::Any) } else { errors.chosen("suits", &self.suits) };
        let reason = errors.check(form::text("reason", &self.reason, 500)).unwrap_or_default();
        errors.finish()?;
        let (Some(clinic), Some(born), Some(suits)) = (clinic, born, suits) else { return Err(Error::NotFound) };
        let language = locale::code(locale::current());
        Ok(NewFirstVisit { id, clinic, specialty, doctor, language, suits, name, birth_date: born.to_string(), phone, email, reason })
    }
}

/// Stores a request of a person who is not signed in. Sending the same form again stores nothing more.
///
/// # Errors
/// [`Error::Invalid`] of the fields, or when too many requests come from one address or for one number; [`Error::Conflict`] when the
/// clinic, or the network, has too many open ones.
pub(super) async fn ask(request: &Request, id: FirstVisitId, typed: &TypedFirstVisit) -> Result<()> {
    let (state, now) = (&request.state, request.state.clock.now());
    let new = typed.parse(id, now.date_naive())?;
    let digits: String = new.phone.chars().filter(char::is_ascii_digit).collect();
    let caller = Caller::asking("first-visit", &digits, &request.address, state.config.attempts_per_address);
    caller.knock(&state.db, now).await.map_err(|error| error.at_field("phone"))?;
    let mut tx = state.db.write().await?;
    offered(&mut tx, &new).await?;
    tx.take_turn("a first visit", "").await?;
    if let Some(network) = caller.network()
        && store::count_of_network(&mut tx, network).await? >= MOST_OF_NETWORK
    {
        return Err(Error::conflict(tr!(first_visits.too_many_of_network)));
    }
    if tx.count(store::count_open(new.clinic)).await? >= MOST_OPEN {
        return Err(Error::conflict(tr!(first_visits.too_many_open)));
    }
    if store::insert(&mut tx, &new, caller.network(), now).await? {
        let row = AuditRow {
            at: now,
            user: UserId::SYSTEM,
            roles: String::new(),
            action: Action::Create,
            what: "first_visit",
            subject: Some(new.id.0),
            patient: None,
            clinic: Some(new.clinic),
            address: request.address.clone(),
            request: request.id.clone(),
            why: String::new(),
        };
        audit::write(&mut tx, &[row]).await?;
        let events = [Event::new(&APPOINTMENTS).at(new.clinic)];
        state.hub.store(&mut tx, now, &events).await?;
        tx.commit().await?;
        state.hub.announce(&events);
    }
    Ok(())
}

/// Refuses a clinic, specialty or doctor that the public page does not offer.
async fn offered(tx: &mut Tx, new: &NewFirstVisit) -> Result<()> {
    let mut errors = FieldErrors::new();
    if organisation::clinics(tx).await?.iter().all(|clinic| clinic.id != new.clinic) {
        errors.add("clinic", tr!(errors.choose));
    }
    if let Some(id) = new.specialty
        && organisation::specialties(tx).await?.iter().all(|known| known.id != id)
    {
        errors.add("specialty", tr!(errors.choose));
    }
    if let Some(id) = new.doctor
        && organisation::doctors(tx, new.clinic).await?.iter().all(|known| known.id != id)
    {
        errors.add("doctor", tr!(first_visits.doctor_elsewhere));
    }
    errors.finish()
}

/// Stores a request in a transaction of the program's own: the demo.
///
/// # Errors
/// [`Error::Invalid`], or when the database refuses.
pub async fn stock(tx: &mut Tx, typed: &TypedFirstVisit, now: Instant) -> Result<()> {
    let new = typed.parse(FirstVisitId::new(), now.date_naive())?;
    store::insert(tx, &new, None, now).await?;
    Ok(())
}

/// Reads a request of a clinic where the user has the permission.
///
/// # Errors
/// [`Error::NotFound`].
pub(super) async fn opened(ctx: &mut Ctx, permission: Permission, id: FirstVisitId) -> Result<FirstVisit> {
    let found = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(permission, found.clinic_id)?;
    Ok(found)
}

/// Returns the form of a registration with the values of the request.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn prefilled(ctx: &mut Ctx, id: FirstVisitId) -> Result<PatientForm> {
    let found = opened(ctx, Permission::RegisterPatients, id).await?;
    let mut form = PatientForm::sought(&found.name);
    form.birth_date = found.birth_date;
    (form.more.phone, form.more.email) = (found.phone, found.email);
    Ok(form)
}

/// Answers a request in words, or refuses it. The answer goes to the e-mail address, where one was given.
///
/// # Errors
/// [`Error::Invalid`] without words, [`Error::Conflict`] when the request has ended.
pub(super) async fn answer(ctx: &mut Ctx, id: FirstVisitId, words: &str, is_refused: bool) -> Result<()> {
    let found = opened(ctx, Permission::BookAppointments, id).await?;
    let answer = form::text("answer", words, 1000)?;
    if answer.is_empty() {
        return Err(Error::invalid("answer", tr!(first_visits.say_what)));
    }
    let state = if is_refused { FirstVisitState::Refused } else { FirstVisitState::Answered };
    decide(ctx, &found, &Decision { state, answer: &answer, appointment: None }).await?;
    let (hospital, now) = (ctx.state().hospital().name.clone(), ctx.now);
    send_answer(&mut ctx.tx, (&found, &answer), hospital, now).await
}

/// Queues the letter with an answer.
pub(super) async fn send_answer(tx: &mut Tx, (found, answer): (&FirstVisit, &str), hospital: String, now: Instant) -> Result<()> {
    let clinic = organisation::clinic(tx, found.clinic_id).await?;
    let (name, phone, answer) = (clinic.name, clinic.phone, answer.to_owned());
    send(tx, found, now, move || {
        let subject = tr!(first_visits.answer_subject, hospital = hospital.clone());
        (subject, tr!(first_visits.answer_body, answer = answer, clinic = name, phone = phone, hospital = hospital))
    })
    .await
}

/// Books the patient, who has a record by now, and ends the request, in one transaction.
///
/// # Errors
/// [`Error::Conflict`] when the time is taken, or the request has ended; [`Error::NotInCare`] for a patient of other clinics.
pub(super) async fn book(ctx: &mut Ctx, id: FirstVisitId, patient: PatientId, slot: &str, key: IdempotencyKey) -> Result<()> {
    let found = opened(ctx, Permission::BookAppointments, id).await?;
    ctx.reach([patient]).await?;
    let (service, doctor, starts_at) = parse_slot(slot)?;
    if organisation::service(&mut ctx.tx, service).await?.clinic_id != found.clinic_id {
        return Err(Error::NotFound);
    }
    let wish = Booking {
        patient,
        doctor,
        service,
        starts_at,
        reason: found.reason.clone(),
        through: Through::Reception,
        key,
        hold: false,
        replaces: None,
        details: BookingDetails::default(),
    };
    let stamp = ctx.stamp();
    let made = appointments::book(&mut ctx.tx, &wish, stamp).await?;
    appointments::changed(ctx, Action::Create, &made);
    appointments::tell_price(ctx, &made).await?;
    appointments::confirm_by_message(ctx, &made).await?;
    decide(ctx, &found, &Decision { state: FirstVisitState::Booked, answer: &found.answer, appointment: Some(made.id) }).await?;
    let clinic = organisation::clinic(&mut ctx.tx, found.clinic_id).await?;
    let hospital = ctx.state().hospital().name.clone();
    // When and where alone: a letter says neither doctor nor reason.
    let (place, phone, local) = (clinic.place(), clinic.phone.clone(), clinic.zone.local(made.starts_at));
    let now = ctx.now;
    send(&mut ctx.tx, &found, now, move || {
        // In the language of the request.
        let when = time::show_long_date_time(local);
        let subject = tr!(first_visits.booked_subject, hospital = hospital.clone());
        (subject, tr!(first_visits.booked_body, when = when, place = place, phone = phone, hospital = hospital))
    })
    .await
}

async fn decide(ctx: &mut Ctx, found: &FirstVisit, decision: &Decision<'_>) -> Result<()> {
    let stamp = ctx.stamp();
    if !store::decide(&mut ctx.tx, found, decision, stamp).await? {
        return Err(Error::conflict(tr!(first_visits.ended_already)));
    }
    ctx.did(Action::Update, "first_visit", found.id, None);
    ctx.tell(Event::new(&APPOINTMENTS).at(found.clinic_id));
    Ok(())
}

/// Queues a letter in the language of the request; without an address the desk calls.
async fn send(tx: &mut Tx, to: &FirstVisit, now: Instant, words: impl FnOnce() -> (String, String)) -> Result<()> {
    if to.email.is_empty() {
        return Ok(());
    }
    let (subject, body) = LOCALE.sync_scope(to.language.parse().unwrap_or(Locale::en), words);
    mail::queue(tx, &mail::Mail { recipient: to.email.clone(), subject, body }, now).await
}

/// `service.doctor.seconds`, as the button of a free time sends it.
fn parse_slot(text: &str) -> Result<(ServiceId, StaffId, Instant)> {
    let unreadable = || Error::invalid("slot", tr!(booking.choose_time));
    let mut parts = text.splitn(3, '.');
    let service = parts.next().and_then(|part| part.parse().ok()).ok_or_else(unreadable)?;
    let doctor = parts.next().and_then(|part| part.parse().ok()).ok_or_else(unreadable)?;
    let starts_at = parts.next().and_then(|part| appointments::instant(part).ok()).ok_or_else(unreadable)?;
    Ok((service, doctor, starts_at))
}
