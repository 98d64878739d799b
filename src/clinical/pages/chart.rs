//! `/patients/{id}/chart`: the patient's history, latest first, with trends, problems and medicines beside it.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    done_words, entry,
    glance::{self, Glance},
};
use crate::{
    clinical::{EncounterState, Summary, chart, holds::holds_panel},
    core::{
        PatientId, Permission, Result,
        time::{self, Instant, Zone},
    },
    opd::{self, pages::vital_trends},
    patients,
    server::{
        Ctx, Page, Path, Query,
        department::{ChartAsk, ChartEntry, ChartSetting, ChartSource},
    },
    tr,
    ui::{EmptyState, Glyph, Icon, LinkButton, ListUrl, PageHeader, PatientBanner, StatusBadge, Tab, Tabs, Toast, Tone},
};

/// The number of entries on a page of the chart; entries of the same moment stay together.
const HAPPENED: usize = 30;

/// The query of the chart: its starting time, its source, and the action just done.
#[derive(Debug, Deserialize)]
pub struct ChartQuery {
    /// Epoch microseconds: only entries before this time.
    #[serde(default)]
    before: String,
    /// The name of a source: only its entries.
    #[serde(default)]
    only: String,
    #[serde(default)]
    done: String,
}

/// The one source that is shown, or empty for all of them, and the tabs to choose it.
struct Shown {
    only: &'static str,
    tabs: Vec<Tab>,
}

impl Shown {
    fn of(id: PatientId, sources: &[&'static ChartSource], asked: &str) -> Self {
        let only = sources.iter().map(|source| source.name).find(|name| *name == asked).unwrap_or_default();
        let each = sources.iter().map(|source| (source.name, (source.words)()));
        let tabs = std::iter::once(("", tr!(clinical.everything)))
            .chain(each)
            .map(|(name, words)| Tab::new(address(id).with("only", name).href(), words, name == only))
            .collect();
        Self { only, tabs }
    }
}

fn address(id: PatientId) -> ListUrl {
    ListUrl::new(format!("/patients/{id}/chart"))
}

/// Serves the page.
pub async fn chart_page(Path(id): Path<PatientId>, Query(ChartQuery { before, only, done }): Query<ChartQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadChart).await?;
    ctx.reach([id]).await?;
    let today = ctx.today();
    let mut banner = patients::banner(&mut ctx.tx, id, today).await?;
    ctx.saw(id, "chart").await?;
    patients::mark_emergency(&ctx, id, &mut banner);
    if let Some(visit) = opd::open_visit_of(&mut ctx.tx, id).await? {
        opd::vitals::mark_vitals(&mut ctx.tx, visit.id, &mut banner).await?;
    }
    let before = before.parse().ok().and_then(chrono::DateTime::from_timestamp_micros);
    let ask = ChartAsk { patient: id, before, limit: i64::try_from(HAPPENED + 1).unwrap_or(i64::MAX) };
    let sources = ctx.state().departments.chart();
    let shown = Shown::of(id, &sources, &only);
    let mut happened = Vec::new();
    // The signed rows of a record that was merged keep their patient.
    let family = patients::merges::family(&mut ctx.tx, id).await?;
    for source in sources.into_iter().filter(|source| shown.only.is_empty() || source.name == shown.only) {
        for patient in family.iter().copied() {
            happened.extend((source.read)(&mut ctx, ChartAsk { patient, ..ask }).await?);
        }
    }
    let side = glance::glance(&mut ctx, id, None).await?;
    let may_write = ctx.who.may(Permission::WriteNotes);
    let (happened, older) = timeline(happened);
    Ok(Page::new(format!("{} {}", tr!(clinical.chart), banner.mrn), move || page(id, shown, happened, older, side, may_write, &done))
        .banner(move || view! { <PatientBanner info=banner/> }))
}

/// Returns the consultations for the chart.
pub async fn charted_consultations(ctx: &mut Ctx, ask: ChartAsk) -> Result<Vec<ChartEntry>> {
    let summaries = chart::summaries_of(&mut ctx.tx, ask.patient, ask.before, ask.limit).await?;
    let may_write = ctx.who.may(Permission::WriteNotes);
    let entry = |(index, summary): (usize, Summary)| ChartEntry {
        at: summary.encounter.started_at,
        tone: state(&summary).0,
        glyph: Glyph::Stethoscope,
        body: Box::new(move |setting| met(&summary, setting.zone, index == 0, may_write)),
    };
    Ok(summaries.into_iter().enumerate().map(entry).collect())
}

/// Returns the entries of this page, latest first, and the time at which the next page begins.
fn timeline(mut happened: Vec<ChartEntry>) -> (Vec<ChartEntry>, Option<Instant>) {
    happened.sort_by_key(|one| std::cmp::Reverse(one.at));
    let last = happened.get(HAPPENED - 1).map(|one| one.at);
    let shown = happened.iter().take_while(|one| last.is_none_or(|last| one.at >= last)).count();
    let older = last.filter(|_| happened.len() > HAPPENED);
    happened.truncate(shown);
    (happened, older)
}

fn page(
    id: PatientId,
    shown: Shown,
    happened: Vec<ChartEntry>,
    older: Option<Instant>,
    side: Glance,
    may_write: bool,
    done: &str,
) -> AnyView {
    let Shown { only, tabs } = shown;
    let zone = side.measured.zone;
    let back = (format!("/patients/{id}"), tr!(clinical.record).to_owned());
    let older = older.map(|before| {
        let href = address(id).with("only", only).with("before", before.timestamp_micros()).href();
        view! {
            <div class="cluster"><LinkButton href label=tr!(clinical.older) glyph=Glyph::ChevronDown/></div>
            <p class="only-print">{tr!(clinical.older_not_here)}</p>
        }
    });
    let entries = if happened.is_empty() {
        view! { <EmptyState glyph=Glyph::Chart title=tr!(clinical.chart_empty) text=tr!(clinical.chart_empty_text)/> }.into_any()
    } else {
        by_day(happened, ChartSetting { born: side.measured.ages.birth(), zone })
    };
    // A printed page has no tabs, so this sentence says that it shows a part only.
    let part = (!only.is_empty()).then(|| view! { <p class="only-print"><strong>{tr!(clinical.chart_in_part)}</strong></p> });
    view! {
        <PageHeader title=tr!(clinical.chart) back/>
        {done_words(done).map(|words| view! { <Toast text=words/> })}
        <div class="split">
            <div><Tabs label=tr!(clinical.show_of_chart) tabs=tabs/>{part}{entries}{older}</div>
            <aside class="stack" aria-label=tr!(clinical.at_a_glance)>
                {side.statement.panel()}
                {trends(&side)}
                <section class="panel">
                    <div class="panel__head"><h2>{tr!(clinical.problems)}</h2></div>
                    <div class="panel__body">
                        {glance::problem_list(&side.problems)}
                        <p class="cluster">
                            <a href=format!("/patients/{id}/problems")>{tr!(clinical.problem_list)}</a>
                            <a href=format!("/patients/{id}/held")>{tr!(clinical.held_back)}</a>
                        </p>
                    </div>
                </section>
                {medicines(&side, may_write)}
            </aside>
        </div>
    }
    .into_any()
}

fn trends(side: &Glance) -> Option<AnyView> {
    (!side.measured.vitals.is_empty()).then(|| {
        view! {
            <section class="panel" aria-labelledby="trends-heading">
                <div class="panel__head"><h2 id="trends-heading">{tr!(clinical.vitals)}</h2>{vital_trends::score(&side.measured.vitals, side.measured.ages)}</div>
                <div class="panel__body">{vital_trends::flags(&side.measured.vitals, side.measured.ages)}{vital_trends::trends(&side.measured.vitals, side.measured.ages, side.measured.zone, side.measured.today)}</div>
            </section>
        }
        .into_any()
    })
}

fn medicines(side: &Glance, may_write: bool) -> AnyView {
    let none = side.medicines.is_empty().then(|| view! { <p class="muted">{tr!(clinical.no_medicines)}</p> });
    view! {
        <section class="panel" aria-labelledby="medicines-heading">
            <div class="panel__head"><h2 id="medicines-heading">{tr!(clinical.medicines)}</h2></div>
            <div class="panel__body">{none}{entry::prescriptions(&side.medicines, may_write)}</div>
        </section>
    }
    .into_any()
}

fn by_day(happened: Vec<ChartEntry>, setting: ChartSetting) -> AnyView {
    let mut days: Vec<AnyView> = Vec::new();
    let mut day = None;
    for ChartEntry { at, tone, glyph, body } in happened {
        let at = setting.zone.local(at);
        if day != Some(at.date()) {
            day = Some(at.date());
            days.push(view! { <h2 class="chart__day">{time::show_long_date(at.date())}</h2> }.into_any());
        }
        let entry = view! {
            <article class=format!("chart__entry {}", tone.class())>
                <p class="chart__time">{time::show_time(at.time())}</p>
                <span class="chart__kind"><Icon glyph/></span>
                <div class="chart__body stack stack--tight">{body(setting)}</div>
            </article>
        };
        days.push(entry.into_any());
    }
    view! { <div class="chart">{days}</div> }.into_any()
}

/// Returns the state of the consultation as a colour and a text.
fn state(summary: &Summary) -> (Tone, &'static str) {
    match summary.encounter.state {
        EncounterState::InProgress => (Tone::Progress, tr!(clinical.state_open)),
        EncounterState::Finished => (Tone::Done, tr!(clinical.state_over)),
        EncounterState::EnteredInError => (Tone::Inactive, tr!(clinical.rx_entered_in_error)),
    }
}

fn met(summary: &Summary, zone: Zone, open: bool, may_write: bool) -> AnyView {
    let encounter = &summary.encounter;
    let (tone, state) = state(summary);
    let heading = [tr!(clinical.consultation).to_owned(), encounter.doctor_name.clone()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(", ");
    let reason = (!encounter.reason.is_empty()).then(|| view! { <p class="muted">{encounter.reason.clone()}</p> });
    let note = summary.note.as_ref().filter(|note| !note.text.is_empty()).map(|note| {
        view! { <details open=open><summary>{tr!(clinical.note)}</summary>{entry::note(note, zone)}</details> }
    });
    let actions = may_write.then(|| entry::addendum_form(summary, "chart")).flatten();
    view! {
        <h3>{heading}<StatusBadge tone label=state/></h3>
        {reason}
        {entry::diagnoses(&summary.diagnoses)}
        {note}
        {entry::addenda(&summary.addenda, zone)}
        {entry::prescriptions(&summary.prescriptions, false)}
        {holds_panel(summary, zone, may_write, "chart")}
        <div class="cluster">{actions}{entry::papers(summary)}</div>
    }
    .into_any()
}
