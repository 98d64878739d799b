//! `/wards`: the wards of the clinic with their figures.

use std::collections::HashMap;

use leptos::prelude::*;

use crate::{
    core::{Permission, Result, WardId},
    server::{Ctx, Page, Part},
    tr,
    ui::{Column, DataTable, EmptyState, Glyph, LinkButton, Live, PageHeader, Row},
    wards::{
        admission::{self, Waiting},
        board::{WardFigures, figures_of},
        moves::{self, Transfer},
        plan::{self, Ward, WardElsewhere, wards},
    },
};

struct Shown {
    wards: Vec<Ward>,
    figures: HashMap<WardId, WardFigures>,
    waiting: Vec<Waiting>,
    transfers: Vec<Transfer>,
    may_set_up: bool,
    /// The wards of the other clinics, for those who plan.
    elsewhere: Vec<WardElsewhere>,
}

async fn read() -> Result<Shown> {
    let mut ctx = Ctx::read(Permission::ViewWard).await?;
    let clinic = ctx.clinic.id;
    let wards = wards(&mut ctx.tx, clinic).await?;
    let figures = figures_of(&mut ctx, clinic).await?;
    let waiting = admission::waiting(&mut ctx.tx, clinic, None).await?;
    let transfers = moves::coming(&mut ctx.tx, clinic, None).await?;
    let may_set_up = ctx.who.may(Permission::ManageHospital);
    let plans = ctx.who.may(Permission::ManageBeds) || ctx.who.may(Permission::RequestAdmission);
    let elsewhere = if plans { plan::elsewhere(&mut ctx.tx, clinic).await? } else { Vec::new() };
    Ok(Shown { wards, figures, waiting, transfers, may_set_up, elsewhere })
}

/// Shows the wards.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn list_page() -> Result<Page> {
    let wards = read().await?;
    Ok(Page::new(tr!(wards.title), move || {
        let actions = view! {
            <LinkButton href="/wards/requests" label=tr!(wards.requests) glyph=Glyph::Arrive key="q"/>
            <LinkButton href="/wards/leaving" label=tr!(wards.outgoing) glyph=Glyph::SignOut/>
            <LinkButton href="/wards/figures" label=tr!(wards.figures) glyph=Glyph::Chart/>
        }
        .into_any();
        view! {
            <PageHeader title=tr!(wards.title) detail=tr!(wards.title_detail) actions=Some(actions)/>
            <Live topics="wards" from="/wards/live">{table(wards)}</Live>
        }
    }))
}

/// Renders the table again for an update.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn list_part() -> Result<Part> {
    let wards = read().await?;
    Ok(Part::new(move || table(wards)))
}

fn table(shown: Shown) -> AnyView {
    if shown.wards.is_empty() {
        let link = shown.may_set_up.then(|| view! { <LinkButton href="/settings/wards" label=tr!(wards.set_up) glyph=Glyph::Settings/> });
        let empty = view! { <EmptyState glyph=Glyph::Bed title=tr!(wards.no_wards) text=tr!(wards.no_wards_text)>{link}</EmptyState> };
        return view! { {empty}{elsewhere(&shown.elsewhere)} }.into_any();
    }
    // As the board of the ward counts them.
    let arriving = |ward: WardId| {
        let requests = shown.waiting.iter().filter(|one| one.ward_id == ward).count();
        requests + shown.transfers.iter().filter(|one| one.to_ward_id == ward).count()
    };
    let rows = shown
        .wards
        .iter()
        .map(|ward| {
            let figures = shown.figures.get(&ward.id).copied();
            let number = |of: fn(&WardFigures) -> i64| figures.as_ref().map_or(0, of).into_any();
            Row::new(vec![
                ward.name.clone().into_any(),
                ward.kind.words().into_any(),
                format!("{}/{}", figures.map_or(0, |of| of.occupied), figures.map_or(0, |of| of.beds)).into_any(),
                number(|of| of.beds - of.occupied - of.reserved - of.cleaning - of.closed),
                number(|of| of.reserved),
                number(|of| of.cleaning),
                number(|of| of.closed),
                figures.filter(|of| of.trolleys > 0).map(|of| format!("{}/{}", of.on_trolleys, of.trolleys)).unwrap_or_default().into_any(),
                arriving(ward.id).into_any(),
            ])
            .href(format!("/wards/{}", ward.id))
        })
        .collect();
    let columns = vec![
        Column::new(tr!(wards.ward)),
        Column::new(tr!(wards.kind)).secondary(),
        Column::new(tr!(wards.occupied)).numeric(),
        Column::new(tr!(wards.available)).numeric(),
        Column::new(tr!(wards.use_reservation)).numeric().secondary(),
        Column::new(tr!(wards.use_cleaning)).numeric().secondary(),
        Column::new(tr!(wards.use_out_of_service)).numeric().secondary(),
        Column::new(tr!(wards.trolleys)).numeric().secondary(),
        Column::new(tr!(wards.arriving)).numeric(),
    ];
    view! { <DataTable caption=tr!(wards.title) columns rows/>{elsewhere(&shown.elsewhere)} }.into_any()
}

/// Shows how many beds are free on the wards of the other clinics.
fn elsewhere(wards: &[WardElsewhere]) -> Option<AnyView> {
    if wards.is_empty() {
        return None;
    }
    let rows = wards
        .iter()
        .map(|one| {
            let free = format!("{}/{}", one.beds - one.taken, one.beds);
            Row::new(vec![one.clinic.clone().into_any(), one.ward.clone().into_any(), one.kind.words().into_any(), free.into_any()])
        })
        .collect();
    let columns = vec![
        Column::new(tr!(wards.clinic_elsewhere)),
        Column::new(tr!(wards.ward)),
        Column::new(tr!(wards.kind)).secondary(),
        Column::new(tr!(wards.available)).numeric(),
    ];
    let caption = tr!(wards.elsewhere);
    Some(view! { <h2>{caption}</h2><p class="muted">{tr!(wards.elsewhere_hint)}</p><DataTable caption columns rows/> }.into_any())
}
