//! `/pharmacy/returns`: medicines that came back after they were invoiced, for the cashier, who credits them.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::{
        Permission, Result,
        list::{PAGE_SIZE, Slice, offset},
    },
    pharmacy::charging,
    server::{Ctx, Page, Query},
    tr,
    ui::{Column, DataTable, EmptyState, Glyph, ListUrl, PageHeader, Paging, Row},
};

/// The page of the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReturnsQuery {
    page: Option<i64>,
}

/// Shows the returns that are not credited yet.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn returns_page(Query(query): Query<ReturnsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::TakePayments).await?;
    let clinic = ctx.clinic.id;
    let (page, skip) = offset(query.page);
    let found = Slice::from_surplus(charging::open_returns(&mut ctx.tx, clinic, PAGE_SIZE + 1, skip).await?, page);
    ctx.saw_live(found.rows.iter().map(|row| row.patient_id), "pharmacy_returns").await?;
    Ok(Page::new(tr!(pharmacy.returns), move || {
        let rows = found
            .rows
            .iter()
            .map(|row| {
                Row::new(vec![
                    view! { <strong>{row.name.listed()}</strong><br/><span class="muted small">{row.mrn.clone()}</span> }.into_any(),
                    row.description.clone().into_any(),
                    row.charged.to_string().into_any(),
                    row.kept.to_string().into_any(),
                    row.invoice_number.clone().into_any(),
                ])
                .href(format!("/invoices/{}", row.invoice_id))
            })
            .collect();
        let columns = vec![
            Column::new(tr!(ui.patient)),
            Column::new(tr!(pharmacy.item)),
            Column::new(tr!(pharmacy.invoiced)).numeric(),
            Column::new(tr!(pharmacy.kept)).numeric(),
            Column::new(tr!(billing.invoice)),
        ];
        let empty = view! { <EmptyState glyph=Glyph::Check title=tr!(pharmacy.no_returns)/> }.into_any();
        let paging = Paging::of(&found);
        let url = ListUrl::new("/pharmacy/returns");
        view! {
            <PageHeader title=tr!(pharmacy.returns) detail=tr!(pharmacy.returns_text)/>
            <DataTable caption=tr!(pharmacy.returns) columns rows url paging=Some(paging) empty=Some(empty) stacked=true/>
        }
    }))
}
