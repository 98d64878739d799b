//! Documents in the chart.

use leptos::prelude::*;

use super::{about, opened_at};
use crate::{
    core::Result,
    documents::{Document, acts::may_open, store},
    server::{
        Ctx,
        department::{ChartAsk, ChartEntry},
    },
    tr,
    ui::{Glyph, Tone},
};

/// The documents that are not marked as wrong, at the time when they were added.
///
/// # Errors
/// When the database refuses.
pub async fn charted(ctx: &mut Ctx, ask: ChartAsk) -> Result<Vec<ChartEntry>> {
    let found = store::of_patient(&mut ctx.tx, ask.patient, ask.before, ask.limit).await?;
    let shown: Vec<Document> = found
        .into_iter()
        .filter(|document| document.error_at.is_none() && document.replaced_by.is_none() && may_open(ctx, document))
        .collect();
    Ok(shown
        .into_iter()
        .map(|document| ChartEntry {
            at: document.added_at,
            tone: Tone::Inactive,
            glyph: Glyph::Note,
            body: Box::new(move |_| entry(&document)),
        })
        .collect())
}

fn entry(document: &Document) -> AnyView {
    view! {
        <h3><a href=opened_at(document, false)>{document.title.clone()}</a></h3>
        <p class="muted small">{about(document)}" · "{tr!(documents.by, name = document.added_by_name.clone())}</p>
    }
    .into_any()
}
