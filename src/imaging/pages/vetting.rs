//! `/imaging/vetting`: the requests on which a radiologist decides; `/imaging/reading`: the studies that are to be reported.

use leptos::prelude::*;

use super::parts::{DoneQuery, identity, priority_badge, title_of, toast};
use crate::{
    core::{
        Permission, Result,
        time::{Zone, show_date_time},
    },
    imaging::{
        catalogue::{self, ImagingProcedure},
        studies::{self, ImagingStudy},
    },
    server::{Ctx, Page, Part, Query},
    tr,
    ui::{Column, DataTable, EmptyState, Glyph, Live, PageHeader, Row, StatusBadge},
};

/// The facts of a list.
struct Waiting {
    found: Vec<ImagingStudy>,
    all: Vec<ImagingProcedure>,
    zone: Zone,
    /// Whether the studies are to be reported.
    reading: bool,
}

impl Waiting {
    async fn read(ctx: &mut Ctx, reading: bool) -> Result<Self> {
        let (clinic, zone) = (ctx.clinic.id, ctx.zone());
        let found = match reading {
            true => studies::reading_list(&mut ctx.tx, clinic).await?,
            false => studies::to_vet(&mut ctx.tx, clinic).await?,
        };
        ctx.saw_live(found.iter().map(|study| study.patient_id), "imaging_lists").await?;
        Ok(Self { found, all: catalogue::procedures(&mut ctx.tx).await?, zone, reading })
    }
}

/// Shows the requests.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn vetting_page(Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReportImaging).await?;
    let list = Waiting::read(&mut ctx, false).await?;
    Ok(Page::new(tr!(imaging.vetting), move || {
        view! {
            {toast(&done)}
            <PageHeader title=tr!(imaging.vetting) detail=tr!(imaging.vetting_text)/>
            <Live topics="imaging" from="/imaging/vetting/live">{table(&list)}</Live>
        }
    }))
}

/// Serves the requests alone.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn vetting_part() -> Result<Part> {
    let mut ctx = Ctx::read(Permission::ReportImaging).await?;
    let list = Waiting::read(&mut ctx, false).await?;
    Ok(Part::new(move || table(&list)))
}

/// Shows the studies that are to be reported.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn reading_page(Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReportImaging).await?;
    let list = Waiting::read(&mut ctx, true).await?;
    Ok(Page::new(tr!(imaging.reading), move || {
        view! {
            {toast(&done)}
            <PageHeader title=tr!(imaging.reading) detail=tr!(imaging.reading_text)/>
            <Live topics="imaging" from="/imaging/reading/live">{table(&list)}</Live>
        }
    }))
}

/// Serves the studies to be reported alone.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn reading_part() -> Result<Part> {
    let mut ctx = Ctx::read(Permission::ReportImaging).await?;
    let list = Waiting::read(&mut ctx, true).await?;
    Ok(Part::new(move || table(&list)))
}

fn table(list: &Waiting) -> AnyView {
    let rows = list
        .found
        .iter()
        .map(|study| {
            let at = study.acquired_at.filter(|_| list.reading).unwrap_or(study.ordered_at);
            let href = match list.reading {
                true => format!("/imaging/studies/{}/report", study.id),
                false => format!("/imaging/studies/{}", study.id),
            };
            Row::new(vec![
                identity(study),
                view! { <strong>{title_of(&list.all, study)}</strong><br/><span class="muted small">{study.reason.clone()}</span> }.into_any(),
                show_date_time(list.zone.local(at)).into_any(),
                view! { <div class="cluster">{priority_badge(study.priority)}<StatusBadge tone=study.step.tone() label=study.step.words()/></div> }
                    .into_any(),
            ])
            .href(href)
            .key(study.id.to_string())
        })
        .collect();
    let columns = vec![
        Column::new(tr!(ui.patient)),
        Column::new(tr!(imaging.procedure)),
        Column::new(if list.reading { tr!(imaging.acquired) } else { tr!(imaging.ordered) }),
        Column::new(tr!(imaging.state)),
    ];
    let (caption, title) = match list.reading {
        true => (tr!(imaging.reading), tr!(imaging.nothing_to_read)),
        false => (tr!(imaging.vetting), tr!(imaging.nothing_to_vet)),
    };
    let empty = view! { <EmptyState glyph=Glyph::Done title/> }.into_any();
    view! { <DataTable caption columns rows empty=Some(empty) stacked=true/> }.into_any()
}
