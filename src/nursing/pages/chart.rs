//! `/admissions/{id}/observations`: the sets of the last 24 or 72 hours, as trends and as a table with the points of each value.

use chrono::Duration;
use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{self, Opened, judged_badge};
use crate::{
    core::{
        AdmissionId, Permission, Result,
        time::{show_moment, show_time},
    },
    nursing::{
        observations::{self, ObservationSet},
        vocabulary::SetKind,
    },
    opd::{
        Measure,
        vitals::{ages_of, news2::Scale},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{Column, DataTable, EmptyState, Glyph, PageHeader, PatientBanner, Reading, Row, Sparkline, Tab, Tabs},
};

/// `?hours=72`: the hours shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ChartQuery {
    hours: String,
}

/// A set that is entered longer after it was taken is marked: it was written on paper first.
const LATER_MINUTES: i64 = 30;

struct Shown {
    opened: Opened,
    hours: i64,
    /// The latest first.
    sets: Vec<ObservationSet>,
    months: i64,
}

/// Shows the chart.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn chart_page(Path(id): Path<AdmissionId>, Query(ChartQuery { hours }): Query<ChartQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RecordCare).await?;
    let opened = parts::open(&mut ctx, id).await?;
    let hours = if hours == "72" { 72 } else { 24 };
    // The chart of a stay that ended shows its last hours.
    let to = opened.admission.left_at.unwrap_or(opened.now);
    let sets = observations::between(&mut ctx.tx, id, to - Duration::hours(hours), to).await?;
    let months = ages_of(&mut ctx.tx, opened.admission.patient_id, opened.zone).await?.at(to, None);
    let banner = opened.banner.clone();
    let shown = Shown { opened, hours, sets, months };
    let page = Page::new(tr!(nursing.chart), move || content(id, &shown));
    Ok(page.class("main--wide").banner(move || view! { <PatientBanner info=banner/> }))
}

fn content(id: AdmissionId, shown: &Shown) -> AnyView {
    let back = (format!("/admissions/{id}/nursing"), tr!(nursing.sheet).to_owned());
    let periods = [24, 72].map(|hours| {
        let href = format!("/admissions/{id}/observations?hours={hours}");
        Tab::new(href, tr!(nursing.last_hours, hours = hours), hours == shown.hours)
    });
    let body = match shown.sets.is_empty() {
        true => view! { <EmptyState glyph=Glyph::Vitals title=tr!(nursing.no_sets) text=tr!(nursing.no_sets_text)/> }.into_any(),
        false => view! { {trends(shown)}{table(shown)} }.into_any(),
    };
    view! {
        <PageHeader title=tr!(nursing.chart) back/>
        {parts::tabs(id, "observations")}
        <Tabs label=tr!(nursing.period) tabs=periods.to_vec()/>
        <div class="stack">{body}</div>
    }
    .into_any()
}

fn trends(shown: &Shown) -> AnyView {
    let (zone, months) = (shown.opened.zone, shown.months);
    let measures = [Measure::Respiration, Measure::Spo2, Measure::Systolic, Measure::Pulse, Measure::Temperature];
    let lines = measures
        .into_iter()
        .map(|measure| {
            let readings: Vec<Reading> = shown
                .sets
                .iter()
                .rev()
                .filter_map(|set| {
                    let value = set.values.signs().get(measure)?;
                    let when = show_moment(zone.local(set.taken_at), shown.opened.today);
                    Some(Reading { when, text: measure.show(value), value: measure.number(value) })
                })
                .collect();
            let band = measure.usual(months).map(|(low, high)| (measure.number(low), measure.number(high)));
            view! { <Sparkline label=measure.words() unit=measure.unit() readings band tone=None/> }
        })
        .collect_view();
    view! {
        <section class="panel" aria-labelledby="trends">
            <div class="panel__head"><h2 id="trends">{tr!(nursing.trends)}</h2></div>
            <div class="panel__body">{lines}</div>
        </section>
    }
    .into_any()
}

fn table(shown: &Shown) -> AnyView {
    let (zone, today) = (shown.opened.zone, shown.opened.today);
    let row = |set: &ObservationSet| {
        let moment = match zone.day(set.taken_at) == today {
            true => show_time(zone.local(set.taken_at).time()),
            false => show_moment(zone.local(set.taken_at), today),
        };
        let late = set.recorded_at - set.taken_at > Duration::minutes(LATER_MINUTES);
        let moment = match late && set.version == 1 {
            true => format!("{moment} ({})", tr!(nursing.entered_later, at = show_moment(zone.local(set.recorded_at), today))),
            false => moment,
        };
        let moment = if set.version > 1 { format!("{moment} ({})", tr!(nursing.corrected)) } else { moment };
        let score = match set.kind {
            SetKind::Refused => view! { <span>{set.reason.clone()}</span> }.into_any(),
            SetKind::Values | SetKind::Error => judged_badge(set.news2()),
        };
        let scored = set.score.is_some();
        let points = set.values.points(Scale::numbered(set.spo2_scale));
        let values = set.values.written().into_iter().zip(points).map(|(value, points)| match (value, points.filter(|_| scored)) {
            (Some(value), Some(points)) if points > 0 => view! { <strong>{format!("{value} (+{points})")}</strong> }.into_any(),
            (Some(value), _) => value.into_any(),
            (None, _) => "–".into_any(),
        });
        let weight = set.values.weight_words().unwrap_or_else(|| "–".to_owned());
        let cells = std::iter::once(moment.into_any())
            .chain(std::iter::once(score))
            .chain(values)
            .chain(std::iter::once(weight.into_any()))
            .chain(std::iter::once(set.recorder.clone().into_any()));
        Row::new(cells.collect()).href(format!("/observations/{}", set.set_id)).key(set.id.to_string())
    };
    let rows = shown.sets.iter().map(row).collect();
    let mut columns = vec![Column::new(tr!(nursing.time)), Column::new("NEWS2")];
    columns.extend(observations::scored_names().into_iter().map(Column::new));
    columns.push(Column::new(tr!(opd.weight)).secondary());
    columns.push(Column::new(tr!(nursing.by)).secondary());
    view! { <DataTable caption=tr!(nursing.chart) columns rows/> }.into_any()
}
