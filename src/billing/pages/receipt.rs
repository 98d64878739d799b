//! `/receipts/{id}`: the receipt, on a roll of 80 mm or a sheet. Its first print is the original; all others say that they are copies.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{self, Line};
use crate::{
    billing::{Invoice, InvoiceLine, Method, Payment, SettledInvoice, Tender, account, account::Receipt, prints, refunds, till},
    core::{
        Currency, Error, Money, PatientId, PaymentId, Permission, Result,
        locale::{self, LOCALE, Locale},
        time::show_date_time,
    },
    organisation::{Clinic, Hospital},
    patients::{self, Patient, grants::reads},
    server::{Ctx, Page, Path, Query, page::Layout},
    tr,
    ui::{PaperPage, PrintSheet},
};

/// The query: `?print=1` opens the print window at once; `?paper=page` is A4 or Letter instead of the roll.
#[derive(Debug, Deserialize)]
pub struct ReceiptQuery {
    #[serde(default)]
    print: String,
    #[serde(default)]
    paper: String,
}

/// All data of a receipt on paper.
pub(super) struct ReceiptSheet {
    receipt: Receipt,
    patient: Patient,
    clinic: Clinic,
    hospital: std::sync::Arc<Hospital>,
    /// The part of it that the bank refused later.
    bounced: Money,
    /// The number of this print; none for a sheet that is only looked at.
    print: Option<i64>,
}

impl ReceiptSheet {
    /// Loads the receipt; `allowed` decides whether the user may see a receipt of this patient and clinic.
    pub async fn load(ctx: &mut Ctx, id: PaymentId, allowed: impl FnOnce(&Ctx, &Payment) -> Result<()>) -> Result<Self> {
        let receipt = account::receipt(&mut ctx.tx, id).await?;
        allowed(ctx, &receipt.payment)?;
        let patient = patients::find(&mut ctx.tx, receipt.payment.patient_id).await?;
        let clinic = parts::clinic_of(&mut ctx.tx, receipt.payment.clinic_id).await?;
        ctx.saw(receipt.payment.patient_id, "receipt").await?;
        let refunds = refunds::of_payment(&mut ctx.tx, id).await?;
        let bounced = refunds.iter().filter(|refund| refund.is_bounced()).map(|refund| refund.amount).sum();
        Ok(Self { receipt, patient, clinic, hospital: ctx.state().hospital(), bounced, print: None })
    }

    /// Returns the language in which the patient reads.
    pub fn language(&self) -> Locale {
        reads(&self.patient.facts.more.language).unwrap_or_else(locale::current)
    }

    /// Returns the page with the sheet. `at` is its address, `back` the page that the user came from.
    pub fn page(self, how: &ReceiptQuery, at: &str, back: String, language: Locale) -> Page {
        let title = format!("{} {}", tr!(billing.receipt), self.receipt.payment.receipt_number);
        let (at_once, roll) = (!how.print.is_empty(), how.paper != "page");
        let other = if roll { (format!("{at}?paper=page"), tr!(billing.on_a_page)) } else { (at.to_owned(), tr!(billing.on_a_roll)) };
        let others = vec![(other.0, other.1.to_owned())];
        Page::new(title, move || {
            let sheet = LOCALE.sync_scope(language, || self.sheet(roll));
            view! { <PaperPage back back_words=tr!(billing.back) at_once others><div lang=locale::code(language)>{sheet}</div></PaperPage> }
        })
        .layout(Layout::Print)
    }

    fn sheet(&self, roll: bool) -> AnyView {
        let currency = self.hospital.currency;
        let payment = &self.receipt.payment;
        let mut facts = vec![payment.receipt_number.clone()];
        facts.extend(self.receipt.invoices.iter().map(|(settled, ..)| format!("{} {}", tr!(billing.invoice), settled.number)));
        facts.push(show_date_time(self.clinic.zone.local(payment.taken_at)));
        facts.push(tr!(billing.taken_by, name = payment.taken_by.clone()));
        let invoices =
            self.receipt.invoices.iter().map(|(settled, invoice, lines)| invoice_rows(settled, invoice, lines, currency)).collect_view();
        let means = self.receipt.tenders.iter().map(|tender| tender_rows(tender, currency)).collect_view();
        let still: Money = self.receipt.invoices.iter().map(|(settled, ..)| settled.patient_due).sum();
        let left = (!self.receipt.invoices.is_empty()).then(|| row(tr!(billing.still_to_pay).to_owned(), still, currency));
        let deposit = (payment.deposit_left > Money::ZERO).then(|| row(tr!(billing.deposit).to_owned(), payment.deposit_left, currency));
        let refunded = payment.refunded - self.bounced;
        let refunded = (refunded > Money::ZERO).then(|| row(tr!(billing.refunded).to_owned(), refunded, currency));
        let bounced = (self.bounced > Money::ZERO).then(|| row(tr!(billing.bounced).to_owned(), self.bounced, currency));
        let title = if self.receipt.invoices.is_empty() { tr!(billing.deposit_receipt) } else { tr!(billing.receipt) };
        let title = prints::title(title, self.print);
        let received = currency.show(payment.amount);
        view! {
            <PrintSheet
                hospital=self.hospital.name.clone()
                hospital_lines=self.hospital.letterhead(Some(&self.clinic))
                title
                patient=self.patient.on_paper()
                facts
                class=if roll { "sheet--roll" } else { "" }
            >
                <table class="sheet__lines">
                    <caption class="visually-hidden">{tr!(billing.lines)}</caption>
                    <tbody>{invoices}</tbody>
                </table>
                <p class="sheet__due"><span>{tr!(billing.received)}</span><span>{received}</span></p>
                <table class="sheet__lines">
                    <caption class="visually-hidden">{tr!(billing.payment)}</caption>
                    <tbody>
                        {means}
                        {left}
                        {deposit}
                        {refunded}
                        {bounced}
                    </tbody>
                </table>
                <p class="receipt__thanks">{tr!(billing.thanks)}</p>
            </PrintSheet>
        }
        .into_any()
    }
}

fn row(words: String, amount: Money, currency: Currency) -> AnyView {
    view! { <tr><th scope="row">{words}</th><td class="is-numeric">{currency.show(amount)}</td></tr> }.into_any()
}

/// The lines of an invoice, the payers' and the patient's share, and how much of it this payment settles.
fn invoice_rows(settled: &SettledInvoice, invoice: &Invoice, lines: &[InvoiceLine], currency: Currency) -> AnyView {
    let rows = lines
        .iter()
        .map(Line::from)
        .map(|line| view! { <tr><td>{line.words(currency)}</td><td class="is-numeric">{currency.show(line.amount)}</td></tr> })
        .collect_view();
    let tax: Money = lines.iter().map(|line| line.tax).sum();
    let tax = (tax > Money::ZERO).then(|| row(tr!(billing.tax_in_it).to_owned(), tax, currency));
    let insurer = invoice.insurer.clone().map(|insurer| row(insurer, Money::ZERO - invoice.insurer_share, currency));
    let credited =
        (invoice.credited > Money::ZERO).then(|| row(tr!(billing.credited).to_owned(), Money::ZERO - invoice.credited, currency));
    let part = (settled.amount != invoice.patient_share)
        .then(|| row(format!("{} {}", tr!(billing.settles), settled.number), settled.amount, currency));
    view! { {rows}{tax}{insurer}{row(tr!(billing.patient_share).to_owned(), invoice.patient_share, currency)}{credited}{part} }.into_any()
}

/// A means of payment: its amount, and for cash what was handed over, the rounding and the change.
fn tender_rows(tender: &Tender, currency: Currency) -> AnyView {
    let method = match tender.detail().as_str() {
        "" => tender.method.word().to_owned(),
        detail => format!("{} ({detail})", tender.method.word()),
    };
    let rounding = (tender.rounding != Money::ZERO).then(|| row(tr!(billing.rounding).to_owned(), tender.rounding, currency));
    let cash = (tender.method == Method::Cash).then(|| {
        view! { {rounding}{row(tr!(billing.tendered).to_owned(), tender.tendered, currency)}{row(tr!(billing.change).to_owned(), tender.change_given, currency)} }
    });
    view! { {row(method, tender.amount, currency)}{cash} }.into_any()
}

/// Records a print of the receipt, and returns which one it is.
async fn printed(id: PaymentId) -> Result<i64> {
    let mut ctx = Ctx::write(Permission::ReadBilling).await?;
    let payment = till::payment(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let number = prints::record(&mut ctx, id, (payment.patient_id, payment.clinic_id)).await?;
    ctx.commit().await?;
    Ok(number)
}

/// Shows the receipt, for staff. With `?print=1` the print is recorded: the first one is the original.
///
/// # Errors
/// When there is no such receipt, or it belongs to a clinic where the user may not read it.
pub async fn receipt_page(Path(id): Path<PaymentId>, Query(how): Query<ReceiptQuery>) -> Result<Page> {
    let print = if how.print.is_empty() { None } else { Some(printed(id).await?) };
    let mut ctx = Ctx::read(Permission::ReadBilling).await?;
    let mut receipt = ReceiptSheet::load(&mut ctx, id, |ctx, payment| ctx.at_clinic(Permission::ReadBilling, payment.clinic_id)).await?;
    let back =
        if ctx.who.may(Permission::TakePayments) { format!("/cashier?receipt={id}") } else { back_to(receipt.receipt.payment.patient_id) };
    let language = receipt.language();
    receipt.print = print;
    Ok(receipt.page(&how, &format!("/receipts/{id}"), back, language))
}

fn back_to(patient: PatientId) -> String {
    format!("/patients/{patient}/account")
}
