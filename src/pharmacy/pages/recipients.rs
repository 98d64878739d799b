//! `/pharmacy/batches/{id}`: the patients who got something of a batch, for a recall.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::{
        Error, Permission, Result, StockBatchId,
        list::{PAGE_SIZE, Slice, offset},
        time::{show_date, show_date_time},
    },
    inventory,
    pharmacy::dispensing,
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{Column, DataTable, EmptyState, Glyph, ListUrl, PageHeader, Paging, Row, StatusBadge},
};

/// The page of the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RecipientsQuery {
    page: Option<i64>,
}

/// Shows the patients.
///
/// # Errors
/// Not allowed, an unknown batch, or when the database refuses.
pub async fn recipients_page(Path(id): Path<StockBatchId>, Query(query): Query<RecipientsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::Dispense).await?;
    let batch = inventory::batch(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let item = inventory::item(&mut ctx.tx, batch.item_id).await?.ok_or(Error::NotFound)?;
    let (clinic, zone) = (ctx.clinic.id, ctx.zone());
    let (page, skip) = offset(query.page);
    let found = Slice::from_surplus(dispensing::who_got(&mut ctx.tx, id, clinic, PAGE_SIZE + 1, skip).await?, page);
    let patients: Vec<_> = found.rows.iter().map(|recipient| recipient.patient_id).collect();
    ctx.saw_beyond(patients.clone(), patients, "pharmacy_recipients").await?;
    Ok(Page::new(tr!(pharmacy.recipients), move || {
        let rows = found
            .rows
            .iter()
            .map(|recipient| {
                Row::new(vec![
                    view! { <strong>{recipient.name.listed()}</strong> }.into_any(),
                    recipient.mrn.clone().into_any(),
                    show_date_time(zone.local(recipient.at)).into_any(),
                    recipient.quantity.to_string().into_any(),
                    recipient.returned.to_string().into_any(),
                ])
                .href(format!("/pharmacy/{}/{}", recipient.place, recipient.subject_id))
            })
            .collect();
        let columns = vec![
            Column::new(tr!(ui.patient)),
            Column::new(tr!(ui.mrn)),
            Column::new(tr!(inventory.at)),
            Column::new(tr!(pharmacy.quantity)).numeric(),
            Column::new(tr!(inventory.document_return)).numeric(),
        ];
        let expiry = batch.expires_on.map(show_date).unwrap_or_default();
        let detail = format!("{} · {} · {expiry}", item.shown_name(), batch.batch_no);
        let back = (format!("/stock/items/{}", item.id), item.shown_name().to_owned());
        let badge = view! { <StatusBadge tone=batch.status.tone() label=batch.status.words()/> }.into_any();
        let empty = view! { <EmptyState glyph=Glyph::Pill title=tr!(pharmacy.no_recipients)/> }.into_any();
        let paging = Paging::of(&found);
        let url = ListUrl::new(format!("/pharmacy/batches/{id}"));
        view! {
            <PageHeader title=tr!(pharmacy.recipients) back detail actions=Some(badge)/>
            <DataTable caption=tr!(pharmacy.recipients) columns rows url paging=Some(paging) empty=Some(empty) stacked=true/>
        }
    }))
}
