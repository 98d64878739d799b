//! The panels of taxes: the classes with their rates on the page of the rules, and the class of an item on the item's page.

use chrono::NaiveDate;
use leptos::prelude::*;
use serde::Deserialize;

use super::{done_words, item::setting};
use crate::{
    billing::{
        prices::PriceItem,
        taxes::{self, ItemTax, TaxClass, TaxRate},
    },
    core::{Error, IdempotencyKey, Result, TaxClassId, time::show_date},
    server::{Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, Column, Confirm, DataTable, DateField, EmptyState, Form, Glyph, NoticeBox, PageHeader,
        PostButton, Row, SelectField, TextField, Toast, Tone,
    },
};

/// `19 %`, `5.50 %`.
pub(in crate::billing::pages) fn rate_words(rate_bp: i64) -> String {
    if rate_bp % 100 == 0 { format!("{} %", rate_bp / 100) } else { format!("{}.{:02} %", rate_bp / 100, rate_bp % 100) }
}

fn choices(classes: &[TaxClass]) -> Vec<Choice> {
    classes.iter().map(|class| Choice::new(class.id.to_string(), class.name.clone())).collect()
}

/// The classes that an item may take, and the one that it has.
fn taken(classes: &[TaxClass], kept: Option<TaxClassId>) -> Vec<TaxClass> {
    classes.iter().filter(|class| !class.retired || kept == Some(class.id)).cloned().collect()
}

/// Shows the classes with all their rates, and the forms for a new class and a new rate.
pub(super) fn taxes_panel(classes: &[TaxClass], rates: &[TaxRate], today: NaiveDate) -> AnyView {
    let rows = classes
        .iter()
        .map(|class| {
            let own = rates.iter().filter(|rate| rate.class_id == class.id);
            let words = own.map(|rate| tr!(billing.rate_from, rate = rate_words(rate.rate_bp), day = show_date(rate.valid_from)));
            let words = words.collect::<Vec<_>>().join(", ");
            let now = match class.rate_bp {
                _ if class.retired => tr!(billing.item_is_retired).to_owned(),
                Some(rate) => rate_words(rate),
                None => tr!(billing.no_tax).to_owned(),
            };
            Row::new(vec![class.name.clone().into_any(), now.into_any(), words.into_any()]).href(format!("/prices/taxes/{}", class.id))
        })
        .collect();
    let columns = vec![
        Column::new(tr!(billing.tax_class)),
        Column::new(tr!(billing.tax_rate_today)).numeric(),
        Column::new(tr!(billing.tax_rates)).secondary(),
    ];
    let empty =
        view! { <EmptyState glyph=Glyph::Receipt title=tr!(billing.no_tax_classes) text=tr!(billing.no_tax_classes_text)/> }.into_any();
    let in_use = taken(classes, None);
    let new_rate = (!in_use.is_empty()).then(|| rate_form(choices(&in_use), today));
    view! {
        <section class="panel" aria-labelledby="taxes">
            <div class="panel__head"><h2 id="taxes">{tr!(billing.taxes)}</h2></div>
            <div class="panel__body stack">
                <p>{tr!(billing.taxes_text)}</p>
                <DataTable caption=tr!(billing.tax_rates) columns rows empty=Some(empty)/>
                {class_form(today)}
                {new_rate}
            </div>
        </section>
    }
    .into_any()
}

/// The act that was just done.
#[derive(Debug, Deserialize)]
pub struct TaxClassQuery {
    #[serde(default)]
    done: String,
}

/// `/prices/taxes/{id}`: the name and the rates of a class, and the buttons to retire it and to bring it back.
///
/// # Errors
/// When the user may not set prices, or there is no such class.
pub async fn tax_class_page(Path(id): Path<TaxClassId>, Query(TaxClassQuery { done }): Query<TaxClassQuery>) -> Result<Page> {
    let mut ctx = setting().await?;
    let today = ctx.today();
    let class = taxes::class(&mut ctx.tx, id, today).await?.ok_or(Error::NotFound)?;
    let rates: Vec<TaxRate> = taxes::rates(&mut ctx.tx).await?.into_iter().filter(|rate| rate.class_id == id).collect();
    Ok(Page::new(class.name.clone(), move || {
        let back = ("/prices/rules".to_owned(), tr!(billing.price_rules).to_owned());
        let hidden = vec![("id", class.id.to_string()), ("version", class.version.to_string())];
        let rows =
            rates.iter().map(|rate| Row::new(vec![show_date(rate.valid_from).into_any(), rate_words(rate.rate_bp).into_any()])).collect();
        let columns = vec![Column::new(tr!(billing.valid_from)), Column::new(tr!(billing.tax_rate)).numeric()];
        view! {
            {done_words(&done).map(|text| view! { <Toast text/> })}
            <PageHeader title=class.name.clone() back detail=tr!(billing.tax_class)/>
            <div class="stack">
                <DataTable caption=tr!(billing.tax_rates) columns rows/>
                {if class.retired { retired_class(hidden) } else { class_in_use(&class.name, hidden) }}
            </div>
        }
    })
    .class("main--narrow"))
}

fn retired_class(hidden: Vec<(&'static str, String)>) -> AnyView {
    view! {
        <NoticeBox tone=Tone::Inactive title=tr!(billing.item_is_retired)><p>{tr!(billing.tax_class_retired_text)}</p></NoticeBox>
        <div><PostButton action="/api/billing/bring_back_tax_class" label=tr!(billing.bring_back) hidden/></div>
    }
    .into_any()
}

fn class_in_use(name: &str, hidden: Vec<(&'static str, String)>) -> AnyView {
    let (sent, name) = (hidden.clone(), name.to_owned());
    view! {
        <Form action="/api/billing/rename_tax_class" class="form--inline" hidden=sent>
            <TextField name="name" label=tr!(billing.tax_class) value=name required=true maxlength=100 autocomplete="off"/>
            <div class="form__actions"><Button label=tr!(billing.save) tone=ButtonTone::Primary/></div>
        </Form>
        <section class="panel" aria-labelledby="retire">
            <div class="panel__head"><h2 id="retire">{tr!(billing.retire_tax_class)}</h2></div>
            <div class="panel__body">
                <p>{tr!(billing.retire_tax_class_text)}</p>
                <Confirm label=tr!(billing.retire) text=tr!(billing.retire_tax_class_question)>
                    <PostButton action="/api/billing/retire_tax_class" label=tr!(billing.retire) tone=ButtonTone::Danger hidden/>
                </Confirm>
            </div>
        </section>
    }
    .into_any()
}

fn class_form(today: NaiveDate) -> AnyView {
    view! {
        <Form action="/api/billing/add_tax_class" class="form--grid" hidden=vec![("key", IdempotencyKey::new().to_string())]>
            <TextField name="name" label=tr!(billing.tax_class) required=true maxlength=100 autocomplete="off"/>
            <TextField name="rate" label=tr!(billing.tax_rate) inputmode="decimal" class="input--short" required=true autocomplete="off"/>
            <DateField name="valid_from" label=tr!(billing.valid_from) value=today.to_string() required=true/>
            <div class="form__actions"><Button label=tr!(billing.add_tax_class)/></div>
        </Form>
    }
    .into_any()
}

fn rate_form(classes: Vec<Choice>, today: NaiveDate) -> AnyView {
    view! {
        <Form action="/api/billing/add_tax_rate" class="form--grid">
            <SelectField name="tax_class_id" label=tr!(billing.tax_class) choices=classes prompt=tr!(errors.choose) required=true/>
            <TextField name="rate" label=tr!(billing.tax_rate) inputmode="decimal" class="input--short" required=true autocomplete="off"/>
            <DateField name="valid_from" label=tr!(billing.valid_from) value=today.to_string() required=true hint=tr!(billing.tax_from_hint)/>
            <div class="form__actions"><Button label=tr!(billing.add_tax_rate)/></div>
        </Form>
    }
    .into_any()
}

/// Shows the tax class of an item; nothing while the hospital has no classes.
pub(super) fn item_tax_panel(item: &PriceItem, tax: ItemTax, classes: &[TaxClass]) -> Option<AnyView> {
    if classes.is_empty() {
        return None;
    }
    let (hidden, choices) = (super::item::hidden(item), choices(&taken(classes, tax.tax_class_id)));
    let chosen = tax.tax_class_id.map(|id| id.to_string()).unwrap_or_default();
    Some(
        view! {
            <section class="panel" aria-labelledby="tax">
                <div class="panel__head"><h2 id="tax">{tr!(ledger.tax)}</h2></div>
                <div class="panel__body">
                    <Form action="/api/billing/set_item_tax" class="form" hidden>
                        <SelectField name="tax_class_id" label=tr!(billing.tax_class) choices value=chosen prompt=tr!(billing.no_tax) optional=true/>
                        <CheckboxField name="tax_included" label=tr!(billing.tax_included) checked=tax.tax_included/>
                        <div class="form__actions"><Button label=tr!(billing.save)/></div>
                    </Form>
                </div>
            </section>
        }
        .into_any(),
    )
}
