//! `/admissions/{id}/fluids`: the fluid balance of a day and of the last 24 hours; `/fluids/{id}`: one entry with its versions.

use chrono::{Duration, NaiveDate};
use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{self, Opened, hidden, toast, when};
use crate::{
    core::{
        AdmissionId, Error, FluidEntryId, Permission, Result,
        time::{Zone, show_date, show_time},
    },
    nursing::{
        fluid_day::{fluid_day, fluid_day_bounds},
        fluids::{
            self, Balance, FluidEntry,
            urine::{self, UrineRate},
        },
        vocabulary::{FluidDirection, FluidKind},
    },
    opd::vitals::{ages_of, newest_weight},
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, Column, DataTable, Dialog, EmptyState, Form, Glyph, NoticeBox, NumberField, PageHeader,
        PatientBanner, RadioField, Row, Stat, StatStrip, StatusBadge, Tab, Tabs, TextArea, TimeField, Tone,
    },
};

/// `?day=2026-11-21`: the fluid day.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FluidsQuery {
    day: String,
    done: String,
}

struct Shown {
    opened: Opened,
    day: NaiveDate,
    today: NaiveDate,
    /// The entries of the day, the latest first.
    entries: Vec<FluidEntry>,
    /// The millilitres that infusions gave in the day.
    infused: i64,
    /// The balance of the last 24 hours.
    running: Balance,
    /// The urine of the last hours by weight, where it can be said.
    urine: Option<UrineRate>,
}

/// Shows the balance.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn fluids_page(Path(id): Path<AdmissionId>, Query(FluidsQuery { day, done }): Query<FluidsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RecordCare).await?;
    let opened = parts::open(&mut ctx, id).await?;
    let (zone, now) = (opened.zone, opened.now);
    let today = fluid_day(zone, opened.admission.left_at.unwrap_or(now));
    let day = day.parse::<NaiveDate>().ok().filter(|day| *day <= today).unwrap_or(today);
    let (from, to) = fluid_day_bounds(zone, day);
    let entries = fluids::between(&mut ctx.tx, id, from, to).await?;
    let last = fluids::between(&mut ctx.tx, id, now - Duration::hours(24), now + Duration::seconds(1)).await?;
    let departments = ctx.state().departments;
    let infused = departments.infused(&mut ctx.tx, id, (from, to.min(now).max(from))).await?;
    let lately = departments.infused(&mut ctx.tx, id, (now - Duration::hours(24), now)).await?;
    let banner = opened.banner.clone();
    let running = Balance::of(&last).with_infused(lately);
    let urine = urine_of(&mut ctx, &opened, &last).await?;
    let shown = Shown { opened, day, today, entries, infused, running, urine };
    let page = Page::new(tr!(nursing.fluids), move || content(id, &shown, &done));
    Ok(page.banner(move || view! { <PatientBanner info=banner/> }))
}

/// Reads the weight of the last days, and judges the urine by it.
async fn urine_of(ctx: &mut Ctx, opened: &Opened, last: &[FluidEntry]) -> Result<Option<UrineRate>> {
    let (now, patient) = (opened.now, opened.admission.patient_id);
    let Some(admitted_at) = opened.admission.admitted_at.filter(|_| opened.is_open()) else { return Ok(None) };
    let newest = newest_weight(&mut ctx.tx, patient).await?;
    let Some((grams, _)) = newest.filter(|(_, at)| (now - *at).num_days() <= urine::WEIGHT_DAYS) else { return Ok(None) };
    let months = ages_of(&mut ctx.tx, patient, opened.zone).await?.at(now, None);
    Ok(urine::rate(last, grams, months, (admitted_at, now)))
}

/// Says that the urine is low.
fn urine_low(rate: UrineRate) -> AnyView {
    let show = |hundredths: i64| format!("{}.{:02}", hundredths / 100, hundredths % 100);
    let words = tr!(nursing.urine_low_text, hours = urine::HOURS, rate = show(rate.rate), least = show(rate.least));
    view! { <NoticeBox tone=Tone::Critical title=tr!(nursing.urine_low)><p>{words}</p></NoticeBox> }.into_any()
}

/// Returns a volume with its unit and, for a balance, its sign.
fn ml(volume: i64, signed: bool) -> String {
    let sign = if signed && volume > 0 { "+" } else { "" };
    format!("{sign}{volume} ml")
}

fn stats(balance: Balance, label: &str) -> Vec<Stat> {
    let unmeasured =
        (balance.unmeasured > 0).then(|| Stat::new(tr!(nursing.unmeasured), format!("+ {}", balance.unmeasured)).tone(Tone::Warning));
    [
        Stat::new(format!("{label}: {}", FluidDirection::In.words()), ml(balance.taken_in, false)),
        Stat::new(format!("{label}: {}", FluidDirection::Out.words()), ml(balance.lost, false)),
        Stat::new(format!("{label}: {}", tr!(nursing.balance)), ml(balance.net(), true)),
    ]
    .into_iter()
    .chain(unmeasured)
    .collect()
}

/// The sums of the day, with what infusions gave.
fn day_stats(shown: &Shown) -> Vec<Stat> {
    let mut all = stats(Balance::of(&shown.entries).with_infused(shown.infused), tr!(nursing.fluid_day));
    if shown.infused > 0 {
        all.push(Stat::new(tr!(nursing.by_infusions), ml(shown.infused, false)));
    }
    all
}

fn content(id: AdmissionId, shown: &Shown, done: &str) -> AnyView {
    let back = (format!("/admissions/{id}/nursing"), tr!(nursing.sheet).to_owned());
    let days = shown
        .today
        .iter_days()
        .rev()
        .take(3)
        .map(|day| Tab::new(format!("/admissions/{id}/fluids?day={day}"), show_date(day), day == shown.day));
    let form = shown.opened.is_open().then(|| entry_form(id));
    let low = shown.urine.filter(|rate| rate.is_low()).map(urine_low);
    let table = match shown.entries.is_empty() {
        true => view! { <EmptyState glyph=Glyph::Flask title=tr!(nursing.no_fluids) text=tr!(nursing.no_fluids_text)/> }.into_any(),
        false => table(&shown.entries, shown.opened.zone),
    };
    view! {
        {toast(done)}
        <PageHeader title=tr!(nursing.fluids) detail=tr!(nursing.fluids_text) back/>
        {parts::tabs(id, "fluids")}
        <Tabs label=tr!(nursing.fluid_days) tabs=days.collect()/>
        <StatStrip stats=day_stats(shown)/>
        <StatStrip stats=stats(shown.running, tr!(nursing.last_24_hours))/>
        <div class="stack">{low}{form}{table}</div>
    }
    .into_any()
}

fn kinds() -> Vec<Choice> {
    FluidKind::ALL.iter().map(|kind| Choice::new(kind.as_str(), format!("{}: {}", kind.direction().words(), kind.words()))).collect()
}

fn entry_form(id: AdmissionId) -> AnyView {
    view! {
        <section class="panel" aria-labelledby="enter">
            <div class="panel__head"><h2 id="enter">{tr!(nursing.record_fluid)}</h2></div>
            <div class="panel__body">
                <Form action="/api/nursing/fluid" hidden=hidden(id)>
                    <RadioField name="kind" label=tr!(nursing.fluid_kind) choices=kinds() value="oral" inline=true/>
                    <NumberField name="ml" label=tr!(nursing.volume) unit="ml" hint=tr!(nursing.nappy_hint)/>
                    <CheckboxField name="unmeasured" label=tr!(nursing.not_measured)/>
                    <TimeField name="time" label=tr!(nursing.taken_at) hint=tr!(nursing.taken_hint)/>
                    <div class="form__actions"><Button label=tr!(nursing.record_fluid) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}

fn volume(entry: &FluidEntry) -> String {
    entry.ml.map_or_else(|| tr!(nursing.not_measured).to_owned(), |volume| ml(volume, false))
}

fn table(entries: &[FluidEntry], zone: Zone) -> AnyView {
    let row = |entry: &FluidEntry| {
        let (taken, lost) = match entry.direction {
            FluidDirection::In => (volume(entry), String::new()),
            FluidDirection::Out => (String::new(), volume(entry)),
        };
        let kind =
            if entry.version > 1 { format!("{} ({})", entry.kind.words(), tr!(nursing.corrected)) } else { entry.kind.words().to_owned() };
        let cells = [show_time(zone.local(entry.taken_at).time()), kind, taken, lost, entry.recorder.clone()];
        Row::new(cells.into_iter().map(IntoAny::into_any).collect()).href(format!("/fluids/{}", entry.entry_id)).key(entry.id.to_string())
    };
    let columns = vec![
        Column::new(tr!(nursing.time)),
        Column::new(tr!(nursing.fluid_kind)),
        Column::new(FluidDirection::In.words()).numeric(),
        Column::new(FluidDirection::Out.words()).numeric(),
        Column::new(tr!(nursing.by)).secondary(),
    ];
    view! { <DataTable caption=tr!(nursing.fluids) columns rows=entries.iter().map(row).collect()/> }.into_any()
}

/// Shows an entry, by any of its versions.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn fluid_page(Path(id): Path<FluidEntryId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RecordCare).await?;
    let entry = fluids::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let opened = parts::open(&mut ctx, entry.admission_id).await?;
    let versions = fluids::versions(&mut ctx.tx, entry.entry_id).await?;
    let (banner, zone) = (opened.banner, opened.zone);
    let page = Page::new(tr!(nursing.one_entry), move || {
        let back = (format!("/admissions/{}/fluids", entry.admission_id), tr!(nursing.fluids).to_owned());
        let rows = versions.iter().rev().map(|version| version_row(version, zone)).collect_view();
        let correct = versions.last().filter(|last| !last.void).map(correction);
        view! {
            <PageHeader title=tr!(nursing.one_entry) detail=when(entry.taken_at, zone) back/>
            <div class="stack">
                <section class="panel" aria-labelledby="versions">
                    <div class="panel__head"><h2 id="versions">{tr!(nursing.versions)}</h2></div>
                    <ul class="rows">{rows}</ul>
                </section>
                {correct}
            </div>
        }
    });
    Ok(page.banner(move || view! { <PatientBanner info=banner/> }))
}

fn version_row(entry: &FluidEntry, zone: Zone) -> AnyView {
    let words = format!("{}: {} · {}", entry.direction.words(), entry.kind.words(), volume(entry));
    let counts = entry.superseded_at.is_none() && !entry.void;
    let words = if counts { words.into_any() } else { view! { <s>{words}</s> }.into_any() };
    let void = entry.void.then(|| view! { <StatusBadge tone=Tone::Inactive label=tr!(nursing.unscored_error)/> });
    let reason = (!entry.reason.is_empty()).then(|| view! { <br/><span class="small">{entry.reason.clone()}</span> });
    view! {
        <li class="rows__row" data-key=entry.id.to_string()>
            <div class="rows__main">
                {words}" "{void}{reason}
                <br/><span class="muted small">{format!("{} · {}", when(entry.recorded_at, zone), entry.recorder)}</span>
            </div>
        </li>
    }
    .into_any()
}

fn correction(last: &FluidEntry) -> AnyView {
    let hidden = vec![("fluid_entry_id", last.id.to_string())];
    let void = [hidden.clone(), vec![("void", "true".to_owned())]].concat();
    let value = last.ml.map(|ml| ml.to_string()).unwrap_or_default();
    let (kind, unmeasured) = (last.kind.as_str(), last.ml.is_none());
    view! {
        <section class="panel" aria-labelledby="correct">
            <div class="panel__head"><h2 id="correct">{tr!(nursing.correct)}</h2>
                <Dialog id="void-window" opens=tr!(nursing.mark_wrong) title=tr!(nursing.mark_wrong_title) tone=ButtonTone::Quiet glyph=Glyph::Close>
                    <Form action="/api/nursing/correct_fluid" id="void-form" hidden=void>
                        <TextArea name="reason" label=tr!(nursing.reason) rows=2 maxlength=500 required=true/>
                        <div class="form__actions"><Button label=tr!(nursing.mark_wrong) tone=ButtonTone::Danger/></div>
                    </Form>
                </Dialog>
            </div>
            <div class="panel__body">
                <Form action="/api/nursing/correct_fluid" hidden=hidden>
                    <RadioField name="kind" label=tr!(nursing.fluid_kind) choices=kinds() value=kind inline=true/>
                    <NumberField name="ml" label=tr!(nursing.volume) unit="ml" value/>
                    <CheckboxField name="unmeasured" label=tr!(nursing.not_measured) checked=unmeasured/>
                    <TextArea name="reason" label=tr!(nursing.reason_of_correction) rows=2 maxlength=500 required=true/>
                    <div class="form__actions"><Button label=tr!(nursing.correct) tone=ButtonTone::Primary/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}
