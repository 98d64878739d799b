//! The parts that several of billing's pages share: lines, totals, states.

use leptos::prelude::*;

use super::prices::rate_words;
use crate::{
    billing::{Charge, DiscountReason, DraftLine, FreeBecause, Invoice, InvoiceLine, InvoiceState, Quantity, Shares},
    core::{ClinicId, Currency, Money, Result, form::FormState, locale},
    db::Tx,
    organisation::{self, Clinic},
    tr,
    ui::{Column, DataTable, DescriptionList, Detail, NoticeBox, Row, StatusBadge, Toast, Tone},
};

/// A line of a draft or of an invoice, ready to be shown.
#[derive(Clone, Debug)]
pub struct Line {
    pub description: String,
    pub quantity: Quantity,
    pub gross: Money,
    pub discount: Money,
    pub discount_reason: Option<DiscountReason>,
    pub free_because: Option<FreeBecause>,
    pub amount: Money,
    pub shares: Shares,
}

impl From<&Charge> for Line {
    fn from(charge: &Charge) -> Self {
        Self {
            description: charge.description.clone(),
            quantity: charge.quantity,
            gross: charge.gross,
            discount: charge.discount,
            discount_reason: charge.discount_reason,
            free_because: charge.free_because,
            amount: charge.net,
            shares: Shares::default(),
        }
    }
}

impl From<&DraftLine> for Line {
    fn from(line: &DraftLine) -> Self {
        Self { amount: line.taxed.total(), shares: line.shares, ..Self::from(&line.charge) }
    }
}

impl From<&InvoiceLine> for Line {
    fn from(line: &InvoiceLine) -> Self {
        Self {
            description: line.description.clone(),
            quantity: line.quantity,
            gross: line.gross,
            discount: line.discount,
            discount_reason: line.discount_reason,
            free_because: line.free_because,
            amount: line.total,
            shares: Shares { insurer: line.insurer_share, patient: line.patient_share },
        }
    }
}

impl Line {
    /// `Dressing`, `2.5 × Theatre time`, in the reader's language where the item has a name in it.
    pub fn what(&self) -> String {
        let name = organisation::shown_name(&self.description);
        if self.quantity == Quantity::ONE { name } else { format!("{} × {name}", self.quantity.shown(locale::current())) }
    }

    /// The amount taken off the price, and why; none when nothing was.
    pub fn taken_off(&self, currency: Currency) -> Option<String> {
        if let Some(because) = self.free_because.filter(|_| self.discount == self.gross) {
            return Some(tr!(billing.free_line, gross = currency.show(self.gross), because = because.word()));
        }
        let reason = self.discount_reason.map(DiscountReason::word).or(self.free_because.map(FreeBecause::word)).unwrap_or_default();
        (self.discount > Money::ZERO).then(|| {
            tr!(billing.discount_line, gross = currency.show(self.gross), discount = currency.show(self.discount), reason = reason)
        })
    }

    /// The words of the line, and under them what was taken off.
    pub fn words(&self, currency: Currency) -> AnyView {
        let taken_off = self.taken_off(currency).map(|words| view! { <br/><span class="muted small">{words}</span> });
        view! { {self.what()}{taken_off} }.into_any()
    }
}

/// Shows the lines as a table; it has the plan's column only where there is a plan.
pub fn lines_table(lines: &[Line], plan: bool, currency: Currency) -> AnyView {
    let mut columns = vec![Column::new(tr!(billing.service)), Column::new(tr!(billing.price)).numeric()];
    if plan {
        columns.push(Column::new(tr!(billing.plan)).numeric().secondary());
        columns.push(Column::new(tr!(ui.patient)).numeric());
    }
    let rows = lines
        .iter()
        .map(|line| {
            let mut cells = vec![line.words(currency), currency.show(line.amount).into_any()];
            if plan {
                cells.push(currency.show(line.shares.insurer).into_any());
                cells.push(currency.show(line.shares.patient).into_any());
            }
            Row::new(cells)
        })
        .collect();
    view! { <DataTable caption=tr!(billing.lines) columns rows/> }.into_any()
}

/// The net amount and the tax of the lines by rate, the lowest rate first; empty without tax.
fn taxes_of(lines: &[InvoiceLine]) -> Vec<(i64, Money, Money)> {
    let mut rates: Vec<(i64, Money, Money)> = Vec::new();
    for line in lines.iter().filter(|line| line.rate_bp > 0) {
        match rates.iter_mut().find(|(rate, ..)| *rate == line.rate_bp) {
            Some((_, net, tax)) => (*net, *tax) = (*net + line.net, *tax + line.tax),
            None => rates.push((line.rate_bp, line.net, line.tax)),
        }
    }
    rates.sort_unstable_by_key(|(rate, ..)| *rate);
    rates
}

/// Shows the tax by rate; nothing without tax.
pub fn tax_table(lines: &[InvoiceLine], currency: Currency) -> Option<AnyView> {
    let rates = taxes_of(lines);
    if rates.is_empty() {
        return None;
    }
    let rows = rates
        .into_iter()
        .map(|(rate, net, tax)| Row::new(vec![rate_words(rate).into_any(), currency.show(net).into_any(), currency.show(tax).into_any()]))
        .collect();
    let columns = vec![Column::new(tr!(billing.tax_in_it)), Column::new(tr!(ledger.net)).numeric(), Column::new(tr!(ledger.tax)).numeric()];
    Some(view! { <DataTable caption=tr!(billing.tax_in_it) columns rows/> }.into_any())
}

/// Shows the tax by rate on paper; nothing without tax.
pub fn tax_on_paper(lines: &[InvoiceLine], currency: Currency) -> Option<AnyView> {
    let rates = taxes_of(lines);
    if rates.is_empty() {
        return None;
    }
    let rows = rates
        .into_iter()
        .map(|(rate, net, tax)| {
            view! {
                <tr>
                    <th scope="row">{rate_words(rate)}</th>
                    <td class="is-numeric">{currency.show(net)}</td>
                    <td class="is-numeric">{currency.show(tax)}</td>
                </tr>
            }
        })
        .collect_view();
    Some(
        view! {
            <table class="sheet__lines">
                <caption class="visually-hidden">{tr!(billing.tax_in_it)}</caption>
                <thead>
                    <tr>
                        <th scope="col">{tr!(billing.tax_in_it)}</th>
                        <th scope="col" class="is-numeric">{tr!(ledger.net)}</th>
                        <th scope="col" class="is-numeric">{tr!(ledger.tax)}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any(),
    )
}

/// Shows the total, the insurer's share, the amount paid and, in large figures, the amount to pay.
pub fn totals(shares: Shares, insurer: Option<&str>, paid: Money, due: Money, currency: Currency) -> AnyView {
    let mut details = vec![Detail::new(tr!(billing.total), currency.show(shares.total()))];
    if let Some(insurer) = insurer {
        details.push(Detail::new(insurer, currency.show(Money::ZERO - shares.insurer)));
    }
    if paid > Money::ZERO {
        details.push(Detail::new(tr!(billing.paid_so_far), currency.show(Money::ZERO - paid)));
    }
    view! {
        <div class="invoice__totals">
            <DescriptionList details class="details--figures"/>
            <dl class="details details--figures">
                <div class="details__row invoice__due"><dt>{tr!(billing.to_pay)}</dt><dd>{currency.show(due)}</dd></div>
            </dl>
        </div>
    }
    .into_any()
}

/// Shows the invoice's state as colour, icon and word.
pub fn state_badge(state: InvoiceState) -> AnyView {
    let tone = match state {
        InvoiceState::Draft | InvoiceState::Cancelled => Tone::Inactive,
        InvoiceState::Issued => Tone::Waiting,
        InvoiceState::PartPaid => Tone::Warning,
        InvoiceState::Paid => Tone::Done,
    };
    view! { <StatusBadge tone label=state.word()/> }.into_any()
}

/// Returns the shares of an invoice.
pub const fn shares_of(invoice: &Invoice) -> Shares {
    Shares { insurer: invoice.insurer_share, patient: invoice.patient_share }
}

/// Says what was just done with money.
pub fn done_toast(done: &str) -> Option<AnyView> {
    let text = match done {
        "deposit" => tr!(billing.done_deposit),
        "deposit_used" => tr!(billing.done_deposit_used),
        "asked" => tr!(billing.done_asked),
        "approved" => tr!(billing.done_approved),
        "rejected" => tr!(billing.done_rejected),
        "withdrawn" => tr!(billing.done_withdrawn),
        "paid_back" => tr!(billing.done_paid_back),
        "bounced" => tr!(billing.done_bounced),
        "issued" => tr!(billing.done_credited),
        "instalments" => tr!(billing.done_instalments),
        "written_off" => tr!(billing.done_written_off),
        "due_again" => tr!(billing.done_due_again),
        _ => return None,
    };
    Some(view! { <Toast text/> }.into_any())
}

/// Shows the message of a refused form, when the page no longer has such a form.
pub fn refusal(action: &str) -> Option<AnyView> {
    let state = use_context::<FormState>().filter(|state| state.action == action)?;
    let message = state.message?;
    Some(view! { <NoticeBox tone=Tone::Warning title=tr!(ui.there_is_a_problem)><p>{message}</p></NoticeBox> }.into_any())
}

/// Returns the clinic with this id.
pub async fn clinic_of(tx: &mut Tx, id: ClinicId) -> Result<Clinic> {
    organisation::clinic(tx, id).await
}
