//! The panels of taxes: the classes with their rates on the page of the rules, and the class of an item on the item's page.

use chrono::NaiveDate;
use leptos::prelude::*;

use crate::{
    billing::{
        prices::PriceItem,
        taxes::{ItemTax, TaxClass, TaxRate},
    },
    core::{IdempotencyKey, time::show_date},
    tr,
    ui::{Button, CheckboxField, Choice, Column, DataTable, DateField, EmptyState, Form, Glyph, Row, SelectField, TextField},
};

/// `19 %`, `5.50 %`.
pub(in crate::billing::pages) fn rate_words(rate_bp: i64) -> String {
    if rate_bp % 100 == 0 { format!("{} %", rate_bp / 100) } else { format!("{}.{:02} %", rate_bp / 100, rate_bp % 100) }
}

fn choices(classes: &[TaxClass]) -> Vec<Choice> {
    classes.iter().map(|class| Choice::new(class.id.to_string(), class.name.clone())).collect()
}

/// Shows the classes with all their rates, and the forms for a new class and a new rate.
pub(super) fn taxes_panel(classes: &[TaxClass], rates: &[TaxRate], today: NaiveDate) -> AnyView {
    let rows = classes
        .iter()
        .map(|class| {
            let own = rates.iter().filter(|rate| rate.class_id == class.id);
            let words = own.map(|rate| tr!(billing.rate_from, rate = rate_words(rate.rate_bp), day = show_date(rate.valid_from)));
            let words = words.collect::<Vec<_>>().join(", ");
            let now = class.rate_bp.map_or_else(|| tr!(billing.no_tax).to_owned(), rate_words);
            Row::new(vec![class.name.clone().into_any(), now.into_any(), words.into_any()])
        })
        .collect();
    let columns = vec![
        Column::new(tr!(billing.tax_class)),
        Column::new(tr!(billing.tax_rate_today)).numeric(),
        Column::new(tr!(billing.tax_rates)).secondary(),
    ];
    let empty =
        view! { <EmptyState glyph=Glyph::Receipt title=tr!(billing.no_tax_classes) text=tr!(billing.no_tax_classes_text)/> }.into_any();
    let new_rate = (!classes.is_empty()).then(|| rate_form(choices(classes), today));
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
    let (hidden, choices) = (super::item::hidden(item), choices(classes));
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
