//! `/portal/records`: visits, medicines, allergies, receipts: the data that each department shows a patient.

use leptos::prelude::*;

use super::{not_linked, own_paper_head};
use crate::{
    core::{Permission, Result},
    patients,
    portal::acting::heading,
    server::{Ctx, Page},
    tr,
    ui::{PageHeader, PrintButton},
};

/// Shows the records.
pub async fn records_page() -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let Ok(patient) = ctx.own_patient() else { return not_linked(&mut ctx).await };
    let departments = ctx.state().departments;
    let mut panels = Vec::new();
    // A record that was merged into the patient's follows with its own panels.
    for record in patients::merges::family(&mut ctx.tx, patient).await? {
        for panel in departments.portal_panels() {
            panels.push((panel.read)(&mut ctx, record).await?);
        }
        ctx.saw(record, "portal").await?;
    }
    let heading = heading(&ctx.who, tr!(nav.records));
    let clinic = ctx.clinic.clone();
    let paper = own_paper_head(&mut ctx, patient, &clinic).await?;
    Ok(Page::new(heading.clone(), move || {
        view! {
            {paper()}
            <PageHeader title=heading actions=Some(view! { <PrintButton at_once=false/> }.into_any())/>
            <div class="portal">{panels.into_iter().map(|draw| draw()).collect_view()}</div>
        }
    }))
}
