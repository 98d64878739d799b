//! `/charges/unpriced`: what was done and has no price. Nothing of it is on an invoice before it has one.

use leptos::prelude::*;

use super::ChargesQuery;
use crate::{
    billing::charges::unpriced,
    core::{Permission, Result, time::show_date},
    patients,
    server::{Ctx, Page, Query},
    tr,
    ui::{ButtonTone, Column, DataTable, EmptyState, Glyph, PageHeader, PostButton, Row, Toast},
};

/// Charges that the page lists.
const SHOWN: i64 = 200;

/// The list.
///
/// # Errors
/// When the user is no cashier.
pub async fn unpriced_page(Query(done): Query<ChargesQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::TakePayments).await?;
    let clinic = ctx.clinic.id;
    let charges = unpriced(&mut ctx.tx, clinic, SHOWN).await?;
    let ids: Vec<_> = charges.iter().map(|charge| charge.patient_id).collect();
    let names = patients::names(&mut ctx.tx, &ids).await?;
    ctx.saw_live(ids, "charges without a price").await?;
    Ok(Page::new(tr!(billing.price_missing), move || {
        let said = match done.done.as_str() {
            "found" => Some(tr!(billing.prices_found)),
            "none" => Some(tr!(billing.prices_not_found)),
            _ => None,
        };
        let none = charges.is_empty();
        let rows = charges
            .into_iter()
            .map(|charge| {
                let name = names.get(&charge.patient_id).map(|line| line.name.listed()).unwrap_or_default();
                Row::new(vec![
                    name.into_any(),
                    charge.words().into_any(),
                    show_date(charge.service_day).into_any(),
                    charge.code.clone().into_any(),
                ])
                .href(format!("/patients/{}/charges", charge.patient_id))
            })
            .collect();
        let columns = vec![
            Column::new(tr!(ui.patient)),
            Column::new(tr!(billing.service)),
            Column::new(tr!(billing.service_day)),
            Column::new(tr!(billing.code)).secondary(),
        ];
        let empty = view! { <EmptyState glyph=Glyph::Done title=tr!(billing.nothing_unpriced) text=tr!(billing.nothing_unpriced_text)/> }
            .into_any();
        let again = (!none).then(|| {
            view! { <PostButton action="/api/billing/find_prices" label=tr!(billing.find_prices) tone=ButtonTone::Primary/> }
        });
        let back = ("/cashier".to_owned(), tr!(nav.cashier).to_owned());
        view! {
            {said.map(|text| view! { <Toast text/> })}
            <PageHeader title=tr!(billing.price_missing) back detail=tr!(billing.price_missing_text) actions=Some(view! { {again} }.into_any())/>
            <DataTable caption=tr!(billing.price_missing) columns rows empty=Some(empty)/>
        }
    }))
}
