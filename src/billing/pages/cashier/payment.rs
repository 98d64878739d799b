//! The right side of the desk: the payment, and after it the change and the receipt.

use leptos::prelude::*;

use super::{
    AMOUNT_FIELD,
    desk::{Chosen, Desk},
};
use crate::{
    billing::{Invoice, Method, account::Receipt, is_far_above, islands::CashTendered},
    core::{Currency, IdempotencyKey, Money, form::FormState, locale},
    tr,
    ui::{Button, ButtonTone, CheckboxField, Choice, EmptyState, Form, Glyph, LinkButton, NumberField, SelectField, TextField},
};

/// Shows the right side. `print`: receipts are printed as soon as a payment is taken.
pub(super) fn payment_panel(desk: &Desk, print: bool, key: IdempotencyKey) -> AnyView {
    let currency = desk.currency;
    let taken = desk.chosen.as_ref().and_then(|chosen| chosen.receipt.as_ref()).map(|receipt| taken(receipt, currency));
    let due = desk
        .chosen
        .as_ref()
        .and_then(|chosen| chosen.invoice.as_ref())
        .map(|(invoice, ..)| invoice)
        .filter(|invoice| invoice.due() > Money::ZERO);
    let others = desk.chosen.as_ref().is_some_and(|chosen| chosen.open.len() > 1);
    let body = match (due, taken.is_some()) {
        (Some(invoice), _) => form(invoice, others, currency, print, key),
        (None, true) => ().into_any(),
        (None, false) => {
            view! { <EmptyState glyph=Glyph::Money title=tr!(billing.no_payment_due) text=tr!(billing.no_payment_due_text)/> }.into_any()
        }
    };
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(billing.payment)}</h2></div>
            {taken}
            {body}
            {desk.chosen.as_ref().map(|chosen| ways(chosen, currency))}
        </section>
    }
    .into_any()
}

/// Links to deposits, refunds and discounts of the account, and the money that is left on it.
fn ways(chosen: &Chosen, currency: Currency) -> AnyView {
    let left: Money = chosen.deposits.iter().map(|payment| payment.deposit_left).sum();
    let patient = chosen.patient;
    let held = (left > Money::ZERO).then(|| view! { <p>{tr!(billing.deposit_held, amount = currency.show(left))}</p> });
    view! {
        <div class="panel__foot stack" data-keys="">
            {held}
            <div class="cluster">
                <LinkButton href=format!("/patients/{patient}/deposit") label=tr!(billing.deposit) key=tr!(billing.key_deposit) tone=ButtonTone::Quiet/>
                <LinkButton href=format!("/patients/{patient}/account") label=tr!(billing.refund) key=tr!(billing.key_refund) tone=ButtonTone::Quiet/>
                <LinkButton href=format!("/patients/{patient}/charges") label=tr!(billing.discount) key=tr!(billing.key_discount) tone=ButtonTone::Quiet/>
            </div>
        </div>
    }
    .into_any()
}

const PAY: &str = "/api/billing/pay";

/// Shows the checkbox that confirms this very amount, after the server refused it as a likely typing error.
fn surely(due: Money, currency: Currency) -> Option<AnyView> {
    let refused = use_context::<FormState>().filter(|state| state.action == PAY)?;
    let tendered = currency.parse("tendered", refused.value("tendered")?).ok().filter(|typed| is_far_above(*typed, due, currency))?;
    let label = tr!(billing.far_above_sure, tendered = currency.show(tendered));
    Some(view! { <CheckboxField name="sure" label value=tendered.0.to_string()/> }.into_any())
}

fn form(invoice: &Invoice, others: bool, currency: Currency, print: bool, key: IdempotencyKey) -> AnyView {
    let due = invoice.due();
    // After a part payment the field does not contain the rest, so that the same key pressed again takes no payment.
    let proposes = invoice.paid == Money::ZERO;
    let proposed = if proposes { currency.plain(due, locale::current()) } else { String::new() };
    let means: Vec<_> = [Method::Card, Method::Transfer, Method::Cheque, Method::Cash]
        .iter()
        .map(|method| Choice::new(method.as_str(), method.word()))
        .collect();
    let hidden = vec![("invoice_id", invoice.id.to_string()), ("seen", due.0.to_string()), ("idempotency_key", key.to_string())];
    let methods = [
        (Method::Cash, Glyph::Money, tr!(billing.key_cash), ButtonTone::Primary),
        (Method::Card, Glyph::Receipt, tr!(billing.key_card), ButtonTone::Secondary),
        (Method::Transfer, Glyph::Transfer, tr!(billing.key_transfer), ButtonTone::Secondary),
        (Method::Cheque, Glyph::Sign, tr!(billing.key_cheque), ButtonTone::Secondary),
    ]
    .map(|(method, glyph, key, tone)| view! { <Button label=method.word() glyph tone key name="method" value=method.as_str()/> })
    .collect_view();
    view! {
        <div class="panel__body" data-keys="">
            <Form action=PAY class="pay" hidden=hidden>
                <NumberField
                    name="tendered"
                    label=tr!(billing.tendered)
                    hint=tr!(billing.tendered_hint)
                    unit=currency.sign()
                    value=proposed
                    decimal=true
                    required=true
                    autofocus=true
                />
                {surely(due, currency)}
                <CashTendered field=AMOUNT_FIELD.to_owned() due proposed=proposes currency/>
                <div class="pay__methods">{methods}</div>
                <details>
                    <summary class="button button--quiet">{tr!(billing.second_means)}</summary>
                    <SelectField name="also_method" label=tr!(billing.second_means) choices=means prompt=tr!(billing.no_item) optional=true/>
                    <NumberField name="also_amount" label=tr!(billing.amount) unit=currency.sign() decimal=true optional=true/>
                    <TextField name="also_reference" label=tr!(billing.reference) optional=true maxlength=100 autocomplete="off"/>
                    <TextField name="also_bank" label=tr!(billing.bank_of_cheque) optional=true maxlength=100 autocomplete="off"/>
                </details>
                {others.then(|| view! { <CheckboxField name="others" label=tr!(billing.pay_others) hint=tr!(billing.pay_others_hint)/> })}
                <CheckboxField name="keep" label=tr!(billing.keep_rest)/>
                <TextField name="reference" label=tr!(billing.reference) hint=tr!(billing.reference_hint) optional=true maxlength=100 autocomplete="off"/>
                <TextField name="bank" label=tr!(billing.bank_of_cheque) optional=true maxlength=100 autocomplete="off"/>
                <CheckboxField name="print" label=tr!(billing.print_at_once) checked=print/>
            </Form>
        </div>
    }
    .into_any()
}

/// Shows the payment that was just taken, and the change for the patient.
fn taken(receipt: &Receipt, currency: Currency) -> AnyView {
    let payment = &receipt.payment;
    let still: Money = receipt.invoices.iter().map(|(settled, ..)| settled.patient_due).sum();
    let change = payment.has_cash().then(|| {
        view! {
            <p class="pay__change" role="status">
                <small>{tr!(billing.give_change)}</small>
                <span class="amount">{currency.show(payment.change_given)}</span>
            </p>
        }
    });
    let words = tr!(
        billing.taken,
        amount = currency.show(payment.amount),
        method = payment.method_words(),
        number = payment.receipt_number.clone()
    );
    // A number is read, and compared, as a whole.
    let words = match words.split_once(&payment.receipt_number) {
        Some((before, after)) => {
            let (before, after) = (before.to_owned(), after.to_owned());
            view! { {before}<span class="nowrap">{payment.receipt_number.clone()}</span>{after} }.into_any()
        }
        None => words.into_any(),
    };
    let print = if still > Money::ZERO { ButtonTone::Secondary } else { ButtonTone::Primary };
    let href = format!("/receipts/{}?print=1", payment.id);
    let left = (still > Money::ZERO).then(|| tr!(billing.left, amount = currency.show(still)));
    let kept = (payment.deposit_left > Money::ZERO).then(|| tr!(billing.kept_as_deposit, amount = currency.show(payment.deposit_left)));
    view! {
        <div class="panel__body stack">
            {change}
            <p role="status">{words}</p>
            {left.map(|left| view! { <p><strong>{left}</strong></p> })}
            {kept.map(|kept| view! { <p>{kept}</p> })}
            <div class="cluster">
                <LinkButton href label=tr!(billing.print_receipt) tone=print glyph=Glyph::Print key=tr!(billing.key_print)/>
                <LinkButton href="/cashier" label=tr!(billing.next_account)/>
            </div>
        </div>
    }
    .into_any()
}
