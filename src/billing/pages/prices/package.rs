//! The panel of an item that is a package: its days, and what it covers.

use leptos::prelude::*;

use super::item::hidden;
use crate::{
    billing::{
        packages::Content,
        prices::{PriceItem, PriceRow},
    },
    core::locale,
    tr,
    ui::{Button, ButtonTone, Choice, Column, Confirm, DataTable, EmptyState, Form, Glyph, PostButton, Row, SelectField, TextField},
};

/// A package, or the form that makes the item one.
pub(super) fn package_panel(item: &PriceItem, days: Option<i64>, contents: &[Content], prices: &[PriceRow]) -> AnyView {
    let sent = hidden(item);
    let value = days.map(|days| days.to_string()).unwrap_or_default();
    let contents = days.is_some().then(|| contents_view(item, contents, prices));
    view! {
        <section class="panel" aria-labelledby="package">
            <div class="panel__head"><h2 id="package">{tr!(billing.package)}</h2></div>
            <div class="panel__body">
                <p>{tr!(billing.package_text)}</p>
                {contents}
                <Form action="/api/billing/set_package_days" class="form--inline" hidden=sent>
                    <TextField name="package_days" label=tr!(billing.package_days) value inputmode="numeric" class="input--short" hint=tr!(billing.package_days_hint) autocomplete="off"/>
                    <div class="form__actions"><Button label=tr!(billing.save)/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}

fn contents_view(item: &PriceItem, contents: &[Content], prices: &[PriceRow]) -> AnyView {
    let rows = contents
        .iter()
        .map(|content| {
            let sent = vec![("id", item.id.to_string()), ("content_id", content.item_id.to_string())];
            let take_out = view! {
                <Confirm label=tr!(billing.take_out) text=tr!(billing.take_out_question)>
                    <PostButton action="/api/billing/take_out_of_package" label=tr!(billing.take_out) tone=ButtonTone::Danger hidden=sent/>
                </Confirm>
            };
            Row::new(vec![
                content.name.clone().into_any(),
                content.code.clone().into_any(),
                content.quantity.shown(locale::current()).into_any(),
                take_out.into_any(),
            ])
        })
        .collect();
    let columns = vec![
        Column::new(tr!(billing.item)),
        Column::new(tr!(billing.code)).secondary(),
        Column::new(tr!(billing.quantity)).numeric(),
        Column::new(tr!(billing.act)).label_hidden(),
    ];
    let empty = view! { <EmptyState glyph=Glyph::Receipt title=tr!(billing.no_contents) text=tr!(billing.no_contents_text)/> }.into_any();
    let others = prices.iter().filter(|row| row.item_id != item.id);
    let choices: Vec<_> = others.map(|row| Choice::new(row.item_id.to_string(), format!("{} · {}", row.name, row.code))).collect();
    let sent = vec![("id", item.id.to_string())];
    view! {
        <DataTable caption=tr!(billing.package_contents) columns rows empty=Some(empty) stacked=true/>
        <Form action="/api/billing/put_in_package" class="form--inline" hidden=sent>
            <SelectField name="content_id" label=tr!(billing.item) choices prompt=tr!(errors.choose) required=true/>
            <TextField name="content_quantity" label=tr!(billing.quantity) value="1" inputmode="decimal" class="input--short" autocomplete="off"/>
            <div class="form__actions"><Button label=tr!(billing.put_in)/></div>
        </Form>
    }
    .into_any()
}
