//! `/patients/{id}/lab`: the results of a patient: tests by collections, with trends, reports and open critical calls.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::toast;
use crate::{
    core::{
        LabTestId, PatientId, Permission, Result,
        time::{Instant, Zone, show_date, show_date_time},
    },
    lab::{
        calls::{self, CriticalCall},
        catalogue::Catalogue,
        flag::Flag,
        reports::{self, LabReport},
        results::{self, LabResult, with_unit},
        vocabulary::ResultKind,
    },
    patients::{self, record_tabs},
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Column, DataTable, EmptyState, Glyph, ListUrl, NoticeBox, PageHeader, PatientBanner, Reading, Row, Sparkline, StatusBadge, Tabs,
        Tone,
    },
};

/// The results that one page shows.
const SHOWN: i64 = 400;
/// The collections of the cumulative table.
const COLUMNS: usize = 8;

/// `?before=` shows older results.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RecordQuery {
    /// Epoch microseconds.
    before: String,
    done: String,
}

/// Shows the results.
///
/// # Errors
/// Not allowed, a patient not in care, or when the database refuses.
pub async fn record_page(Path(id): Path<PatientId>, Query(query): Query<RecordQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadChart).await?;
    ctx.reach([id]).await?;
    let (today, zone) = (ctx.today(), ctx.zone());
    let mut banner = patients::banner(&mut ctx.tx, id, today).await?;
    ctx.saw(id, "lab_record").await?;
    patients::mark_emergency(&ctx, id, &mut banner);
    let before = query.before.parse().ok().and_then(chrono::DateTime::from_timestamp_micros);
    let (mut found, mut reports, mut calls) = (Vec::new(), Vec::new(), Vec::new());
    // The results of a record that was merged keep their patient.
    for patient in patients::merges::family(&mut ctx.tx, id).await? {
        found.extend(results::of_patient(&mut ctx.tx, patient, before, SHOWN).await?);
        reports.extend(reports::of_patient(&mut ctx.tx, patient, None, 20).await?);
        calls.extend(calls::open_of_patient(&mut ctx.tx, patient).await?);
    }
    found.sort_by_key(|result| std::cmp::Reverse((result.measured_at, result.id)));
    found.truncate(usize::try_from(SHOWN).unwrap_or(usize::MAX));
    reports.sort_by_key(|report: &LabReport| std::cmp::Reverse(report.created_at));
    let all = Catalogue::read(&mut ctx.tx).await?;
    let tabs = record_tabs(&ctx, id, "/lab");
    Ok(Page::new(tr!(lab.results), move || {
        let empty =
            found.is_empty().then(|| view! { <EmptyState glyph=Glyph::Flask title=tr!(lab.no_results) text=tr!(lab.no_results_text)/> });
        view! {
            {toast(&query.done)}
            <PageHeader title=tr!(lab.results)/>
            <Tabs label=tr!(patients.record) tabs/>
            <div class="stack">
                {open_calls(&all, &calls, zone)}
                {empty}
                {cumulative(&all, &found, zone)}
                {older(id, &found)}
                {trends(&all, &found, zone)}
                {report_list(&reports, zone)}
            </div>
        }
    })
    .banner(move || view! { <PatientBanner info=banner/> }))
}

fn open_calls(all: &Catalogue, calls: &[CriticalCall], zone: Zone) -> AnyView {
    calls
        .iter()
        .map(|call| {
            let name = all.test(call.test_id).map(|test| test.name().to_owned()).unwrap_or_default();
            let title = format!("{name}: {}", call.value);
            let words = tr!(lab.call_open, when = show_date_time(zone.local(call.opened_at)));
            view! { <NoticeBox tone=Tone::Critical title><p>{words}</p></NoticeBox> }
        })
        .collect_view()
        .into_any()
}

/// Returns the collections, the latest first: the times at which something was measured.
fn collections(found: &[LabResult]) -> Vec<Instant> {
    let mut times: Vec<Instant> = found.iter().map(|result| result.measured_at).collect();
    times.sort_unstable_by(|one, other| other.cmp(one));
    times.dedup();
    times.truncate(COLUMNS);
    times
}

/// The tests by their collections: each time of collection is a column.
fn cumulative(all: &Catalogue, found: &[LabResult], zone: Zone) -> AnyView {
    if found.is_empty() {
        return ().into_any();
    }
    let times = collections(found);
    let mut tests: Vec<LabTestId> = Vec::new();
    for test in &all.tests {
        if found.iter().any(|result| result.test_id == test.id && times.contains(&result.measured_at)) {
            tests.push(test.id);
        }
    }
    let rows: Vec<Row> = tests
        .iter()
        .map(|id| {
            let name = all.test(*id).map(with_unit).unwrap_or_default();
            let mut cells = vec![view! { <strong>{name}</strong> }.into_any()];
            for time in &times {
                let mut here: Vec<&LabResult> =
                    found.iter().filter(|result| result.test_id == *id && result.measured_at == *time).collect();
                here.sort_by_key(|result| (result.analysis_id, result.version));
                cells.push(here.into_iter().map(|result| cell(all, result)).collect_view().into_any());
            }
            Row::new(cells)
        })
        .collect();
    let mut columns = vec![Column::new(tr!(lab.test))];
    columns.extend(times.iter().map(|time| Column::new(show_date_time(zone.local(*time))).numeric()));
    view! { <DataTable caption=tr!(lab.cumulative) columns rows/> }.into_any()
}

/// One value: with its letter, its range on hover; a withdrawn one struck through, a correction marked.
fn cell(all: &Catalogue, result: &LabResult) -> AnyView {
    let flag = match result.flag {
        Flag::Unjudged | Flag::Normal => String::new(),
        flag => format!(" {}", flag.as_str()),
    };
    let class = result.flag.tone().filter(|_| result.flag != Flag::Normal).map_or("", |tone| tone.class());
    let title = super::parts::range_words(result);
    let value = result.shown(all);
    if result.superseded_at.is_some() {
        return view! { <span class="muted"><del title=title>{value}</del>" "<span class="small">{tr!(lab.being_corrected)}</span><br/></span> }.into_any();
    }
    let corrected = (!result.correction.is_empty()).then(|| view! { <span class="small muted">" "{tr!(lab.corrected)}</span> });
    let unreleased = result.released_at.is_none().then(|| view! { <span class="small muted">" "{tr!(lab.not_released)}</span> });
    view! { <span class=class title=title>{value}<strong>{flag}</strong>{corrected}{unreleased}<br/></span> }.into_any()
}

fn older(id: PatientId, found: &[LabResult]) -> AnyView {
    let is_full = i64::try_from(found.len()).unwrap_or(i64::MAX) >= SHOWN || collections(found).len() == COLUMNS;
    let Some(last) = collections(found).last().copied().filter(|_| is_full) else { return ().into_any() };
    let href = ListUrl::new(format!("/patients/{id}/lab")).with("before", last.timestamp_micros()).href();
    view! { <p><a href=href>{tr!(lab.older)}</a></p> }.into_any()
}

/// The trend of each test with at least two values in one unit, with the band of its last range.
fn trends(all: &Catalogue, found: &[LabResult], zone: Zone) -> AnyView {
    let charts = all
        .tests
        .iter()
        .filter_map(|test| {
            let mut own: Vec<&LabResult> = found
                .iter()
                .filter(|result| {
                    result.test_id == test.id && result.is_reported() && result.kind == ResultKind::Quantity && result.unit == test.unit
                })
                .collect();
            own.sort_by_key(|result| (result.measured_at, result.id));
            let last = own.last().copied()?;
            if own.len() < 2 {
                return None;
            }
            let number = |millionths: i64| {
                #[expect(clippy::cast_precision_loss, reason = "the number only places a point")]
                let value = millionths as f64 / 1_000_000.0;
                value
            };
            let band = last.limits.low.zip(last.limits.high).map(|(low, high)| (number(low), number(high)));
            let tone = last.flag.tone().filter(|_| last.flag != Flag::Normal);
            let readings: Vec<Reading> = own
                .iter()
                .filter_map(|result| {
                    let text = format!("{} {}", result.shown(all), result.flag.as_str()).trim_end().to_owned();
                    Some(Reading { when: show_date(zone.day(result.measured_at)), text, value: number(result.millionths?) })
                })
                .collect();
            let (label, unit) = (test.name().to_owned(), results::shown_unit(&test.unit));
            Some(view! { <Sparkline label unit readings band tone/> })
        })
        .collect::<Vec<_>>();
    if charts.is_empty() {
        return ().into_any();
    }
    view! { <section class="panel"><div class="panel__head"><h2>{tr!(lab.trends)}</h2></div><div class="panel__body">{charts}</div></section> }.into_any()
}

fn report_list(reports: &[LabReport], zone: Zone) -> AnyView {
    if reports.is_empty() {
        return ().into_any();
    }
    let rows = reports
        .iter()
        .map(|report| {
            let tone = match report.state {
                crate::lab::vocabulary::ReportState::Partial => Tone::Progress,
                crate::lab::vocabulary::ReportState::Final => Tone::Done,
                crate::lab::vocabulary::ReportState::Corrected => Tone::Warning,
            };
            let facts = format!("{} · {}", show_date_time(zone.local(report.created_at)), report.orderer);
            view! {
                <li class="rows__row">
                    <div class="rows__main">
                        <a href=format!("/lab/reports/{}", report.id)><strong>{report.requisition.clone()}</strong></a><br/>
                        <span class="muted small">{facts}</span>
                    </div>
                    <div class="rows__side"><StatusBadge tone label=report.state.words()/></div>
                </li>
            }
        })
        .collect_view();
    view! { <section class="panel"><div class="panel__head"><h2>{tr!(lab.reports)}</h2></div><ul class="rows">{rows}</ul></section> }
        .into_any()
}
