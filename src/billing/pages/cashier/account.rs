//! The middle of the desk: the charges to be invoiced, or the invoice.

use leptos::prelude::*;

use super::{
    desk::{Chosen, Desk},
    told::told_view,
};
use crate::{
    billing::{
        Draft, Invoice, InvoiceLine,
        pages::parts::{self, Line},
    },
    core::{Currency, Money, time::Zone},
    tr,
    ui::{Button, ButtonTone, EmptyState, Form, Glyph, LinkButton, NoticeBox, StatusBadge, Tab, Tabs, Tone},
};

/// Shows the middle of the desk.
pub(super) fn account_panel(desk: &Desk) -> AnyView {
    let Some(chosen) = &desk.chosen else {
        return view! {
            <section class="panel">
                <div class="panel__head"><h2>{tr!(billing.invoice)}</h2></div>
                <EmptyState glyph=Glyph::Receipt title=tr!(billing.choose_account) text=tr!(billing.choose_account_text)/>
            </section>
        }
        .into_any();
    };
    let (currency, zone) = (desk.currency, desk.zone);
    let body = match (&chosen.invoice, &chosen.draft) {
        (Some((invoice, lines, _)), _) => invoice_view(invoice, lines, told_view(&chosen.told, zone), currency),
        (None, Some(draft)) => draft_view(chosen, draft, (currency, zone)),
        (None, None) => {
            let href = format!("/patients/{}/account", chosen.patient);
            view! {
                <div class="panel__head"><h2>{tr!(billing.invoice)}</h2></div>
                <EmptyState glyph=Glyph::Done title=tr!(billing.nothing_to_pay) text=tr!(billing.nothing_to_pay_text)>
                    <LinkButton href label=tr!(billing.whole_account)/>
                </EmptyState>
            }
            .into_any()
        }
    };
    // The key that issues the invoice works only with the focus in this panel. With an invoice to pay, the focus is on
    // the amount instead.
    let focus = chosen.invoice.is_none();
    view! {
        <section class="panel" data-keys="" role="group" aria-label=tr!(billing.invoice) tabindex="-1" autofocus=focus>
            {others(chosen)}
            {unpriced(chosen)}
            {body}
            <div class="panel__foot cluster">
                <LinkButton href=format!("/patients/{}/charges", chosen.patient) label=tr!(billing.charges) tone=ButtonTone::Quiet/>
                <LinkButton href=format!("/patients/{}/estimate", chosen.patient) label=tr!(billing.estimate) tone=ButtonTone::Quiet/>
            </div>
        </section>
    }
    .into_any()
}

/// Shows tabs for the open invoices, and for the charges that are not invoiced yet.
fn others(chosen: &Chosen) -> Option<AnyView> {
    let shown = chosen.invoice.as_ref().map(|(invoice, ..)| invoice.id);
    let mut tabs = Vec::new();
    if let Some(draft) = &chosen.draft {
        let count = i64::try_from(draft.lines.len()).unwrap_or_default();
        tabs.push(Tab::new(format!("/cashier?patient={}", chosen.patient), tr!(billing.new_charges), shown.is_none()).count(count));
    }
    for invoice in chosen.open.iter().rev() {
        let href = format!("/cashier?patient={}&invoice={}", chosen.patient, invoice.id);
        tabs.push(Tab::new(href, invoice.number.clone(), shown == Some(invoice.id)));
    }
    (tabs.len() > 1).then(|| view! { <Tabs label=tr!(billing.invoices) tabs/> }.into_any())
}

/// Charges of the account that are on no invoice because their price is not known.
fn unpriced(chosen: &Chosen) -> Option<AnyView> {
    let (count, href) = (chosen.unpriced, format!("/patients/{}/charges", chosen.patient));
    (count > 0).then(|| {
        view! {
            <NoticeBox tone=Tone::Warning title=tr!(billing.price_missing)>
                <p>{tr!(billing.price_missing_count, count = count)}" "<a href=href>{tr!(billing.charges)}</a></p>
            </NoticeBox>
        }
        .into_any()
    })
}

fn draft_view(chosen: &Chosen, draft: &Draft, (currency, zone): (Currency, Zone)) -> AnyView {
    let lines: Vec<_> = draft.lines.iter().map(Line::from).collect();
    let shares = draft.shares();
    let left_over = (draft.left_over > 0).then(|| tr!(billing.left_over, count = draft.left_over));
    let insurer = draft.insurer.as_ref().map(|(_, name)| name.as_str());
    let hidden = vec![("patient_id", chosen.patient.to_string()), ("seen", shares.total().0.to_string())];
    view! {
        <div class="panel__head"><h2>{tr!(billing.new_invoice)}</h2><StatusBadge tone=Tone::Inactive label=tr!(billing.draft)/></div>
        {parts::lines_table(&lines, insurer.is_some(), currency)}
        {parts::totals(shares, insurer, Money::ZERO, shares.patient, currency)}
        {told_view(&chosen.told, zone)}
        {left_over.map(|words| view! { <NoticeBox tone=Tone::Waiting><p>{words}</p></NoticeBox> })}
        <div class="panel__foot">
            <Form action="/api/billing/issue" hidden=hidden>
                <div class="form__actions">
                    <Button label=tr!(billing.issue) tone=ButtonTone::Primary glyph=Glyph::Receipt key=tr!(billing.key_issue)/>
                </div>
            </Form>
        </div>
    }
    .into_any()
}

fn invoice_view(invoice: &Invoice, lines: &[InvoiceLine], told: AnyView, currency: Currency) -> AnyView {
    let rows: Vec<_> = lines.iter().map(Line::from).collect();
    view! {
        <div class="panel__head"><h2>{invoice.number.clone()}</h2>{parts::state_badge(invoice.state)}</div>
        {parts::lines_table(&rows, invoice.insurer.is_some(), currency)}
        {parts::totals(parts::shares_of(invoice), invoice.insurer.as_deref(), invoice.paid, invoice.due(), currency)}
        {told}
        <div class="panel__foot cluster">
            <LinkButton href=format!("/invoices/{}", invoice.id) label=tr!(billing.open_invoice) tone=ButtonTone::Quiet/>
            <LinkButton href=format!("/patients/{}/account", invoice.patient_id) label=tr!(billing.whole_account) tone=ButtonTone::Quiet/>
        </div>
    }
    .into_any()
}
