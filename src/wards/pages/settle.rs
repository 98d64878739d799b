//! `/wards/settle`: the stays that the cashier settles before the patients leave.

use leptos::prelude::*;
use serde::Deserialize;

use super::{admission::hidden, done_words};
use crate::{
    core::{
        Currency, Money, Permission, Result,
        time::{Zone, show_date_time},
    },
    patients,
    server::{Ctx, Page, Query},
    tr,
    ui::{Button, Column, DataTable, EmptyState, Form, Glyph, PageHeader, Row, StatusBadge, TextField, Toast, Tone},
    wards::{
        deposits::{DepositDue, deposits_due},
        leaving::{Leaving, Owed, owed, to_settle},
    },
};

/// The act that was just done.
#[derive(Debug, Deserialize)]
pub struct SettleQuery {
    #[serde(default)]
    done: String,
}

/// Shows the list.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn settle_page(Query(SettleQuery { done }): Query<SettleQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::DischargeBilling).await?;
    let (clinic, zone) = (ctx.clinic.id, ctx.zone());
    let currency = ctx.state().hospital().currency;
    let leaving = to_settle(&mut ctx.tx, clinic).await?;
    let ids: Vec<_> = leaving.iter().map(|one| one.patient_id).collect();
    let people = patients::names(&mut ctx.tx, &ids).await?;
    let deposits = deposits_due(&mut ctx, clinic).await?;
    let asked: Vec<_> = deposits.iter().map(|one| one.patient_id).collect();
    let depositors = patients::names(&mut ctx.tx, &asked).await?;
    ctx.saw_live([ids, asked].concat(), "ward_board").await?;
    let deposits: Vec<_> = deposits
        .into_iter()
        .map(|one| {
            let name = depositors.get(&one.patient_id).map(|line| line.name.listed()).unwrap_or_default();
            (one, name)
        })
        .collect();
    let mut rows = Vec::new();
    for one in leaving {
        let owed = owed(&mut ctx, one.patient_id).await?;
        let name = people.get(&one.patient_id).map(|line| line.name.listed()).unwrap_or_default();
        rows.push((one, name, owed));
    }
    Ok(Page::new(tr!(wards.to_settle), move || {
        let rows = rows
            .into_iter()
            .map(|(one, name, owed)| {
                let amounts = tr!(
                    wards.owed,
                    to_pay = currency.show(owed.to_pay),
                    not_invoiced = currency.show(owed.not_invoiced),
                    unpriced = owed.unpriced
                );
                row(&one, name, owed, amounts, zone)
            })
            .collect();
        let columns = vec![
            Column::new(tr!(ui.patient)),
            Column::new(tr!(wards.ward)),
            Column::new(tr!(wards.leave_kind)).secondary(),
            Column::new(tr!(wards.owed_title)),
            Column::new(tr!(wards.step_billing)),
        ];
        let empty = view! { <EmptyState glyph=Glyph::Money title=tr!(wards.nobody_to_settle) text=tr!(wards.nobody_to_settle_text)/> };
        view! {
            {done_words(&done).map(|text| view! { <Toast text/> })}
            <PageHeader title=tr!(wards.to_settle) detail=tr!(wards.to_settle_detail)/>
            <div class="stack">
                <DataTable caption=tr!(wards.to_settle) columns rows empty=Some(empty.into_any()) stacked=true/>
                {deposits_panel(&deposits, currency)}
            </div>
        }
    }))
}

/// Shows the deposits that are still to be asked for, each with the way to the till.
fn deposits_panel(deposits: &[(DepositDue, String)], currency: Currency) -> AnyView {
    let rows = deposits
        .iter()
        .map(|(one, name)| {
            let left = Money(one.asked.0 - one.received.0);
            Row::new(vec![
                view! { <a href=format!("/patients/{}/deposit", one.patient_id)>{name.clone()}</a><br/><span class="muted small">{one.number.clone()}</span> }
                    .into_any(),
                one.ward.clone().into_any(),
                tr!(wards.deposit_for, days = one.deposit_days, class = one.class.clone()).into_any(),
                currency.show(one.asked).into_any(),
                currency.show(one.received).into_any(),
                currency.show(left).into_any(),
            ])
        })
        .collect();
    let columns = vec![
        Column::new(tr!(ui.patient)),
        Column::new(tr!(wards.ward)),
        Column::new(tr!(wards.bed_class)).secondary(),
        Column::new(tr!(wards.deposit_asked)).numeric(),
        Column::new(tr!(wards.deposit_received)).numeric(),
        Column::new(tr!(wards.deposit_left)).numeric(),
    ];
    let empty = view! { <EmptyState glyph=Glyph::Money title=tr!(wards.no_deposits) text=tr!(wards.no_deposits_text)/> }.into_any();
    view! {
        <section class="panel" aria-labelledby="deposits">
            <div class="panel__head"><h2 id="deposits">{tr!(wards.deposits)}</h2></div>
            <div class="panel__body"><p>{tr!(wards.deposits_text)}</p></div>
            <DataTable caption=tr!(wards.deposits) columns rows empty=Some(empty)/>
        </section>
    }
    .into_any()
}

fn row(one: &Leaving, name: String, owed: Owed, amounts: String, zone: Zone) -> Row {
    let (id, settled) = (one.admission_id, owed.is_settled());
    let hidden = hidden(id);
    let state = settled.then(|| view! { <StatusBadge tone=Tone::Done label=tr!(wards.all_paid)/> });
    let agreed = (!settled).then_some(());
    let form = view! {
        <Form action="/api/wards/settle" id=format!("settle-{id}") hidden>
            {agreed.map(|()| view! { <TextField name="agreed" label=tr!(wards.agreed) hint=tr!(wards.agreed_hint) maxlength=500 autocomplete="off"/> })}
            <div class="form__actions"><Button label=tr!(wards.settle)/></div>
        </Form>
    };
    Row::new(vec![
        view! { <a href=format!("/cashier?patient={}", one.patient_id)>{name}</a><br/><span class="muted small">{one.number.clone()}</span> }
            .into_any(),
        one.ward.clone().into_any(),
        format!("{}, {}", one.kind.words(), show_date_time(zone.local(one.decided_at))).into_any(),
        view! { {amounts}" "{state} }.into_any(),
        form.into_any(),
    ])
}
