//! `/first-visits/{id}`: one request, the patient that it is about, a time, or an answer.

use chrono::{Duration, NaiveDate};
use leptos::prelude::*;
use serde::Deserialize;

use super::list::{badge, wanted};
use crate::{
    appointments::{self, BOOKED_AHEAD, FreeSlot, SlotQuery, VisitTypeFilter},
    core::{
        FirstVisitId, IdempotencyKey, PatientId, Permission, Result,
        time::{self, Zone, parse_date, show_date_time, show_time},
    },
    organisation,
    patients::{self, PatientHit},
    reception::first_visits::{acts, store::FirstVisit},
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        BannerInfo, Button, ButtonTone, DescriptionList, Detail, EmptyState, Form, Glyph, Icon, LinkButton, ListUrl, PageHeader,
        PatientBanner, PhoneLink, TextArea, TextField,
    },
};

/// The most patients that a search shows.
const FOUND: usize = 20;
/// The number of days shown at once.
const DAYS_SHOWN: i64 = 7;

/// The patient that was chosen, the search for one, and the first day shown.
#[derive(Debug, Default, Deserialize)]
pub struct FirstVisitQuery {
    #[serde(default)]
    patient: String,
    #[serde(default)]
    find: String,
    #[serde(default)]
    from: String,
}

/// The data of the page.
struct Shown {
    request: FirstVisit,
    zone: Zone,
    today: NaiveDate,
    from: NaiveDate,
    find: String,
    hits: Vec<PatientHit>,
    patient: Option<PatientId>,
    days: Vec<(NaiveDate, Vec<FreeSlot>)>,
}

/// Shows the request.
///
/// # Errors
/// When the user lacks the permission, the request is another clinic's, or the database refuses.
pub async fn first_visit_page(Path(id): Path<FirstVisitId>, Query(query): Query<FirstVisitQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::BookAppointments).await?;
    let request = acts::opened(&mut ctx, Permission::BookAppointments, id).await?;
    ctx.saw_file("first_visit").await?;
    let clinic = organisation::clinic(&mut ctx.tx, request.clinic_id).await?;
    let (zone, today) = (clinic.zone, clinic.zone.day(ctx.now));
    let patient = query.patient.parse::<PatientId>().ok().filter(|_| request.state.is_open());
    let banner: Option<BannerInfo> = match patient {
        Some(patient) => {
            ctx.saw(patient, "banner").await?;
            Some(patients::banner(&mut ctx.tx, patient, today).await?)
        }
        None => None,
    };
    let find = if query.find.trim().is_empty() { request.name.clone() } else { query.find };
    let hits = match patient.is_none() && request.state.is_open() {
        true => {
            let mut hits = patients::search(&mut ctx.tx, &find, FOUND).await?;
            patients::only_identity(&mut ctx, &mut hits, "search").await?;
            hits
        }
        false => Vec::new(),
    };
    let from = parse_date("from", &query.from).unwrap_or(today).clamp(today, today + BOOKED_AHEAD);
    let slots = SlotQuery {
        clinic: request.clinic_id,
        zone,
        service: None,
        specialty: request.specialty_id,
        doctor: request.doctor_id,
        from,
        to: (from + Duration::days(DAYS_SHOWN - 1)).min(today + BOOKED_AHEAD),
        open: false,
        visit_type: VisitTypeFilter::Any,
        now: ctx.now,
    };
    let days = match patient {
        Some(_) => {
            let free = appointments::free_slots(&mut ctx.tx, slots).await?;
            from.iter_days().take_while(|day| *day <= slots.to).map(|day| (day, appointments::one_per_time(&free, day))).collect()
        }
        None => Vec::new(),
    };
    let shown = Shown { request, zone, today, from, find, hits, patient, days };
    let page = Page::new(tr!(first_visits.one), move || content(&shown));
    Ok(match banner {
        Some(banner) => page.banner(move || view! { <PatientBanner info=banner/> }),
        None => page,
    })
}

fn content(shown: &Shown) -> impl IntoView + use<> {
    let request = &shown.request;
    let at = |when| show_date_time(shown.zone.local(when));
    let mut details = vec![
        Detail::view(tr!(booking.state), badge(request.state)),
        Detail::new(
            tr!(first_visits.birth_date),
            parse_date("birth_date", &request.birth_date).map_or_else(|_| String::new(), time::show_date),
        ),
        Detail::view(tr!(first_visits.phone), view! { <PhoneLink number=request.phone.clone()/> }),
    ];
    let more = [
        (tr!(first_visits.email), request.email.clone()),
        (tr!(first_visits.wants), wanted(request)),
        (tr!(first_visits.reason), request.reason.clone()),
        (tr!(first_visits.language), if request.language == "es" { "Español".to_owned() } else { "English".to_owned() }),
        (tr!(first_visits.asked_at), at(request.asked_at)),
        (tr!(first_visits.answer), request.answer.clone()),
        (tr!(first_visits.decided), request.decided_at.map(|when| format!("{}, {}", request.decider, at(when))).unwrap_or_default()),
    ];
    details.extend(more.into_iter().filter(|(_, text)| !text.is_empty()).map(|(label, text)| Detail::new(label, text)));
    let booked = request
        .appointment_id
        .map(|id| view! { <LinkButton href=format!("/appointments/{id}") label=tr!(booking.details) glyph=Glyph::Calendar/> });
    let work = request.state.is_open().then(|| match shown.patient {
        Some(patient) => view! { {times(shown, patient)}{answer(request)} }.into_any(),
        None => view! { {people(shown)}{answer(request)} }.into_any(),
    });
    view! {
        <PageHeader title=request.name.clone() back=("/first-visits".to_owned(), tr!(first_visits.list).to_owned())/>
        <div class="stack stack--loose">
            <section class="panel">
                <div class="panel__head"><h2>{tr!(first_visits.one)}</h2></div>
                <div class="panel__body stack"><DescriptionList details/>{booked}</div>
            </section>
            {work}
        </div>
    }
}

/// The patients that may be meant, and the way to register the person.
fn people(shown: &Shown) -> impl IntoView + use<> {
    let path = format!("/first-visits/{}", shown.request.id);
    let hits = shown
        .hits
        .iter()
        .map(|hit| {
            let href = ListUrl::new(path.clone()).with("patient", hit.id).href();
            let detail = hit.detail();
            view! {
                <li class="rows__row">
                    <div class="rows__main"><a class="row-link" href=href>{hit.name.clone()}</a><br/><span class="muted small">{detail}</span></div>
                    <div class="rows__side"><Icon glyph=Glyph::ChevronRight/></div>
                </li>
            }
        })
        .collect_view();
    let none = shown.hits.is_empty().then(|| view! { <p class="muted">{tr!(first_visits.nobody_known)}</p> });
    let register = format!("/patients/new?first_visit={}", shown.request.id);
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(first_visits.who)}</h2></div>
            <div class="panel__body stack">
                <p>{tr!(first_visits.who_text)}</p>
                <form class="filter" method="get" action=path role="search">
                    <TextField kind="search" name="find" label=tr!(appointments.find_patient) value=shown.find.clone()/>
                    <Button label=tr!(ui.search) glyph=Glyph::Search/>
                </form>
                {none}
                <LinkButton href=register label=tr!(first_visits.register) tone=ButtonTone::Primary glyph=Glyph::Plus/>
            </div>
            <ul class="rows">{hits}</ul>
        </section>
    }
}

/// The free times of a week; pressing one books it for the patient.
fn times(shown: &Shown, patient: PatientId) -> impl IntoView + use<> {
    let url = ListUrl::new(format!("/first-visits/{}", shown.request.id)).with("patient", patient);
    let week = |from: NaiveDate| url.clone().with("from", from).href();
    let step = Duration::days(DAYS_SHOWN);
    let before = (shown.from > shown.today).then(|| week((shown.from - step).max(shown.today)));
    let after = (shown.from + step <= shown.today + BOOKED_AHEAD).then(|| week(shown.from + step));
    let none = shown.days.iter().all(|(_, slots)| slots.is_empty());
    let columns = shown.days.iter().map(|(day, slots)| column(*day, slots, shown.today)).collect_view();
    let hidden = vec![
        ("first_visit_id", shown.request.id.to_string()),
        ("patient_id", patient.to_string()),
        ("idempotency_key", IdempotencyKey::new().to_string()),
    ];
    view! {
        <section class="panel">
            <div class="panel__head">
                <h2>{tr!(first_visits.book)}</h2>
                <div class="cluster">
                    {before.map(|href| view! { <LinkButton href label=tr!(appointments.week_before) tone=ButtonTone::Quiet glyph=Glyph::ChevronLeft/> })}
                    {after.map(|href| view! { <LinkButton href label=tr!(appointments.week_after) tone=ButtonTone::Quiet/> })}
                </div>
            </div>
            <div class="panel__body stack">
                <p>{tr!(first_visits.book_text)}</p>
                {none.then(|| view! { <EmptyState glyph=Glyph::Calendar title=tr!(appointments.no_free_week) text=tr!(appointments.no_free_week_hint)/> })}
                <Form action="/api/reception/book_first_visit" hidden class="slot-form">
                    <div class="slots slots--desk">{columns}</div>
                </Form>
            </div>
        </section>
    }
}

fn column(day: NaiveDate, slots: &[FreeSlot], today: NaiveDate) -> impl IntoView + use<> {
    let words = time::show_day(day, today);
    let buttons = slots
        .iter()
        .map(|slot| {
            let value = format!("{}.{}.{}", slot.service_id, slot.doctor_id, slot.starts_at.timestamp());
            view! {
                <button class="slots__slot" type="submit" name="slot" value=value>
                    {show_time(slot.local.time())}
                    <span class="slots__by">{slot.doctor.clone()}</span>
                    <span class="visually-hidden">{words.clone()}</span>
                </button>
            }
        })
        .collect_view();
    let none = slots.is_empty().then(|| view! { <p class="slots__none">"–"</p> });
    view! { <div class="slots__day"><h3 class="slots__date">{words.clone()}</h3>{buttons}{none}</div> }
}

/// The answer in words, by e-mail where there is an address; otherwise the desk calls and writes down what was said.
fn answer(request: &FirstVisit) -> impl IntoView + use<> {
    let hint = if request.email.is_empty() { tr!(first_visits.answer_called) } else { tr!(first_visits.answer_mailed) };
    let hidden = vec![("first_visit_id", request.id.to_string())];
    let refuse = vec![("first_visit_id", request.id.to_string()), ("verdict", "refuse".to_owned())];
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(first_visits.answer)}</h2></div>
            <div class="panel__body">
                <Form action="/api/reception/answer_first_visit" id="answer-first-visit" hidden>
                    <TextArea name="answer" label=tr!(first_visits.answer) hint rows=3 maxlength=1000 required=true/>
                    <div class="form__actions"><Button label=tr!(first_visits.send_answer)/></div>
                </Form>
            </div>
        </section>
        <section class="panel">
            <div class="panel__head"><h2>{tr!(first_visits.refuse)}</h2></div>
            <div class="panel__body">
                <Form action="/api/reception/answer_first_visit" id="refuse-first-visit" hidden=refuse>
                    <TextArea name="answer" label=tr!(first_visits.refuse_why) hint rows=2 maxlength=1000 required=true/>
                    <div class="form__actions"><Button label=tr!(first_visits.refuse) tone=ButtonTone::Danger/></div>
                </Form>
            </div>
        </section>
    }
}
