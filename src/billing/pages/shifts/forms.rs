//! The forms of a shift: the count sheet, cash moves, hand-over, the receiver's count.

use leptos::prelude::*;

use super::{ShiftSheet, reason_field};
use crate::{
    accounts,
    billing::shifts::{CashCount, CashMoveKind, denominations},
    core::{Currency, IdempotencyKey, Money},
    organisation::ServicePoint,
    tr,
    ui::{Button, ButtonTone, CheckboxField, Choice, Form, NoticeBox, NumberField, PostButton, SelectField, TextField, Tone},
};

/// One field for each denomination. With scripts, Enter goes to the next.
fn count_fields(currency: Currency) -> AnyView {
    denominations(currency)
        .into_iter()
        .enumerate()
        .map(|(place, denomination)| {
            let name = CashCount::field(denomination);
            view! { <NumberField name label=currency.show(denomination) unit=tr!(till.pieces) autofocus=place == 0/> }
        })
        .collect_view()
        .into_any()
}

/// The form that opens a shift.
pub(super) fn open_form(points: &[ServicePoint], currency: Currency) -> AnyView {
    let choices: Vec<Choice> = points.iter().map(|point| Choice::new(point.id.to_string(), point.name.clone())).collect();
    let only = if let [only] = points { only.id.to_string() } else { String::new() };
    let hidden = vec![("key", IdempotencyKey::new().to_string())];
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(till.open_shift)}</h2></div>
            <div class="panel__body" data-enter-next="">
                <p class="muted">{tr!(till.open_text)}</p>
                <Form action="/api/till/open" hidden=hidden>
                    {(!choices.is_empty()).then(|| view! { <SelectField name="point" label=tr!(till.counter) choices=choices value=only prompt=tr!(errors.choose)/> })}
                    <div class="form--grid">{count_fields(currency)}</div>
                    <CheckboxField name="sure" label=tr!(till.float_counted)/>
                    <div class="form__actions"><Button label=tr!(till.open_shift) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}

/// The acts on an open shift: move cash, begin to close.
pub(super) fn open_shift_step(sheet: &ShiftSheet) -> AnyView {
    let moves = (sheet.is_own() && sheet.cashier).then(|| move_form(sheet));
    let (title, text) = if sheet.is_own() {
        (tr!(till.close_shift), tr!(till.close_text))
    } else {
        (tr!(till.close_forgotten), tr!(till.close_forgotten_text))
    };
    let hidden = sheet.hidden();
    view! {
        {moves}
        <section class="panel">
            <div class="panel__head"><h2>{title}</h2></div>
            <div class="panel__body stack">
                <p class="muted">{text}</p>
                {refunds_asked(sheet)}
                <PostButton action="/api/till/begin_closing" label=tr!(till.begin_closing) hidden/>
            </div>
        </section>
    }
    .into_any()
}

/// The refunds that must be decided before the shift can be closed.
fn refunds_asked(sheet: &ShiftSheet) -> Option<AnyView> {
    if sheet.asked.is_empty() {
        return None;
    }
    let rows = sheet
        .asked
        .iter()
        .map(|refund| {
            let words =
                format!("{} · {} · {}", refund.kind.word(), refund.receipt_number, sheet.currency.show(refund.amount + refund.rounding));
            view! { <li><a href=format!("/payments/{}", refund.payment_id)>{words}</a></li> }
        })
        .collect_view();
    Some(
        view! {
            <NoticeBox tone=Tone::Waiting title=tr!(till.refunds_asked)>
                <p>{tr!(till.refunds_first)}</p>
                <ul>{rows}</ul>
            </NoticeBox>
        }
        .into_any(),
    )
}

/// The form of a cash move. The style sheet shows the fields of the chosen kind only. Without an open till of a colleague there is no
/// transfer to choose.
fn move_form(sheet: &ShiftSheet) -> AnyView {
    let colleagues: Vec<Choice> = sheet.colleagues.iter().map(|shift| Choice::new(shift.id.to_string(), shift.cashier.clone())).collect();
    let kinds: Vec<Choice> = [CashMoveKind::Drop, CashMoveKind::Transfer, CashMoveKind::PayIn, CashMoveKind::PayOut]
        .into_iter()
        .filter(|kind| *kind != CashMoveKind::Transfer || !colleagues.is_empty())
        .map(|kind| Choice::new(kind.as_str(), kind.word()))
        .collect();
    let hidden = vec![("key", IdempotencyKey::new().to_string())];
    let sign = sheet.currency.sign().to_owned();
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(till.move_cash)}</h2></div>
            <div class="panel__body">
                <Form action="/api/till/move_cash" class="cash-move" hidden=hidden>
                    <SelectField name="kind" label=tr!(till.kind) choices=kinds/>
                    <NumberField name="amount" label=tr!(till.amount) unit=sign decimal=true/>
                    <div class="cash-move__to">
                        <SelectField name="to" label=tr!(till.to_colleague) choices=colleagues prompt=tr!(till.none) hint=tr!(till.to_colleague_hint)/>
                    </div>
                    <div class="cash-move__party">
                        <TextField name="party" label=tr!(till.party) maxlength=100/>
                    </div>
                    <TextField name="reason" label=tr!(till.reason) maxlength=300/>
                    <div class="form__actions"><Button label=tr!(till.move_cash)/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}

/// The blind count: the expected sums are shown after it.
pub(super) fn count_step(sheet: &ShiftSheet) -> AnyView {
    let (currency, hidden) = (sheet.currency, sheet.hidden());
    let sign = currency.sign().to_owned();
    let (other, third) = (sign.clone(), sign.clone());
    let reopen = sheet.supervisor.then(|| {
        let hidden = sheet.hidden();
        view! { <PostButton action="/api/till/reopen" label=tr!(till.reopen) hidden/> }
    });
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(till.count_title)}</h2>{reopen}</div>
            <div class="panel__body" data-enter-next="">
                <p class="muted">{tr!(till.count_text)}</p>
                <Form action="/api/till/count" hidden=hidden>
                    <div class="form--grid">{count_fields(currency)}</div>
                    <NumberField name="card" label=tr!(till.card_slips) unit=sign decimal=true/>
                    <NumberField name="transfer" label=tr!(till.transfers) unit=other decimal=true/>
                    <NumberField name="cheque" label=tr!(till.cheques) unit=third decimal=true/>
                    <CheckboxField name="sure" label=tr!(till.all_counted)/>
                    <div class="form__actions"><Button label=tr!(till.record_count) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}

/// The reasons of the differences, then the hand-over.
pub(super) fn hand_over_step(sheet: &ShiftSheet) -> AnyView {
    let currency = sheet.currency;
    let differences: Vec<_> = sheet.results.iter().filter(|result| result.difference != Money::ZERO).cloned().collect();
    let hidden = sheet.hidden();
    let fields = move || {
        differences
            .into_iter()
            .map(|result| {
                let label = tr!(till.reason_of, method = result.method.word(), difference = currency.show(result.difference));
                view! { <TextField name=reason_field(result.method) label maxlength=300 required=true/> }
            })
            .collect_view()
    };
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(till.hand_over)}</h2></div>
            <div class="panel__body">
                <p class="muted">{tr!(till.hand_over_text)}</p>
                <Form action="/api/till/hand_over" hidden=hidden>
                    {fields()}
                    <div class="form__actions"><Button label=tr!(till.hand_over) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}

/// The receiver's own count, with her password.
pub(super) fn receive_step(sheet: &ShiftSheet) -> AnyView {
    let (currency, hidden) = (sheet.currency, sheet.hidden());
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(till.receive_title)}</h2></div>
            <div class="panel__body" data-enter-next="">
                <p class="muted">{tr!(till.receive_text)}</p>
                <Form action="/api/till/receive" hidden=hidden>
                    <div class="form--grid">{count_fields(currency)}</div>
                    {accounts::proof_field()}
                    <div class="form__actions"><Button label=tr!(till.receive_shift) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}

/// The supervisor closes a shift whose counts differ.
pub(super) fn close_step(sheet: &ShiftSheet) -> AnyView {
    let hidden = sheet.hidden();
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(till.close_title)}</h2></div>
            <div class="panel__body stack">
                <p class="muted">{tr!(till.close_differs_text)}</p>
                <PostButton action="/api/till/close" label=tr!(till.close_for_good) hidden/>
            </div>
        </section>
    }
    .into_any()
}
