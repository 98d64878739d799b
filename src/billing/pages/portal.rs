//! `/portal/receipts/{id}` and `/portal/statement`: the patient's own receipts and statement; also the receipts on the
//! portal's record page.

use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::*;

use super::{
    account::statement_sheet,
    invoice::due_words,
    receipt::{ReceiptQuery, ReceiptSheet},
};
use crate::{
    billing::{
        Invoice, Payment, account,
        instalments::{self, Instalment},
        statement,
    },
    core::{Currency, Error, Money, PatientId, PaymentId, Permission, Result, locale, time::show_date},
    organisation::{self, Clinic},
    patients,
    server::{Ctx, Page, Path, Query, department::Draw},
    tr,
    ui::{Glyph, Icon, LinkButton},
};

/// Shows the patient's own receipt; a receipt of another patient is not found.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn receipt_page(Path(id): Path<PaymentId>, Query(how): Query<ReceiptQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let mut own = ctx.who.joined.clone();
    own.push(ctx.own_patient()?);
    let receipt =
        ReceiptSheet::load(&mut ctx, id, |_, payment| if own.contains(&payment.patient_id) { Ok(()) } else { Err(Error::NotFound) })
            .await?;
    Ok(receipt.page(&how, &format!("/portal/receipts/{id}"), "/portal/records".to_owned(), locale::current()))
}

/// Shows the patient's own statement. A user without a record is redirected to the page for linking one.
///
/// # Errors
/// When the database refuses.
pub async fn statement_page() -> Result<Response> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let Ok(own) = ctx.own_patient() else { return Ok(Redirect::to("/portal/records").into_response()) };
    let patient = patients::find(&mut ctx.tx, own).await?;
    let records = patients::merges::family(&mut ctx.tx, own).await?;
    let entries = statement(&mut ctx.tx, &records, |_| true).await?;
    ctx.saw(own, "statement").await?;
    let clinics = organisation::all_clinics(&mut ctx.tx).await?;
    Ok(statement_sheet(patient, (entries, clinics), ctx.zone(), ctx.state().hospital(), ctx.now, "/portal/records".to_owned())
        .into_response())
}

/// Shows the receipts.
pub async fn portal_receipts(ctx: &mut Ctx, patient: PatientId) -> Result<Draw> {
    let receipts = account::payments_of(&mut ctx.tx, patient).await?;
    let mut bills = Vec::new();
    for invoice in account::invoices_of(&mut ctx.tx, patient).await?.into_iter().filter(|invoice| invoice.due() > Money::ZERO) {
        let plan = instalments::of_invoice(&mut ctx.tx, invoice.id).await?;
        bills.push((invoice, plan));
    }
    // Each receipt shows the time of its own clinic.
    let (clinics, currency) = (organisation::all_clinics(&mut ctx.tx).await?, ctx.state().hospital().currency);
    Ok(Box::new(move || view! { {bill_panel(bills, currency)}{receipt_panel(receipts, &clinics, &currency)} }.into_any()))
}

/// The bills on which something is owed, each with its due day.
fn bill_panel(bills: Vec<(Invoice, Vec<Instalment>)>, currency: Currency) -> Option<AnyView> {
    if bills.is_empty() {
        return None;
    }
    let rows = bills
        .into_iter()
        .map(|(invoice, plan)| {
            let due = due_words(&invoice, &plan);
            view! {
                <li class="rows__row">
                    <Icon glyph=Glyph::Money/>
                    <div class="rows__main">{invoice.number.clone()}<br/><span class="muted">{due}</span></div>
                    <div class="rows__side"><strong>{currency.show(invoice.due())}</strong></div>
                </li>
            }
        })
        .collect_view();
    Some(
        view! {
            <section class="panel">
                <div class="panel__head"><h2>{tr!(billing.bills_to_pay)}</h2></div>
                <ul class="rows">{rows}</ul>
            </section>
        }
        .into_any(),
    )
}

fn receipt_panel(receipts: Vec<Payment>, clinics: &[Clinic], currency: &Currency) -> AnyView {
    let none = receipts.is_empty();
    let rows = receipts
        .into_iter()
        .map(|receipt| {
            let href = format!("/portal/receipts/{}", receipt.id);
            let amount = currency.show(receipt.amount);
            let methods = receipt.method_words();
            view! {
                <li class="rows__row">
                    <Icon glyph=Glyph::Receipt/>
                    <div class="rows__main">
                        <a class="row-link" href=href>{receipt.receipt_number}</a>
                        <br/>
                        <span class="muted">{format!("{}, {}", show_date(organisation::day_at(clinics, receipt.clinic_id, receipt.taken_at)), methods)}</span>
                    </div>
                    <div class="rows__side"><strong>{amount}</strong></div>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="panel">
            <div class="panel__head">
                <h2>{tr!(portal.receipts)}</h2>
                <LinkButton href="/portal/statement" label=tr!(portal.statement)/>
            </div>
            {none.then(|| view! { <div class="panel__body"><p class="muted">{tr!(portal.no_receipts)}</p></div> })}
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}
