//! The patient at the desk: identity, checks, and the one next step.

use leptos::prelude::*;

use crate::{
    appointments::{self, Act, Appointment, AppointmentsOf, ListedAt},
    billing,
    core::{
        AppointmentId, IdempotencyKey, Money, PatientId, Permission, Result, ServiceId, VisitId,
        time::{self, Instant},
    },
    opd::{self, Priority, QueueRow, QueueState, ServiceWait},
    organisation::{self, Doctor, Service},
    patients::{self, Patient},
    reception,
    server::Ctx,
    tr,
    ui::{
        Allergies, BannerInfo, Button, ButtonTone, CheckboxField, Choice, DescriptionList, Detail, Dialog, Form, Glyph, Icon, LinkButton,
        NoticeBox, PatientBanner, SelectField, TextField, Tone,
    },
};

/// The data of the panel.
pub struct Selected {
    patient: Patient,
    banner: BannerInfo,
    covered: bool,
    owes: Money,
    amount: String,
    /// Today's appointment that can be checked in.
    appointment: Option<(Appointment, String)>,
    /// The patient's present place in the queue.
    here: Option<QueueRow>,
    may_pay: bool,
    /// Set for a child without a guardian; `true` when the reader may name one.
    unnamed: Option<bool>,
    /// All appointments, with the actions on them.
    appointments: Option<AppointmentsOf>,
    now: Instant,
    /// The choices for a walk-in.
    offer: Offer,
}

/// The services and doctors of the clinic, and the present waits.
#[derive(Default)]
struct Offer {
    services: Vec<Service>,
    doctors: Vec<Doctor>,
    waits: Vec<ServiceWait>,
}

impl Selected {
    /// Returns the appointment's id, or an empty text.
    pub fn appointment_id(&self) -> String {
        self.appointment.as_ref().map(|(appointment, _)| appointment.id.to_string()).unwrap_or_default()
    }
}

/// Returns the patient of an appointment.
pub async fn by_appointment(ctx: &mut Ctx, id: AppointmentId) -> Result<Selected> {
    let appointment = appointments::find(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::CheckIn, appointment.clinic_id)?;
    let patient = appointment.patient_id;
    load(ctx, patient, Some(appointment)).await
}

/// Returns a patient who is at the desk, with the present appointment if there is one.
pub async fn by_patient(ctx: &mut Ctx, id: PatientId) -> Result<Selected> {
    let (clinic, zone, now) = (ctx.clinic.id, ctx.zone(), ctx.now);
    let appointment = appointments::of_patient(&mut ctx.tx, id)
        .await?
        .into_iter()
        .filter(|one| one.clinic_id == clinic && reception::comes_now(zone, now, one.starts_at) && one.state.allows(Act::CheckIn))
        .min_by_key(|one| one.starts_at);
    load(ctx, id, appointment).await
}

async fn load(ctx: &mut Ctx, id: PatientId, appointment: Option<Appointment>) -> Result<Selected> {
    ctx.saw(id, "reception").await?;
    let (clinic, today, zone) = (ctx.clinic.id, ctx.today(), ctx.zone());
    let patient = patients::find(&mut ctx.tx, id).await?;
    let mut banner = patients::banner(&mut ctx.tx, id, today).await?;
    let at = ctx.now;
    banner.alerts.extend(appointments::missed_words(&mut ctx.tx, id, at).await?);
    let covered = patients::coverage_on(&mut ctx.tx, id, today).await?.is_some_and(|coverage| !coverage.self_pay);
    let balance = billing::balance(&mut ctx.tx, id).await?;
    let currency = ctx.state().hospital().currency;
    let open = opd::open_visit_of(&mut ctx.tx, id).await?.filter(|visit| visit.clinic_id == clinic);
    let here = match open {
        Some(visit) => Some(opd::queue_row(&mut ctx.tx, visit.id).await?),
        None => None,
    };
    let appointment = appointment.filter(|one| one.state.allows(Act::CheckIn)).map(|one| {
        let local = zone.local(one.starts_at);
        let when = if local.date() == today { time::show_time(local.time()) } else { time::show_date_time(local) };
        (one, when)
    });
    let offer = match (&here, &appointment) {
        (None, None) => {
            let services = organisation::services(&mut ctx.tx, clinic).await?;
            let ids: Vec<ServiceId> = services.iter().map(|service| service.id).collect();
            let waits = opd::waits(&mut ctx.tx, clinic, &ids, ctx.now).await?;
            Offer { services, waits, doctors: organisation::doctors(&mut ctx.tx, clinic).await? }
        }
        _ => Offer::default(),
    };
    let child =
        patients::guardians::is_child(patient.facts.birth, today, ctx.state().hospital().age_of_majority) && patient.deceased_on.is_none();
    let unnamed = child && patients::guardians::guardians(&mut ctx.tx, id, ctx.now).await?.is_empty();
    let (appointments, now) = (appointments::appointments_of(ctx, id, ListedAt::Desk, None).await?, ctx.now);
    Ok(Selected {
        patient,
        banner,
        covered,
        owes: balance.to_pay,
        amount: currency.show(balance.to_pay),
        appointment,
        here,
        may_pay: ctx.who.may(Permission::TakePayments),
        unnamed: unnamed.then(|| ctx.who.may(Permission::RegisterPatients)),
        offer,
        appointments,
        now,
    })
}

/// Shows the panel.
pub fn show(selected: Selected) -> AnyView {
    let id = selected.patient.id;
    let checks = checks(&selected);
    let name_guardian = selected.unnamed == Some(true);
    let may_pay = selected.may_pay && selected.owes.0 > 0;
    let next = match (&selected.here, &selected.appointment) {
        (Some(row), _) => here(row),
        (None, Some((appointment, when))) => check_in(appointment, when, selected.patient.death()),
        (None, None) => walk_in(id, selected.offer, selected.patient.death()),
    };
    let now = selected.now;
    let list = selected.appointments.map(|list| {
        view! {
            <section aria-labelledby="desk-appointments">
                <h3 id="desk-appointments">{tr!(appointments.of_patient)}</h3>
                {appointments::appointment_list(list, now)}
            </section>
        }
    });
    let slip = selected.here.as_ref().map(|row| format!("/visits/{}/slip", row.visit));
    view! {
        <PatientBanner info=selected.banner/>
        <div class="panel__body stack">
            <ul class="checks">{checks}</ul>
            {next}
            <div class="reception__actions">
                {slip.map(|href| view! { <LinkButton href label=tr!(opd.slip) glyph=Glyph::Print/> })}
                <LinkButton href=format!("/patients/{id}") label=tr!(reception.record) glyph=Glyph::User/>
                {name_guardian.then(|| view! {
                    <LinkButton href=format!("/patients/{id}/guardian") label=tr!(patients.add_guardian) glyph=Glyph::Family/>
                })}
                <LinkButton href=format!("/appointments/new?patient={id}") label=tr!(reception.book) glyph=Glyph::Calendar/>
                {may_pay.then(|| view! { <LinkButton href=format!("/cashier?patient={id}") label=tr!(reception.take_payment) glyph=Glyph::Money key="p"/> })}
            </div>
            {list}
        </div>
    }
    .into_any()
}

fn checks(selected: &Selected) -> AnyView {
    let phone = !selected.patient.facts.more.phone.is_empty();
    let lines = [
        Some(if phone {
            (Tone::Done, tr!(reception.check_phone).to_owned())
        } else {
            (Tone::Warning, tr!(reception.check_no_phone).to_owned())
        }),
        Some(if selected.covered {
            (Tone::Done, tr!(reception.check_coverage).to_owned())
        } else {
            (Tone::Warning, tr!(reception.check_no_coverage).to_owned())
        }),
        Some(if selected.owes.0 > 0 {
            (Tone::Warning, tr!(reception.check_owes, amount = selected.amount.clone()))
        } else {
            (Tone::Done, tr!(reception.check_owes_nothing).to_owned())
        }),
        selected.unnamed.map(|_| (Tone::Warning, tr!(patients.no_guardian_of_child).to_owned())),
        matches!(selected.banner.allergies, Allergies::NotRecorded).then(|| (Tone::Warning, tr!(reception.check_allergies).to_owned())),
    ];
    lines
        .into_iter()
        .flatten()
        .map(|(tone, words)| view! { <li class=tone.class()><Icon glyph=tone.glyph()/>{words}</li> })
        .collect_view()
        .into_any()
}

/// Shows that the patient is in the queue already.
fn here(row: &QueueRow) -> AnyView {
    let state = format!("{} · {} · {}", row.service_name, row.step.words(), row.state.words());
    view! {
        <NoticeBox tone=Tone::Waiting title=tr!(reception.here_already, token = row.token.clone())>{state}</NoticeBox>
        <div class="reception__actions">{correct(row)}{take_back(row.visit)}</div>
    }
    .into_any()
}

/// Shows the form that corrects the reason of the visit, and while the patient waits also the priority.
fn correct(row: &QueueRow) -> AnyView {
    const ACTION: &str = "/api/reception/correct";
    let hidden = vec![("visit", row.visit.to_string()), ("seen_reason", row.reason.clone()), ("seen", row.priority.as_str().to_owned())];
    let (reason, priority, because) = (row.reason.clone(), row.priority, row.priority_reason.clone());
    let waiting = row.state == QueueState::Waiting;
    view! {
        <Dialog id="correct-visit" opens=tr!(reception.correct) title=tr!(reception.correct_title) action=ACTION glyph=Glyph::Edit>
            <Form action=ACTION hidden=hidden>
                <TextField name="reason" label=tr!(reception.visit_reason) value=reason maxlength=500 optional=true/>
                {priority_fields(priority, because, waiting)}
                <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}

/// Shows the priority and its reason; for a patient who was called they cannot be changed.
fn priority_fields(priority: Priority, because: String, waiting: bool) -> AnyView {
    if !waiting {
        return view! {
            <input type="hidden" name="priority" value=priority.as_str()/>
            <input type="hidden" name="priority_reason" value=because/>
        }
        .into_any();
    }
    let choices = Priority::ALL.iter().rev().map(|one| Choice::new(one.as_str(), one.words())).collect::<Vec<_>>();
    view! {
        <SelectField name="priority" label=tr!(reception.priority) choices=choices value=priority.as_str()/>
        <TextField name="priority_reason" label=tr!(reception.priority_reason) value=because maxlength=200 optional=true/>
    }
    .into_any()
}

/// Shows the dialog for a wrong check-in that was noticed after the time for an undo.
fn take_back(visit: VisitId) -> AnyView {
    const ACTION: &str = "/api/reception/take_back";
    let hidden = vec![("visit", visit.to_string())];
    view! {
        <Dialog id="take-back" opens=tr!(reception.take_back) title=tr!(reception.take_back_title) action=ACTION glyph=Glyph::Undo>
            <p>{tr!(reception.take_back_text)}</p>
            <Form action=ACTION hidden=hidden>
                <TextField name="reason" label=tr!(reception.take_back_reason) maxlength=500 required=true/>
                <div class="form__actions"><Button label=tr!(reception.take_back) tone=ButtonTone::Danger/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}

fn check_in(appointment: &Appointment, when: &str, died: Option<patients::Death>) -> AnyView {
    let mut details = vec![
        Detail::new(tr!(reception.appointment), format!("{when}, {}", appointment.doctor)),
        Detail::new(tr!(reception.service), appointment.service.clone()),
    ];
    if !appointment.reason.is_empty() {
        details.push(Detail::new(tr!(reception.visit_reason), appointment.reason.clone()));
    }
    let hidden = vec![
        ("patient", appointment.patient_id.to_string()),
        ("appointment", appointment.id.to_string()),
        ("idempotency_key", IdempotencyKey::new().to_string()),
    ];
    view! {
        <DescriptionList details=details/>
        <Form action="/api/reception/check_in" hidden=hidden>
            {after_death(died)}
            {died.map(|_| view! { <TextField name="reason" label=tr!(reception.visit_reason) maxlength=500/> })}
            {urgency()}
            {button(tr!(reception.check_in), true)}
        </Form>
    }
    .into_any()
}

/// Shows the checkbox that confirms the check-in of a patient who has died.
fn after_death(died: Option<patients::Death>) -> Option<AnyView> {
    let died = died?.sentence(None);
    Some(
        view! {
            <NoticeBox tone=Tone::Critical><p>{tr!(reception.has_died, died = died)}</p></NoticeBox>
            <CheckboxField name="after_death" label=tr!(reception.after_death)/>
        }
        .into_any(),
    )
}

fn walk_in(patient: PatientId, offer: Offer, died: Option<patients::Death>) -> AnyView {
    let Offer { services, doctors, waits } = offer;
    let waits = services
        .iter()
        .filter_map(|service| {
            let wait = waits.iter().find(|wait| wait.service == service.id && wait.waiting > 0)?;
            let minutes = time::show_minutes(wait.minutes);
            Some(tr!(reception.wait_at, service = service.name.clone(), count = wait.waiting, time = minutes))
        })
        .map(|words| view! { <li>{words}</li> })
        .collect_view();
    let doctors = doctors.into_iter().map(|doctor| Choice::new(doctor.id.to_string(), doctor.name)).collect::<Vec<_>>();
    let hidden = vec![("patient", patient.to_string()), ("idempotency_key", IdempotencyKey::new().to_string())];
    let one = if let [only] = services.as_slice() { only.id.to_string() } else { String::new() };
    let choices = services.into_iter().map(|service| Choice::new(service.id.to_string(), service.name)).collect::<Vec<_>>();
    view! {
        <p class="muted">{tr!(reception.walk_in_hint)}</p>
        <Form action="/api/reception/check_in" hidden=hidden>
            <SelectField name="service" label=tr!(reception.service) choices=choices value=one prompt=tr!(errors.choose) autofocus=true/>
            <ul class="waits muted small" aria-label=tr!(reception.waits)>{waits}</ul>
            <TextField name="reason" label=tr!(reception.visit_reason) maxlength=500 optional=true/>
            <SelectField name="doctor" label=tr!(reception.doctor_wanted) choices=doctors prompt=tr!(reception.any_doctor)/>
            {after_death(died)}
            {urgency()}
            {button(tr!(reception.walk_in), false)}
        </Form>
    }
    .into_any()
}

/// Shows the fields for a higher priority. They are collapsed, because they are rarely needed.
fn urgency() -> AnyView {
    let before_others = [Priority::Priority, Priority::Emergency];
    let choices = before_others.into_iter().map(|one| Choice::new(one.as_str(), one.words())).collect::<Vec<_>>();
    let refused = use_context::<crate::core::form::FormState>()
        .is_some_and(|form| form.error("priority_reason").is_some() || form.error("priority").is_some());
    view! {
        <details class="unfold" open=refused>
            <summary class="button button--quiet"><Icon glyph=Glyph::ArrowUp/>{tr!(reception.more_urgent)}</summary>
            <div class="stack">
                <SelectField name="priority" label=tr!(reception.priority) choices=choices prompt=tr!(errors.choose)/>
                <TextField name="priority_reason" label=tr!(reception.priority_reason) maxlength=200 optional=true/>
            </div>
        </details>
    }
    .into_any()
}

/// Shows the button. It has the focus when the page opens with an appointment, so that Enter checks in without scripts.
fn button(words: &'static str, focus: bool) -> AnyView {
    let words_key = focus.then(|| view! { <kbd aria-hidden="true">"Enter"</kbd> });
    view! {
        <div class="form__actions">
            <button class="button button--primary" type="submit" autofocus=focus aria-keyshortcuts=focus.then_some("Enter")>
                <Icon glyph=Glyph::Arrive/>{words}{words_key}
            </button>
        </div>
    }
    .into_any()
}
