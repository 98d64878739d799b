//! `/patients/{id}/charges`: what is charged and on no invoice yet; adding, taking back, discounts. `/charges/unpriced`: the list of
//! charges without a price. `/patients/{id}/estimate`: what something will cost.

mod estimate;
mod unpriced;

use leptos::prelude::*;
use serde::Deserialize;

use super::{parts::Line, prices::rate_words};
use crate::{
    billing::{
        ChargeState, DiscountReason, Tax, WaitsFor,
        charges::{MANUAL, OpenCharge, account_of, discount::of_next_invoice, open_charges},
        prices::{Masters, PriceRow, masters, price_list},
        taxes::{TaxedCharge, taxed_charges},
    },
    core::{Currency, IdempotencyKey, Money, PatientId, Permission, Result, UserId, form::FormState, time::show_date},
    patients,
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, Confirm, DateField, EmptyState, Form, Glyph, LinkButton, PageHeader, PatientBanner, PostButton,
        SelectField, StatusBadge, TextField, Toast, Tone,
    },
};

pub use estimate::{estimate_page, estimate_print};
pub use unpriced::unpriced_page;

/// The query of the address.
#[derive(Debug, Deserialize)]
pub struct ChargesQuery {
    #[serde(default)]
    done: String,
}

fn done_words(done: &str) -> Option<&'static str> {
    match done {
        "charged" => Some(tr!(billing.was_charged)),
        "cancelled" => Some(tr!(billing.was_taken_back)),
        "discounted" => Some(tr!(billing.was_discounted)),
        "asked" => Some(tr!(billing.was_asked)),
        "refused" => Some(tr!(billing.was_refused)),
        _ => None,
    }
}

/// The rights of the user on the page.
#[derive(Clone, Copy)]
struct May {
    add: bool,
    discount: bool,
    approve: bool,
    user: UserId,
}

/// The patient's charges that no invoice has.
///
/// # Errors
/// When the patient is not in the care of the user's clinics.
pub async fn charges_page(Path(id): Path<PatientId>, Query(done): Query<ChargesQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadBilling).await?;
    ctx.reach([id]).await?;
    let (today, clinic) = (ctx.today(), ctx.clinic.id);
    let banner = patients::banner(&mut ctx.tx, id, today).await?.without_clinical();
    let mut charges = open_charges(&mut ctx.tx, id).await?;
    charges.retain(|open| ctx.who.may_at(Permission::ReadBilling, open.charge.clinic_id));
    let taxes = match account_of(&mut ctx.tx, id).await? {
        Some(account) => taxed_charges(&mut ctx.tx, account).await?,
        None => Vec::new(),
    };
    let prices = price_list(&mut ctx.tx, clinic, today).await?;
    let masters = masters(&mut ctx.tx).await?;
    let may = May {
        add: ctx.who.may(Permission::AddCharges),
        discount: ctx.who.may(Permission::GiveDiscount),
        approve: ctx.who.may(Permission::ApproveMoney),
        user: ctx.user(),
    };
    let (currency, cashier) = (ctx.state().hospital().currency, ctx.who.may(Permission::TakePayments));
    let departments = ctx.state().departments;
    let of_next = if may.discount { of_next_invoice(&mut ctx.tx, id, clinic).await? } else { Vec::new() };
    let whole: (usize, Money) = (of_next.len(), of_next.iter().map(|charge| charge.gross).sum());
    ctx.saw(id, "charges").await?;
    Ok(Page::new(tr!(billing.charges), move || {
        let back = (format!("/patients/{id}/account"), tr!(billing.account).to_owned());
        let invoice = cashier
            .then(|| view! { <LinkButton href=format!("/cashier?patient={id}") label=tr!(billing.take_payment) glyph=Glyph::Money/> });
        let actions = view! { {invoice}<LinkButton href=format!("/patients/{id}/estimate") label=tr!(billing.estimate)/> }.into_any();
        let none = charges.is_empty().then(|| {
            view! { <EmptyState glyph=Glyph::Receipt title=tr!(billing.no_charges) text=tr!(billing.no_charges_text)/> }
        });
        let rows = charges
            .iter()
            .map(|open| {
                let source = departments.charge_source(&open.charge.source).unwrap_or_default();
                let tax = taxes.iter().find(|taxed| taxed.id == open.charge.id).map(TaxedCharge::tax).unwrap_or_default();
                charge_row(open, (source, tax), may, currency)
            })
            .collect_view();
        view! {
            {done_words(&done.done).map(|text| view! { <Toast text/> })}
            <PageHeader title=tr!(billing.charges) back detail=tr!(billing.charges_detail) actions=Some(actions)/>
            <div class="stack">
                <section class="panel" aria-labelledby="open-charges">
                    <div class="panel__head"><h2 id="open-charges">{tr!(billing.not_invoiced)}</h2></div>
                    {none}
                    <ul class="rows">{rows}</ul>
                    {(whole.0 > 1).then(|| whole_form(id, whole, currency))}
                </section>
                {may.add.then(|| add_form(id, &prices, &masters, today, currency))}
            </div>
        }
    })
    .banner(move || view! { <PatientBanner info=banner/> }))
}

fn state_badge(open: &OpenCharge) -> AnyView {
    let (tone, label) = match (open.charge.state, open.charge.waits_for) {
        (ChargeState::Planned, Some(WaitsFor::Price)) => (Tone::Warning, tr!(billing.waits_for_price)),
        (ChargeState::Planned, _) => (Tone::Inactive, tr!(billing.waits_for_service)),
        _ => (Tone::Waiting, tr!(billing.state_billable)),
    };
    view! { <StatusBadge tone label/> }.into_any()
}

fn charge_row(open: &OpenCharge, (source, tax): (&'static str, Tax), may: May, currency: Currency) -> AnyView {
    let charge = &open.charge;
    let line = Line::from(charge);
    let taxed = tax.on(charge.net);
    let amount = match charge.unit_price {
        Some(_) => currency.show(taxed.total()),
        None => tr!(billing.no_price).to_owned(),
    };
    let on_top = (!tax.included && taxed.tax > Money::ZERO).then(|| {
        let words =
            tr!(billing.tax_on_top, price = currency.show(charge.net), rate = rate_words(tax.rate_bp), tax = currency.show(taxed.tax));
        view! { <br/><span class="muted small">{words}</span> }
    });
    let detail = [show_date(charge.service_day), source.to_owned(), charge.code.clone()];
    let detail = detail.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    let late = charge.late.then(|| view! { <StatusBadge tone=Tone::Warning label=tr!(billing.late)/> });
    view! {
        <li class="rows__row">
            <div class="rows__main">
                <strong>{line.what()}</strong>
                <br/>
                <span class="muted small">{detail}</span>
                {line.taken_off(currency).map(|words| view! { <br/><span class="muted small">{words}</span> })}
                {on_top}
                {asked_view(open, may, currency)}
                {acts(open, may, currency)}
            </div>
            <div class="rows__side"><strong>{amount}</strong>{late}{state_badge(open)}</div>
        </li>
    }
    .into_any()
}

fn hidden(open: &OpenCharge) -> Vec<(&'static str, String)> {
    vec![("charge_id", open.charge.id.to_string()), ("seen", open.charge.net.0.to_string())]
}

/// A discount that waits for a second person, and that person's buttons.
fn asked_view(open: &OpenCharge, may: May, currency: Currency) -> Option<AnyView> {
    let (amount, reason) = (open.charge.asked_discount?, open.charge.asked_reason?);
    let name = open.asked_by_name.clone().unwrap_or_default();
    let words = tr!(billing.asked_line, name = name, discount = currency.show(amount), reason = reason.word());
    let own = open.charge.asked_by == Some(may.user);
    let approve = (may.approve && !own).then(|| {
        let approved = [&hidden(open)[..], &[("approve", "true".to_owned())]].concat();
        view! { <PostButton action="/api/billing/decide_discount" label=tr!(billing.approve) about=open.charge.description.clone() hidden=approved tone=ButtonTone::Primary/> }
    });
    let refuse = (may.approve && !own).then(|| {
        view! { <PostButton action="/api/billing/decide_discount" label=tr!(billing.refuse) about=open.charge.description.clone() hidden=hidden(open)/> }
    });
    let withdraw = (may.discount && own).then(|| {
        view! { <PostButton action="/api/billing/withdraw_discount" label=tr!(billing.withdraw) about=open.charge.description.clone() hidden=hidden(open)/> }
    });
    Some(view! { <p role="status">{words}</p><div class="cluster">{approve}{refuse}{withdraw}</div> }.into_any())
}

/// Whether the form of this charge was refused: it stays unfolded then.
fn was_refused(open: &OpenCharge) -> bool {
    let id = open.charge.id.to_string();
    use_context::<FormState>().is_some_and(|state| state.action == GIVE && state.value("charge_id") == Some(id.as_str()))
}

const GIVE: &str = "/api/billing/give_discount";

/// The form of a discount on the next invoice as a whole: so many lines take it, which cost so much together.
fn whole_form(patient: PatientId, (lines, gross): (usize, Money), currency: Currency) -> AnyView {
    let reasons: Vec<_> = DiscountReason::ALL.iter().map(|reason| Choice::new(reason.as_str(), reason.word())).collect();
    let sent = vec![("patient_id", patient.to_string()), ("seen", gross.0.to_string())];
    let hint = tr!(billing.discount_whole_hint, lines = lines, gross = currency.show(gross));
    let unfolded = use_context::<FormState>().is_some_and(|state| state.action == GIVE_WHOLE);
    view! {
        <div class="panel__body">
            <details open=unfolded>
                <summary class="button button--quiet">{tr!(billing.discount_whole)}</summary>
                <Form action=GIVE_WHOLE id="discount-whole" class="form--inline" hidden=sent>
                    <TextField name="discount" label=tr!(billing.discount_whole) hint required=true class="input--medium" autocomplete="off"/>
                    <SelectField name="reason" label=tr!(billing.reason) choices=reasons prompt=tr!(errors.choose) required=true/>
                    <div class="form__actions"><Button label=tr!(billing.give_discount_whole) tone=ButtonTone::Primary/></div>
                </Form>
            </details>
        </div>
    }
    .into_any()
}

const GIVE_WHOLE: &str = "/api/billing/discount_invoice";

fn acts(open: &OpenCharge, may: May, currency: Currency) -> AnyView {
    let charge = &open.charge;
    let billable = charge.state == ChargeState::Billable && charge.free_because.is_none() && charge.asked_discount.is_none();
    let give = (may.discount && billable && charge.gross > Money::ZERO).then(|| {
        let reasons: Vec<_> = DiscountReason::ALL.iter().map(|reason| Choice::new(reason.as_str(), reason.word())).collect();
        let (id, sent, unfolded) = (format!("discount-{}", charge.id), hidden(open), was_refused(open));
        let hint = tr!(billing.discount_hint, gross = currency.show(charge.gross));
        view! {
            <details open=unfolded>
                <summary class="button button--quiet">{tr!(billing.discount)}<span class="visually-hidden">" "{charge.description.clone()}</span></summary>
                <Form action=GIVE id class="form--inline" hidden=sent>
                    <TextField name="discount" label=tr!(billing.discount) hint required=true class="input--medium" autocomplete="off"/>
                    <SelectField name="reason" label=tr!(billing.reason) choices=reasons prompt=tr!(errors.choose) required=true/>
                    <div class="form__actions"><Button label=tr!(billing.give_discount) tone=ButtonTone::Primary/></div>
                </Form>
            </details>
        }
    });
    let take_off = (may.discount && charge.discount > Money::ZERO && charge.free_because.is_none()).then(|| {
        view! { <PostButton action="/api/billing/take_off_discount" label=tr!(billing.take_off_discount) about=charge.description.clone() hidden=hidden(open)/> }
    });
    let cancel = (may.add && charge.source == MANUAL.kind).then(|| {
        let sent = vec![("charge_id", charge.id.to_string()), ("in_error", "true".to_owned())];
        view! {
            <Confirm label=tr!(billing.take_back) text=tr!(billing.take_back_question)>
                <PostButton action="/api/billing/cancel_charge" label=tr!(billing.take_back) tone=ButtonTone::Danger hidden=sent/>
            </Confirm>
        }
    });
    view! { <div class="cluster">{give}{take_off}{cancel}</div> }.into_any()
}

/// Returns an item with its code and its price.
fn item_words(row: &PriceRow, currency: Currency) -> String {
    let price = row.amount.map_or_else(|| tr!(billing.no_price).to_owned(), |amount| currency.show(amount));
    format!("{} · {} · {price}", row.name, row.code)
}

/// The items of the price list as choices, each with its price.
fn item_choices(prices: &[PriceRow], currency: Currency) -> Vec<Choice> {
    prices.iter().map(|row| Choice::new(row.item_id.to_string(), item_words(row, currency))).collect()
}

fn add_form(patient: PatientId, prices: &[PriceRow], masters: &Masters, today: chrono::NaiveDate, currency: Currency) -> AnyView {
    let items = item_choices(prices, currency);
    let doctors: Vec<_> =
        masters.doctors.iter().filter(|row| !row.retired).map(|row| Choice::new(row.id.to_string(), row.name.clone())).collect();
    let hidden = vec![("patient_id", patient.to_string()), ("key", IdempotencyKey::new().to_string())];
    view! {
        <section class="panel" aria-labelledby="add-charge">
            <div class="panel__head"><h2 id="add-charge">{tr!(billing.add_charge)}</h2></div>
            <div class="panel__body">
                <Form action="/api/billing/add_charge" class="form--grid" hidden>
                    <SelectField name="item_id" label=tr!(billing.item) choices=items prompt=tr!(errors.choose) required=true/>
                    <TextField name="quantity" label=tr!(billing.quantity) value="1" inputmode="decimal" class="input--short" required=true autocomplete="off"/>
                    <DateField name="service_day" label=tr!(billing.service_day) value=today.to_string() max=today.to_string() required=true/>
                    <SelectField name="provider_id" label=tr!(billing.done_by) choices=doctors prompt=tr!(billing.no_doctor) optional=true/>
                    <div class="form__actions"><Button label=tr!(billing.add_charge) tone=ButtonTone::Primary/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}
