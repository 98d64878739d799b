//! `/appointments/new`: books at the desk or on the phone. The address contains the choices already made (patient, service,
//! doctor, time); the page asks for the others, in any order.

use chrono::{Duration, NaiveDate};
use leptos::prelude::*;
use serde::Deserialize;

use super::{
    at_the_services_clinic,
    expected::{self, Expected},
    with_missed,
};
use crate::{
    appointments::{Appointment, BOOKED_AHEAD, FreeSlot, SlotQuery, VisitTypeFilter, booking, full_slots, remarks, search, symptoms_of},
    core::{
        AppointmentId, IdempotencyKey, PatientId, Permission, Result, ServiceId, StaffId, VisitTypeId,
        time::{self, Instant, Zone, show_time},
    },
    organisation::{self, Service, VisitType},
    patients::{self, PatientHit},
    server::{Ctx, Page, Query, hooks::PlannedVisit},
    tr,
    ui::{
        BannerInfo, Button, ButtonTone, Choice, DateField, DescriptionList, Detail, EmptyState, Form, Glyph, Icon, LinkButton, ListUrl,
        NoticeBox, PageHeader, PatientBanner, SelectField, TextArea, TextField, Tone,
    },
};

/// The most patients that a search shows.
const FOUND: usize = 20;
/// The number of days shown at once.
const DAYS_SHOWN: i64 = 7;

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
pub struct NewAppointmentQuery {
    #[serde(default)]
    patient: String,
    #[serde(default)]
    service: String,
    #[serde(default)]
    doctor: String,
    /// The slot's start, in seconds since 1970.
    #[serde(default)]
    at: String,
    /// The first day shown.
    #[serde(default)]
    from: String,
    #[serde(default)]
    replaces: String,
    /// The visit type, chosen before the time: the times are long enough for it, and the price is that of the type.
    #[serde(default)]
    visit_type: String,
    /// The text with which the desk searches for a patient; `q` belongs to the top bar.
    #[serde(default)]
    find: String,
    /// Whether full times are shown too, for somebody who may overbook.
    #[serde(default)]
    full: String,
    /// The page that shows what was done: the schedule, when the appointment is moved from there.
    #[serde(default)]
    back: String,
}

/// The choices already made, and the possible choices.
struct Desk {
    patient: Option<PatientId>,
    service: Option<ServiceId>,
    services: Vec<Service>,
    doctor: Option<StaffId>,
    doctors: Vec<(StaffId, String)>,
    at: Option<Instant>,
    replaces: Option<Appointment>,
    from: NaiveDate,
    today: NaiveDate,
    zone: Zone,
    days: Vec<(NaiveDate, Vec<FreeSlot>)>,
    find: String,
    hits: Vec<PatientHit>,
    visit_types: Vec<VisitType>,
    /// The chosen visit type.
    visit_type: Option<VisitTypeId>,
    /// Whether the reader may overbook.
    may_overbook: bool,
    /// Whether full times are chosen from, or one was chosen.
    full: bool,
    to_schedule: bool,
    /// The remark and the symptoms of the appointment that is moved.
    remark: String,
    symptoms: String,
    /// The payer and the price, once all is chosen.
    expected: Option<Expected>,
}

/// Serves the page.
///
/// # Errors
/// When the user lacks the permission, or when the database refuses.
pub async fn new_page(Query(choices): Query<NewAppointmentQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::BookAppointments).await?;
    let (desk, banner) = load(&mut ctx, choices).await?;
    let page = Page::new(tr!(appointments.book_title), move || content(&desk));
    Ok(match banner {
        Some(banner) => page.banner(move || view! { <PatientBanner info=banner/> }),
        None => page,
    })
}

async fn load(ctx: &mut Ctx, choices: NewAppointmentQuery) -> Result<(Desk, Option<BannerInfo>)> {
    at_the_services_clinic(ctx, Permission::BookAppointments, choices.service.parse().ok()).await?;
    let (clinic, zone, today, now) = (ctx.clinic.id, ctx.zone(), ctx.today(), ctx.now);
    let services = organisation::services(&mut ctx.tx, clinic).await?;
    let service = choices.service.parse::<ServiceId>().ok().filter(|id| services.iter().any(|known| known.id == *id));
    let at = crate::appointments::instant(&choices.at).ok();
    let patient = choices.patient.parse::<PatientId>().ok();
    let banner = match patient {
        Some(id) => {
            ctx.saw(id, "banner").await?;
            let banner = patients::banner(&mut ctx.tx, id, today).await?;
            Some(with_missed(ctx, id, banner).await?)
        }
        None => None,
    };
    let replaces = match choices.replaces.parse::<AppointmentId>() {
        Ok(id) => {
            let old = booking::find(&mut ctx.tx, id).await?;
            ctx.at_clinic(Permission::BookAppointments, old.clinic_id)?;
            Some(old)
        }
        Err(_) => None,
    };
    let visit_types = organisation::visit_types(&mut ctx.tx).await?;
    let visit_type = choices.visit_type.parse::<VisitTypeId>().ok().filter(|id| visit_types.iter().any(|known| known.id == *id));
    let chosen_day = at.map(|at| zone.day(at));
    let from = time::parse_date("from", &choices.from).ok().or(chosen_day).unwrap_or(today).clamp(today, today + BOOKED_AHEAD);
    let query = SlotQuery {
        clinic,
        zone,
        service,
        specialty: None,
        doctor: None,
        from,
        to: (from + Duration::days(DAYS_SHOWN - 1)).min(today + BOOKED_AHEAD),
        open: false,
        visit_type: VisitTypeFilter::of_staff(visit_type.or_else(|| replaces.as_ref().and_then(|old| old.visit_type_id))),
        now,
    };
    let doctors = search::bookable_doctors(&mut ctx.tx, query).await?;
    let doctor = choices.doctor.parse::<StaffId>().ok();
    // Without a service or a doctor there would be hundreds of times to choose from.
    let slots = match at.is_none() && (service.is_some() || doctor.is_some()) {
        true => search::free_slots_without(&mut ctx.tx, SlotQuery { doctor, ..query }, replaces.as_ref()).await?,
        false => Vec::new(),
    };
    let may_overbook = ctx.who.may_at(Permission::Overbook, clinic);
    let full = may_overbook && !choices.full.is_empty();
    let slots = match full && at.is_none() && (service.is_some() || doctor.is_some()) {
        true => full_slots(&mut ctx.tx, SlotQuery { doctor, ..query }).await?,
        false => slots,
    };
    let days = from.iter_days().take_while(|day| *day <= query.to).map(|day| (day, search::one_per_time(&slots, day))).collect();
    let hits = if patient.is_none() && !choices.find.trim().is_empty() {
        let mut hits = patients::search(&mut ctx.tx, &choices.find, FOUND).await?;
        patients::only_identity(ctx, &mut hits, "search").await?;
        hits
    } else {
        Vec::new()
    };
    let (find, to_schedule) = (choices.find, choices.back == "schedule");
    let (remark, symptoms) = match &replaces {
        Some(old) => (remarks::remark_of(&mut ctx.tx, old.id).await?, symptoms_of(&mut ctx.tx, old.id).await?),
        None => (String::new(), String::new()),
    };
    let expected = match (patient, service, doctor, at) {
        (Some(patient), Some(service), Some(doctor), Some(at)) => {
            let planned = PlannedVisit { patient, service, doctor: Some(doctor), visit_type, at };
            let open_types = if visit_type.is_some() { &[][..] } else { &visit_types[..] };
            Some(expected::expected(ctx, planned, zone, open_types).await?)
        }
        _ => None,
    };
    let desk = Desk {
        patient,
        service,
        services,
        doctor,
        doctors,
        at,
        replaces,
        from,
        today,
        zone,
        days,
        find,
        hits,
        visit_types,
        visit_type,
        may_overbook,
        full,
        to_schedule,
        remark,
        symptoms,
        expected,
    };
    Ok((desk, banner))
}

impl Desk {
    /// Returns the address of this page with the choices already made.
    fn url(&self) -> ListUrl {
        let text = |id: Option<String>| id.unwrap_or_default();
        ListUrl::new("/appointments/new")
            .with("patient", text(self.patient.map(|id| id.to_string())))
            .with("service", text(self.service.map(|id| id.to_string())))
            .with("doctor", text(self.doctor.map(|id| id.to_string())))
            .with("at", text(self.at.map(|at| at.timestamp().to_string())))
            .with("visit_type", text(self.visit_type.map(|id| id.to_string())))
            .with("replaces", text(self.replaces.as_ref().map(|old| old.id.to_string())))
            .with("full", if self.full { "yes" } else { "" })
            .with("back", if self.to_schedule { "schedule" } else { "" })
    }

    /// Returns the same as hidden fields of a form that asks for `but`.
    fn hidden(&self, but: &[&str]) -> impl IntoView + use<> {
        let url = self.url();
        let kept = url.params.into_iter().filter(|(name, _)| !but.contains(&name.as_str()));
        kept.map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view()
    }

    /// Returns the address of this page with that time chosen.
    fn choosing(&self, slot: &FreeSlot) -> String {
        self.url().with("service", slot.service_id).with("doctor", slot.doctor_id).with("at", slot.starts_at.timestamp()).href()
    }

    fn type_choices(&self) -> Vec<Choice> {
        self.visit_types.iter().map(|known| Choice::new(known.id.to_string(), known.name.clone())).collect()
    }

    /// Returns the chosen visit type, or that of the appointment that is moved.
    fn type_id(&self) -> String {
        let chosen = self.visit_type.or_else(|| self.replaces.as_ref().and_then(|old| old.visit_type_id));
        chosen.map(|id| id.to_string()).unwrap_or_default()
    }

    fn when(&self, at: Instant) -> String {
        time::show_long_date_time(self.zone.local(at))
    }

    fn doctor_name(&self) -> String {
        self.doctors.iter().find(|(id, _)| Some(*id) == self.doctor).map(|(_, name)| name.clone()).unwrap_or_default()
    }
}

fn content(desk: &Desk) -> impl IntoView + use<> {
    let title = if desk.replaces.is_some() { tr!(appointments.move_title) } else { tr!(appointments.book_title) };
    let time = match (desk.at, desk.doctor, desk.service) {
        (Some(at), Some(doctor), Some(service)) => Some((at, doctor, service)),
        _ => None,
    };
    let body = match (time, desk.patient) {
        (Some((at, doctor, service)), Some(patient)) => confirm(desk, patient, service, doctor, at).into_any(),
        (Some((at, ..)), None) => view! { {chosen_time(desk, at)}{find_patient(desk)} }.into_any(),
        (None, None) => view! { {find_patient(desk)}{choose_time(desk)} }.into_any(),
        (None, Some(_)) => choose_time(desk).into_any(),
    };
    let moved = desk.replaces.as_ref().map(|old| format!("{}: {}, {}", tr!(appointments.instead_of), desk.when(old.starts_at), old.doctor));
    view! {
        <PageHeader title=title back=("/schedules".to_owned(), tr!(appointments.schedule).to_owned()) detail=moved.unwrap_or_default()/>
        <div class="stack stack--loose">{body}</div>
    }
}

fn chosen_time(desk: &Desk, at: Instant) -> impl IntoView + use<> {
    let other = desk.url().with("at", "").href();
    view! {
        <div class="earliest">
            <p><strong>{desk.when(at)}</strong>{desk.doctor_name()}</p>
            <LinkButton href=other label=tr!(appointments.another_time)/>
        </div>
    }
}

fn find_patient(desk: &Desk) -> impl IntoView + use<> {
    let hits = desk
        .hits
        .iter()
        .map(|hit| {
            let href = desk.url().with("patient", hit.id).href();
            let detail = hit.detail();
            view! {
                <li class="rows__row">
                    <div class="rows__main"><a class="row-link" href=href>{hit.name.clone()}</a><br/><span class="muted small">{detail}</span></div>
                    <div class="rows__side"><Icon glyph=Glyph::ChevronRight/></div>
                </li>
            }
        })
        .collect_view();
    let nobody = desk.hits.is_empty() && !desk.find.trim().is_empty();
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(appointments.for_whom)}</h2></div>
            <div class="panel__body stack">
                <form class="filter" method="get" action="/appointments/new" role="search">
                    {desk.hidden(&["patient"])}
                    <TextField kind="search" name="find" label=tr!(appointments.find_patient) value=desk.find.clone() autofocus=true/>
                    <Button label=tr!(ui.search) glyph=Glyph::Search/>
                </form>
                {nobody.then(|| view! { <p class="muted">{tr!(ui.nothing_found)}" "<a href="/patients/new">{tr!(appointments.register)}</a></p> })}
            </div>
            {(!desk.hits.is_empty()).then(|| view! { <ul class="rows">{hits}</ul> })}
            {patients::too_many(desk.hits.len(), FOUND)}
        </section>
    }
}

fn choose_time(desk: &Desk) -> impl IntoView + use<> {
    let services = desk.services.iter().map(|service| Choice::new(service.id.to_string(), service.name.clone())).collect::<Vec<_>>();
    let doctors = desk.doctors.iter().map(|(id, name)| Choice::new(id.to_string(), name.clone())).collect::<Vec<_>>();
    let types = desk.type_choices();
    let types = (!types.is_empty()).then(|| {
        view! { <SelectField name="visit_type" label=tr!(appointments.visit_type) choices=types prompt=tr!(appointments.no_visit_type) value=desk.type_id()/> }
    });
    let asked = desk.service.is_some() || desk.doctor.is_some();
    let none = asked && desk.days.iter().all(|(_, slots)| slots.is_empty());
    let week = |from: NaiveDate| desk.url().with("from", from).href();
    let before = (desk.from > desk.today).then(|| week((desk.from - Duration::days(DAYS_SHOWN)).max(desk.today)));
    let last = desk.today + BOOKED_AHEAD;
    let after = (desk.from + Duration::days(DAYS_SHOWN) <= last).then(|| week(desk.from + Duration::days(DAYS_SHOWN)));
    let wait = desk.patient.map(|patient| {
        let text = |id: Option<String>| id.unwrap_or_default();
        let href = ListUrl::new("/waitlist/new")
            .with("patient", patient)
            .with("service", text(desk.service.map(|id| id.to_string())))
            .with("doctor", text(desk.doctor.map(|id| id.to_string())))
            .href();
        view! { <LinkButton href label=tr!(appointments.wait_add) glyph=Glyph::Clock/> }
    });
    let overbook = (asked && desk.may_overbook).then(|| {
        let url = desk.url().with("from", desk.from);
        let (full, label) = if desk.full { ("", tr!(appointments.free_times)) } else { ("yes", tr!(appointments.full_times)) };
        view! { <p><LinkButton href=url.with("full", full).href() label tone=ButtonTone::Quiet/></p> }
    });
    let grid = if asked && !none { view! { {earliest(desk)}{days(desk)} }.into_any() } else { ().into_any() };
    view! {
        <section class="panel">
            <div class="panel__head">
                <h2>{tr!(appointments.when_with_whom)}</h2>
                <div class="cluster">
                    {before.map(|href| view! { <LinkButton href label=tr!(appointments.week_before) tone=ButtonTone::Quiet glyph=Glyph::ChevronLeft/> })}
                    {after.map(|href| view! { <a class="button button--quiet" href=href>{tr!(appointments.week_after)}<Icon glyph=Glyph::ChevronRight/></a> })}
                </div>
            </div>
            <div class="panel__body stack">
                <form class="filter" method="get" action="/appointments/new">
                    {desk.hidden(&["service", "doctor", "visit_type", "at"])}
                    <SelectField
                        name="service"
                        label=tr!(appointments.service)
                        choices=services
                        prompt=tr!(appointments.all_services)
                        value=desk.service.map(|id| id.to_string()).unwrap_or_default()
                    />
                    <SelectField
                        name="doctor"
                        label=tr!(appointments.doctor)
                        choices=doctors
                        prompt=tr!(appointments.all_doctors)
                        value=desk.doctor.map(|id| id.to_string()).unwrap_or_default()
                    />
                    {types}
                    <DateField name="from" label=tr!(appointments.from_day) value=desk.from.to_string() min=desk.today.to_string() max=last.to_string()/>
                    <Button label=tr!(ui.show) glyph=Glyph::Filter/>
                </form>
                {(!asked).then(|| view! { <p class="muted">{tr!(appointments.choose_service)}</p> })}
                {none.then(|| view! {
                    <EmptyState glyph=Glyph::Calendar title=tr!(appointments.no_free_week) text=tr!(appointments.no_free_week_hint)>{wait}</EmptyState>
                })}
                {grid}
                {overbook}
            </div>
        </section>
    }
}

/// Shows the first free time of all, with its button; `None` on a later week.
fn earliest(desk: &Desk) -> Option<AnyView> {
    let slot = desk.days.iter().find_map(|(_, slots)| slots.first()).filter(|_| desk.from == desk.today)?;
    let when = format!("{}, {}", time::show_day(slot.local.date(), desk.today), show_time(slot.local.time()));
    let href = desk.choosing(slot);
    Some(
        view! {
            <div class="earliest">
                <p>{tr!(appointments.earliest)}<strong>{when}</strong>{slot.doctor.clone()}</p>
                <LinkButton href label=tr!(appointments.take_it) tone=ButtonTone::Primary/>
            </div>
        }
        .into_any(),
    )
}

fn days(desk: &Desk) -> impl IntoView + use<> {
    let one_doctor = desk.doctor.is_some();
    let columns = desk
        .days
        .iter()
        .map(|(day, slots)| {
            let words = time::show_day(*day, desk.today);
            let links = slots
                .iter()
                .map(|slot| {
                    let href = desk.choosing(slot);
                    let by = (!one_doctor).then(|| view! { <span class="slots__by">{slot.doctor.clone()}</span> });
                    view! { <a class="slots__slot" href=href>{show_time(slot.local.time())}{by}<span class="visually-hidden">{words.clone()}</span></a> }
                })
                .collect_view();
            let none = slots.is_empty().then(|| view! { <p class="slots__none">"–"</p> });
            let class = if *day == desk.today { "slots__day is-today" } else { "slots__day" };
            view! { <div class=class><h3 class="slots__date">{words.clone()}</h3>{links}{none}</div> }
        })
        .collect_view();
    view! { <div class="slots slots--desk">{columns}</div> }
}

fn confirm(desk: &Desk, patient: PatientId, service: ServiceId, doctor: StaffId, at: Instant) -> impl IntoView + use<> {
    let service_name = desk.services.iter().find(|known| known.id == service).map(|known| known.name.clone()).unwrap_or_default();
    let mut details = vec![
        Detail::new(tr!(appointments.time), desk.when(at)),
        Detail::new(tr!(appointments.doctor), desk.doctor_name()),
        Detail::new(tr!(appointments.service), service_name),
    ];
    let mut hidden = vec![
        ("patient_id", patient.to_string()),
        ("doctor_id", doctor.to_string()),
        ("service_id", service.to_string()),
        ("at", at.timestamp().to_string()),
        ("idempotency_key", IdempotencyKey::new().to_string()),
    ];
    let mut reason = String::new();
    if let Some(old) = &desk.replaces {
        details.push(Detail::new(tr!(appointments.instead_of), desk.when(old.starts_at)));
        hidden.push(("replaces", old.id.to_string()));
        hidden.push(("back", if desk.to_schedule { "schedule" } else { "" }.to_owned()));
        reason.clone_from(&old.reason);
    }
    details.extend(desk.expected.iter().flat_map(expected::details));
    let (other, remark, symptoms) = (desk.url().with("at", "").href(), desk.remark.clone(), desk.symptoms.clone());
    // A type that was chosen before the time is settled; another one may need another time.
    let settled = desk.visit_types.iter().find(|known| Some(known.id) == desk.visit_type);
    if let Some(known) = settled {
        details.push(Detail::new(tr!(appointments.visit_type), known.name.clone()));
        hidden.push(("visit_type", known.id.to_string()));
    }
    let types = if settled.is_some() { Vec::new() } else { desk.type_choices() };
    let chosen = desk.type_id();
    let (moving, overbooking) = (desk.replaces.is_some(), desk.full);
    if overbooking {
        hidden.push(("overbook", "yes".to_owned()));
    }
    // Made inside the form, where a field finds what a refused post typed.
    let extra = move || {
        let of_type = (!types.is_empty()).then(|| {
            view! { <SelectField name="visit_type" label=tr!(appointments.visit_type) choices=types prompt=tr!(appointments.no_visit_type) value=chosen optional=true/> }
        });
        let why = moving.then(|| {
            view! { <TextArea name="move_reason" label=tr!(appointments.move_reason) hint=tr!(appointments.staff_reads) rows=2 maxlength=500 required=true/> }
        });
        let more = overbooking.then(|| {
            view! {
                <NoticeBox tone=Tone::Warning title=tr!(appointments.overbooking)>{tr!(appointments.overbooking_means)}</NoticeBox>
                <TextArea name="overbook_reason" label=tr!(appointments.overbook_reason) hint=tr!(appointments.staff_reads) rows=2 maxlength=500 required=true/>
            }
        });
        view! { {of_type}{why}{more} }
    };
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(appointments.check_and_book)}</h2></div>
            <div class="panel__body stack">
                <DescriptionList details=details/>
                <Form action="/api/appointments/book" hidden=hidden>
                    {extra()}
                    <TextArea name="reason" label=tr!(appointments.reason) value=reason hint=tr!(appointments.patient_reads) rows=2 maxlength=500 optional=true/>
                    <TextArea name="symptoms" label=tr!(appointments.symptoms) hint=tr!(appointments.symptoms_hint) value=symptoms rows=2 maxlength=1000 optional=true/>
                    <TextArea name="remark" label=tr!(appointments.remark) hint=tr!(appointments.remark_hint) value=remark rows=2 maxlength=500 optional=true/>
                    <div class="form__actions">
                        <Button label=tr!(appointments.book) tone=ButtonTone::Primary glyph=Glyph::Check key="Ctrl+Enter"/>
                        <LinkButton href=other label=tr!(appointments.another_time)/>
                    </div>
                </Form>
            </div>
        </section>
    }
}
