//! `/patients/{id}/account`: a patient's whole account, and the printed statement.

use std::sync::Arc;

use leptos::prelude::*;

use super::{ACCOUNT_TAB, invoice::payments_table, parts};
use crate::{
    billing::{Balance, Entry, Invoice, Payment, account, statement},
    core::{
        Currency, Money, PatientId, Permission, Result,
        locale::{self, LOCALE},
        time::{Zone, show_date, show_date_time},
    },
    organisation::{self, Clinic, Hospital},
    patients::{self, Patient, grants::reads, record_tabs},
    server::{Ctx, Page, Path, page::Layout},
    tr,
    ui::{
        ButtonTone, Column, DataTable, EmptyState, Glyph, LinkButton, PageHeader, PaperPage, PatientBanner, PrintSheet, Row, Stat,
        StatStrip, Tabs, Tone,
    },
};

/// The account as far as the user may see it: at the clinics where the user has the permission.
struct Account {
    invoices: Vec<Invoice>,
    payments: Vec<Payment>,
    balance: Balance,
}

impl Account {
    async fn load(ctx: &mut Ctx, patient: PatientId) -> Result<Self> {
        let mut invoices = account::invoices_of(&mut ctx.tx, patient).await?;
        invoices.retain(|invoice| ctx.who.may_at(Permission::ReadBilling, invoice.clinic_id));
        let mut payments = account::payments_of(&mut ctx.tx, patient).await?;
        payments.retain(|payment| ctx.who.may_at(Permission::ReadBilling, payment.clinic_id));
        let balance = account::balance(&mut ctx.tx, patient).await?;
        Ok(Self { invoices, payments, balance })
    }
}

/// Shows the patient's account.
///
/// # Errors
/// When there is no such patient, or the user may not read accounts.
pub async fn account_page(Path(id): Path<PatientId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadBilling).await?;
    ctx.reach([id]).await?;
    let (today, zone) = (ctx.today(), ctx.zone());
    let banner = patients::banner(&mut ctx.tx, id, today).await?.without_clinical();
    let Account { invoices, payments, balance } = Account::load(&mut ctx, id).await?;
    let currency = ctx.state().hospital().currency;
    let cashier = ctx.who.may(Permission::TakePayments);
    let tabs = record_tabs(&ctx, id, ACCOUNT_TAB);
    ctx.saw(id, "account").await?;
    Ok(Page::new(tr!(billing.account), move || {
        let stats = vec![
            figure(tr!(billing.to_pay), balance.to_pay, currency),
            figure(tr!(billing.not_invoiced), balance.not_invoiced, currency),
        ];
        let pay = (cashier && (balance.to_pay > Money::ZERO || balance.not_invoiced > Money::ZERO)).then(|| {
            view! { <LinkButton href=format!("/cashier?patient={id}") label=tr!(billing.take_payment) tone=ButtonTone::Primary glyph=Glyph::Money/> }
        });
        let actions = view! { {pay}<LinkButton href=format!("/patients/{id}/charges") label=tr!(billing.charges)/><LinkButton href=format!("/patients/{id}/estimate") label=tr!(billing.estimate)/><LinkButton href=format!("/patients/{id}/account/print") label=tr!(billing.statement) glyph=Glyph::Print/> }.into_any();
        view! {
            <PageHeader title=tr!(billing.account) actions=Some(actions)/>
            <Tabs label=tr!(ui.patient) tabs/>
            <div class="stack">
                <StatStrip stats/>
                <div class="columns-2">
                    <section class="panel">
                        <div class="panel__head"><h2>{tr!(billing.invoices)}</h2></div>
                        {invoices_table(&invoices, currency, zone)}
                    </section>
                    <section class="panel">
                        <div class="panel__head"><h2>{tr!(billing.payments)}</h2></div>
                        {payments_table(&payments, currency, zone, "/payments/")}
                    </section>
                </div>
            </div>
        }
    })
    .banner(move || view! { <PatientBanner info=banner/> }))
}

fn figure(label: &'static str, amount: Money, currency: Currency) -> Stat {
    let stat = Stat::new(label, currency.show(amount));
    if amount > Money::ZERO { stat.tone(Tone::Waiting) } else { stat }
}

fn invoices_table(invoices: &[Invoice], currency: Currency, zone: Zone) -> AnyView {
    let rows = invoices
        .iter()
        .map(|invoice| {
            Row::new(vec![
                invoice.number.clone().into_any(),
                show_date(zone.day(invoice.issued_at)).into_any(),
                show_date(invoice.due_day).into_any(),
                parts::state_badge(invoice.state),
                currency.show(invoice.patient_share).into_any(),
                currency.show(invoice.due()).into_any(),
            ])
            .href(format!("/invoices/{}", invoice.id))
        })
        .collect();
    let columns = vec![
        Column::new(tr!(billing.invoice)),
        Column::new(tr!(billing.date)).secondary(),
        Column::new(tr!(billing.due_day)).secondary(),
        Column::new(tr!(billing.state)),
        Column::new(tr!(billing.patient_share)).numeric().secondary(),
        Column::new(tr!(billing.to_pay)).numeric(),
    ];
    let empty = view! { <EmptyState glyph=Glyph::Receipt title=tr!(billing.no_invoices) text=tr!(billing.no_invoices_text)/> }.into_any();
    view! { <DataTable caption=tr!(billing.invoices) columns rows empty=Some(empty)/> }.into_any()
}

/// Shows the statement ready to be printed, for staff.
///
/// # Errors
/// The errors of [`account_page`].
pub async fn account_print(Path(id): Path<PatientId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadBilling).await?;
    ctx.reach([id]).await?;
    let patient = patients::find(&mut ctx.tx, id).await?;
    let who = ctx.who.clone();
    let entries = statement(&mut ctx.tx, &[id], |clinic| who.may_at(Permission::ReadBilling, clinic)).await?;
    ctx.saw(id, "statement").await?;
    let clinics = organisation::all_clinics(&mut ctx.tx).await?;
    Ok(statement_sheet(patient, (entries, clinics), ctx.zone(), ctx.state().hospital(), ctx.now, format!("/patients/{id}/account")))
}

/// Shows the statement as a sheet, in the patient's language: invoices and payments, with the open amount after each.
pub(super) fn statement_sheet(
    patient: Patient,
    (entries, clinics): (Vec<Entry>, Vec<Clinic>),
    zone: Zone,
    hospital: Arc<Hospital>,
    now: crate::core::time::Instant,
    back: String,
) -> Page {
    Page::new(tr!(billing.statement), move || {
        let language = reads(&patient.facts.more.language).unwrap_or_else(locale::current);
        let currency = hospital.currency;
        let open = entries.last().map(|entry| entry.balance).unwrap_or_default();
        let amount = |amount: Option<Money>| amount.map(|amount| currency.show(amount)).unwrap_or_default();
        let sheet = LOCALE.sync_scope(language, || {
            let rows = entries
                .iter()
                .map(|entry| {
                    let what = entry.kind.word();
                    let due =
                        entry.due.map(|day| view! { <br/><span class="muted small">{tr!(billing.due_on, day = show_date(day))}</span> });
                    view! {
                        <tr>
                            <td>{show_date(organisation::day_at(&clinics, entry.clinic, entry.at))}</td>
                            <td>{format!("{what} {}", entry.number)}{due}</td>
                            <td class="is-numeric">{amount(entry.invoiced)}</td>
                            <td class="is-numeric">{amount(entry.paid)}</td>
                            <td class="is-numeric">{currency.show(entry.balance)}</td>
                        </tr>
                    }
                })
                .collect_view();
            let none = entries.is_empty().then(|| view! { <p>{tr!(billing.no_invoices)}</p> });
            view! {
                <PrintSheet
                    hospital=hospital.name.clone()
                    hospital_lines=hospital.letterhead(None)
                    title=tr!(billing.statement)
                    patient=patient.on_paper()
                    facts=vec![show_date_time(zone.local(now))]
                >
                    <table class="sheet__lines">
                        <caption class="visually-hidden">{tr!(billing.statement)}</caption>
                        <thead>
                            <tr>
                                <th scope="col">{tr!(billing.date)}</th>
                                <th scope="col">{tr!(billing.what)}</th>
                                <th scope="col" class="is-numeric">{tr!(billing.invoiced)}</th>
                                <th scope="col" class="is-numeric">{tr!(billing.paid)}</th>
                                <th scope="col" class="is-numeric">{tr!(billing.open_after)}</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                    {none}
                    <p class="sheet__due"><span>{tr!(billing.to_pay)}</span><span>{currency.show(open)}</span></p>
                </PrintSheet>
            }
            .into_any()
        });
        view! {
            <PaperPage back=back back_words=tr!(billing.back)>
                <div lang=locale::code(language)>{sheet}</div>
            </PaperPage>
        }
    })
    .layout(Layout::Print)
}
