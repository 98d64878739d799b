//! `/invoices/{id}` on the screen and printed.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    credit, instalments as instalments_panel,
    parts::{self, Line, done_toast},
};
use crate::{
    audit::field_words,
    billing::{
        Debtor, Invoice, InvoiceLine, InvoiceState, Payment, Share, Shares, account,
        credits::{self, CreditNote},
        instalments::{self, Instalment, next_due},
        prints, till,
        write_offs::{self, WriteOff, WriteOffReason, WriteOffState, sums},
    },
    core::{
        Currency, IdempotencyKey, InvoiceId, Money, Permission, Result,
        locale::{self, LOCALE, Locale},
        time::{Zone, show_date, show_date_time},
    },
    organisation::Clinic,
    patients::{self, grants::reads},
    server::{Ctx, Page, Path, Query, page::Layout},
    tr,
    ui::{
        Button, ButtonTone, Choice, Column, DataTable, Form, Glyph, LinkButton, NumberField, PageHeader, PaperPage, PatientBanner,
        PostButton, PrintSheet, QrCode, Row, SelectField,
    },
};

/// The query: the act that was just done.
#[derive(Debug, Deserialize)]
pub struct InvoiceQuery {
    #[serde(default)]
    pub done: String,
}

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
pub async fn invoice_page(Path(id): Path<InvoiceId>, Query(done): Query<InvoiceQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadBilling).await?;
    let (invoice, lines, payments, clinic) = load(&mut ctx, id).await?;
    let today = ctx.today();
    let banner = patients::banner(&mut ctx.tx, invoice.patient_id, today).await?.without_clinical();
    let currency = ctx.state().hospital().currency;
    let cashier = ctx.who.may_at(Permission::TakePayments, invoice.clinic_id);
    let shares = account::shares_of(&mut ctx.tx, id).await?;
    let notes = credits::notes_of_invoice(&mut ctx.tx, id).await?;
    let plan = instalments::of_invoice(&mut ctx.tx, id).await?;
    let write_offs = write_offs::of_invoice(&mut ctx.tx, id).await?;
    let deposits: Money =
        till::deposits_of(&mut ctx.tx, invoice.patient_id, invoice.clinic_id).await?.iter().map(|payment| payment.deposit_left).sum();
    let may_pay = ctx.who.may_at(Permission::TakePayments, invoice.clinic_id) && invoice.due() > Money::ZERO;
    ctx.saw(invoice.patient_id, "invoice").await?;
    Ok(Page::new(invoice.number.clone(), move || {
        let rows: Vec<_> = lines.iter().map(Line::from).collect();
        let pay = may_pay.then(|| {
            view! { <LinkButton href=format!("/cashier?patient={}&invoice={id}", invoice.patient_id) label=tr!(billing.take_payment) tone=ButtonTone::Primary glyph=Glyph::Money/> }
        });
        let credit = (cashier && invoice.state != InvoiceState::Cancelled)
            .then(|| view! { <LinkButton href=format!("/invoices/{id}/credit") label=tr!(billing.credit_note)/> });
        let deposit = (may_pay && deposits > Money::ZERO).then(|| {
            let hidden = vec![("invoice_id", id.to_string()), ("seen", invoice.due().0.to_string())];
            view! { <PostButton action="/api/billing/use_deposit" label=tr!(billing.use_deposit, amount = currency.show(deposits.min(invoice.due()))) hidden/> }
        });
        let actions = view! { {pay}{deposit}{credit}<LinkButton href=format!("/invoices/{id}/print?print=1") label=tr!(ui.print) glyph=Glyph::Print/> }.into_any();
        let back = (format!("/patients/{}/account", invoice.patient_id), tr!(billing.account).to_owned());
        let detail = [Some(issued_words(&invoice, clinic.zone)), due_words(&invoice, &plan)].into_iter().flatten().collect::<Vec<_>>().join(" · ");
        view! {
            {done_toast(&done.done)}
            {parts::refusal("/api/billing/use_deposit")}
            {parts::refusal("/api/billing/decide_write_off")}
            {parts::refusal(TAKE_BACK)}
            <PageHeader title=invoice.number.clone() back detail actions=Some(actions)/>
            <div class="columns-2">
                <section class="panel">
                    <div class="panel__head"><h2>{tr!(billing.lines)}</h2>{parts::state_badge(invoice.state)}</div>
                    {parts::lines_table(&rows, invoice.insurer.is_some(), currency)}
                    {parts::tax_table(&lines, currency)}
                    {parts::totals(parts::shares_of(&invoice), invoice.insurer.as_deref(), invoice.paid, invoice.due(), currency)}
                    {shares_table(&shares, currency)}
                </section>
                <div class="stack">
                    <section class="panel">
                        <div class="panel__head"><h2>{tr!(billing.payments)}</h2></div>
                        {payments_table(&payments, currency, clinic.zone, "/payments/")}
                    </section>
                    {notes_panel(&notes, currency)}
                    {instalments_panel::panel(&invoice, &plan, today, may_pay, currency)}
                    {write_off_panel(&invoice, &write_offs, (may_pay, cashier), currency)}
                </div>
            </div>
        }
    })
    .banner(move || view! { <PatientBanner info=banner/> }))
}

/// Shows each share with its debtor and what became of it.
fn shares_table(shares: &[Share], currency: Currency) -> AnyView {
    let rows = shares
        .iter()
        .map(|share| {
            let debtor = match share.debtor {
                Debtor::Patient => tr!(ui.patient).to_owned(),
                Debtor::Insurer => share.insurer.clone().unwrap_or_default(),
            };
            Row::new(vec![
                debtor.into_any(),
                currency.show(share.amount).into_any(),
                currency.show(share.credited).into_any(),
                currency.show(share.settled).into_any(),
                currency.show(share.written_off).into_any(),
                currency.show(share.open()).into_any(),
            ])
        })
        .collect();
    let columns = vec![
        Column::new(tr!(billing.debtor)),
        Column::new(tr!(billing.share)).numeric(),
        Column::new(tr!(billing.credited)).numeric().secondary(),
        Column::new(tr!(billing.settled)).numeric().secondary(),
        Column::new(tr!(billing.written_off)).numeric().secondary(),
        Column::new(tr!(billing.to_pay)).numeric(),
    ];
    view! { <DataTable caption=tr!(billing.shares) columns rows/> }.into_any()
}

fn notes_panel(notes: &[CreditNote], currency: Currency) -> Option<AnyView> {
    if notes.is_empty() {
        return None;
    }
    let rows = notes
        .iter()
        .map(|note| {
            Row::new(vec![
                note.number.clone().unwrap_or_else(|| note.asked_by_name.clone()).into_any(),
                note.reason.word().into_any(),
                credit::state_badge(note.state),
                currency.show(note.total).into_any(),
            ])
            .href(format!("/credit-notes/{}", note.id))
        })
        .collect();
    let columns = vec![
        Column::new(tr!(billing.credit_note)),
        Column::new(tr!(billing.reason)).secondary(),
        Column::new(tr!(billing.state)),
        Column::new(tr!(billing.amount)).numeric(),
    ];
    Some(
        view! {
            <section class="panel">
                <div class="panel__head"><h2>{tr!(billing.credit_notes)}</h2></div>
                <DataTable caption=tr!(billing.credit_notes) columns rows/>
            </section>
        }
        .into_any(),
    )
}

const TAKE_BACK: &str = "/api/billing/take_back_write_off";

/// Shows the write-offs, each with the button that asks to take it back, and the form of another one.
fn write_off_panel(invoice: &Invoice, write_offs: &[WriteOff], (may, cashier): (bool, bool), currency: Currency) -> Option<AnyView> {
    if write_offs.is_empty() && !may {
        return None;
    }
    let live: Vec<_> = write_offs.iter().filter(|one| one.state != WriteOffState::Rejected).collect();
    let rows = live.iter().map(|one| {
        let state = match (one.state, one.reverses) {
            (WriteOffState::Asked, _) => tr!(billing.asked_for),
            (_, None) => tr!(billing.written_off),
            (_, Some(_)) => tr!(billing.due_again),
        };
        let gone = live.iter().any(|other| other.reverses == Some(one.id));
        let back = (cashier && one.state == WriteOffState::Issued && one.reverses.is_none() && !gone).then(|| {
            let hidden = vec![("write_off_id", one.id.to_string()), ("key", IdempotencyKey::new().to_string())];
            view! { <PostButton action=TAKE_BACK label=tr!(billing.take_back) about=currency.show(one.amount) hidden/> }
        });
        let withdraw = (cashier && one.state == WriteOffState::Asked).then(|| {
            let hidden = vec![("write_off_id", one.id.to_string())];
            view! { <PostButton action="/api/billing/withdraw_write_off" label=tr!(billing.withdraw) about=currency.show(one.amount) hidden/> }
        });
        let words = format!("{} · {}", one.what(), one.reason.word());
        view! {
            <li class="rows__row">
                <div class="rows__main">{words}<br/><span class="muted small">{format!("{} · {state}", one.asked_by_name)}</span></div>
                <div class="rows__side">{currency.show(one.amount)}{back}{withdraw}</div>
            </li>
        }
    });
    let rows = rows.collect_view();
    let form = may.then(|| {
        let hidden = vec![("invoice_id", invoice.id.to_string()), ("key", IdempotencyKey::new().to_string())];
        let reasons: Vec<_> = WriteOffReason::ALL.iter().map(|reason| Choice::new(reason.as_str(), reason.word())).collect();
        let value = currency.plain((invoice.due() - sums(write_offs).1).max(Money::ZERO), locale::current());
        view! {
            <Form action="/api/billing/write_off" class="form" hidden>
                <NumberField name="amount" label=tr!(billing.amount) hint=tr!(billing.write_off_hint) unit=currency.sign() value decimal=true required=true/>
                <SelectField name="reason" label=tr!(billing.reason) choices=reasons prompt=tr!(errors.choose) required=true/>
                <div class="form__actions"><Button label=tr!(billing.write_off)/></div>
            </Form>
        }
    });
    Some(
        view! {
            <section class="panel">
                <div class="panel__head"><h2>{tr!(billing.write_off)}</h2></div>
                <ul class="rows">{rows}</ul>
                <div class="panel__body">{form}</div>
            </section>
        }
        .into_any(),
    )
}

fn issued_words(invoice: &Invoice, zone: Zone) -> String {
    tr!(billing.issued_by, when = show_date_time(zone.local(invoice.issued_at)), name = invoice.issued_by.clone())
}

/// Returns the day until which the patient pays what is owed: that of the first open instalment, if there are any.
pub(super) fn due_words(invoice: &Invoice, plan: &[Instalment]) -> Option<String> {
    let day = next_due(plan, invoice.due()).unwrap_or(invoice.due_day);
    (invoice.due() > Money::ZERO).then(|| tr!(billing.due_on, day = show_date(day)))
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
                payment.method_words().into_any(),
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

/// The query of a document on paper: `?print=1` records the print and opens the print window at once.
#[derive(Debug, Deserialize)]
pub struct InvoicePrintQuery {
    #[serde(default)]
    pub print: String,
}

/// Records a print of the invoice, and returns which one it is.
async fn printed(id: InvoiceId) -> Result<i64> {
    let mut ctx = Ctx::write(Permission::ReadBilling).await?;
    let (invoice, ..) = account::invoice(&mut ctx.tx, id).await?;
    let number = prints::record(&mut ctx, id, (invoice.patient_id, invoice.clinic_id)).await?;
    ctx.commit().await?;
    Ok(number)
}

/// Shows the invoice ready to be printed: the first print is the original.
///
/// # Errors
/// The errors of [`invoice_page`].
pub async fn invoice_print(Path(id): Path<InvoiceId>, Query(InvoicePrintQuery { print }): Query<InvoicePrintQuery>) -> Result<Page> {
    let print = if print.is_empty() { None } else { Some(printed(id).await?) };
    let mut ctx = Ctx::read(Permission::ReadBilling).await?;
    let (invoice, lines, _, clinic) = load(&mut ctx, id).await?;
    let plan = instalments::of_invoice(&mut ctx.tx, id).await?;
    let patient = patients::find(&mut ctx.tx, invoice.patient_id).await?;
    let hospital = ctx.state().hospital();
    ctx.saw(invoice.patient_id, "invoice on paper").await?;
    Ok(Page::new(invoice.number.clone(), move || {
        let language = reads(&patient.facts.more.language).unwrap_or_else(locale::current);
        let currency = hospital.currency;
        let sheet = LOCALE.sync_scope(language, || {
            let mut facts = vec![invoice.number.clone(), issued_words(&invoice, clinic.zone)];
            facts.extend(due_words(&invoice, &plan));
            let mut hospital_lines = hospital.letterhead(Some(&clinic));
            if !hospital.licence_number.is_empty() {
                hospital_lines.push(format!("{}: {}", field_words("licence_number"), hospital.licence_number));
            }
            view! {
                <PrintSheet
                    hospital=hospital.name.clone()
                    hospital_lines
                    title=prints::title(tr!(billing.invoice), print)
                    patient=patient.on_paper()
                    facts
                >
                    {lines_on_paper(&invoice, &lines, currency)}
                </PrintSheet>
            }
            .into_any()
        });
        view! {
            <PaperPage back=format!("/invoices/{id}") back_words=tr!(billing.back) at_once=print.is_some()>
                <div lang=locale::code(language)>{sheet}</div>
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
    // Number and amount, for the cashier's scanner and for the payer's program.
    let code = format!("{} {} {}", invoice.number, currency.plain(invoice.due(), Locale::en).replace(',', ""), currency.code());
    let total = parts::shares_of(invoice);
    let paid = (invoice.paid > Money::ZERO).then(|| {
        view! { <p class="sheet__sum"><span>{tr!(billing.paid_so_far)}</span><span>{currency.show(Money::ZERO - invoice.paid)}</span></p> }
    });
    let credited = (invoice.credited > Money::ZERO).then(|| {
        view! { <p class="sheet__sum"><span>{tr!(billing.credited)}</span><span>{currency.show(Money::ZERO - invoice.credited)}</span></p> }
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
        {parts::tax_on_paper(lines, currency)}
        {paid}
        {credited}
        <p class="sheet__due"><span>{tr!(billing.to_pay)}</span><span>{currency.show(invoice.due())}</span></p>
        <div class="sheet__code"><QrCode text=code label=tr!(billing.number_and_amount)/></div>
    }
    .into_any()
}
