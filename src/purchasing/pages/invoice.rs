//! `/purchasing/invoices`: the invoices of suppliers. `/purchasing/invoices/{id}`: one, beside what was ordered and received.

use leptos::prelude::*;

use super::{
    parts::{PurchaseQuery, PurchasesQuery, tabs, toast},
    returns::returned,
};
use crate::{
    core::{
        Currency, Error, Money, Permission, Result, SupplierInvoiceId, UserId,
        list::{Slice, offset},
        time::show_date,
    },
    purchasing::{
        SupplierInvoiceState,
        invoices::{self, Mismatch, SupplierInvoice, SupplierInvoiceLine, compare},
        orders::{self, PurchaseLine, line_cost},
        returns::{self, SupplierReturn},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, Column, DataTable, DescriptionList, Detail, EmptyState, Form, Glyph, LinkButton, ListUrl, NoticeBox,
        PageHeader, Paging, PostButton, Row, SelectField, StatusBadge, TextField, Tone,
    },
};

/// Shows the invoices.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn invoices_page(Query(query): Query<PurchasesQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadPurchases).await?;
    let clinic = ctx.clinic.id;
    let (page, skip) = offset(query.page);
    let found = Slice::from_surplus(invoices::list(&mut ctx.tx, clinic, query.all == "yes", skip).await?, page);
    let (orders, currency) = (ctx.who.may_at(Permission::OrderGoods, clinic), ctx.state().hospital().currency);
    Ok(Page::new(tr!(purchasing.invoices), move || {
        let rows = found
            .rows
            .iter()
            .map(|invoice| {
                let state = invoice.state;
                Row::new(vec![
                    view! { <strong>{invoice.number.clone()}</strong> }.into_any(),
                    invoice.supplier_name.clone().into_any(),
                    invoice.order_number.clone().into_any(),
                    currency.show(Money(invoice.total)).into_any(),
                    invoice.due_on.map(show_date).unwrap_or_default().into_any(),
                    view! { <StatusBadge tone=state.tone() label=state.words()/> }.into_any(),
                ])
                .href(format!("/purchasing/invoices/{}", invoice.id))
            })
            .collect();
        let columns = vec![
            Column::new(tr!(purchasing.invoice)),
            Column::new(tr!(purchasing.supplier)),
            Column::new(tr!(purchasing.order)).secondary(),
            Column::new(tr!(purchasing.total)).numeric(),
            Column::new(tr!(purchasing.due_on)).secondary(),
            Column::new(tr!(inventory.status)),
        ];
        let choices = vec![Choice::new("yes", tr!(purchasing.all_invoices))];
        let value = query.all.clone();
        let filter =
            view! { <SelectField name="all" label=tr!(inventory.status) choices value prompt=tr!(purchasing.open_invoices)/> }.into_any();
        let empty =
            view! { <EmptyState glyph=Glyph::Receipt title=tr!(purchasing.no_invoices) text=tr!(purchasing.no_invoices_text)/> }.into_any();
        let url = ListUrl::new("/purchasing/invoices").with("all", query.all.clone());
        let paging = Paging::of(&found);
        view! {
            {toast(&query.done)}
            <PageHeader title=tr!(purchasing.invoices)/>
            {tabs("/purchasing/invoices", orders)}
            <DataTable caption=tr!(purchasing.invoices) columns rows url paging=Some(paging) empty=Some(empty) filter=Some(filter) stacked=true/>
        }
    }))
}

struct Matched {
    invoice: SupplierInvoice,
    of: Vec<SupplierInvoiceLine>,
    lines: Vec<PurchaseLine>,
    found: Vec<Mismatch>,
    returns: Vec<SupplierReturn>,
    currency: Currency,
    user: UserId,
    enters: bool,
    approves: bool,
}

/// Shows an invoice.
///
/// # Errors
/// Not allowed, another clinic's invoice, or when the database refuses.
pub async fn invoice_page(Path(id): Path<SupplierInvoiceId>, Query(query): Query<PurchaseQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadPurchases).await?;
    let invoice = invoices::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::ReadPurchases, invoice.clinic_id)?;
    let of = invoices::lines(&mut ctx.tx, id).await?;
    let lines = orders::lines(&mut ctx.tx, invoice.order_id).await?;
    let settled = invoices::settled(&mut ctx.tx, invoice.order_id, id).await?;
    // An invoice that is settled is shown as it was: others came after it.
    let is_open = matches!(invoice.state, SupplierInvoiceState::Entered | SupplierInvoiceState::Difference);
    let found = if is_open { compare(&invoices::beside(&lines, &of, &settled), invoice.freight) } else { Vec::new() };
    let matched = Matched {
        returns: returns::of_invoice(&mut ctx.tx, id).await?,
        enters: ctx.who.may_at(Permission::EnterInvoices, invoice.clinic_id),
        approves: ctx.who.may_at(Permission::ApprovePurchases, invoice.clinic_id),
        currency: ctx.state().hospital().currency,
        user: ctx.user(),
        invoice,
        of,
        lines,
        found,
    };
    let title = format!("{} {}", tr!(purchasing.invoice), matched.invoice.number);
    Ok(Page::new(title, move || view(&matched, &query.done)))
}

fn view(matched: &Matched, done: &str) -> AnyView {
    let invoice = &matched.invoice;
    let back = ("/purchasing/invoices".to_owned(), tr!(purchasing.invoices).to_owned());
    let order = view! { <LinkButton href=format!("/purchasing/orders/{}", invoice.order_id) label=invoice.order_number.clone() glyph=Glyph::Receipt/> };
    view! {
        {toast(done)}
        <PageHeader title=invoice.number.clone() back detail=invoice.supplier_name.clone() actions=Some(order.into_any())/>
        <div class="stack">
            {verdict(matched)}
            <section class="panel"><div class="panel__body"><DescriptionList details=details(matched)/></div></section>
            {table(matched)}
            {returned(&matched.returns, matched.currency)}
            {steps(matched)}
        </div>
    }
    .into_any()
}

fn verdict(matched: &Matched) -> AnyView {
    let state = matched.invoice.state;
    let whole = matched.found.iter().filter(|mismatch| mismatch.line().is_none());
    let whole: Vec<String> = whole.map(|mismatch| mismatch.words(|amount| matched.currency.show(amount))).collect();
    let text = match state {
        SupplierInvoiceState::Entered => tr!(purchasing.entered_text),
        SupplierInvoiceState::Matched => tr!(purchasing.matched_text),
        SupplierInvoiceState::Difference => tr!(purchasing.difference_text),
        SupplierInvoiceState::Approved => tr!(purchasing.approved_text),
    };
    let whole = whole.into_iter().map(|words| view! { <p>{words}</p> }).collect_view();
    let tone = if state == SupplierInvoiceState::Entered { Tone::Waiting } else { state.tone() };
    view! { <NoticeBox tone title=state.words()><p>{text}</p>{whole}</NoticeBox> }.into_any()
}

fn details(matched: &Matched) -> Vec<Detail> {
    let (invoice, show) = (&matched.invoice, |amount: i64| matched.currency.show(Money(amount)));
    let mut details = vec![
        Detail::new(tr!(purchasing.invoiced_on), show_date(invoice.invoiced_on)),
        Detail::new(tr!(purchasing.net), show(invoice.net)),
        Detail::new(tr!(purchasing.freight), show(invoice.freight)),
        Detail::new(tr!(purchasing.tax), show(invoice.tax)),
        Detail::new(tr!(purchasing.total), show(invoice.total)),
        Detail::new(tr!(purchasing.entered_by), invoice.enterer.clone()),
    ];
    details.extend(invoice.due_on.map(|day| Detail::new(tr!(purchasing.due_on), show_date(day))));
    if !invoice.explanation.is_empty() {
        details.push(Detail::new(tr!(purchasing.explanation), invoice.explanation.clone()));
    }
    let credit: i64 = matched.returns.iter().filter_map(|of| of.credit).sum();
    if !matched.returns.is_empty() {
        details.push(Detail::new(tr!(supplier_returns.credited_in_all), show(credit)));
        details.push(Detail::new(tr!(supplier_returns.to_pay), show(invoice.total - credit)));
    }
    details.extend(invoice.approver.as_ref().map(|name| Detail::new(tr!(purchasing.approved_by), name.clone())));
    details
}

/// The invoiced units and amounts beside what was ordered and received.
fn table(matched: &Matched) -> AnyView {
    let rows = matched
        .of
        .iter()
        .filter_map(|of| {
            let line = matched.lines.iter().find(|line| line.id == of.line_id)?;
            let wanted = line_cost(line.price, of.quantity, line.price_per);
            let found = matched.found.iter().filter(|mismatch| mismatch.line() == Some(line.id));
            let words = found.map(|mismatch| mismatch.words(|amount| matched.currency.show(amount))).collect::<Vec<_>>().join(" ");
            let verdict = if words.is_empty() {
                view! { <StatusBadge tone=Tone::Done label=tr!(purchasing.line_agrees)/> }.into_any()
            } else {
                view! { <StatusBadge tone=Tone::Critical label=tr!(purchasing.line_differs)/><br/><span class="small">{words}</span> }
                    .into_any()
            };
            Some(Row::new(vec![
                view! { <strong>{line.shown_name().to_owned()}</strong> }.into_any(),
                line.unit.count(line.ordered).into_any(),
                line.unit.count(line.received).into_any(),
                line.unit.count(of.quantity).into_any(),
                matched.currency.show(wanted).into_any(),
                matched.currency.show(Money(of.amount)).into_any(),
                verdict,
            ]))
        })
        .collect();
    let columns = vec![
        Column::new(tr!(inventory.item)),
        Column::new(tr!(purchasing.ordered)).numeric(),
        Column::new(tr!(purchasing.received)).numeric(),
        Column::new(tr!(purchasing.invoiced_units)).numeric(),
        Column::new(tr!(purchasing.as_ordered)).numeric(),
        Column::new(tr!(purchasing.amount)).numeric(),
        Column::new(tr!(purchasing.match_result)),
    ];
    view! { <DataTable caption=tr!(purchasing.lines) columns rows stacked=true/> }.into_any()
}

fn steps(matched: &Matched) -> AnyView {
    let invoice = &matched.invoice;
    if invoice.state != SupplierInvoiceState::Difference {
        return ().into_any();
    }
    let of = || vec![("supplier_invoice_id", invoice.id.to_string()), ("version", invoice.version.to_string())];
    let explain = matched.enters.then(|| {
        let (hidden, value) = (of(), invoice.explanation.clone());
        view! {
            <Form action="/api/purchasing/explain_invoice" id="explain" hidden>
                <TextField name="explanation" label=tr!(purchasing.explanation) value required=true maxlength=500/>
                <div class="form__actions"><Button label=tr!(purchasing.explain)/></div>
            </Form>
        }
    });
    // Another person than the one who entered it approves.
    let approve = (matched.approves && invoice.entered_by != matched.user && !invoice.explanation.is_empty()).then(|| {
        view! { <PostButton action="/api/purchasing/approve_invoice" label=tr!(purchasing.approve) hidden=of() tone=ButtonTone::Primary/> }
    });
    view! { {explain}{approve} }.into_any()
}
