//! `/invoices/{id}/credit`: asks for a credit note. `/credit-notes/{id}`: the note, its decision, and its sheet.

use leptos::prelude::*;

use super::{
    invoice::{InvoicePrintQuery, InvoiceQuery},
    parts::{self, done_toast},
};
use crate::{
    billing::{
        Invoice, InvoiceLine, account,
        credits::{self, CreditLine, CreditNote, CreditOutcome, CreditReason, CreditState},
        prints,
    },
    core::{
        CreditNoteId, Currency, Error, IdempotencyKey, InvoiceId, Money, Permission, Result,
        locale::{self, LOCALE},
        time::show_date_time,
    },
    organisation,
    patients::{self, grants::reads},
    server::{Ctx, Page, Path, Query, page::Layout},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, Column, DataTable, DescriptionList, Detail, Form, Glyph, LinkButton, NoticeBox,
        NumberField, PageHeader, PaperPage, PatientBanner, PostButton, PrintSheet, Row, SelectField, StatusBadge, TextField, Tone,
    },
};

const ASK: &str = "/api/billing/ask_credit";

/// Shows the form that asks for a credit note.
///
/// # Errors
/// When there is no such invoice, or it belongs to a clinic where the user takes no payments.
pub async fn credit_page(Path(id): Path<InvoiceId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::TakePayments).await?;
    let (invoice, lines, _) = account::invoice(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::TakePayments, invoice.clinic_id)?;
    let left = credits::left_of(&mut ctx.tx, &invoice, &lines).await?;
    let today = ctx.today();
    let banner = patients::banner(&mut ctx.tx, invoice.patient_id, today).await?.without_clinical();
    let currency = ctx.state().hospital().currency;
    ctx.saw(invoice.patient_id, "invoice").await?;
    Ok(Page::new(tr!(billing.credit_note), move || {
        let back = (format!("/invoices/{id}"), invoice.number.clone());
        view! {
            <PageHeader title=tr!(billing.credit_note) back detail=tr!(billing.credit_text)/>
            <section class="panel"><div class="panel__body">{form(&invoice, &lines, &left, currency)}</div></section>
        }
    })
    .banner(move || view! { <PatientBanner info=banner/> }))
}

fn form(invoice: &Invoice, lines: &[InvoiceLine], left: &[Money], currency: Currency) -> AnyView {
    let choices: Vec<_> = lines
        .iter()
        .zip(left)
        .filter(|(line, left)| line.released_at.is_none() && (**left > Money::ZERO || line.total == Money::ZERO))
        .map(|(line, left)| Choice::new(line.id.to_string(), format!("{} · {}", parts::Line::from(line).what(), currency.show(*left))))
        .collect();
    if choices.is_empty() {
        return view! { <NoticeBox tone=Tone::Waiting><p>{tr!(billing.nothing_to_credit)}</p></NoticeBox> }.into_any();
    }
    let hidden = vec![("invoice_id", invoice.id.to_string()), ("key", IdempotencyKey::new().to_string())];
    let shown = choices.len().min(6);
    let reasons: Vec<_> = CreditReason::ALL.iter().map(|reason| Choice::new(reason.as_str(), reason.word())).collect();
    let outcomes: Vec<_> = CreditOutcome::ALL.iter().map(|outcome| Choice::new(outcome.as_str(), outcome.word())).collect();
    view! {
        <Form action=ASK class="form" hidden>
            {move || {
                let rows = (1..=shown).map(|at| {
                    view! {
                        <div class="cluster">
                            <SelectField name=format!("line{at}") label=tr!(billing.line_number, number = at) choices=choices.clone() prompt=tr!(billing.no_item) optional=true/>
                            <NumberField name=format!("amount{at}") label=tr!(billing.credit_amount_number, number = at) unit=currency.sign() decimal=true optional=true/>
                        </div>
                    }
                });
                rows.collect_view()
            }}
            <p class="muted">{tr!(billing.credit_amount_hint)}</p>
            <CheckboxField name="whole" label=tr!(billing.credit_whole)/>
            <SelectField name="reason" label=tr!(billing.reason) choices=reasons prompt=tr!(errors.choose) required=true/>
            <SelectField name="outcome" label=tr!(billing.credit_outcome) choices=outcomes prompt=tr!(errors.choose) required=true/>
            <TextField name="note" label=tr!(billing.remark) optional=true maxlength=200 autocomplete="off"/>
            <div class="form__actions"><Button label=tr!(billing.ask_credit) tone=ButtonTone::Primary/></div>
        </Form>
    }
    .into_any()
}

async fn load(ctx: &mut Ctx, id: CreditNoteId) -> Result<(CreditNote, Vec<CreditLine>)> {
    let note = credits::note(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::ReadBilling, note.clinic_id)?;
    let lines = credits::lines(&mut ctx.tx, id).await?;
    Ok((note, lines))
}

/// Shows a credit note, and to another person than the one who asked the buttons that decide on it.
///
/// # Errors
/// When there is no such note, or it belongs to a clinic where the user may not read it.
pub async fn note_page(Path(id): Path<CreditNoteId>, Query(done): Query<InvoiceQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadBilling).await?;
    let (note, lines) = load(&mut ctx, id).await?;
    let (today, user, zone) = (ctx.today(), ctx.user(), ctx.zone());
    let banner = patients::banner(&mut ctx.tx, note.patient_id, today).await?.without_clinical();
    let currency = ctx.state().hospital().currency;
    let approves = ctx.who.may_at(Permission::ApproveMoney, note.clinic_id) && note.state == CreditState::Asked;
    let withdraws = ctx.who.may_at(Permission::TakePayments, note.clinic_id);
    ctx.saw(note.patient_id, "credit note").await?;
    Ok(Page::new(tr!(billing.credit_note), move || {
        let title = note.number.clone().unwrap_or_else(|| tr!(billing.credit_note).to_owned());
        let back = (format!("/invoices/{}", note.invoice_id), note.invoice_number.clone());
        let print = (note.state == CreditState::Issued).then(|| {
            view! { <LinkButton href=format!("/credit-notes/{id}/print?print=1") label=tr!(ui.print) glyph=Glyph::Print/> }.into_any()
        });
        let mut details = vec![
            Detail::new(tr!(billing.invoice), note.invoice_number.clone()),
            Detail::new(tr!(billing.reason), note.reason.word()),
            Detail::new(tr!(billing.asked_by), format!("{}, {}", note.asked_by_name, show_date_time(zone.local(note.asked_at)))),
        ];
        if let (Some(name), Some(at)) = (note.decided_by_name.clone(), note.decided_at) {
            details.push(Detail::new(tr!(billing.decided_by), format!("{name}, {}", show_date_time(zone.local(at)))));
        }
        if !note.note.is_empty() {
            details.push(Detail::new(tr!(billing.remark), note.note.clone()));
        }
        if note.freed > Money::ZERO {
            details.push(Detail::new(tr!(billing.freed), currency.show(note.freed)));
        }
        view! {
            {done_toast(&done.done)}
            {parts::refusal(DECIDE).filter(|_| !approves)}
            <PageHeader title back actions=print/>
            <section class="panel">
                <div class="panel__head"><h2>{tr!(billing.lines)}</h2>{state_badge(note.state)}</div>
                {lines_table(&lines, currency)}
                <div class="panel__body stack">
                    <DescriptionList details/>
                    {(note.state == CreditState::Asked).then(|| decision(&note, (user == note.asked_by, approves, withdraws)))}
                </div>
            </section>
        }
    })
    .banner(move || view! { <PatientBanner info=banner/> }))
}

pub(super) fn state_badge(state: CreditState) -> AnyView {
    let tone = match state {
        CreditState::Asked => Tone::Waiting,
        CreditState::Issued => Tone::Done,
        CreditState::Rejected => Tone::Inactive,
    };
    view! { <StatusBadge tone label=state.word()/> }.into_any()
}

const DECIDE: &str = "/api/billing/decide_credit";

/// The buttons of those who may withdraw the note, and of a supervisor of the till who did not ask for it.
fn decision(note: &CreditNote, (own, approves, withdraws): (bool, bool, bool)) -> AnyView {
    let sent = |approve: &str| vec![("credit_note_id", note.id.to_string()), ("approve", approve.to_owned())];
    let decide = (approves && !own).then(|| {
        view! {
            <PostButton action=DECIDE label=tr!(billing.approve) hidden=sent("true") tone=ButtonTone::Primary/>
            <PostButton action=DECIDE label=tr!(billing.refuse) hidden=sent("")/>
        }
    });
    let withdraw = (own && withdraws)
        .then(|| view! { <PostButton action="/api/billing/withdraw_credit" label=tr!(billing.withdraw) hidden=sent("")/> });
    view! {
        {own.then(|| view! { <p>{tr!(billing.other_person)}</p> })}
        <div class="cluster">{decide}{withdraw}</div>
    }
    .into_any()
}

fn lines_table(lines: &[CreditLine], currency: Currency) -> AnyView {
    let rows = lines
        .iter()
        .map(|line| {
            let outcome = line.becomes.map_or(tr!(billing.credit_part), CreditOutcome::word);
            Row::new(vec![
                organisation::shown_name(&line.description).into_any(),
                outcome.into_any(),
                currency.show(line.patient_part).into_any(),
                currency.show(line.amount).into_any(),
            ])
        })
        .collect();
    let columns = vec![
        Column::new(tr!(billing.service)),
        Column::new(tr!(billing.credit_outcome)).secondary(),
        Column::new(tr!(billing.patient_share)).numeric().secondary(),
        Column::new(tr!(billing.credited)).numeric(),
    ];
    view! { <DataTable caption=tr!(billing.lines) columns rows/> }.into_any()
}

/// Records a print of an issued credit note, and returns which one it is.
async fn printed(id: CreditNoteId) -> Result<i64> {
    let mut ctx = Ctx::write(Permission::ReadBilling).await?;
    let (note, _) = load(&mut ctx, id).await?;
    if note.number.is_none() {
        return Err(Error::NotFound);
    }
    let number = prints::record(&mut ctx, id, (note.patient_id, note.clinic_id)).await?;
    ctx.commit().await?;
    Ok(number)
}

/// Shows an issued credit note ready to be printed, in the patient's language: the first print is the original.
///
/// # Errors
/// The errors of [`note_page`]; [`Error::NotFound`] while it is not issued.
pub async fn note_print(Path(id): Path<CreditNoteId>, Query(InvoicePrintQuery { print }): Query<InvoicePrintQuery>) -> Result<Page> {
    let print = if print.is_empty() { None } else { Some(printed(id).await?) };
    let mut ctx = Ctx::read(Permission::ReadBilling).await?;
    let (note, lines) = load(&mut ctx, id).await?;
    let (Some(number), Some(at)) = (note.number.clone(), note.decided_at) else { return Err(Error::NotFound) };
    let patient = patients::find(&mut ctx.tx, note.patient_id).await?;
    let clinic = parts::clinic_of(&mut ctx.tx, note.clinic_id).await?;
    let hospital = ctx.state().hospital();
    ctx.saw(note.patient_id, "credit note").await?;
    Ok(Page::new(number.clone(), move || {
        let language = reads(&patient.facts.more.language).unwrap_or_else(locale::current);
        let currency = hospital.currency;
        let sheet = LOCALE.sync_scope(language, || {
            let facts = vec![
                number.clone(),
                tr!(billing.credits_invoice, number = note.invoice_number.clone()),
                show_date_time(clinic.zone.local(at)),
                note.reason.word().to_owned(),
            ];
            let rows = lines
                .iter()
                .map(|line| view! { <tr><td>{organisation::shown_name(&line.description)}</td><td class="is-numeric">{currency.show(line.patient_part)}</td><td class="is-numeric">{currency.show(line.amount)}</td></tr> })
                .collect_view();
            let tax: Money = lines.iter().map(|line| line.tax).sum();
            let tax = (tax > Money::ZERO)
                .then(|| view! { <p class="sheet__sum"><span>{tr!(billing.tax_in_it)}</span><span>{currency.show(tax)}</span></p> });
            view! {
                <PrintSheet
                    hospital=hospital.name.clone()
                    hospital_lines=hospital.letterhead(Some(&clinic))
                    title=prints::title(tr!(billing.credit_note), print)
                    patient=patient.on_paper()
                    facts
                >
                    <table class="sheet__lines">
                        <caption class="visually-hidden">{tr!(billing.lines)}</caption>
                        <thead>
                            <tr>
                                <th scope="col">{tr!(billing.service)}</th>
                                <th scope="col" class="is-numeric">{tr!(billing.patient_share)}</th>
                                <th scope="col" class="is-numeric">{tr!(billing.credited)}</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                    {tax}
                    <p class="sheet__due"><span>{tr!(billing.credited)}</span><span>{currency.show(note.total)}</span></p>
                </PrintSheet>
            }
            .into_any()
        });
        view! {
            <PaperPage back=format!("/credit-notes/{id}") back_words=tr!(billing.back) at_once=print.is_some()>
                <div lang=locale::code(language)>{sheet}</div>
            </PaperPage>
        }
    })
    .layout(Layout::Print))
}
