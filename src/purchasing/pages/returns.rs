//! `/purchasing/returns`: goods that went back to suppliers. `/purchasing/returns/{id}`: one, with the credit that is expected and the one that came.

use leptos::prelude::*;

use super::parts::{PurchaseQuery, PurchasesQuery, shown_name, tabs, toast};
use crate::{
    core::{
        Currency, Money, Permission, Result, StockDocumentId, UserId,
        list::{Slice, offset},
        time::{Zone, show_date, show_date_time},
    },
    purchasing::{
        SupplierReturnState,
        invoices::SupplierInvoice,
        returns::{self, SupplierReturn},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, Column, DataTable, DateField, DescriptionList, Detail, EmptyState, Form, Glyph, LinkButton, ListUrl,
        NoticeBox, PageHeader, Paging, PostButton, Row, SelectField, StatusBadge, TextField,
    },
};

/// Shows the returns.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn returns_page(Query(query): Query<PurchasesQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadPurchases).await?;
    let clinic = ctx.clinic.id;
    let (page, skip) = offset(query.page);
    let found = Slice::from_surplus(returns::list(&mut ctx.tx, clinic, query.all == "yes", skip).await?, page);
    let (orders, currency) = (ctx.who.may_at(Permission::OrderGoods, clinic), ctx.state().hospital().currency);
    Ok(Page::new(tr!(supplier_returns.title), move || {
        let rows = found.rows.iter().map(|row| line(row, currency)).collect();
        let choices = vec![Choice::new("yes", tr!(supplier_returns.all))];
        let value = query.all.clone();
        let filter =
            view! { <SelectField name="all" label=tr!(inventory.status) choices value prompt=tr!(supplier_returns.open)/> }.into_any();
        let empty =
            view! { <EmptyState glyph=Glyph::Repeat title=tr!(supplier_returns.none) text=tr!(supplier_returns.none_text)/> }.into_any();
        let url = ListUrl::new("/purchasing/returns").with("all", query.all.clone());
        let paging = Paging::of(&found);
        view! {
            {toast(&query.done)}
            <PageHeader title=tr!(supplier_returns.title)/>
            {tabs("/purchasing/returns", orders)}
            <DataTable caption=tr!(supplier_returns.title) columns=columns() rows url paging=Some(paging) empty=Some(empty) filter=Some(filter) stacked=true/>
        }
    }))
}

fn columns() -> Vec<Column> {
    vec![
        Column::new(tr!(supplier_returns.number)),
        Column::new(tr!(inventory.item)),
        Column::new(tr!(inventory.quantity)).numeric(),
        Column::new(tr!(inventory.reason)).secondary(),
        Column::new(tr!(supplier_returns.expected)).numeric(),
        Column::new(tr!(supplier_returns.credit)).numeric(),
        Column::new(tr!(inventory.status)),
    ]
}

fn line(row: &SupplierReturn, currency: Currency) -> Row {
    let state = row.state;
    let name = shown_name(&row.item_name, &row.item_name_es).to_owned();
    Row::new(vec![
        view! { <strong>{row.number.clone()}</strong><br/><span class="muted small">{row.supplier_name.clone()}</span> }.into_any(),
        view! { {name}<br/><span class="muted small">{row.batch_no.clone()}</span> }.into_any(),
        row.unit.count(row.quantity).into_any(),
        row.reason.words().into_any(),
        currency.show(Money(row.due.unwrap_or(row.expected))).into_any(),
        row.credit.map(|credit| currency.show(Money(credit))).unwrap_or_default().into_any(),
        view! { <StatusBadge tone=state.tone() label=state.words()/> }.into_any(),
    ])
    .href(format!("/purchasing/returns/{}", row.id))
}

/// The goods of an order or of an invoice that went back; nothing without any.
pub(super) fn returned(all: &[SupplierReturn], currency: Currency) -> AnyView {
    if all.is_empty() {
        return ().into_any();
    }
    let rows = all.iter().map(|row| line(row, currency)).collect();
    let columns = columns();
    view! { <h2>{tr!(supplier_returns.title)}</h2><DataTable caption=tr!(supplier_returns.title) columns rows stacked=true/> }.into_any()
}

struct Shown {
    known: SupplierReturn,
    creditable: Vec<(SupplierInvoice, Money)>,
    zone: Zone,
    currency: Currency,
    user: UserId,
    enters: bool,
    approves: bool,
}

/// Shows a return.
///
/// # Errors
/// Not allowed, another clinic's return, or when the database refuses.
pub async fn return_page(Path(id): Path<StockDocumentId>, Query(query): Query<PurchaseQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadPurchases).await?;
    let known = returns::at_clinic(&mut ctx, Permission::ReadPurchases, id).await?;
    let shown = Shown {
        creditable: returns::creditable(&mut ctx, &known).await?,
        zone: ctx.zone(),
        currency: ctx.state().hospital().currency,
        user: ctx.user(),
        enters: ctx.who.may_at(Permission::EnterInvoices, known.clinic_id),
        approves: ctx.who.may_at(Permission::ApprovePurchases, known.clinic_id),
        known,
    };
    Ok(Page::new(shown.known.number.clone(), move || view(&shown, &query.done)))
}

fn view(shown: &Shown, done: &str) -> AnyView {
    let known = &shown.known;
    let back = ("/purchasing/returns".to_owned(), tr!(supplier_returns.title).to_owned());
    let paper =
        view! { <LinkButton href=format!("/purchasing/returns/{}/paper", known.id) label=tr!(supplier_returns.paper) glyph=Glyph::Print/> };
    let order = known.order_id.map(|order| {
        let label = known.order_number.clone().unwrap_or_default();
        view! { <LinkButton href=format!("/purchasing/orders/{order}") label glyph=Glyph::Receipt/> }
    });
    let actions = view! { {paper}{order} }.into_any();
    let text = match known.state {
        SupplierReturnState::Sent => tr!(supplier_returns.sent_text),
        SupplierReturnState::Credited => tr!(supplier_returns.credited_text),
        SupplierReturnState::Difference => tr!(supplier_returns.difference_text),
        SupplierReturnState::Approved => tr!(purchasing.approved_text),
    };
    view! {
        {toast(done)}
        <PageHeader title=known.number.clone() back detail=known.supplier_name.clone() actions=Some(actions)/>
        <div class="stack">
            <NoticeBox tone=known.state.tone() title=known.state.words()><p>{text}</p></NoticeBox>
            <section class="panel"><div class="panel__body"><DescriptionList details=details(shown)/></div></section>
            {steps(shown)}
        </div>
    }
    .into_any()
}

fn details(shown: &Shown) -> Vec<Detail> {
    let (known, show) = (&shown.known, |amount: i64| shown.currency.show(Money(amount)));
    let name = shown_name(&known.item_name, &known.item_name_es).to_owned();
    let expires = known.expires_on.map(show_date).unwrap_or_default();
    let mut details = vec![
        Detail::new(tr!(inventory.item), name),
        Detail::new(tr!(inventory.batch), format!("{} {expires}", known.batch_no).trim().to_owned()),
        Detail::new(tr!(inventory.quantity), known.unit.count(known.quantity)),
        Detail::new(tr!(inventory.room), known.store_name.clone()),
        Detail::new(tr!(inventory.reason), known.reason.words()),
        Detail::new(tr!(supplier_returns.expected), show(known.expected)),
        Detail::new(tr!(inventory.by), format!("{} · {}", known.by_name, show_date_time(shown.zone.local(known.at)))),
    ];
    if !known.note.is_empty() {
        details.push(Detail::new(tr!(inventory.note), known.note.clone()));
    }
    details.extend(known.approver.as_ref().map(|name| Detail::new(tr!(purchasing.approved_by), name.clone())));
    if let (Some(credit), Some(due)) = (known.credit, known.due) {
        let on = known.credited_on.map(show_date).unwrap_or_default();
        details.push(Detail::new(tr!(supplier_returns.credit_note), format!("{} · {on}", known.credit_number)));
        details.extend(known.invoice_number.as_ref().map(|number| Detail::new(tr!(purchasing.invoice), number.clone())));
        details.push(Detail::new(tr!(supplier_returns.due), show(due)));
        details.push(Detail::new(tr!(supplier_returns.credit), show(credit)));
        details.extend(known.enterer.as_ref().map(|name| Detail::new(tr!(purchasing.entered_by), name.clone())));
    }
    if !known.explanation.is_empty() {
        details.push(Detail::new(tr!(purchasing.explanation), known.explanation.clone()));
    }
    details.extend(known.decider.as_ref().map(|name| Detail::new(tr!(supplier_returns.difference_approved_by), name.clone())));
    details
}

fn steps(shown: &Shown) -> AnyView {
    let known = &shown.known;
    let of = || vec![("supplier_return_id", known.id.to_string()), ("version", known.version.to_string())];
    match known.state {
        SupplierReturnState::Sent if shown.enters => {
            let hidden = of();
            let choices: Vec<Choice> = shown
                .creditable
                .iter()
                .map(|(invoice, due)| Choice::new(invoice.id.to_string(), format!("{} · {}", invoice.number, shown.currency.show(*due))))
                .collect();
            let invoices = !choices.is_empty();
            view! {
                <h2>{tr!(supplier_returns.enter_credit)}</h2>
                <Form action="/api/purchasing/enter_credit" id="credit-form" hidden>
                    <TextField name="number" label=tr!(supplier_returns.credit_number) required=true maxlength=60 class="input--code"/>
                    <DateField name="credited_on" label=tr!(supplier_returns.credited_on) required=true/>
                    {invoices.then(|| view! {
                        <SelectField name="invoice" label=tr!(supplier_returns.of_invoice) hint=tr!(supplier_returns.of_invoice_hint) choices=choices prompt=tr!(supplier_returns.no_invoice)/>
                    })}
                    <TextField name="credit" label=tr!(supplier_returns.credit) hint=tr!(supplier_returns.credit_hint) inputmode="decimal" required=true/>
                    <div class="form__actions"><Button label=tr!(supplier_returns.match_credit) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                </Form>
            }
            .into_any()
        }
        SupplierReturnState::Difference => {
            let explain = shown.enters.then(|| {
                let (hidden, value) = (of(), known.explanation.clone());
                view! {
                    <Form action="/api/purchasing/explain_credit" id="explain" hidden>
                        <TextField name="explanation" label=tr!(purchasing.explanation) value required=true maxlength=500/>
                        <div class="form__actions"><Button label=tr!(purchasing.explain)/></div>
                    </Form>
                }
            });
            // Another person than the one who entered the credit note approves.
            let approve = (shown.approves && known.entered_by != Some(shown.user) && !known.explanation.is_empty()).then(|| {
                view! { <PostButton action="/api/purchasing/approve_credit" label=tr!(purchasing.approve) hidden=of() tone=ButtonTone::Primary/> }
            });
            view! { {explain}{approve} }.into_any()
        }
        _ => ().into_any(),
    }
}
