//! Reports of imaging in the chart.

use leptos::prelude::*;

use super::parts::{lines, title_of};
use crate::{
    core::Result,
    imaging::{
        catalogue,
        reports::{self, RadiologyReport},
        studies,
    },
    lab::Weight,
    server::{
        Ctx,
        department::{ChartAsk, ChartEntry},
    },
    tr,
    ui::{Glyph, Tone},
};

/// The signed report of each study, at the time it was signed.
///
/// # Errors
/// When the database refuses.
pub async fn charted_images(ctx: &mut Ctx, ask: ChartAsk) -> Result<Vec<ChartEntry>> {
    let found = reports::final_of_patient(&mut ctx.tx, ask.patient, ask.before, ask.limit).await?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let all = catalogue::procedures(&mut ctx.tx).await?;
    let mut entries = Vec::new();
    for report in found {
        let (Some(study), Some(at)) = (studies::study(&mut ctx.tx, report.imaging_id).await?, report.signed_at) else { continue };
        let title = title_of(&all, &study);
        let tone = report.weight.map_or(Tone::Inactive, Weight::tone);
        entries.push(ChartEntry { at, tone, glyph: Glyph::Board, body: Box::new(move |_| entry(&title, &report)) });
    }
    Ok(entries)
}

fn entry(title: &str, report: &RadiologyReport) -> AnyView {
    let weight = report.weight.map_or("", Weight::words);
    let (impression, title) = (lines(&report.text.impression), title.to_owned());
    view! {
        <h3><a href=format!("/imaging/reports/{}", report.id)>{title}</a></h3>
        <div class="stack stack--tight">
            <p class="muted small">{format!("{} · {weight}", tr!(imaging.report))}</p>
            <p>{impression}</p>
        </div>
    }
    .into_any()
}
