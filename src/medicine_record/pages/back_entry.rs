//! `/wards/{id}/back-entry`: after an outage, the doses that were due in it and have no record, and the medicines that may have been given as needed;
//! `/doses/{id}/from-paper`, `/care-orders/{id}/from-paper`: the form of one.

use std::collections::HashMap;

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    asked::hold_fields,
    parts::{DoneQuery, Stay, due_words, key, marks, second_person, stay, toast},
};
use crate::{
    core::{
        CareOrderId, DoseId, Error, OutageId, PatientId, Permission, Result, WardId,
        time::{Instant, Zone, show_date_time},
    },
    medicine_record::{
        doses, holds, orders,
        outages::{self, BackRow, ENTERED_HOURS, NeededRow, Outage},
        vocabulary::DoseReason,
    },
    organisation,
    patients::{self, PatientLine},
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, DateField, Dialog, EmptyState, Form, Glyph, PageHeader, PatientBanner, SelectField, StatusBadge,
        TextField, TimeField, Tone,
    },
    wards,
};

const ENTER: &str = "/api/medicine_record/enter";
const ENTER_NEEDED: &str = "/api/medicine_record/enter_as_needed";

struct Shown {
    ward: WardId,
    name: String,
    outages: Vec<(Outage, Vec<BackRow>, Vec<NeededRow>)>,
    names: HashMap<PatientId, PatientLine>,
    may_state: bool,
    zone: Zone,
    now: Instant,
}

/// Shows the doses of a ward that wait for what stands on paper.
///
/// # Errors
/// Not allowed, another clinic's ward, or when the database refuses.
pub async fn back_entry_page(Path(id): Path<WardId>, Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::GiveMedicines).await?;
    let ward = wards::find_ward(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::GiveMedicines, ward.clinic_id)?;
    let zone = organisation::clinic(&mut ctx.tx, ward.clinic_id).await?.zone;
    let now = ctx.now;
    let mut all = Vec::new();
    for outage in outages::recent(&mut ctx.tx, ward.clinic_id, now).await? {
        let rows = outages::waiting_on_ward(&mut ctx.tx, id, &outage).await?;
        let needed = outages::needed_on_ward(&mut ctx.tx, id, &outage).await?;
        all.push((outage, rows, needed));
    }
    let of_outage = |(_, rows, needed): &(Outage, Vec<BackRow>, Vec<NeededRow>)| {
        rows.iter().map(|row| row.patient_id).chain(needed.iter().map(|row| row.patient_id)).collect::<Vec<_>>()
    };
    let mut ids: Vec<PatientId> = all.iter().flat_map(of_outage).collect();
    ids.sort_unstable();
    ids.dedup();
    ctx.saw_live(ids.clone(), "back_entry").await?;
    let names = patients::names(&mut ctx.tx, &ids).await?;
    let may_state = ctx.who.may_at(Permission::HoldOrders, ward.clinic_id);
    let shown = Shown { ward: id, name: ward.name, outages: all, names, may_state, zone, now };
    Ok(Page::new(tr!(medicine_record.back_entry), move || {
        let back = (format!("/wards/{id}/round"), tr!(medicine_record.round_of, ward = shown.name.clone()));
        let state = shown.may_state.then(|| state_form(&shown));
        let none = shown.outages.is_empty().then(|| {
            view! { <EmptyState glyph=Glyph::Done title=tr!(medicine_record.no_outage) text=tr!(medicine_record.no_outage_text, hours = ENTERED_HOURS)/> }
        });
        let sections = shown.outages.iter().map(|(outage, rows, needed)| section(&shown, outage, (rows, needed))).collect_view();
        view! {
            {toast(&done)}
            <PageHeader title=tr!(medicine_record.back_entry) detail=tr!(medicine_record.back_entry_text, hours = ENTERED_HOURS) back/>
            <div class="stack">{none}{sections}{state}</div>
        }
    }))
}

fn section(shown: &Shown, outage: &Outage, (rows, needed): (&[BackRow], &[NeededRow])) -> AnyView {
    let at = |at: Instant| show_date_time(shown.zone.local(at));
    let heading = format!("outage-{}", outage.id);
    let title = tr!(medicine_record.outage_from_until, from = at(outage.started_at), until = at(outage.ended_at));
    let none = rows.is_empty().then(|| view! { <div class="panel__body"><p class="muted">{tr!(medicine_record.all_entered)}</p></div> });
    let rows = rows.iter().map(|row| {
        let who = shown.names.get(&row.patient_id).map(|line| line.name.listed()).unwrap_or_default();
        let href = format!("/doses/{}/from-paper?outage={}&ward={}", row.id, outage.id, shown.ward);
        let alert = row.two_person.then(|| view! { <StatusBadge tone=Tone::Critical label=tr!(medicine_record.high_alert)/> });
        let label = due_words(row.due_at, (shown.now, shown.zone));
        view! {
            <li class="rows__row" data-key=row.id.to_string()>
                <div class="rows__main">
                    <a class="row-link" href=href><strong>{row.bed.clone()}" "{who}</strong>" "{row.title.clone()}" · "{row.dose.clone()}</a>
                </div>
                <div class="rows__side cluster">{alert}<StatusBadge tone=Tone::Warning label/></div>
            </li>
        }
    });
    let rows = rows.collect_view();
    let needed = needed_list(shown, outage, needed);
    view! {
        <section class="panel" aria-labelledby=heading.clone()>
            <div class="panel__head"><h2 id=heading.clone()>{title}</h2><StatusBadge tone=Tone::Warning label=outage.source.words()/></div>
            {none}
            <ul class="rows">{rows}</ul>
            {needed}
        </section>
    }
    .into_any()
}

/// The medicines that may have been given as needed: nothing says that they were, and the paper is looked at.
fn needed_list(shown: &Shown, outage: &Outage, needed: &[NeededRow]) -> Option<AnyView> {
    let rows = needed.iter().map(|row| {
        let who = shown.names.get(&row.patient_id).map(|line| line.name.listed()).unwrap_or_default();
        let href = format!("/care-orders/{}/from-paper?outage={}&ward={}", row.id, outage.id, shown.ward);
        let alert = row.two_person.then(|| view! { <StatusBadge tone=Tone::Critical label=tr!(medicine_record.high_alert)/> });
        let entered = (row.entered > 0)
            .then(|| view! { <StatusBadge tone=Tone::Done label=tr!(medicine_record.needed_entered, count = row.entered)/> });
        view! {
            <li class="rows__row" data-key=row.id.to_string()>
                <div class="rows__main">
                    <a class="row-link" href=href><strong>{row.bed.clone()}" "{who}</strong>" "{row.title.clone()}" · "{row.dose.clone()}</a>
                </div>
                <div class="rows__side cluster">{alert}{entered}</div>
            </li>
        }
    });
    let rows = rows.collect_view();
    (!needed.is_empty()).then(|| {
        view! {
            <div class="panel__body"><h3>{tr!(medicine_record.needed_in_outage)}</h3><p class="muted">{tr!(medicine_record.needed_in_outage_text)}</p></div>
            <ul class="rows">{rows}</ul>
        }
        .into_any()
    })
}

/// The form by which somebody states that the ward was without the program, while the program itself ran.
fn state_form(shown: &Shown) -> AnyView {
    const STATE: &str = "/api/medicine_record/outage";
    let today = shown.zone.day(shown.now).to_string();
    let hidden = vec![("ward_id", shown.ward.to_string()), key()];
    let until_day = today.clone();
    view! {
        <Dialog id="state-outage" opens=tr!(medicine_record.state_outage) title=tr!(medicine_record.state_outage) action=STATE>
            <Form action=STATE hidden>
                <p>{tr!(medicine_record.state_outage_text)}</p>
                <DateField name="day" label=tr!(medicine_record.outage_day) value=today required=true/>
                <TimeField name="from" label=tr!(medicine_record.outage_from) required=true/>
                <DateField name="until_day" label=tr!(medicine_record.outage_until_day) value=until_day required=true/>
                <TimeField name="until" label=tr!(medicine_record.outage_until) required=true/>
                <div class="form__actions"><Button label=tr!(medicine_record.state_outage)/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}

/// `?outage=…&ward=…`: the outage in which the dose was due, and the ward's list to which the form returns.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FromPaperQuery {
    outage: String,
    ward: String,
}

/// Shows the form in which what was done with a dose in an outage is entered.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn from_paper_page(Path(id): Path<DoseId>, Query(FromPaperQuery { outage, ward }): Query<FromPaperQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::GiveMedicines).await?;
    let (dose, order) = doses::find(&mut ctx, id).await?;
    let Stay { banner, zone, now, .. } = stay(&mut ctx, order.admission_id).await?;
    let recent = outages::recent(&mut ctx.tx, order.clinic_id, now).await?;
    let named = outage.parse::<OutageId>().ok();
    let outage = recent.into_iter().find(|one| named.is_none_or(|named| named == one.id) && one.contains(dose.due_at));
    let outage = outage.ok_or(Error::NotFound)?;
    // The values as they were when the dose was due.
    let readings = holds::readings(&mut ctx.tx, &order, dose.due_at).await?;
    let page = Page::new(order.title.clone(), move || {
        let back = match ward.parse::<WardId>() {
            Ok(ward) => (format!("/wards/{ward}/back-entry"), tr!(medicine_record.back_entry).to_owned()),
            Err(_) => (format!("/admissions/{}/medicines", order.admission_id), tr!(medicine_record.record).to_owned()),
        };
        let mut choices = vec![Choice::new("given", tr!(medicine_record.dose_given))];
        choices.extend(DoseReason::NOT_GIVEN.iter().map(|reason| Choice::new(reason.as_str(), reason.words())));
        let hidden = vec![("dose_id", id.to_string()), ("outage_id", outage.id.to_string()), key(), ("back", ward.clone())];
        let day = zone.day(dose.due_at).to_string();
        let two_person = order.two_person;
        view! {
            <PageHeader title=order.title.clone() back detail=tr!(medicine_record.due_at, at = due_words(dose.due_at, (now, zone)))/>
            <section class="panel" aria-labelledby="paper">
                <div class="panel__head"><h2 id="paper">{order.dose.clone()}", "{order.route_words()}</h2>{marks(&order, (now, zone))}</div>
                <div class="panel__body">
                    <Form action=ENTER hidden>
                        <SelectField name="outcome" label=tr!(medicine_record.outcome) choices prompt=tr!(medicine_record.choose) required=true/>
                        <DateField name="day" label=tr!(medicine_record.day_on_paper) value=day/>
                        <TimeField name="time" label=tr!(medicine_record.time_on_paper) hint=tr!(medicine_record.time_on_paper_hint)/>
                        {hold_fields(&readings, (dose.due_at, zone))}
                        <TextField name="remark" label=tr!(medicine_record.remark) maxlength=500 optional=true autocomplete="off"/>
                        {second_person(two_person)}
                        <div class="form__actions"><Button label=tr!(medicine_record.enter) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                    </Form>
                </div>
            </section>
        }
    });
    Ok(page.class("main--narrow").banner(move || view! { <PatientBanner info=banner/> }))
}

/// Returns the outage that the address names, or else the latest one.
async fn outage_of(ctx: &mut Ctx, clinic: crate::core::ClinicId, named: &str) -> Result<Outage> {
    let now = ctx.now;
    let recent = outages::recent(&mut ctx.tx, clinic, now).await?;
    let named = named.parse::<OutageId>().ok();
    recent.into_iter().find(|outage| named.is_none_or(|named| named == outage.id)).ok_or(Error::NotFound)
}

/// Shows the form in which a dose that was given as needed in an outage is entered.
///
/// # Errors
/// Not allowed, another clinic's patient, no recent outage, or when the database refuses.
pub async fn needed_from_paper_page(
    Path(id): Path<CareOrderId>,
    Query(FromPaperQuery { outage, ward }): Query<FromPaperQuery>,
) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::GiveMedicines).await?;
    let order = orders::find(&mut ctx.tx, id).await?;
    let Stay { banner, zone, now, may, .. } = stay(&mut ctx, order.admission_id).await?;
    if !may.give {
        return Err(Error::Forbidden);
    }
    if !order.is_as_needed() {
        return Err(Error::NotFound);
    }
    let outage = outage_of(&mut ctx, order.clinic_id, &outage).await?;
    let readings = holds::readings(&mut ctx.tx, &order, outage.ended_at).await?;
    let page = Page::new(order.title.clone(), move || {
        let back = match ward.parse::<WardId>() {
            Ok(ward) => (format!("/wards/{ward}/back-entry"), tr!(medicine_record.back_entry).to_owned()),
            Err(_) => (format!("/admissions/{}/medicines", order.admission_id), tr!(medicine_record.record).to_owned()),
        };
        let at = |at: Instant| show_date_time(zone.local(at));
        let detail = tr!(medicine_record.outage_from_until, from = at(outage.started_at), until = at(outage.ended_at));
        let hidden = vec![("care_order_id", id.to_string()), ("outage_id", outage.id.to_string()), key(), ("back", ward.clone())];
        let (day, two_person, sentence) = (zone.day(outage.started_at).to_string(), order.two_person, order.sentence(zone));
        view! {
            <PageHeader title=order.title.clone() back detail/>
            <section class="panel" aria-labelledby="paper">
                <div class="panel__head"><h2 id="paper">{tr!(medicine_record.needed_given)}</h2>{marks(&order, (now, zone))}</div>
                <div class="panel__body">
                    <p>{sentence}</p>
                    <Form action=ENTER_NEEDED hidden>
                        <DateField name="day" label=tr!(medicine_record.day_on_paper) value=day required=true/>
                        <TimeField name="time" label=tr!(medicine_record.time_on_paper) hint=tr!(medicine_record.needed_time_hint) required=true/>
                        {hold_fields(&readings, (outage.ended_at, zone))}
                        <TextField name="remark" label=tr!(medicine_record.remark) maxlength=500 optional=true autocomplete="off"/>
                        {second_person(two_person)}
                        <div class="form__actions"><Button label=tr!(medicine_record.enter) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                    </Form>
                </div>
            </section>
        }
    });
    Ok(page.class("main--narrow").banner(move || view! { <PatientBanner info=banner/> }))
}
