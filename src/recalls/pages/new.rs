//! `/recalls/new`: announces a recall of batches of an item.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::{Error, Permission, RecallId, Result, StockItemId, time::show_date},
    inventory::{self, StockItem},
    recalls::{
        RecallSource,
        store::{self, RecallBatch},
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{Button, ButtonTone, CheckboxField, Choice, EmptyState, Fieldset, Form, Glyph, LinkButton, PageHeader, SelectField, TextField},
};

/// The most batches that the form lists.
const BATCHES: i64 = 200;

/// The item.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewRecallQuery {
    item: String,
}

/// Shows the form.
///
/// # Errors
/// Not allowed, an unknown item, or when the database refuses.
pub async fn new_recall_page(Query(query): Query<NewRecallQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageStock).await?;
    // Without an item the page says where one is chosen.
    let Ok(id) = query.item.parse::<StockItemId>() else {
        return Ok(Page::new(tr!(recalls.announce), || {
            let back = ("/recalls".to_owned(), tr!(recalls.title).to_owned());
            view! {
                <PageHeader title=tr!(recalls.announce) back/>
                <EmptyState glyph=Glyph::Pill title=tr!(recalls.choose_item)/>
                <div class="cluster"><LinkButton href="/stock/items" label=tr!(inventory.items) glyph=Glyph::ArrowRight/></div>
            }
        })
        .class("main--narrow"));
    };
    let item = inventory::item(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let batches = store::batches_of_item(&mut ctx.tx, id, BATCHES).await?;
    Ok(Page::new(tr!(recalls.announce), move || view(&item, &batches)).class("main--narrow"))
}

fn view(item: &StockItem, batches: &[RecallBatch]) -> AnyView {
    let back = (format!("/stock/items/{}", item.id), item.shown_name().to_owned());
    let header = view! { <PageHeader title=tr!(recalls.announce) back detail=item.shown_name().to_owned()/> };
    if batches.is_empty() {
        return view! { {header}<EmptyState glyph=Glyph::Pill title=tr!(recalls.no_batches)/> }.into_any();
    }
    let hidden = vec![("stock_item_id", item.id.to_string()), ("key", RecallId::new().to_string())];
    let sources: Vec<Choice> = RecallSource::ALL.iter().map(|source| Choice::new(source.as_str(), source.words())).collect();
    let batches: Vec<(String, String)> = batches
        .iter()
        .map(|batch| {
            let parts = [Some(batch.batch_no.clone()), batch.expires_on.map(show_date), Some(batch.status.words().to_owned())];
            (format!("batch-{}", batch.id), parts.into_iter().flatten().collect::<Vec<_>>().join(" · "))
        })
        .collect();
    view! {
        {header}
        <p>{tr!(recalls.announce_text)}</p>
        <Form action="/api/recalls/announce" id="announce-recall" hidden>
            <Fieldset legend=tr!(inventory.batches)>
                {batches.into_iter().map(|(name, label)| view! { <CheckboxField name label/> }).collect_view()}
            </Fieldset>
            <SelectField name="source" label=tr!(recalls.source) choices=sources prompt=tr!(errors.choose) required=true/>
            <TextField name="reference" label=tr!(recalls.reference) hint=tr!(recalls.reference_hint) maxlength=100 required=true/>
            <TextField name="reason" label=tr!(inventory.reason) maxlength=500 required=true/>
            <div class="form__actions"><Button label=tr!(recalls.announce) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
        </Form>
    }
    .into_any()
}
