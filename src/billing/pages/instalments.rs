//! The panel of instalments on the page of an invoice.

use chrono::NaiveDate;
use leptos::prelude::*;

use crate::{
    billing::{
        Invoice,
        instalments::{Instalment, Standing, standing},
    },
    core::{Currency, time::show_date},
    tr,
    ui::{Button, Column, DataTable, DateField, Form, NoticeBox, Row, StatusBadge, TextField, Tone},
};

/// Shows the instalments with where each stands, or the form that agrees on them.
pub(super) fn panel(invoice: &Invoice, plan: &[Instalment], today: NaiveDate, may: bool, currency: Currency) -> Option<AnyView> {
    if plan.is_empty() && !may {
        return None;
    }
    let body = if plan.is_empty() { form(invoice, today) } else { table(invoice, plan, today, currency) };
    Some(
        view! {
            <section class="panel">
                <div class="panel__head"><h2>{tr!(billing.instalments)}</h2></div>
                {body}
            </section>
        }
        .into_any(),
    )
}

fn table(invoice: &Invoice, plan: &[Instalment], today: NaiveDate, currency: Currency) -> AnyView {
    let standings = standing(plan, invoice.due(), today);
    let missed = standings.contains(&Standing::Missed).then(|| {
        let words = tr!(billing.instalment_missed_text, amount = currency.show(invoice.due()));
        view! { <NoticeBox tone=Tone::Warning title=tr!(billing.instalment_missed)><p>{words}</p></NoticeBox> }
    });
    let rows = plan
        .iter()
        .zip(standings)
        .map(|(part, standing)| {
            let (tone, label) = match standing {
                Standing::Paid => (Tone::Done, tr!(billing.paid)),
                Standing::Open => (Tone::Waiting, tr!(billing.instalment_open)),
                Standing::Missed => (Tone::Warning, tr!(billing.instalment_missed)),
            };
            Row::new(vec![
                show_date(part.due_day).into_any(),
                view! { <StatusBadge tone label/> }.into_any(),
                currency.show(part.amount).into_any(),
            ])
        })
        .collect();
    let columns = vec![Column::new(tr!(billing.due_day)), Column::new(tr!(billing.state)), Column::new(tr!(billing.amount)).numeric()];
    view! { {missed}<DataTable caption=tr!(billing.instalments) columns rows/> }.into_any()
}

fn form(invoice: &Invoice, today: NaiveDate) -> AnyView {
    let hidden = vec![("invoice_id", invoice.id.to_string())];
    view! {
        <div class="panel__body">
            <Form action="/api/billing/agree_instalments" class="form--inline" hidden>
                <TextField name="parts" label=tr!(billing.instalment_count) inputmode="numeric" class="input--short" required=true autocomplete="off"/>
                <DateField name="first_day" label=tr!(billing.first_due_day) value=today.to_string() required=true/>
                <div class="form__actions"><Button label=tr!(billing.agree_instalments)/></div>
            </Form>
        </div>
    }
    .into_any()
}
