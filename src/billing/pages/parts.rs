//! What several of billing's pages show: lines, totals, states.

use leptos::prelude::*;

use crate::{
    billing::{DraftLine, Invoice, InvoiceLine, InvoiceState, Shares},
    core::{ClinicId, Currency, Money, Result, form::FormState},
    db::Tx,
    organisation::{self, Clinic},
    tr,
    ui::{Column, DataTable, DescriptionList, Detail, NoticeBox, Row, StatusBadge, Tone},
};

/// A line as it is shown: of a draft or of an invoice.
#[derive(Clone, Debug)]
pub struct Line {
    pub description: String,
    pub quantity: i64,
    pub amount: Money,
    pub shares: Shares,
}

impl From<&DraftLine> for Line {
    fn from(line: &DraftLine) -> Self {
        Self {
            description: line.charge.description.clone(),
            quantity: line.charge.quantity,
            amount: line.charge.amount,
            shares: line.shares,
        }
    }
}

impl From<&InvoiceLine> for Line {
    fn from(line: &InvoiceLine) -> Self {
        let shares = Shares { insurer: line.insurer_share, patient: line.patient_share };
        Self { description: line.description.clone(), quantity: line.quantity, amount: line.amount, shares }
    }
}

/// `Dressing`, `2 × Dressing`.
pub fn what(quantity: i64, description: &str) -> String {
    if quantity == 1 { description.to_owned() } else { format!("{quantity} × {description}") }
}

/// The lines as a table; the plan's column only where there is a plan.
pub fn lines_table(lines: &[Line], plan: bool, currency: Currency) -> AnyView {
    let mut columns = vec![Column::new(tr!(billing.service)), Column::new(tr!(billing.price)).numeric()];
    if plan {
        columns.push(Column::new(tr!(billing.plan)).numeric().secondary());
        columns.push(Column::new(tr!(ui.patient)).numeric());
    }
    let rows = lines
        .iter()
        .map(|line| {
            let mut cells = vec![what(line.quantity, &line.description).into_any(), currency.show(line.amount).into_any()];
            if plan {
                cells.push(currency.show(line.shares.insurer).into_any());
                cells.push(currency.show(line.shares.patient).into_any());
            }
            Row::new(cells)
        })
        .collect();
    view! { <DataTable caption=tr!(billing.lines) columns rows/> }.into_any()
}

/// Total, the insurer's share, what was paid and, large, what is to pay.
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

/// The invoice's state: colour, icon, word.
pub fn state_badge(state: InvoiceState) -> AnyView {
    let tone = match state {
        InvoiceState::Draft | InvoiceState::Cancelled => Tone::Inactive,
        InvoiceState::Issued => Tone::Waiting,
        InvoiceState::PartPaid => Tone::Warning,
        InvoiceState::Paid => Tone::Done,
    };
    view! { <StatusBadge tone label=state.word()/> }.into_any()
}

/// The shares of an invoice.
pub const fn shares_of(invoice: &Invoice) -> Shares {
    Shares { insurer: invoice.insurer_share, patient: invoice.patient_share }
}

/// What a refused form said, when the page that comes back has no such form any more.
pub fn refusal(action: &str) -> Option<AnyView> {
    let state = use_context::<FormState>().filter(|state| state.action == action)?;
    let message = state.message?;
    Some(view! { <NoticeBox tone=Tone::Warning title=tr!(ui.there_is_a_problem)><p>{message}</p></NoticeBox> }.into_any())
}

/// The clinic that something belongs to.
pub async fn clinic_of(tx: &mut Tx, id: ClinicId) -> Result<Clinic> {
    organisation::clinic(tx, id).await
}
