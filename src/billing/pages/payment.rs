//! `/payments/{id}`: a payment, what it settles, what is left of it, and its way back. `/patients/{id}/deposit`: takes a deposit.
//! `/refunds/{id}/print`: the slip of a refund.

use leptos::prelude::*;

use super::{
    invoice::{InvoicePrintQuery, InvoiceQuery},
    parts::{self, done_toast},
};
use crate::{
    billing::{
        Method, Payment,
        account::{self, Receipt},
        prints,
        refunds::{self, Refund, RefundKind, RefundState},
    },
    core::{
        Currency, Error, IdempotencyKey, Money, PatientId, PaymentId, Permission, RefundId, Result, UserId,
        locale::{self, LOCALE},
        time::{Zone, show_date_time},
    },
    patients::{self, grants::reads},
    server::{Ctx, Page, Path, Query, page::Layout},
    tr,
    ui::{
        Button, ButtonTone, Choice, Column, Confirm, DataTable, DescriptionList, Detail, Form, Glyph, LinkButton, NumberField, PageHeader,
        PaperPage, PatientBanner, PostButton, PrintSheet, Row, SelectField, StatusBadge, TextField, Tone,
    },
};

/// The rights of the user on the page.
#[derive(Clone, Copy)]
struct May {
    pay: bool,
    approve: bool,
    user: UserId,
    /// Whether the payment can be voided.
    void: bool,
}

/// Shows a payment.
///
/// # Errors
/// When there is no such payment, or it belongs to a clinic where the user may not read it.
pub async fn payment_page(Path(id): Path<PaymentId>, Query(done): Query<InvoiceQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadBilling).await?;
    let receipt = account::receipt(&mut ctx.tx, id).await?;
    let payment = receipt.payment.clone();
    ctx.at_clinic(Permission::ReadBilling, payment.clinic_id)?;
    let refunds = refunds::of_payment(&mut ctx.tx, id).await?;
    let (today, zone) = (ctx.today(), ctx.zone());
    let banner = patients::banner(&mut ctx.tx, payment.patient_id, today).await?.without_clinical();
    let currency = ctx.state().hospital().currency;
    let may = May {
        pay: ctx.who.may_at(Permission::TakePayments, payment.clinic_id),
        approve: ctx.who.may_at(Permission::ApproveMoney, payment.clinic_id),
        user: ctx.user(),
        void: refunds::can_void(&mut ctx.tx, &payment).await?,
    };
    let bounces = refunds::can_bounce(&mut ctx.tx, id).await?;
    ctx.saw(payment.patient_id, "payment").await?;
    Ok(Page::new(payment.receipt_number.clone(), move || {
        let back = (format!("/patients/{}/account", payment.patient_id), tr!(billing.account).to_owned());
        let actions = view! { <LinkButton href=format!("/receipts/{id}?print=1") label=tr!(billing.print_receipt) glyph=Glyph::Print/> }.into_any();
        let ask = (may.pay && payment.deposit_left > Money::ZERO).then(|| refund_form(&payment, &receipt, currency));
        let void = (may.pay && may.void && refunds.iter().all(|refund| !refund.is_live())).then(|| void_form(&payment, &receipt));
        let bounce = (may.pay && !bounces.is_empty()).then(|| bounce_form(id, &bounces, currency));
        view! {
            {done_toast(&done.done)}
            {parts::refusal("/api/billing/decide_refund")}
            {parts::refusal("/api/billing/withdraw_refund")}
            {parts::refusal("/api/billing/pay_refund")}
            <PageHeader title=payment.receipt_number.clone() back detail=tr!(billing.taken_by, name = payment.taken_by.clone()) actions=Some(actions)/>
            <div class="columns-2">
                <section class="panel">
                    <div class="panel__head"><h2>{tr!(billing.payment)}</h2></div>
                    <div class="panel__body"><DescriptionList details=facts(&payment, zone, currency) class="details--figures"/></div>
                    {settled_table(&receipt, currency)}
                </section>
                <section class="panel">
                    <div class="panel__head"><h2>{tr!(billing.refunds)}</h2></div>
                    <ul class="rows">{refunds.iter().map(|refund| refund_row(refund, may, currency)).collect_view()}</ul>
                    <div class="panel__body stack">{ask}{void}{bounce}</div>
                </section>
            </div>
        }
    })
    .banner(move || view! { <PatientBanner info=banner/> }))
}

fn facts(payment: &Payment, zone: Zone, currency: Currency) -> Vec<Detail> {
    vec![
        Detail::new(tr!(billing.date), show_date_time(zone.local(payment.taken_at))),
        Detail::new(tr!(billing.method), payment.method_words()),
        Detail::new(tr!(billing.amount), currency.show(payment.amount)),
        Detail::new(tr!(billing.settles), currency.show(payment.allocated)),
        Detail::new(tr!(billing.refunded), currency.show(payment.refunded)),
        Detail::new(tr!(billing.deposit_left), currency.show(payment.deposit_left)),
    ]
}

fn settled_table(receipt: &Receipt, currency: Currency) -> Option<AnyView> {
    if receipt.invoices.is_empty() {
        return None;
    }
    let rows = receipt
        .invoices
        .iter()
        .map(|(settled, ..)| {
            Row::new(vec![settled.number.clone().into_any(), currency.show(settled.amount).into_any()])
                .href(format!("/invoices/{}", settled.invoice_id))
        })
        .collect();
    let columns = vec![Column::new(tr!(billing.invoice)), Column::new(tr!(billing.settles)).numeric()];
    Some(view! { <DataTable caption=tr!(billing.invoices) columns rows/> }.into_any())
}

fn refund_badge(refund: &Refund) -> AnyView {
    let tone = match refund.state {
        _ if refund.is_bounced() => Tone::Warning,
        RefundState::Asked | RefundState::Approved => Tone::Waiting,
        RefundState::Paid => Tone::Done,
        RefundState::Rejected | RefundState::Withdrawn => Tone::Inactive,
    };
    view! { <StatusBadge tone label=refund.state_word()/> }.into_any()
}

/// A refund, with the buttons of its next step.
fn refund_row(refund: &Refund, may: May, currency: Currency) -> AnyView {
    let decide = |decision: &str| vec![("refund_id", refund.id.to_string()), ("decision", decision.to_owned())];
    let own = refund.asked_by == may.user;
    let asked = refund.state == RefundState::Asked;
    let about = refund.receipt_number.clone();
    let approve = (asked && may.approve && !own).then(|| {
        let reject = decide("reject");
        view! {
            <PostButton action="/api/billing/decide_refund" label=tr!(billing.approve) about=about.clone() hidden=decide("approve") tone=ButtonTone::Primary/>
            <PostButton action="/api/billing/decide_refund" label=tr!(billing.refuse) about=about.clone() hidden=reject/>
        }
    });
    let other = (asked && own).then(|| view! { <p class="muted small">{tr!(billing.other_person)}</p> });
    let withdraw =
        (may.pay && ((asked && own) || (refund.state == RefundState::Approved && refund.kind == RefundKind::Refund))).then(|| {
            let hidden = vec![("refund_id", refund.id.to_string())];
            view! { <PostButton action="/api/billing/withdraw_refund" label=tr!(billing.withdraw) about=about.clone() hidden/> }
        });
    let pay = (may.pay && refund.state == RefundState::Approved && !refund.is_bounced()).then(|| pay_form(refund));
    let slip = (refund.state == RefundState::Paid)
        .then(|| view! { <LinkButton href=format!("/refunds/{}/print?print=1", refund.id) label=tr!(ui.print) glyph=Glyph::Print/> });
    let words = format!("{} · {} · {}", refund.kind.word(), refund.method.word(), refund.reason);
    view! {
        <li class="rows__row">
            <div class="rows__main">
                <strong>{words}</strong>
                <br/>
                <span class="muted small">{tr!(billing.asked_by_name, name = refund.asked_by_name.clone())}</span>
                {other}
                <div class="cluster">{approve}{withdraw}{pay}{slip}</div>
            </div>
            <div class="rows__side"><strong>{currency.show(refund.amount + refund.rounding)}</strong>{refund_badge(refund)}</div>
        </li>
    }
    .into_any()
}

fn pay_form(refund: &Refund) -> AnyView {
    let hidden = vec![("refund_id", refund.id.to_string())];
    let cash = refund.method == Method::Cash;
    view! {
        <Form action="/api/billing/pay_refund" class="form--inline" hidden>
            {move || (!cash).then(|| view! { <TextField name="reference" label=tr!(billing.reference) optional=true maxlength=100 autocomplete="off"/> })}
            <div class="form__actions"><Button label=tr!(billing.pay_back) tone=ButtonTone::Primary/></div>
        </Form>
    }
    .into_any()
}

fn methods_of(receipt: &Receipt) -> Vec<Choice> {
    receipt.tenders.iter().map(|tender| Choice::new(tender.method.as_str(), tender.method.word())).collect()
}

fn refund_form(payment: &Payment, receipt: &Receipt, currency: Currency) -> AnyView {
    let hidden = vec![
        ("payment_id", payment.id.to_string()),
        ("key", IdempotencyKey::new().to_string()),
        ("kind", RefundKind::Refund.as_str().to_owned()),
    ];
    let methods = methods_of(receipt);
    let only = methods.first().map(|choice| choice.value.clone()).unwrap_or_default();
    let value = currency.plain(payment.deposit_left, locale::current());
    view! {
        <h3>{tr!(billing.ask_refund)}</h3>
        <Form action="/api/billing/ask_refund" class="form" hidden>
            <NumberField name="amount" label=tr!(billing.amount) unit=currency.sign() value decimal=true required=true/>
            <SelectField name="method" label=tr!(billing.method) choices=methods value=only required=true/>
            <TextField name="reason" label=tr!(billing.reason) required=true maxlength=200 autocomplete="off"/>
            <div class="form__actions"><Button label=tr!(billing.ask_refund) tone=ButtonTone::Primary/></div>
        </Form>
    }
    .into_any()
}

fn void_form(payment: &Payment, receipt: &Receipt) -> AnyView {
    let method = receipt.tenders.first().map(|tender| tender.method.as_str()).unwrap_or_default();
    let hidden = vec![
        ("payment_id", payment.id.to_string()),
        ("key", IdempotencyKey::new().to_string()),
        ("kind", RefundKind::Void.as_str().to_owned()),
        ("method", method.to_owned()),
    ];
    view! {
        <Confirm label=tr!(billing.ask_void) text=tr!(billing.void_question)>
            <Form action="/api/billing/ask_refund" id="void" class="form" hidden>
                <TextField name="reason" label=tr!(billing.reason) required=true maxlength=200 autocomplete="off"/>
                <div class="form__actions"><Button label=tr!(billing.ask_void) tone=ButtonTone::Danger/></div>
            </Form>
        </Confirm>
    }
    .into_any()
}

/// The form by which the bank's refusal of a card payment, transfer or cheque is recorded; only the means that can bounce are offered.
fn bounce_form(payment: PaymentId, means: &[(Method, Money)], currency: Currency) -> AnyView {
    let hidden = vec![
        ("payment_id", payment.to_string()),
        ("key", IdempotencyKey::new().to_string()),
        ("kind", RefundKind::Bounce.as_str().to_owned()),
    ];
    let words = |(method, left): &(Method, Money)| Choice::new(method.as_str(), format!("{}, {}", method.word(), currency.show(*left)));
    let methods: Vec<_> = means.iter().map(words).collect();
    let only = if let [(method, _)] = means { method.as_str() } else { "" };
    view! {
        <Confirm label=tr!(billing.ask_bounce) text=tr!(billing.bounce_question)>
            <Form action="/api/billing/ask_refund" id="bounce" class="form" hidden>
                <SelectField name="method" label=tr!(billing.method) choices=methods value=only prompt=tr!(errors.choose) required=true/>
                <TextField name="reason" label=tr!(billing.reason) required=true maxlength=200 autocomplete="off"/>
                <div class="form__actions"><Button label=tr!(billing.ask_bounce) tone=ButtonTone::Danger/></div>
            </Form>
        </Confirm>
    }
    .into_any()
}

/// Shows the form that takes a deposit.
///
/// # Errors
/// When the patient is not in the care of the user's clinics.
pub async fn deposit_page(Path(id): Path<PatientId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::TakePayments).await?;
    ctx.reach([id]).await?;
    let today = ctx.today();
    let banner = patients::banner(&mut ctx.tx, id, today).await?.without_clinical();
    let currency = ctx.state().hospital().currency;
    ctx.saw(id, "account").await?;
    Ok(Page::new(tr!(billing.deposit), move || {
        let back = (format!("/cashier?patient={id}"), tr!(nav.cashier).to_owned());
        let hidden = vec![("patient_id", id.to_string()), ("idempotency_key", IdempotencyKey::new().to_string())];
        let methods: Vec<_> = Method::ALL.iter().map(|method| Choice::new(method.as_str(), method.word())).collect();
        view! {
            <PageHeader title=tr!(billing.deposit) back detail=tr!(billing.deposit_text)/>
            <section class="panel">
                <div class="panel__body">
                    <Form action="/api/billing/deposit" class="form" hidden>
                        <NumberField name="amount" label=tr!(billing.amount) unit=currency.sign() decimal=true required=true autofocus=true/>
                        <SelectField name="method" label=tr!(billing.method) choices=methods prompt=tr!(errors.choose) required=true/>
                        <TextField name="reference" label=tr!(billing.reference) hint=tr!(billing.reference_hint) optional=true maxlength=100 autocomplete="off"/>
                        <TextField name="bank" label=tr!(billing.bank_of_cheque) optional=true maxlength=100 autocomplete="off"/>
                        <div class="form__actions"><Button label=tr!(billing.take_deposit) tone=ButtonTone::Primary/></div>
                    </Form>
                </div>
            </section>
        }
    })
    .banner(move || view! { <PatientBanner info=banner/> }))
}

/// Records a print of the slip of a paid refund, and returns which one it is.
async fn printed(id: RefundId) -> Result<i64> {
    let mut ctx = Ctx::write(Permission::ReadBilling).await?;
    let refund = refunds::refund(&mut ctx.tx, id).await?.filter(|refund| refund.paid_at.is_some()).ok_or(Error::NotFound)?;
    let number = prints::record(&mut ctx, id, (refund.patient_id, refund.clinic_id)).await?;
    ctx.commit().await?;
    Ok(number)
}

/// Shows the slip of a paid refund, in the patient's language, with a line for the signature: the first print is the original.
///
/// # Errors
/// [`Error::NotFound`] while it is not paid, or at another clinic.
pub async fn refund_print(Path(id): Path<RefundId>, Query(InvoicePrintQuery { print }): Query<InvoicePrintQuery>) -> Result<Page> {
    let print = if print.is_empty() { None } else { Some(printed(id).await?) };
    let mut ctx = Ctx::read(Permission::ReadBilling).await?;
    let refund = refunds::refund(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::ReadBilling, refund.clinic_id)?;
    let (Some(number), Some(at)) = (refund.number.clone(), refund.paid_at) else { return Err(Error::NotFound) };
    let patient = patients::find(&mut ctx.tx, refund.patient_id).await?;
    let clinic = parts::clinic_of(&mut ctx.tx, refund.clinic_id).await?;
    let hospital = ctx.state().hospital();
    ctx.saw(refund.patient_id, "refund").await?;
    Ok(Page::new(number.clone(), move || {
        let language = reads(&patient.facts.more.language).unwrap_or_else(locale::current);
        let currency = hospital.currency;
        let sheet = LOCALE.sync_scope(language, || {
            let facts = vec![
                number.clone(),
                format!("{} {}", tr!(billing.receipt), refund.receipt_number),
                show_date_time(clinic.zone.local(at)),
                tr!(billing.paid_back_by, name = refund.paid_by_name.clone().unwrap_or_default()),
                format!("{}: {}", tr!(billing.reason), refund.reason),
            ];
            view! {
                <PrintSheet
                    hospital=hospital.name.clone()
                    hospital_lines=hospital.letterhead(Some(&clinic))
                    title=prints::title(refund.kind.word(), print)
                    patient=patient.on_paper()
                    facts
                >
                    <p class="sheet__sum"><span>{tr!(billing.method)}</span><span>{refund.method.word()}" "{refund.reference.clone()}</span></p>
                    <p class="sheet__due"><span>{tr!(billing.paid_back)}</span><span>{currency.show(refund.amount + refund.rounding)}</span></p>
                    <p class="signature">{tr!(billing.signature)}</p>
                </PrintSheet>
            }
            .into_any()
        });
        view! {
            <PaperPage back=format!("/payments/{}", refund.payment_id) back_words=tr!(billing.back) at_once=print.is_some()>
                <div lang=locale::code(language)>{sheet}</div>
            </PaperPage>
        }
    })
    .layout(Layout::Print))
}
