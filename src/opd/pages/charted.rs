//! Vital signs in the chart.

use leptos::prelude::*;

use super::vital_trends;
use crate::{
    core::Result,
    opd::{self, Vitals, vitals::Ages},
    server::{
        Ctx,
        department::{ChartAsk, ChartEntry},
    },
    tr,
    ui::{Glyph, Tone},
};

/// Returns each set that was measured.
pub async fn charted_vitals(ctx: &mut Ctx, ask: ChartAsk) -> Result<Vec<ChartEntry>> {
    let vitals = opd::vitals_of(&mut ctx.tx, ask.patient, ask.before, ask.limit).await?;
    let entry = |vitals: Vitals| ChartEntry {
        at: vitals.taken_at,
        tone: Tone::Waiting,
        glyph: Glyph::Vitals,
        body: Box::new(move |setting| measured(&vitals, Ages::new(setting.born, setting.zone))),
    };
    Ok(vitals.into_iter().map(entry).collect())
}

fn measured(vitals: &Vitals, ages: Ages) -> AnyView {
    let values = vital_trends::values(vitals)
        .into_iter()
        .map(|(label, value, unit)| {
            view! { <span class="nowrap"><span class="muted">{label}</span>" "<strong>{value}</strong>" "<span class="muted small">{unit}</span></span> }
        })
        .collect_view();
    let by = view! { <span class="muted small">{vitals.taken_by.clone()}</span> };
    view! {
        <h3>{tr!(clinical.vitals)}{vital_trends::score(std::slice::from_ref(vitals), ages)}</h3>
        <p class="cluster">{values}</p>
        {vital_trends::flags_of(vitals, ages)}
        {by}
    }
    .into_any()
}
