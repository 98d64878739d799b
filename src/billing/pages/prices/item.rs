//! `/prices/new` and `/prices/{id}`: an item of the price list with its prices.

use chrono::NaiveDate;
use leptos::prelude::*;
use serde::Deserialize;

use super::{amount_words, done_words, package::package_panel, taxes::item_tax_panel};
use crate::{
    billing::{
        packages,
        prices::{ItemKind, Master, Masters, Price, PriceItem, item, masters, price_list, prices_of, sets_prices},
        taxes,
    },
    core::{Currency, Error, IdempotencyKey, Permission, PriceItemId, Result, time::show_date},
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, Column, Confirm, DataTable, DateField, EmptyState, Form, Glyph, LinkButton, NoticeBox,
        NumberField, PageHeader, PostButton, Row, SelectField, StatusBadge, TextField, Toast, Tone,
    },
};

const SAVE: &str = "/api/billing/save_price_item";
const SET: &str = "/api/billing/set_price";

/// Opens a read context for a user who may set the prices of the whole hospital.
pub(super) async fn setting() -> Result<Ctx> {
    let ctx = Ctx::read(Permission::SetPrices).await?;
    if sets_prices(&ctx.who) { Ok(ctx) } else { Err(Error::Forbidden) }
}

pub(super) fn choices(rows: &[Master], kept: &str) -> Vec<Choice> {
    let shown = |row: &&Master| !row.retired || row.id.to_string() == kept;
    rows.iter().filter(shown).map(|row| Choice::new(row.id.to_string(), row.name.clone())).collect()
}

/// Shows the fields of an item. Call it inside the form.
fn fields(item: Option<PriceItem>, masters: &Masters) -> impl IntoView + use<> {
    let kinds = ItemKind::ALL.iter().map(|kind| Choice::new(kind.as_str(), kind.word())).collect::<Vec<_>>();
    let department = item.as_ref().and_then(|item| item.department_id).map(|id| id.to_string()).unwrap_or_default();
    let departments = choices(&masters.departments, &department);
    let kind = item.as_ref().map(|item| item.kind.as_str().to_owned()).unwrap_or_default();
    let discountable = item.as_ref().is_none_or(|item| item.discountable);
    let text = |read: fn(&PriceItem) -> String| item.as_ref().map(read).unwrap_or_default();
    let (code, name, unit) = (text(|item| item.code.clone()), text(|item| item.name.clone()), text(|item| item.unit.clone()));
    let name_es = text(|item| item.name_es.clone());
    view! {
        <TextField name="code" label=tr!(billing.code) value=code required=true maxlength=40 autocomplete="off" hint=tr!(billing.code_hint)/>
        <TextField name="name" label=tr!(billing.service) value=name required=true maxlength=200 autocomplete="off"/>
        <TextField name="name_es" label=tr!(formulary.name_es) value=name_es optional=true maxlength=200 autocomplete="off"/>
        <SelectField name="kind" label=tr!(billing.kind) choices=kinds value=kind prompt=tr!(errors.choose) required=true/>
        <SelectField
            name="department_id"
            label=tr!(billing.department)
            choices=departments
            value=department
            prompt=tr!(billing.no_department)
            optional=true
            hint=tr!(billing.department_hint)
        />
        <TextField name="unit" label=tr!(billing.unit) value=unit optional=true maxlength=40 autocomplete="off" hint=tr!(billing.unit_hint)/>
        <CheckboxField name="discountable" label=tr!(billing.discountable) checked=discountable/>
    }
}

fn save_actions() -> impl IntoView {
    view! {
        <div class="form__actions">
            <Button label=tr!(billing.save) tone=ButtonTone::Primary key="Ctrl+Enter"/>
            <LinkButton href="/prices" label=tr!(billing.cancel) tone=ButtonTone::Quiet/>
        </div>
    }
}

/// Shows the form of a new item.
///
/// # Errors
/// When the user may not set prices.
pub async fn new_item_page() -> Result<Page> {
    let mut ctx = setting().await?;
    let masters = masters(&mut ctx.tx).await?;
    Ok(Page::new(tr!(billing.new_item), move || {
        let hidden = vec![("key", IdempotencyKey::new().to_string())];
        let back = ("/prices".to_owned(), tr!(billing.prices).to_owned());
        view! {
            <PageHeader title=tr!(billing.new_item) back detail=tr!(billing.new_item_text)/>
            <Form action=SAVE hidden>{fields(None, &masters)} {save_actions()}</Form>
        }
    })
    .class("main--narrow"))
}

/// The query of the address.
#[derive(Debug, Deserialize)]
pub struct PriceItemQuery {
    /// Whether prices that have ended are shown too.
    #[serde(default)]
    all: String,
    #[serde(default)]
    done: String,
}

/// Shows an item: its form, its prices, the form for a new price, and the buttons to retire it and to bring it back.
///
/// # Errors
/// When the user may not set prices, or there is no such item.
pub async fn item_page(Path(id): Path<PriceItemId>, Query(shown): Query<PriceItemQuery>) -> Result<Page> {
    let mut ctx = setting().await?;
    let item = item(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let masters = masters(&mut ctx.tx).await?;
    let prices = prices_of(&mut ctx.tx, id).await?;
    let (today, currency) = (ctx.today(), ctx.state().hospital().currency);
    let days = packages::days_of(&mut ctx.tx, id).await?;
    let contents = packages::contents(&mut ctx.tx, id).await?;
    let (tax, tax_classes) = (taxes::item_tax(&mut ctx.tx, id).await?, taxes::classes(&mut ctx.tx, today).await?);
    let clinic = ctx.clinic.id;
    let list = price_list(&mut ctx.tx, clinic, today).await?;
    Ok(Page::new(item.name.clone(), move || {
        let back = ("/prices".to_owned(), tr!(billing.prices).to_owned());
        let header = view! { <PageHeader title=item.name.clone() back detail=format!("{} · {}", item.code, item.kind.word())/> };
        let hidden = hidden(&item);
        let body = if item.retired {
            view! {
                <NoticeBox tone=Tone::Inactive title=tr!(billing.item_is_retired)><p>{tr!(billing.item_retired_text)}</p></NoticeBox>
                <div><PostButton action="/api/billing/bring_back_price_item" label=tr!(billing.bring_back) hidden/></div>
            }
            .into_any()
        } else {
            view! {
                {new_price(&item, &masters, today, currency)}
                {details(&item, &masters)}
                {item_tax_panel(&item, tax, &tax_classes)}
                {package_panel(&item, days, &contents, &list)}
                {retire(hidden)}
            }
            .into_any()
        };
        view! {
            {done_words(&shown.done).map(|text| view! { <Toast text/> })}
            {header}
            <div class="stack">
                {prices_view(&item, &prices, &masters, (today, !shown.all.is_empty()), currency)}
                {body}
            </div>
        }
    }))
}

pub(super) fn hidden(item: &PriceItem) -> Vec<(&'static str, String)> {
    vec![("id", item.id.to_string()), ("version", item.version.to_string())]
}

fn details(item: &PriceItem, masters: &Masters) -> impl IntoView + use<> {
    // Made inside the form, where a field finds the value that a refused form sent.
    let (sent, item, masters) = (hidden(item), item.clone(), masters.clone());
    view! {
        <section class="panel" aria-labelledby="item">
            <div class="panel__head"><h2 id="item">{tr!(billing.item)}</h2></div>
            <div class="panel__body">
                <Form action=SAVE hidden=sent>{fields(Some(item), &masters)} {save_actions()}</Form>
            </div>
        </section>
    }
}

fn retire(hidden: Vec<(&'static str, String)>) -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="retire">
            <div class="panel__head"><h2 id="retire">{tr!(billing.retire_item)}</h2></div>
            <div class="panel__body">
                <p>{tr!(billing.retire_item_text)}</p>
                <Confirm label=tr!(billing.retire) text=tr!(billing.retire_item_question)>
                    <PostButton action="/api/billing/retire_price_item" label=tr!(billing.retire) tone=ButtonTone::Danger hidden/>
                </Confirm>
            </div>
        </section>
    }
}

/// Shows the form of a new price, valid from a day on.
fn new_price(item: &PriceItem, masters: &Masters, today: NaiveDate, currency: Currency) -> impl IntoView + use<> {
    let hidden = vec![("item_id", item.id.to_string()), ("version", item.version.to_string()), ("key", IdempotencyKey::new().to_string())];
    let (clinics, insurers, doctors) = (choices(&masters.clinics, ""), choices(&masters.insurers, ""), choices(&masters.doctors, ""));
    // Only a visit has a type.
    let types = if item.kind == ItemKind::Consultation { choices(&masters.visit_types, "") } else { Vec::new() };
    let unit = item.unit.clone();
    let fields = move || {
        let per_hint = if unit.is_empty() { tr!(billing.per_hint).to_owned() } else { tr!(billing.per_hint_unit, unit = unit) };
        view! {
            <NumberField name="amount" label=tr!(billing.price) unit=currency.sign() decimal=true required=true/>
            <TextField name="per" label=tr!(billing.per) value="1" inputmode="numeric" class="input--short" hint=per_hint autocomplete="off"/>
            <DateField name="valid_from" label=tr!(billing.valid_from) value=today.to_string() required=true hint=tr!(billing.valid_from_hint)/>
            <DateField name="valid_to" label=tr!(billing.valid_to) optional=true hint=tr!(billing.valid_to_hint)/>
            <SelectField name="clinic_id" label=tr!(billing.clinic) choices=clinics prompt=tr!(billing.all_clinics) optional=true/>
            <SelectField name="insurer_id" label=tr!(billing.insurer) choices=insurers prompt=tr!(billing.every_payer) optional=true/>
            <SelectField name="provider_id" label=tr!(billing.doctors_fee) choices=doctors prompt=tr!(billing.every_doctor) optional=true/>
            {(!types.is_empty()).then(|| view! {
                <SelectField name="visit_type_id" label=tr!(appointments.visit_type) choices=types prompt=tr!(billing.every_visit_type) optional=true/>
            })}
        }
    };
    view! {
        <section class="panel" aria-labelledby="new-price">
            <div class="panel__head"><h2 id="new-price">{tr!(billing.new_price)}</h2></div>
            <div class="panel__body">
                <Form action=SET class="form--grid" hidden>
                    {fields()}
                    <div class="form__actions"><Button label=tr!(billing.set_price) tone=ButtonTone::Primary/></div>
                </Form>
            </div>
        </section>
    }
}

/// Shows the prices: future ones, those in force, and on request those that have ended.
fn prices_view(item: &PriceItem, prices: &[Price], masters: &Masters, (today, all): (NaiveDate, bool), currency: Currency) -> AnyView {
    let ended = |price: &&Price| price.valid_to.is_some_and(|to| to < today);
    let has_ended = prices.iter().any(|price| ended(&price));
    let shown: Vec<&Price> = prices.iter().filter(|price| all || !ended(price)).collect();
    let rows = shown
        .into_iter()
        .map(|price| {
            let (tone, state) = match price {
                price if price.valid_from > today => (Tone::Waiting, tr!(billing.price_coming)),
                price if ended(&price) => (Tone::Inactive, tr!(billing.price_ended)),
                _ => (Tone::Done, tr!(billing.price_in_force)),
            };
            let act = if item.retired || ended(&price) { ().into_any() } else { act(item, price, today) };
            Row::new(vec![
                amount_words(price.amount, price.per, &item.unit, currency).into_any(),
                masters.words(price.stands_for()).into_any(),
                show_date(price.valid_from).into_any(),
                price.valid_to.map(show_date).unwrap_or_default().into_any(),
                view! { <StatusBadge tone label=state/> }.into_any(),
                act,
            ])
        })
        .collect();
    let columns = vec![
        Column::new(tr!(billing.price)).numeric(),
        Column::new(tr!(billing.applies)),
        Column::new(tr!(billing.valid_from)),
        Column::new(tr!(billing.valid_to)).secondary(),
        Column::new(tr!(billing.state)),
        Column::new(tr!(billing.act)).label_hidden(),
    ];
    let empty = view! { <EmptyState glyph=Glyph::Money title=tr!(billing.no_price) text=tr!(billing.no_price_text)/> }.into_any();
    let others = has_ended.then(|| match all {
        false => view! { <p><a href=format!("/prices/{}?all=yes", item.id)>{tr!(billing.also_ended)}</a></p> }.into_any(),
        true => view! { <p><a href=format!("/prices/{}", item.id)>{tr!(billing.without_ended)}</a></p> }.into_any(),
    });
    view! {
        <section>
            <DataTable caption=tr!(billing.prices_of_item) columns rows empty=Some(empty) stacked=true/>
            {others}
        </section>
    }
    .into_any()
}

/// Shows the button that withdraws a price that has not begun, or ends one in force today.
fn act(item: &PriceItem, price: &Price, today: NaiveDate) -> AnyView {
    let mut hidden = vec![("price_id", price.id.to_string()), ("version", item.version.to_string())];
    if price.valid_from > today {
        return view! {
            <Confirm label=tr!(billing.withdraw) text=tr!(billing.withdraw_question)>
                <PostButton action="/api/billing/withdraw_price" label=tr!(billing.withdraw) tone=ButtonTone::Danger hidden/>
            </Confirm>
        }
        .into_any();
    }
    hidden.push(("valid_to", today.to_string()));
    view! {
        <Confirm label=tr!(billing.end_price) text=tr!(billing.end_price_question)>
            <PostButton action="/api/billing/end_price" label=tr!(billing.end_today) tone=ButtonTone::Danger hidden/>
        </Confirm>
    }
    .into_any()
}
