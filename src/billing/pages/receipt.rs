//! `/receipts/{id}`: the receipt, on a roll of 80 mm or a sheet.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{self, Line};
use crate::{
    billing::{Invoice, InvoiceLine, Method, Payment, account},
    core::{Money, PatientId, PaymentId, Permission, Result, time::show_date_time},
    organisation::{Clinic, Hospital},
    patients::{self, Patient},
    server::{Ctx, Page, Path, Query, page::Layout},
    tr,
    ui::{PaperPage, PrintSheet},
};

/// The query: `?print=1` opens the print window at once; `?paper=page` is A4 or Letter instead of the roll.
#[derive(Debug, Deserialize)]
pub struct How {
    #[serde(default)]
    print: String,
    #[serde(default)]
    paper: String,
}

/// All data of a receipt.
pub(super) struct Receipt {
    payment: Payment,
    invoice: Invoice,
    lines: Vec<InvoiceLine>,
    patient: Patient,
    clinic: Clinic,
    hospital: std::sync::Arc<Hospital>,
}

impl Receipt {
    /// Loads the receipt; `allowed` decides whether the user may see a receipt of this patient and clinic.
    pub async fn load(ctx: &mut Ctx, id: PaymentId, allowed: impl FnOnce(&Ctx, &Payment) -> Result<()>) -> Result<Self> {
        let (payment, invoice, lines) = account::receipt(&mut ctx.tx, id).await?;
        allowed(ctx, &payment)?;
        let patient = patients::find(&mut ctx.tx, payment.patient_id).await?;
        let clinic = parts::clinic_of(&mut ctx.tx, payment.clinic_id).await?;
        ctx.saw(payment.patient_id, "receipt").await?;
        Ok(Self { payment, invoice, lines, patient, clinic, hospital: ctx.state().hospital() })
    }

    /// Returns the page with the sheet. `at` is its address, `back` the page that the user came from.
    pub fn page(self, how: &How, at: &str, back: String) -> Page {
        let title = format!("{} {}", tr!(billing.receipt), self.payment.receipt_number);
        let (at_once, roll) = (!how.print.is_empty(), how.paper != "page");
        let other = if roll { (format!("{at}?paper=page"), tr!(billing.on_a_page)) } else { (at.to_owned(), tr!(billing.on_a_roll)) };
        let others = vec![(other.0, other.1.to_owned())];
        Page::new(title, move || view! { <PaperPage back back_words=tr!(billing.back) at_once others>{self.sheet(roll)}</PaperPage> })
            .layout(Layout::Print)
    }

    fn sheet(&self, roll: bool) -> AnyView {
        let currency = self.hospital.currency;
        let payment = &self.payment;
        let facts = vec![
            payment.receipt_number.clone(),
            format!("{} {}", tr!(billing.invoice), self.invoice.number),
            show_date_time(self.clinic.zone.local(payment.taken_at)),
            tr!(billing.taken_by, name = payment.taken_by.clone()),
        ];
        let lines = self
            .lines
            .iter()
            .map(Line::from)
            .map(|line| view! { <tr><td>{line.words(currency)}</td><td class="is-numeric">{currency.show(line.amount)}</td></tr> })
            .collect_view();
        let row = move |words: String, amount: Money| view! { <tr><th scope="row">{words}</th><td class="is-numeric">{currency.show(amount)}</td></tr> };
        let insurer = self.invoice.insurer.clone().map(|insurer| row(insurer, Money::ZERO - self.invoice.insurer_share));
        let method = match payment.reference.as_str() {
            "" => payment.method.word().to_owned(),
            reference => format!("{} ({reference})", payment.method.word()),
        };
        let cash = (payment.method == Method::Cash).then(|| {
            view! { {row(tr!(billing.tendered).to_owned(), payment.tendered)}{row(tr!(billing.change).to_owned(), payment.change_given)} }
        });
        let share = row(tr!(billing.patient_share).to_owned(), self.invoice.patient_share);
        let (received, left) = (currency.show(payment.amount), row(tr!(billing.still_to_pay).to_owned(), payment.left));
        view! {
            <PrintSheet
                hospital=self.hospital.name.clone()
                hospital_lines=self.hospital.letterhead(Some(&self.clinic))
                title=tr!(billing.receipt)
                patient=self.patient.on_paper()
                facts
                class=if roll { "sheet--roll" } else { "" }
            >
                <table class="sheet__lines">
                    <caption class="visually-hidden">{tr!(billing.lines)}</caption>
                    <tbody>
                        {lines}
                        {insurer}
                        {share}
                    </tbody>
                </table>
                <p class="sheet__due"><span>{tr!(billing.received)}</span><span>{received}</span></p>
                <table class="sheet__lines">
                    <caption class="visually-hidden">{tr!(billing.payment)}</caption>
                    <tbody>
                        <tr><th scope="row">{tr!(billing.method)}</th><td class="is-numeric">{method}</td></tr>
                        {cash}
                        {left}
                    </tbody>
                </table>
                <p class="receipt__thanks">{tr!(billing.thanks)}</p>
            </PrintSheet>
        }
        .into_any()
    }
}

/// Shows the receipt, for staff.
///
/// # Errors
/// When there is no such receipt, or it belongs to a clinic where the user may not read it.
pub async fn receipt_page(Path(id): Path<PaymentId>, Query(how): Query<How>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadBilling).await?;
    let receipt = Receipt::load(&mut ctx, id, |ctx, payment| ctx.at_clinic(Permission::ReadBilling, payment.clinic_id)).await?;
    let back = if ctx.who.may(Permission::TakePayments) { format!("/cashier?receipt={id}") } else { back_to(receipt.payment.patient_id) };
    Ok(receipt.page(&how, &format!("/receipts/{id}"), back))
}

fn back_to(patient: PatientId) -> String {
    format!("/patients/{patient}/account")
}
