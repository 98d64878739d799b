//! `/doses/{id}`: one dose, on a phone: given now or at a time, not given for a reason, or corrected.

use chrono::Duration;
use leptos::prelude::*;
use serde::Deserialize;

use super::{
    asked::{effect_panel, hold_fields},
    parts::{May, Stay, dose_reasons, due_words, key, marks, name_read, outcome_words, second_person, stay, toast, unscanned},
};
use crate::{
    core::{
        AdministrationId, DoseId, Permission, Result,
        time::{Instant, Zone, show_date_time},
    },
    formulary::{self, AlikeWarning},
    medicine_record::{
        bedside::{self, Unscanned},
        doses::{self, Administration, PlannedDose},
        effects::{self, ToldEffect},
        holds::{self, HoldCheck, HoldReading},
        orders::CareOrder,
        outages,
        vocabulary::{CareOrderState, DoseReason, DoseState},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, Dialog, Form, Glyph, LinkButton, NoticeBox, PageHeader, PatientBanner, RadioField, SelectField,
        StatusBadge, TextField, TimeField, Tone,
    },
    wards::{AdmissionState, find_ward},
};

/// The act that was just done, and the scans that led here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DoseQuery {
    done: String,
    band: String,
    medicine: String,
}

#[expect(clippy::struct_excessive_bools, reason = "each says something else of the dose")]
struct Shown {
    dose: PlannedDose,
    order: CareOrder,
    /// The title of the order, with capitals in the letters that tell it apart.
    title: String,
    alike: Option<AlikeWarning>,
    records: Vec<Administration>,
    /// The values that the order's hold-if rules look at now, and those by which each record was decided.
    readings: Vec<HoldReading>,
    checks: Vec<(AdministrationId, HoldCheck)>,
    /// The effects of a dose that was given as needed.
    told: Vec<ToldEffect>,
    /// The last time that the medicine was given.
    last: Option<Instant>,
    /// The next dose of the order is due: this one is over.
    is_over: bool,
    /// It was due in an outage, and what stands on paper may still be entered.
    in_outage: bool,
    /// The reason for which the standing record was given without scans.
    unscanned: Option<Unscanned>,
    /// The scans of wristband and medicine.
    scans: (String, String),
    /// The ward asks for scans, or for the reason why there are none.
    asks: bool,
    may: May,
    is_open: bool,
    zone: Zone,
    now: Instant,
}

/// Shows the dose.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn dose_page(Path(id): Path<DoseId>, Query(DoseQuery { done, band, medicine }): Query<DoseQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadMedicineRecord).await?;
    let (dose, order) = doses::find(&mut ctx, id).await?;
    let Stay { admission, banner, zone, now, may } = stay(&mut ctx, order.admission_id).await?;
    let records = doses::administrations_of(&mut ctx.tx, id).await?;
    let last = match order.drug_id {
        Some(drug) => doses::given_of_substance(&mut ctx.tx, order.patient_id, drug, now - Duration::days(2)).await?.pop(),
        None => None,
    };
    let ward = find_ward(&mut ctx.tx, admission.ward()).await?;
    let is_open = admission.state == AdmissionState::Admitted;
    let is_over = order.schedule().and_then(|schedule| schedule.next_after(zone, dose.due_at)).is_some_and(|next| next <= now);
    let since = now - Duration::hours(outages::ENTERED_HOURS);
    let waits = matches!(dose.state, DoseState::Due | DoseState::Missed);
    let in_outage = waits && outages::covering(&mut ctx.tx, order.clinic_id, dose.due_at, since).await?.is_some();
    let asks = bedside::asks_scans(&mut ctx.tx, admission.ward()).await?;
    let standing = records.iter().rfind(|one| one.superseded_at.is_none()).map(|one| one.id);
    let unscanned = match standing {
        Some(standing) => bedside::scans_of(&mut ctx.tx, standing).await?,
        None => None,
    };
    let readings = holds::readings(&mut ctx.tx, &order, now).await?;
    let checks = if order.hold_if.is_empty() { Vec::new() } else { holds::checks_of(&mut ctx.tx, id).await? };
    let told = if order.is_as_needed() { effects::of_dose(&mut ctx.tx, id).await? } else { Vec::new() };
    let tall = formulary::TallNames::load(&mut ctx.tx).await?;
    let (title, alike) = (tall.spell(&order.title), tall.warning(order.drug_id, &order.title));
    let shown = Shown {
        dose,
        order,
        title,
        alike,
        records,
        readings,
        checks,
        told,
        last,
        is_over,
        in_outage,
        unscanned,
        scans: (band, medicine),
        asks,
        may,
        is_open,
        zone,
        now,
    };
    let page = Page::new(shown.title.clone(), move || {
        let back = (format!("/admissions/{}/medicines", admission.id), tr!(medicine_record.record).to_owned());
        let round =
            view! { <LinkButton href=format!("/wards/{}/round", ward.id) label=tr!(medicine_record.round) glyph=Glyph::Clock/> }.into_any();
        view! {
            {toast(&done)}
            <PageHeader title=shown.title.clone() back actions=Some(round)/>
            <div class="stack">{facts(&shown)}{acts(&shown)}{effect(&shown)}{history(&shown)}</div>
        }
    });
    Ok(page.class("main--narrow").banner(move || view! { <PatientBanner info=banner/> }))
}

/// The effect of a dose that was given as needed.
fn effect(shown: &Shown) -> Option<AnyView> {
    let asked = shown.order.is_as_needed() && shown.dose.state == DoseState::Given;
    asked.then(|| effect_panel(shown.dose.id, &shown.told, shown.may.give, shown.zone))
}

fn facts(shown: &Shown) -> AnyView {
    let (dose, order) = (&shown.dose, &shown.order);
    let window = order.schedule().map(|schedule| tr!(medicine_record.window, minutes = schedule.timing.window_minutes()));
    let place = order.place_words(dose.due_at, shown.zone);
    let infusion = order.infusion.map(|infusion| tr!(medicine_record.starts_infusion, words = infusion.words()));
    let unscanned = shown.unscanned.map(|reason| format!("{}: {}", tr!(medicine_record.unscanned), reason.words()));
    let last = shown.last.map(|at| tr!(medicine_record.last_given, at = show_date_time(shown.zone.local(at))));
    view! {
        <section class="panel" aria-labelledby="dose">
            <div class="panel__head">
                <h2 id="dose">{order.dose.clone()}", "{order.route_words()}</h2>
                {marks(order, (shown.now, shown.zone))}
                <StatusBadge tone=dose.state.tone() label=dose.state.words()/>
            </div>
            <div class="panel__body">
                <p><strong>{tr!(medicine_record.due_at, at = due_words(dose.due_at, (shown.now, shown.zone)))}</strong>" "{window}</p>
                <p>{place}</p>
                <p>{order.instructions.clone()}</p>
                <p>{infusion}</p>
                <p class="muted">{last}</p>
                <p class="muted">{unscanned}</p>
            </div>
        </section>
    }
    .into_any()
}

fn hidden(shown: &Shown) -> Vec<(&'static str, String)> {
    vec![("dose_id", shown.dose.id.to_string()), key()]
}

fn acts(shown: &Shown) -> AnyView {
    let (dose, order) = (&shown.dose, &shown.order);
    if order.state != CareOrderState::Active {
        let text = tr!(medicine_record.order_is, state = order.state.words());
        return view! { <NoticeBox tone=Tone::Warning><p>{text}</p></NoticeBox> }.into_any();
    }
    if !shown.may.give || !shown.is_open || !dose.state.is_givable() {
        return ().into_any();
    }
    if shown.in_outage {
        let href = format!("/doses/{}/from-paper", dose.id);
        return view! {
            <NoticeBox tone=Tone::Warning title=tr!(medicine_record.after_outage)>
                <p><a href=href>{tr!(medicine_record.back_entry)}</a></p>
            </NoticeBox>
        }
        .into_any();
    }
    if shown.is_over {
        return view! { <NoticeBox tone=Tone::Warning><p>{tr!(medicine_record.next_is_due)}</p></NoticeBox> }.into_any();
    }
    let on_time = order.schedule().is_none_or(|schedule| schedule.is_on_time(dose.due_at, shown.now));
    let reason = move || {
        let choices = dose_reasons(&DoseReason::OFF_TIME);
        (!on_time).then(|| {
            view! { <SelectField name="reason" label=tr!(medicine_record.why_off_time) choices prompt=tr!(medicine_record.choose)/> }
        })
    };
    let (two_person, alike) = (order.two_person, shown.alike.clone());
    let (readings, clock) = (shown.readings.clone(), (shown.now, shown.zone));
    let (band, medicine) = shown.scans.clone();
    let is_scanned = !band.is_empty() && !medicine.is_empty();
    let asks = shown.asks && !is_scanned;
    let mut giving = hidden(shown);
    giving.extend([("band", band), ("medicine", medicine)]);
    let not_given = matches!(dose.state, DoseState::Due | DoseState::Missed).then(|| {
        let choices = dose_reasons(&DoseReason::NOT_GIVEN);
        view! {
            <section class="panel" aria-labelledby="not-given">
                <div class="panel__head"><h2 id="not-given">{tr!(medicine_record.not_given)}</h2></div>
                <div class="panel__body">
                    <Form action="/api/medicine_record/not_give" hidden=hidden(shown)>
                        <RadioField name="reason" label=tr!(medicine_record.reason) choices/>
                        <TextField name="remark" label=tr!(medicine_record.remark) maxlength=500 optional=true autocomplete="off"/>
                        <div class="form__actions"><Button label=tr!(medicine_record.not_give)/></div>
                    </Form>
                </div>
            </section>
        }
    });
    view! {
        <section class="panel" aria-labelledby="give">
            <div class="panel__head"><h2 id="give">{tr!(medicine_record.give_title)}</h2></div>
            <div class="panel__body">
                <Form action="/api/medicine_record/give" hidden=giving>
                    {name_read(alike.as_ref(), is_scanned)}
                    {hold_fields(&readings, clock)}
                    {unscanned(asks)}
                    {second_person(two_person)}
                    {reason()}
                    <div class="form__actions"><Button label=tr!(medicine_record.give) tone=ButtonTone::Primary glyph=Glyph::Check key="Ctrl+Enter"/></div>
                    <TimeField name="time" label=tr!(medicine_record.time) hint=tr!(medicine_record.time_hint) optional=true/>
                    <TextField name="remark" label=tr!(medicine_record.remark) maxlength=500 optional=true autocomplete="off"/>
                </Form>
            </div>
        </section>
        {not_given}
    }
    .into_any()
}

fn history(shown: &Shown) -> AnyView {
    if shown.records.is_empty() {
        return ().into_any();
    }
    let rows = shown.records.iter().rev().map(|one| version_row(one, shown)).collect_view();
    let standing = shown.records.iter().rfind(|one| one.superseded_at.is_none());
    let correct = standing.filter(|_| shown.may.give).map(|one| correction(shown, one));
    view! {
        <section class="panel" aria-labelledby="versions">
            <div class="panel__head"><h2 id="versions">{tr!(medicine_record.history)}</h2>{correct}</div>
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}

fn version_row(one: &Administration, shown: &Shown) -> impl IntoView + use<> {
    let zone = shown.zone;
    let given_at = one.given_at.unwrap_or(one.recorded_at);
    let checks = shown.checks.iter().filter(|(record, _)| *record == one.id);
    let checks = checks.map(|(_, check)| view! { <br/><span class="small">{check.words(given_at, zone)}</span> }).collect_view();
    let struck = one.superseded_at.map(|_| view! { <StatusBadge tone=Tone::Inactive label=tr!(medicine_record.in_error)/> });
    let why = (!one.correction.is_empty()).then(|| tr!(medicine_record.corrected_because, why = one.correction.clone()));
    view! {
        <li class="rows__row">
            <div class="rows__main">
                {outcome_words(one, zone)}
                {checks}
                <br/><span class="muted small">{tr!(medicine_record.recorded_at, at = show_date_time(zone.local(one.recorded_at)))}" "{why}</span>
            </div>
            <div class="rows__side cluster">{struck}</div>
        </li>
    }
}

fn correction(shown: &Shown, standing: &Administration) -> AnyView {
    let mut choices = vec![Choice::new("given", tr!(medicine_record.dose_given))];
    choices.extend(dose_reasons(&DoseReason::NOT_GIVEN));
    choices.push(Choice::new("undone", tr!(medicine_record.undone)));
    let mut hidden = hidden(shown);
    hidden.push(("seen", standing.id.to_string()));
    let two_person = shown.order.two_person;
    let (readings, clock) = (shown.readings.clone(), (shown.now, shown.zone));
    view! {
        <Dialog id="correct" opens=tr!(medicine_record.correct) title=tr!(medicine_record.correct_title) action="/api/medicine_record/correct" tone=ButtonTone::Quiet glyph=Glyph::Edit>
            <Form action="/api/medicine_record/correct" hidden>
                <SelectField name="outcome" label=tr!(medicine_record.outcome) choices prompt=tr!(medicine_record.choose)/>
                <TimeField name="time" label=tr!(medicine_record.time) hint=tr!(medicine_record.time_hint) optional=true/>
                <TextField name="why" label=tr!(medicine_record.why_corrected) required=true maxlength=500 autocomplete="off"/>
                {hold_fields(&readings, clock)}
                {second_person(two_person)}
                <div class="form__actions"><Button label=tr!(medicine_record.correct)/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}
