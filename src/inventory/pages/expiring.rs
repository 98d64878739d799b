//! `/stock/expiring`: the batches that expire within some days, those that have expired first.

use chrono::Days;
use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{SOON, expiry, quantity_words, shown_name, tabs};
use crate::{
    core::{
        Permission, Result,
        list::{Slice, offset},
    },
    inventory::ledger,
    server::{Ctx, Page, Query},
    tr,
    ui::{Choice, Column, DataTable, EmptyState, Glyph, LinkButton, ListUrl, PageHeader, Paging, Row, SelectField, StatusBadge},
};

/// The days that can be chosen.
const DAYS: [i64; 4] = [30, SOON, 180, 365];

/// The filter, which stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ExpiringQuery {
    days: Option<i64>,
    page: Option<i64>,
}

/// Shows the batches.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn expiring_page(Query(query): Query<ExpiringQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadStock).await?;
    let days = query.days.filter(|days| DAYS.contains(days)).unwrap_or(SOON);
    let (clinic, today) = (ctx.clinic.id, ctx.today());
    let until = today.checked_add_days(Days::new(u64::try_from(days).unwrap_or_default())).unwrap_or(today);
    let (page, skip) = offset(query.page);
    let found = Slice::from_surplus(ledger::expiring(&mut ctx.tx, clinic, until, skip).await?, page);
    Ok(Page::new(tr!(inventory.expiring), move || {
        let rows = found
            .rows
            .iter()
            .map(|batch| {
                let name = shown_name(&batch.name, &batch.name_es).to_owned();
                Row::new(vec![
                    view! { <strong>{name}</strong> }.into_any(),
                    batch.batch_no.clone().into_any(),
                    expiry(Some(batch.expires_on), today),
                    batch.store_name.clone().into_any(),
                    quantity_words(batch.on_hand, batch.unit).into_any(),
                    view! { <StatusBadge tone=batch.status.tone() label=batch.status.words()/> }.into_any(),
                ])
                .href(format!("/stock/items/{}", batch.item_id))
            })
            .collect();
        let columns = vec![
            Column::new(tr!(inventory.item)),
            Column::new(tr!(inventory.batch)),
            Column::new(tr!(inventory.expires_on)),
            Column::new(tr!(inventory.room)),
            Column::new(tr!(inventory.quantity)).numeric(),
            Column::new(tr!(inventory.status)).secondary(),
        ];
        let choices: Vec<Choice> =
            DAYS.iter().map(|days| Choice::new(days.to_string(), tr!(inventory.within_days, days = *days))).collect();
        let filter = view! { <SelectField name="days" label=tr!(inventory.expiring) choices value=days.to_string()/> }.into_any();
        let empty = view! { <EmptyState glyph=Glyph::Clock title=tr!(inventory.nothing_expires)/> }.into_any();
        let url = ListUrl::new("/stock/expiring").with("days", days.to_string());
        let paging = Paging::of(&found);
        let file = view! { <LinkButton href="/stock/export/expiring" label=tr!(inventory.as_workbook) glyph=Glyph::Download/> }.into_any();
        view! {
            <PageHeader title=tr!(inventory.expiring) detail=tr!(inventory.expiring_text) actions=Some(file)/>
            {tabs("/stock/expiring")}
            <DataTable caption=tr!(inventory.expiring) columns rows url paging=Some(paging) empty=Some(empty) filter=Some(filter) stacked=true/>
        }
    }))
}
