//! `/invoices/{id}` on the screen and printed.

use leptos::prelude::*;

use super::parts::{self, Line};
use crate::{
    billing::{Invoice, InvoiceLine, Payment, Shares, account},
    core::{
        Currency, InvoiceId, Money, Permission, Result,
        time::{Zone, show_date_time},
    },
    organisation::Clinic,
    patients,
    server::{Ctx, Page, Path, page::Layout},
    tr,
    ui::{ButtonTone, Column, DataTable, Glyph, LinkButton, PageHeader, PaperPage, PatientBanner, PrintSheet, Row},
};

async fn load(ctx: &mut Ctx, id: InvoiceId) -> Result<(Invoice, Vec<InvoiceLine>, Vec<Payment>, Clinic)> {
    let (invoice, lines, payments) = account::invoice(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ReadBilling, invoice.clinic_id)?;
    let clinic = parts::clinic_of(&mut ctx.tx, invoice.clinic_id).await?;
    Ok((invoice, lines, payments, clinic))
}

/// Shows the invoice with its payments.
///
/// # Errors
/// When there is no such invoice, or it belongs to a clinic where the user may not read it.
pub async fn invoice_page(Path(id): Path<InvoiceId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadBilling).await?;
    let (invoice, lines, payments, clinic) = load(&mut ctx, id).await?;
    let today = ctx.today();
    let banner = patients::banner(&mut ctx.tx, invoice.patient_id, today).await?.without_clinical();
    let currency = ctx.state().hospital().currency;
    let may_pay = ctx.who.may_at(Permission::TakePayments, invoice.clinic_id) && invoice.due() > Money::ZERO;
    ctx.saw(invoice.patient_id, "invoice").await?;
    Ok(Page::new(invoice.number.clone(), move || {
        let rows: Vec<_> = lines.iter().map(Line::from).collect();
        let pay = may_pay.then(|| {
            view! { <LinkButton href=format!("/cashier?patient={}&invoice={id}", invoice.patient_id) label=tr!(billing.take_payment) tone=ButtonTone::Primary glyph=Glyph::Money/> }
        });
        let actions = view! { {pay}<LinkButton href=format!("/invoices/{id}/print") label=tr!(ui.print) glyph=Glyph::Print/> }.into_any();
        let back = (format!("/patients/{}/account", invoice.patient_id), tr!(billing.account).to_owned());
        let detail = issued_words(&invoice, clinic.zone);
        view! {
            <PageHeader title=invoice.number.clone() back detail actions=Some(actions)/>
            <div class="columns-2">
                <section class="panel">
                    <div class="panel__head"><h2>{tr!(billing.lines)}</h2>{parts::state_badge(invoice.state)}</div>
                    {parts::lines_table(&rows, invoice.insurer.is_some(), currency)}
                    {parts::totals(parts::shares_of(&invoice), invoice.insurer.as_deref(), invoice.paid, invoice.due(), currency)}
                </section>
                <section class="panel">
                    <div class="panel__head"><h2>{tr!(billing.payments)}</h2></div>
                    {payments_table(&payments, currency, clinic.zone, "/receipts/")}
                </section>
            </div>
        }
    })
    .banner(move || view! { <PatientBanner info=banner/> }))
}

fn issued_words(invoice: &Invoice, zone: Zone) -> String {
    tr!(billing.issued_by, when = show_date_time(zone.local(invoice.issued_at)), name = invoice.issued_by.clone())
}

/// Shows payments, each with a link to its receipt.
pub(super) fn payments_table(payments: &[Payment], currency: Currency, zone: Zone, base: &'static str) -> AnyView {
    if payments.is_empty() {
        return view! { <p class="panel__body muted">{tr!(billing.no_payments)}</p> }.into_any();
    }
    let rows = payments
        .iter()
        .map(|payment| {
            Row::new(vec![
                payment.receipt_number.clone().into_any(),
                show_date_time(zone.local(payment.taken_at)).into_any(),
                payment.method.word().into_any(),
                currency.show(payment.amount).into_any(),
            ])
            .href(format!("{base}{}", payment.id))
        })
        .collect();
    let columns = vec![
        Column::new(tr!(billing.receipt)),
        Column::new(tr!(billing.date)).secondary(),
        Column::new(tr!(billing.method)),
        Column::new(tr!(billing.amount)).numeric(),
    ];
    view! { <DataTable caption=tr!(billing.payments) columns rows/> }.into_any()
}

/// Shows the invoice ready to be printed.
///
/// # Errors
/// The errors of [`invoice_page`].
pub async fn invoice_print(Path(id): Path<InvoiceId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadBilling).await?;
    let (invoice, lines, _, clinic) = load(&mut ctx, id).await?;
    let patient = patients::find(&mut ctx.tx, invoice.patient_id).await?;
    let hospital = ctx.state().hospital();
    ctx.saw(invoice.patient_id, "invoice on paper").await?;
    Ok(Page::new(invoice.number.clone(), move || {
        let currency = hospital.currency;
        let facts = vec![invoice.number.clone(), issued_words(&invoice, clinic.zone)];
        view! {
            <PaperPage back=format!("/invoices/{id}") back_words=tr!(billing.back)>
                <PrintSheet
                    hospital=hospital.name.clone()
                    hospital_lines=hospital.letterhead(Some(&clinic))
                    title=tr!(billing.invoice)
                    patient=patient.on_paper()
                    facts
                >
                    {lines_on_paper(&invoice, &lines, currency)}
                </PrintSheet>
            </PaperPage>
        }
    })
    .layout(Layout::Print))
}

/// Shows the lines, their sum, and the amount to pay. With a plan, each line shows both shares.
fn lines_on_paper(invoice: &Invoice, lines: &[InvoiceLine], currency: Currency) -> AnyView {
    let figures = |amount: Money, shares: Shares| {
        let shares = invoice.insurer.is_some().then(|| {
            view! {
                <td class="is-numeric">{currency.show(shares.insurer)}</td>
                <td class="is-numeric">{currency.show(shares.patient)}</td>
            }
        });
        view! { <td class="is-numeric">{currency.show(amount)}</td>{shares} }
    };
    let rows = lines
        .iter()
        .map(|line| {
            let line = Line::from(line);
            view! { <tr><td>{line.words(currency)}</td>{figures(line.amount, line.shares)}</tr> }
        })
        .collect_view();
    let heads = invoice.insurer.clone().map(|insurer| {
        view! { <th scope="col" class="is-numeric">{insurer}</th><th scope="col" class="is-numeric">{tr!(ui.patient)}</th> }
    });
    let total = parts::shares_of(invoice);
    let paid = (invoice.paid > Money::ZERO).then(|| {
        view! { <p class="sheet__sum"><span>{tr!(billing.paid_so_far)}</span><span>{currency.show(Money::ZERO - invoice.paid)}</span></p> }
    });
    view! {
        <table class="sheet__lines">
            <caption class="visually-hidden">{tr!(billing.lines)}</caption>
            <thead>
                <tr><th scope="col">{tr!(billing.service)}</th><th scope="col" class="is-numeric">{tr!(billing.price)}</th>{heads}</tr>
            </thead>
            <tbody>{rows}</tbody>
            <tbody class="sheet__total"><tr><th scope="row">{tr!(billing.total)}</th>{figures(total.total(), total)}</tr></tbody>
        </table>
        {paid}
        <p class="sheet__due"><span>{tr!(billing.to_pay)}</span><span>{currency.show(invoice.due())}</span></p>
    }
    .into_any()
}
