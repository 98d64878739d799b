//! Laboratory reports in the chart.

use leptos::prelude::*;

use super::parts::{flag_badge, range_words};
use crate::{
    core::Result,
    lab::{
        catalogue::Catalogue,
        reports::{self, LabReport},
        results::{self, LabResult},
    },
    server::{
        Ctx,
        department::{ChartAsk, ChartEntry},
    },
    tr,
    ui::Glyph,
};

/// The latest report of each requisition, at the time it was made.
///
/// # Errors
/// When the database refuses.
pub async fn charted_reports(ctx: &mut Ctx, ask: ChartAsk) -> Result<Vec<ChartEntry>> {
    let found = reports::of_patient(&mut ctx.tx, ask.patient, ask.before, ask.limit).await?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let all = std::sync::Arc::new(Catalogue::read(&mut ctx.tx).await?);
    let mut entries = Vec::new();
    for report in found {
        let results = results::of_report(&mut ctx.tx, report.id).await?;
        let (tone, all) = (reports::weight(&results).tone(), all.clone());
        entries.push(ChartEntry {
            at: report.created_at,
            tone,
            glyph: Glyph::Flask,
            body: Box::new(move |_| entry(&all, &report, &results)),
        });
    }
    Ok(entries)
}

fn entry(all: &Catalogue, report: &LabReport, results: &[LabResult]) -> AnyView {
    let rows = results
        .iter()
        .map(|result| {
            let name = all.test(result.test_id).map(|test| test.name().to_owned()).unwrap_or_default();
            let range = range_words(result);
            view! { <li>{name}" "<strong>{result.with_unit(all)}</strong>" "{flag_badge(result.flag)}" "<span class="muted small">{range}</span></li> }
        })
        .collect_view();
    view! {
        <h3><a href=format!("/lab/reports/{}", report.id)>{tr!(lab.report)}</a></h3>
        <div class="stack stack--tight">
            <p class="muted small">{format!("{} · {}", report.requisition, report.state.words())}</p>
            <ul>{rows}</ul>
        </div>
    }
    .into_any()
}
