//! The server functions of the queue. An island shows their answer; a plain form redirects to the page named in `back`,
//! which shows the action just done and offers to undo it.

use leptos::prelude::*;

use crate::{
    core::{Answer, Error, QueueEntryId},
    opd::{Done, PanelState},
};

#[cfg(feature = "ssr")]
use crate::{
    core::{Permission, Result, ServiceId, ServicePointId, StaffId, form},
    opd::{
        self, BeforeCall, Entry, Serving, Step,
        pages::done::back_with,
        vitals::{RecordedSet, TypedSet},
    },
    patients,
    server::{Ctx, is_own_page, redirect_to},
    tr,
};

/// Returns the queue of a step at the user's clinic, for a panel that updates itself.
#[server(endpoint = "opd/queue", output = Answer)]
pub async fn queue(
    #[server(default)] step: String,
    #[server(default)] service: String,
    #[server(default)] doctor: String,
) -> Result<PanelState, Error> {
    let mut ctx = Ctx::read(Permission::ViewQueue).await?;
    opd::panel(&mut ctx, &filter(&step, &service, &doctor)?).await
}

/// Calls the next patient of a step to the caller's room or counter.
#[server(endpoint = "opd/call_next", output = Answer)]
pub async fn call_next(
    #[server(default)] step: String,
    #[server(default)] service: String,
    #[server(default)] doctor: String,
    #[server(default)] back: String,
    /// Whether the server may first ask for the caller's room and about a patient who is still there
    /// ([`opd::before_call`]).
    #[server(default)]
    ask: String,
) -> Result<Done, Error> {
    let mut ctx = Ctx::write(Permission::ServeQueue).await?;
    let BeforeCall::Ready(point) = opd::before_call(&mut ctx, &ask).await? else { return Ok(choose_place_first(&back)) };
    let filter = filter(&step, &service, &doctor)?;
    let step = filter.step.ok_or_else(|| Error::invalid("step", tr!(errors.choose)))?;
    let Some(entry) = opd::serve_next(&mut ctx, &filter, step, point).await? else {
        back_with(&back, "nobody_waiting", None);
        return Ok(Done { words: tr!(opd.nobody_waiting).to_owned(), ..Done::default() });
    };
    finish(ctx, &entry, "called", &back).await
}

/// Calls a patient out of turn.
#[server(endpoint = "opd/call", output = Answer)]
pub async fn call(entry: QueueEntryId, #[server(default)] back: String, #[server(default)] ask: String) -> Result<Done, Error> {
    let mut ctx = at_the_queue(entry).await?;
    let BeforeCall::Ready(point) = opd::before_call(&mut ctx, &ask).await? else { return Ok(choose_place_first(&back)) };
    let entry = opd::serve(&mut ctx, entry, Serving::Call(point)).await?;
    finish(ctx, &entry, "called", &back).await
}

/// Calls the patient again: the board sounds once more.
#[server(endpoint = "opd/call_again", output = Answer)]
pub async fn call_again(entry: QueueEntryId, #[server(default)] back: String) -> Result<Done, Error> {
    let mut ctx = at_the_queue(entry).await?;
    let entry = opd::serve(&mut ctx, entry, Serving::CallAgain).await?;
    finish(ctx, &entry, "called_again", &back).await
}

/// Records that the patient is in the room.
#[server(endpoint = "opd/start", output = Answer)]
pub async fn start(entry: QueueEntryId, #[server(default)] back: String) -> Result<Done, Error> {
    let mut ctx = at_the_queue(entry).await?;
    let point = opd::point_of(&mut ctx).await?.map(|point| point.id);
    let entry = opd::serve(&mut ctx, entry, Serving::Start(point)).await?;
    finish(ctx, &entry, "started", &back).await
}

/// Records that the patient was called and did not come.
#[server(endpoint = "opd/skip", output = Answer)]
pub async fn skip(entry: QueueEntryId, #[server(default)] back: String) -> Result<Done, Error> {
    let mut ctx = at_the_queue(entry).await?;
    let entry = opd::serve(&mut ctx, entry, Serving::Skip).await?;
    finish(ctx, &entry, "skipped", &back).await
}

/// Moves the patient back to waiting, at the old place.
#[server(endpoint = "opd/back_to_waiting", output = Answer)]
pub async fn back_to_waiting(entry: QueueEntryId, #[server(default)] back: String) -> Result<Done, Error> {
    let mut ctx = at_the_queue(entry).await?;
    let entry = opd::serve(&mut ctx, entry, Serving::BackToWaiting).await?;
    finish(ctx, &entry, "returned", &back).await
}

/// Moves the patient to the queue of another service.
#[server(endpoint = "opd/transfer", output = Answer)]
pub async fn transfer(entry: QueueEntryId, #[server(default)] service: String, #[server(default)] back: String) -> Result<Done, Error> {
    let service: ServiceId = form::chosen("service", &service)?;
    let mut ctx = at_the_queue(entry).await?;
    let entry = opd::serve(&mut ctx, entry, Serving::Transfer(service)).await?;
    finish(ctx, &entry, "transferred", &back).await
}

/// Moves the patient to the next step without an entry at this one.
#[server(endpoint = "opd/send_on", output = Answer)]
pub async fn send_on(entry: QueueEntryId, #[server(default)] back: String) -> Result<Done, Error> {
    let mut ctx = at_the_queue(entry).await?;
    let entry = opd::serve(&mut ctx, entry, Serving::SendOn).await?;
    finish(ctx, &entry, "sent_on", &back).await
}

/// Records that the patient left without being seen.
#[server(endpoint = "opd/leave", output = Answer)]
pub async fn leave(entry: QueueEntryId, #[server(default)] back: String) -> Result<Done, Error> {
    let mut ctx = at_the_queue(entry).await?;
    let entry = opd::serve(&mut ctx, entry, Serving::Leave).await?;
    finish(ctx, &entry, "left", &back).await
}

/// Records that the patient was seen by the doctor and left without paying.
#[server(endpoint = "opd/pay_later", output = Answer)]
pub async fn pay_later(entry: QueueEntryId, #[server(default)] back: String) -> Result<Done, Error> {
    let mut ctx = at_the_queue(entry).await?;
    let entry = opd::serve(&mut ctx, entry, Serving::PayLater).await?;
    finish(ctx, &entry, "pays_later", &back).await
}

/// Undoes the last action, within 30 seconds.
#[server(endpoint = "opd/undo", output = Answer)]
pub async fn undo(entry: QueueEntryId, #[server(default)] back: String) -> Result<Done, Error> {
    let mut ctx = at_the_queue(entry).await?;
    let entry = opd::serve(&mut ctx, entry, Serving::Undo).await?;
    finish(ctx, &entry, "undone", &back).await
}

/// Checks the permission for an action on an entry: the entry must be in a queue of a clinic where the user serves.
#[cfg(feature = "ssr")]
async fn at_the_queue(entry: QueueEntryId) -> Result<Ctx> {
    let mut ctx = Ctx::write(Permission::ServeQueue).await?;
    let clinic = opd::entry(&mut ctx.tx, entry).await?.clinic_id;
    ctx.at_clinic(Permission::ServeQueue, clinic)?;
    Ok(ctx)
}

/// Redirects to the page for choosing a room or counter, which leads back to `back`.
#[cfg(feature = "ssr")]
fn choose_place_first(back: &str) -> Done {
    if is_own_page(back) {
        redirect_to(&opd::choose_place(back));
    }
    Done { words: tr!(opd.choose_point).to_owned(), no_place: true, ..Done::default() }
}

/// Commits, and redirects back.
#[cfg(feature = "ssr")]
async fn finish(mut ctx: Ctx, entry: &Entry, act: &'static str, back: &str) -> Result<Done> {
    let words = opd::pages::done::words(act, &entry.token, opd::pages::done::place_of(&mut ctx, act, entry).await?.as_deref());
    ctx.commit().await?;
    back_with(back, act, Some(entry.id));
    Ok(Done { entry: entry.id.to_string(), visit: entry.visit_id.to_string(), words, no_place: false })
}

/// Parses the filter that an island or form sends: words and ids, empty for all.
#[cfg(feature = "ssr")]
fn filter(step: &str, service: &str, doctor: &str) -> Result<opd::QueueFilter> {
    fn part<T: std::str::FromStr>(field: &str, text: &str) -> Result<Option<T>> {
        if text.is_empty() { Ok(None) } else { form::chosen(field, text).map(Some) }
    }
    Ok(opd::QueueFilter {
        step: part::<Step>("step", step)?,
        service: part::<ServiceId>("service", service)?,
        doctor: part::<StaffId>("doctor", doctor)?,
    })
}

/// Chooses the room or counter at which the user works; an empty id means none.
#[server(endpoint = "opd/choose_point")]
pub async fn choose_point(#[server(default)] point: String, #[server(default)] back: String) -> Result<(), Error> {
    let mut ctx = Ctx::read(Permission::ServeQueue).await?;
    let chosen: Option<ServicePointId> = if point.is_empty() { None } else { Some(point.parse().map_err(|_| Error::NotFound)?) };
    if let Some(id) = chosen {
        let found = crate::organisation::service_point(&mut ctx.tx, id).await?;
        ctx.at_clinic(Permission::ServeQueue, found.clinic_id)?;
    }
    let mut signed_in = ctx.request().signed_in.clone().ok_or(Error::SignedOut)?;
    signed_in.point = chosen;
    ctx.request().store(&signed_in).await?;
    redirect_to(if is_own_page(&back) { &back } else { "/" });
    Ok(())
}

/// Records vital signs taken at a visit. At triage, the visit then waits for the doctor.
#[server(endpoint = "opd/record_vitals")]
pub async fn record_vitals(
    visit: crate::core::VisitId,
    #[server(flatten)] form: crate::opd::vitals::VitalsForm,
    /// The values that the server asked about and the user confirmed.
    #[server(default)]
    sure: String,
    #[server(default)] back: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordVitals).await?;
    let (locked, visit) = opd::lock_visit(&mut ctx.tx, visit).await?;
    ctx.at_clinic(Permission::RecordVitals, visit.clinic_id)?;
    let ages = opd::vitals::ages_at(&mut ctx.tx, visit.id).await?;
    let (signs, note) = form.parse()?;
    // A set recorded on the day of death may have been taken before it.
    let yesterday = ctx.today() - chrono::Duration::days(1);
    patients::refuse_the_dead(&mut ctx.tx, visit.patient_id, yesterday).await?;
    let typed = TypedSet { form: &form, signs, note, sure: &sure };
    let RecordedSet { recorded, entry, sent_on } = opd::vitals::record_set(&mut ctx, (locked, &visit), ages, typed).await?;
    ctx.commit().await?;
    let act = match (sent_on, recorded.unscored && entry.is_some()) {
        (true, false) => "vitals_sent_on",
        (true, true) => "vitals_sent_on_unscored",
        (false, false) => "vitals",
        (false, true) => "vitals_unscored",
    };
    // A set that needs an immediate answer keeps the nurse on the page of this visit, which shows the answer.
    let urgent = recorded.answer.is_some().then(|| format!("/visits/{}/vitals", visit.id));
    let back = urgent.as_deref().unwrap_or(if back.is_empty() { "/triage" } else { &back });
    back_with(back, act, entry);
    Ok(())
}

/// Corrects a set of vital signs: the corrected set replaces the wrong one, which stays on record with the reason.
#[server(endpoint = "opd/correct_vitals")]
pub async fn correct_vitals(
    vitals: crate::core::VitalsId,
    #[server(flatten)] form: crate::opd::vitals::VitalsForm,
    #[server(default)] reason: String,
    /// The values that the server asked about and the user confirmed.
    #[server(default)]
    sure: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordVitals).await?;
    let wrong = opd::vitals::vitals_entry(&mut ctx.tx, vitals).await?;
    let visit = wrong.visit_id.ok_or(Error::NotFound)?;
    let (_, visit) = opd::lock_visit(&mut ctx.tx, visit).await?;
    ctx.at_clinic(Permission::RecordVitals, visit.clinic_id)?;
    let (signs, note) = form.parse()?;
    let reason = form::text("reason", &reason, 500)?;
    if reason.is_empty() {
        return Err(Error::invalid("reason", tr!(errors.required)));
    }
    let ages = opd::vitals::ages_at(&mut ctx.tx, visit.id).await?;
    let typed = TypedSet { form: &form, signs, note, sure: &sure };
    opd::vitals::correct_set(&mut ctx, (&wrong, &visit), ages, typed, &reason).await?;
    ctx.commit().await?;
    redirect_to(&format!("/visits/{}/vitals?done=corrected", visit.id));
    Ok(())
}

/// Changes the priority of a waiting patient: before others, or normal.
#[server(endpoint = "opd/prioritise")]
pub async fn prioritise(
    visit: crate::core::VisitId,
    #[server(default)] priority: String,
    #[server(default)] priority_reason: String,
    /// The priority that the page showed when the user decided.
    #[server(default)]
    seen: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordVitals).await?;
    let visit = opd::visit(&mut ctx.tx, visit).await?;
    ctx.at_clinic(Permission::RecordVitals, visit.clinic_id)?;
    let (priority, reason) = opd::parse_priority(&priority, &priority_reason)?;
    let seen = form::chosen("seen", &seen)?;
    let entry = opd::set_priority(&mut ctx, visit.id, seen, (priority, &reason)).await?;
    ctx.commit().await?;
    back_with("/triage", if priority == opd::Priority::Normal { "as_others" } else { "prioritised" }, Some(entry.id));
    Ok(())
}

/// Marks a set of vital signs as wrong.
#[server(endpoint = "opd/vitals_in_error")]
pub async fn vitals_in_error(vitals: crate::core::VitalsId, #[server(default)] reason: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordVitals).await?;
    let known = opd::vitals::vitals_entry(&mut ctx.tx, vitals).await?;
    let reason = form::text("reason", &reason, 500)?;
    if reason.is_empty() {
        return Err(Error::invalid("reason", tr!(errors.required)));
    }
    let visit = match known.visit_id {
        Some(visit) => {
            let (locked, visit) = opd::lock_visit(&mut ctx.tx, visit).await?;
            ctx.at_clinic(Permission::RecordVitals, visit.clinic_id)?;
            Some((locked, visit))
        }
        None => None,
    };
    let of_visit = visit.as_ref().map(|(locked, visit)| (*locked, visit));
    let sent_back = opd::vitals::mark_set_wrong(&mut ctx, &known, of_visit, &reason).await?;
    ctx.commit().await?;
    let Some((_, visit)) = visit else { return Ok(()) };
    back_with(&format!("/visits/{}/vitals", visit.id), if sent_back.is_some() { "back_at_triage" } else { "in_error" }, sent_back);
    Ok(())
}
