//! Notes and summaries of stays in the chart.

use leptos::prelude::*;

use super::parts::{lines, note_text};
use crate::{
    core::{Result, time::show_date_time},
    rounds::{
        notes::{self, StayNote},
        summaries::{self, StaySummary},
    },
    server::{
        Ctx,
        department::{ChartAsk, ChartEntry, ChartSetting},
    },
    tr,
    ui::{Glyph, Tone},
};

/// Each signed note and summary that counts, at the time it was signed.
///
/// # Errors
/// When the database refuses.
pub async fn charted_notes(ctx: &mut Ctx, ask: ChartAsk) -> Result<Vec<ChartEntry>> {
    let written = notes::of_patient(&mut ctx.tx, ask.patient, ask.before, ask.limit).await?;
    let ended = summaries::of_patient(&mut ctx.tx, ask.patient, ask.before, ask.limit).await?;
    let mut entries: Vec<ChartEntry> = written
        .into_iter()
        .filter_map(|note| {
            let at = note.signed_at?;
            Some(ChartEntry { at, tone: Tone::Done, glyph: Glyph::Note, body: Box::new(move |setting| noted(&note, setting)) })
        })
        .collect();
    entries.extend(ended.into_iter().filter_map(|summary| {
        let at = summary.signed_at?;
        Some(ChartEntry { at, tone: Tone::Done, glyph: Glyph::Sign, body: Box::new(move |setting| summed(&summary, setting)) })
    }));
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    entries.truncate(usize::try_from(ask.limit).unwrap_or(0));
    Ok(entries)
}

fn noted(note: &StayNote, setting: ChartSetting) -> AnyView {
    let at = note.signed_at.map(|at| show_date_time(setting.zone.local(at))).unwrap_or_default();
    let by = tr!(rounds.signed_by, name = note.signer_name.clone(), at = at);
    let text = note_text(note);
    view! {
        <h3><a href=format!("/stay-notes/{}", note.id)>{note.kind.words()}</a></h3>
        <div class="stack stack--tight"><p class="muted small">{by}</p>{text}</div>
    }
    .into_any()
}

fn summed(summary: &StaySummary, setting: ChartSetting) -> AnyView {
    let at = summary.signed_at.map(|at| show_date_time(setting.zone.local(at))).unwrap_or_default();
    let by = tr!(rounds.signed_by, name = summary.signer_name.clone(), at = at);
    let (diagnoses, course) = (lines(&summary.text.sections[0]), lines(&summary.text.sections[1]));
    view! {
        <h3><a href=format!("/admissions/{}/stay-summary/paper", summary.admission_id)>{tr!(rounds.summary)}</a></h3>
        <div class="stack stack--tight"><p class="muted small">{by}</p><p>{diagnoses}</p><p>{course}</p></div>
    }
    .into_any()
}
