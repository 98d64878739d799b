//! `/admissions/{id}/medicines`: the medicine record of a patient: what is due, what is given as needed, and the doses of the last day.

use std::collections::HashMap;

use chrono::Duration;
use leptos::prelude::*;

use super::{
    asked::hold_fields,
    day::MedicineDay,
    parts::{DoneQuery, May, Stay, due_words, key, marks, name_read, outcome_words, second_person, stay, toast, unscanned},
};
use crate::{
    core::{
        AdmissionId, CareOrderId, InfusionId, Permission, Result,
        time::{Instant, Zone, show_date_time},
    },
    formulary::TallNames,
    medicine_record::{
        bedside,
        doses::{self, Administration, PlannedDose},
        effects::{self, NeededDose},
        holds::{self, HoldReading},
        infusions::{self, Infusion, Step, given_tenths, show_milli, show_tenths},
        orders::{self, CareOrder},
        outages::{self, Outage},
        vocabulary::{CareKind, CareOrderState, DoseState},
    },
    server::{Ctx, Page, Part, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Dialog, EmptyState, Form, Glyph, LinkButton, Live, PageHeader, PatientBanner, PostButton, StatusBadge,
        TextField, TimeField, Tone,
    },
    wards::AdmissionState,
};

/// Hours before and after now whose doses the page shows.
const HOURS: i64 = 24;
/// Hours before its due time at which a dose is offered.
const OFFERED_HOURS: i64 = 2;

struct Record {
    orders: HashMap<CareOrderId, CareOrder>,
    doses: Vec<PlannedDose>,
    records: Vec<Administration>,
    /// The orders that are given as needed, with the time from which each may be given, and the values that it asks for.
    as_needed: Vec<(CareOrder, Option<Instant>, Vec<HoldReading>)>,
    /// The doses that were given as needed, with their effect.
    needed: Vec<NeededDose>,
    infusions: Vec<Infusion>,
    steps: Vec<(InfusionId, Vec<Step>)>,
    outages: Vec<Outage>,
    /// The ward scans: a dose is given from its own page.
    scans: bool,
    tall: TallNames,
    may: May,
    is_open: bool,
    zone: Zone,
    now: Instant,
}

async fn read(ctx: &mut Ctx, id: AdmissionId) -> Result<(Stay, Record)> {
    let stay = stay(ctx, id).await?;
    let (zone, now, may) = (stay.zone, stay.now, stay.may);
    let period = (now - Duration::hours(HOURS), now + Duration::hours(HOURS));
    let doses = doses::of_admission(&mut ctx.tx, id, period).await?;
    let records = doses::administrations(&mut ctx.tx, id, period.0).await?;
    let all = orders::of_admission(&mut ctx.tx, id, false).await?;
    let mut as_needed = Vec::new();
    for order in all.iter().filter(|order| order.is_as_needed() && order.state == CareOrderState::Active) {
        let readings = holds::readings(&mut ctx.tx, order, now).await?;
        as_needed.push((order.clone(), doses::next_as_needed(&mut ctx.tx, order, now).await?, readings));
    }
    let needed = effects::needed_doses(&mut ctx.tx, id, period.0).await?;
    let infusions = infusions::of_admission(&mut ctx.tx, id).await?;
    let steps = if infusions.is_empty() { Vec::new() } else { infusions::steps_of_admission(&mut ctx.tx, id).await? };
    let outages = outages::recent(&mut ctx.tx, stay.admission.clinic_id, now).await?;
    let scans = bedside::asks_scans(&mut ctx.tx, stay.admission.ward()).await?;
    let orders = all.into_iter().filter(|order| order.kind == CareKind::Medicine).map(|order| (order.id, order)).collect();
    let is_open = stay.admission.state == AdmissionState::Admitted;
    let tall = TallNames::load(&mut ctx.tx).await?;
    Ok((stay, Record { orders, doses, records, as_needed, needed, infusions, steps, outages, scans, tall, may, is_open, zone, now }))
}

/// Shows the record.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn record_page(Path(id): Path<AdmissionId>, Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadMedicineRecord).await?;
    let (Stay { admission, banner, .. }, record) = read(&mut ctx, id).await?;
    let page = Page::new(tr!(medicine_record.record), move || {
        let back = (format!("/admissions/{id}"), tr!(medicine_record.admission_of, number = admission.number.clone()));
        let round = view! {
            <LinkButton href=format!("/wards/{}/round", admission.ward()) label=tr!(medicine_record.round) glyph=Glyph::Clock/>
            <LinkButton href=format!("/admissions/{id}/orders") label=tr!(medicine_record.orders) glyph=Glyph::Note key="o"/>
            <LinkButton href=format!("/admissions/{id}/medicines/day") label=tr!(medicine_record.day_grid) glyph=Glyph::Calendar key="d"/>
            <LinkButton href=format!("/admissions/{id}/drug-chart") label=tr!(medicine_record.drug_chart) glyph=Glyph::Print/>
        }
        .into_any();
        let as_needed = as_needed(&record);
        view! {
            {toast(&done)}
            <PageHeader title=tr!(medicine_record.record) back actions=Some(round)/>
            <div class="stack">
                <Live topics="medicines" from=format!("/admissions/{id}/medicines/live") each_minute=true>{scheduled(&record)}</Live>
                {as_needed}
            </div>
        }
    });
    Ok(page.banner(move || view! { <PatientBanner info=banner/> }))
}

/// Serves the scheduled doses alone.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn record_part(Path(id): Path<AdmissionId>) -> Result<Part> {
    let mut ctx = Ctx::read(Permission::ReadMedicineRecord).await?;
    let (_, record) = read(&mut ctx, id).await?;
    Ok(Part::new(move || scheduled(&record)))
}

fn scheduled(record: &Record) -> AnyView {
    let soon = record.now + Duration::hours(OFFERED_HOURS);
    let due: Vec<&PlannedDose> = record.doses.iter().filter(|dose| dose.state == DoseState::Due && dose.due_at <= soon).collect();
    let rest: Vec<&PlannedDose> = record
        .doses
        .iter()
        .filter(|dose| dose.state != DoseState::Cancelled && !(dose.state == DoseState::Due && dose.due_at <= soon))
        .collect();
    let none = due.is_empty().then(|| {
        view! { <EmptyState glyph=Glyph::Done title=tr!(medicine_record.nothing_due) text=tr!(medicine_record.nothing_due_text)/> }
    });
    let due = due.into_iter().filter_map(|dose| due_row(record, dose)).collect_view();
    let (later, done): (Vec<_>, Vec<_>) = rest.into_iter().partition(|dose| dose.state == DoseState::Due);
    let section = |id: &'static str, title: &'static str, doses: Vec<&PlannedDose>| {
        (!doses.is_empty()).then(|| {
            let rows = doses.into_iter().filter_map(|dose| dose_row(record, dose)).collect_view();
            view! {
                <section class="panel" aria-labelledby=id>
                    <div class="panel__head"><h2 id=id>{title}</h2></div>
                    <ul class="rows">{rows}</ul>
                </section>
            }
        })
    };
    let done: Vec<_> = done.into_iter().rev().collect();
    let infusions = infusion_rows(record);
    let today = today(record);
    view! {
        <div class="stack">
            {infusions}
            <section class="panel" aria-labelledby="due">
                <div class="panel__head"><h2 id="due">{tr!(medicine_record.due_now)}</h2></div>
                {none}
                <ul class="rows">{due}</ul>
            </section>
            {section("recorded", tr!(medicine_record.last_day), done)}
            {section("later", tr!(medicine_record.next_day), later)}
            {today}
        </div>
    }
    .into_any()
}

/// The day as a grid, beside its lists on a wide screen.
fn today(record: &Record) -> Option<AnyView> {
    let orders = record.orders.values().cloned().collect();
    let told = (record.doses.clone(), record.records.clone());
    let day = MedicineDay::new(orders, told, record.zone.day(record.now), (record.now, record.zone));
    (!day.orders.is_empty()).then(|| {
        view! {
            <section class="panel hours-panel" aria-labelledby="today">
                <div class="panel__head"><h2 id="today">{tr!(medicine_record.day_grid)}</h2></div>
                {day.table()}
            </section>
        }
        .into_any()
    })
}

/// The infusions of the stay that count, with their rate and the volume given.
fn infusion_rows(record: &Record) -> Option<AnyView> {
    let rows: Vec<_> = record
        .infusions
        .iter()
        .filter(|one| one.state != infusions::InfusionState::Voided)
        .filter_map(|one| {
            let order = record.orders.get(&one.order_id)?;
            let steps = record.steps.iter().find(|(id, _)| *id == one.id).map(|(_, steps)| steps.as_slice()).unwrap_or_default();
            let given = tr!(medicine_record.given_volume, volume = show_tenths(given_tenths(steps, record.now)));
            let state = one.state;
            Some(view! {
                <li class="rows__row" data-key=one.id.to_string()>
                    <div class="rows__main">
                        <a class="row-link" href=format!("/infusions/{}", one.id)><strong>{order.title.clone()}</strong></a>
                        " "{order.dose.clone()}
                        <br/><span class="muted small">{format!("{} mL/h · {given}", show_milli(one.rate_ul_h))}</span>
                    </div>
                    <div class="rows__side cluster">{marks(order, (record.now, record.zone))}<StatusBadge tone=state.tone() label=state.words()/></div>
                </li>
            })
        })
        .collect();
    (!rows.is_empty()).then(|| {
        view! {
            <section class="panel" aria-labelledby="infusions">
                <div class="panel__head"><h2 id="infusions">{tr!(medicine_record.infusions)}</h2></div>
                <ul class="rows">{rows}</ul>
            </section>
        }
        .into_any()
    })
}

/// A dose that is due: it is recorded as given in one step, unless a second person must check it, it is outside its window, or a value decides.
fn due_row(record: &Record, dose: &PlannedDose) -> Option<AnyView> {
    let order = record.orders.get(&dose.order_id)?;
    let (now, zone) = (record.now, record.zone);
    let on_time = order.schedule().is_none_or(|schedule| schedule.is_on_time(dose.due_at, now));
    let late = dose.due_at < now && !on_time;
    let href = format!("/doses/{}", dose.id);
    let alike = record.tall.warning(order.drug_id, &order.title);
    let at_once = (record.may.give && record.is_open && !record.scans && on_time && !order.two_person && order.hold_if.is_empty() && alike.is_none()).then(|| {
        let hidden = vec![("dose_id", dose.id.to_string()), key()];
        let about = format!("{} {}", order.title, due_words(dose.due_at, (now, zone)));
        view! { <PostButton action="/api/medicine_record/give" label=tr!(medicine_record.give) about hidden tone=ButtonTone::Primary glyph=Glyph::Check/> }
    });
    let at = due_words(dose.due_at, (now, zone));
    let place = order.place_words(dose.due_at, zone).map(|place| view! { <span class="small">{place}</span> });
    let (tone, label) = match (record.outages.iter().any(|outage| outage.contains(dose.due_at)), late) {
        (true, _) => (Tone::Warning, tr!(medicine_record.outage_since, at = at)),
        (false, true) => (Tone::Critical, tr!(medicine_record.late_since, at = at)),
        (false, false) => (Tone::Waiting, at),
    };
    Some(
        view! {
            <li class="rows__row" data-key=dose.id.to_string()>
                <div class="rows__main">
                    <a class="row-link" href=href.clone()><strong>{record.tall.spell(&order.title)}</strong></a>
                    " "{order.dose.clone()}", "{order.route_words()}
                    <br/><span class="muted small">{order.instructions.clone()}" "{order.hold_words()}</span>
                    {place}
                </div>
                <div class="rows__side cluster">
                    {marks(order, (now, zone))}
                    <StatusBadge tone label/>
                    {at_once}
                    <LinkButton href label=tr!(medicine_record.record_other) tone=ButtonTone::Quiet about=Some(order.title.clone())/>
                </div>
            </li>
        }
        .into_any(),
    )
}

fn dose_row(record: &Record, dose: &PlannedDose) -> Option<AnyView> {
    let order = record.orders.get(&dose.order_id)?;
    let done = record.records.iter().rfind(|one| one.dose_id == dose.id && one.superseded_at.is_none());
    let words = done.map(|one| outcome_words(one, record.zone));
    let place = order.place_words(dose.due_at, record.zone).map(|place| format!(" · {place}"));
    let told = record.needed.iter().find(|one| one.dose_id == dose.id).map(|one| match &one.told {
        Some(told) => view! { <br/><span>{tr!(medicine_record.effect)}": "{told.words(record.zone)}</span> }.into_any(),
        None => {
            let label = tr!(medicine_record.effect_asked, at = due_words(one.asked_at(), (record.now, record.zone)));
            let tone = if one.asked_at() <= record.now { Tone::Warning } else { Tone::Waiting };
            view! { <br/><a href=format!("/doses/{}", dose.id)><StatusBadge tone label/></a> }.into_any()
        }
    });
    let corrected =
        done.filter(|one| one.version > 1).map(|_| view! { <StatusBadge tone=Tone::Warning label=tr!(medicine_record.corrected)/> });
    Some(
        view! {
            <li class="rows__row" data-key=dose.id.to_string()>
                <div class="rows__main">
                    <a class="row-link" href=format!("/doses/{}", dose.id)>{due_words(dose.due_at, (record.now, record.zone))}" "<strong>{order.title.clone()}</strong></a>
                    " "{order.dose.clone()}{place}
                    <br/><span class="muted small">{words}</span>
                    {told}
                </div>
                <div class="rows__side cluster">{corrected}<StatusBadge tone=dose.state.tone() label=dose.state.words()/></div>
            </li>
        }
        .into_any(),
    )
}

fn as_needed(record: &Record) -> Option<AnyView> {
    if record.as_needed.is_empty() {
        return None;
    }
    let rows = record.as_needed.iter().map(|(order, next, readings)| as_needed_row(record, (order, readings), *next)).collect_view();
    Some(
        view! {
            <section class="panel" aria-labelledby="as-needed">
                <div class="panel__head"><h2 id="as-needed">{tr!(medicine_record.timing_as_needed)}</h2></div>
                <ul class="rows">{rows}</ul>
            </section>
        }
        .into_any(),
    )
}

fn as_needed_row(record: &Record, (order, readings): (&CareOrder, &[HoldReading]), next: Option<Instant>) -> AnyView {
    let wait = next.filter(|next| *next > record.now);
    let state = match wait {
        Some(next) => {
            let label = tr!(medicine_record.not_before, at = show_date_time(record.zone.local(next)));
            view! { <StatusBadge tone=Tone::Inactive label/> }.into_any()
        }
        None => view! { <StatusBadge tone=Tone::Done label=tr!(medicine_record.may_give)/> }.into_any(),
    };
    // After an outage the paper is looked at first: a dose on it counts.
    let from_paper = (record.may.give && !record.outages.is_empty()).then(|| {
        let href = format!("/care-orders/{}/from-paper", order.id);
        view! { <LinkButton href label=tr!(medicine_record.back_entry) tone=ButtonTone::Quiet about=Some(order.title.clone())/> }
    });
    let give = (record.may.give && record.is_open && wait.is_none()).then(|| {
        let form = format!("give-{}", order.id);
        let hidden = vec![("care_order_id", order.id.to_string()), key()];
        let (sentence, two_person, asks) = (order.sentence(record.zone), order.two_person, record.scans);
        let (readings, clock) = (readings.to_vec(), (record.now, record.zone));
        let alike = record.tall.warning(order.drug_id, &order.title);
        view! {
            <Dialog id=format!("window-{}", order.id) opens=tr!(medicine_record.give) title=order.title.clone() action="/api/medicine_record/give_as_needed" glyph=Glyph::Check>
                <Form action="/api/medicine_record/give_as_needed" id=form hidden>
                    <p>{sentence}</p>
                    {name_read(alike.as_ref(), false)}
                    {hold_fields(&readings, clock)}
                    {unscanned(asks)}
                    <TimeField name="time" label=tr!(medicine_record.time) hint=tr!(medicine_record.time_hint) optional=true/>
                    <TextField name="remark" label=tr!(medicine_record.remark) maxlength=500 optional=true autocomplete="off"/>
                    {second_person(two_person)}
                    <div class="form__actions"><Button label=tr!(medicine_record.give) tone=ButtonTone::Primary/></div>
                </Form>
            </Dialog>
        }
    });
    view! {
        <li class="rows__row" data-key=order.id.to_string()>
            <div class="rows__main">
                <a class="row-link" href=format!("/care-orders/{}", order.id)><strong>{order.title.clone()}</strong></a>
                " "{order.sentence(record.zone)}
            </div>
            <div class="rows__side cluster">{marks(order, (record.now, record.zone))}{state}{from_paper}{give}</div>
        </li>
    }
    .into_any()
}
