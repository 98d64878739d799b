//! `/wards/leaving`: the patients who leave today, with the steps that are still open.

use std::collections::HashMap;

use leptos::prelude::*;

use crate::{
    core::{
        AdmissionId, PatientId, Permission, Result,
        time::{Instant, show_day, show_minutes},
    },
    patients::{self, PatientLine},
    server::{Ctx, Page, Part},
    tr,
    ui::{Column, DataTable, EmptyState, Glyph, Live, PageHeader, Row, StatusBadge, Tone},
    wards::leaving::{DischargeStep, Outgoing, open_steps_now, outgoing},
};

/// The list with the facts that its rendering needs.
struct Shown {
    leaving: Vec<Outgoing>,
    steps: Vec<(AdmissionId, DischargeStep)>,
    people: HashMap<PatientId, PatientLine>,
    now: Instant,
    today: chrono::NaiveDate,
}

async fn read() -> Result<Shown> {
    let mut ctx = Ctx::read(Permission::ViewWard).await?;
    let (clinic, today) = (ctx.clinic.id, ctx.today());
    let leaving = outgoing(&mut ctx.tx, clinic, today).await?;
    let steps = open_steps_now(&mut ctx, clinic).await?;
    let ids: Vec<_> = leaving.iter().map(|one| one.patient_id).collect();
    let people = patients::names(&mut ctx.tx, &ids).await?;
    ctx.saw_live(ids, "ward_board").await?;
    Ok(Shown { leaving, steps, people, now: ctx.now, today })
}

/// Shows the list.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn outgoing_page() -> Result<Page> {
    let shown = read().await?;
    Ok(Page::new(tr!(wards.outgoing), move || {
        let back = ("/wards".to_owned(), tr!(wards.title).to_owned());
        view! {
            <PageHeader title=tr!(wards.outgoing) back detail=tr!(wards.outgoing_detail)/>
            <Live topics="wards pharmacy" from="/wards/leaving/live" each_minute=true>{table(shown)}</Live>
        }
    }))
}

/// Renders the list again for an update.
///
/// # Errors
/// As the page.
pub async fn outgoing_part() -> Result<Part> {
    let shown = read().await?;
    Ok(Part::new(move || table(shown)))
}

fn table(shown: Shown) -> AnyView {
    let Shown { leaving, steps, people, now, today } = shown;
    let rows = leaving
        .into_iter()
        .map(|one| {
            let name = people.get(&one.patient_id).map(|line| line.name.listed()).unwrap_or_default();
            let mut open: Vec<DischargeStep> = steps.iter().filter(|(id, _)| *id == one.admission_id).map(|(_, step)| *step).collect();
            open.sort_unstable();
            let open = open.into_iter().map(DischargeStep::words).collect::<Vec<_>>().join(", ");
            let (tone, state) = match (one.kind, open.is_empty()) {
                (None, _) => (Tone::Inactive, tr!(wards.not_decided).to_owned()),
                (Some(_), true) => (Tone::Done, tr!(wards.may_leave).to_owned()),
                (Some(_), false) => (Tone::Waiting, open),
            };
            let kind = match one.kind {
                Some(kind) => kind.words().to_owned(),
                None => one.expected_on.map(|day| tr!(wards.expected_out, day = show_day(day, today))).unwrap_or_default(),
            };
            let place = [Some(one.ward), one.bed].into_iter().flatten().collect::<Vec<_>>().join(" · ");
            let waits = one.decided_at.map(|at| show_minutes((now - at).num_minutes())).unwrap_or_default();
            Row::new(vec![
                name.into_any(),
                place.into_any(),
                kind.into_any(),
                view! { <StatusBadge tone label=state/> }.into_any(),
                waits.into_any(),
            ])
            .href(format!("/admissions/{}", one.admission_id))
        })
        .collect();
    let columns = vec![
        Column::new(tr!(ui.patient)),
        Column::new(tr!(wards.bed)),
        Column::new(tr!(wards.leave_kind)).secondary(),
        Column::new(tr!(wards.open_steps)),
        Column::new(tr!(wards.waits)).secondary(),
    ];
    let empty = view! { <EmptyState glyph=Glyph::SignOut title=tr!(wards.nobody_leaves) text=tr!(wards.nobody_leaves_text)/> }.into_any();
    view! { <DataTable caption=tr!(wards.outgoing) columns rows empty=Some(empty)/> }.into_any()
}
