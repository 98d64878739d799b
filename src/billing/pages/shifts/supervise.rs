//! `/till/supervise`: the shifts of the clinic that are not closed, drops on the way to the safe, and the shifts of the last days.

use chrono::Days;
use leptos::prelude::*;

use super::{TillQuery, state_badge};
use crate::{
    billing::shifts::{self, TillState},
    core::{Permission, Result, time::show_date_time},
    server::{Ctx, Page, Query},
    tr,
    ui::{ButtonTone, Column, DataTable, EmptyState, Glyph, PageHeader, PostButton, Row, Tone},
};

/// The days for which closed shifts are listed.
const DAYS: u64 = 14;

/// The hours after which an open shift counts as forgotten.
const FORGOTTEN: i64 = 16;

/// Shows the shifts of the clinic.
///
/// # Errors
/// When the user does not supervise shifts.
pub async fn supervise_page(Query(done): Query<TillQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::SuperviseShifts).await?;
    let (clinic, zone, now, currency) = (ctx.clinic.clone(), ctx.zone(), ctx.now, ctx.state().hospital().currency);
    let since = now.checked_sub_days(Days::new(DAYS)).unwrap_or(now);
    let all = shifts::shifts_at(&mut ctx.tx, clinic.id, since).await?;
    let drops = shifts::in_transit(&mut ctx.tx, clinic.id).await?;
    Ok(Page::new(tr!(till.supervise), move || {
        let rows = all
            .iter()
            .map(|shift| {
                let forgotten = shift.state == TillState::Open && (now - shift.opened_at).num_hours() >= FORGOTTEN;
                let opened = show_date_time(zone.local(shift.opened_at));
                let opened = if forgotten { tr!(till.forgotten_since, at = opened) } else { opened };
                let row = Row::new(vec![
                    shift.cashier.clone().into_any(),
                    shift.point.clone().unwrap_or_default().into_any(),
                    opened.into_any(),
                    state_badge(shift.state),
                    shift.receiver.clone().unwrap_or_default().into_any(),
                ])
                .href(format!("/till/shifts/{}", shift.id));
                if forgotten { row.class(Tone::Warning.class()) } else { row }
            })
            .collect();
        let columns = vec![
            Column::new(tr!(till.cashier)),
            Column::new(tr!(till.counter)).secondary(),
            Column::new(tr!(till.opened)),
            Column::new(tr!(billing.state)),
            Column::new(tr!(till.receiver)).secondary(),
        ];
        let empty = view! { <EmptyState glyph=Glyph::Money title=tr!(till.no_shifts) text=tr!(till.no_shifts_text)/> }.into_any();
        let transit = (!drops.is_empty()).then(|| {
            let rows = drops
                .into_iter()
                .map(|drop| {
                    let hidden = vec![("id", drop.id.to_string()), ("back", "supervise".to_owned())];
                    let about = format!("{}, {}", drop.sender, currency.show(drop.amount));
                    Row::new(vec![
                        drop.sender.into_any(),
                        show_date_time(zone.local(drop.sent_at)).into_any(),
                        currency.show(drop.amount).into_any(),
                        view! { <PostButton action="/api/till/receive_cash" label=tr!(till.receive_cash) about hidden tone=ButtonTone::Primary/> }.into_any(),
                    ])
                })
                .collect();
            let columns = vec![
                Column::new(tr!(till.cashier)),
                Column::new(tr!(till.at)),
                Column::new(tr!(till.amount)).numeric(),
                Column::new(tr!(till.receive_cash)).label_hidden(),
            ];
            view! {
                <section class="panel">
                    <div class="panel__head"><h2>{tr!(till.to_the_safe)}</h2></div>
                    <DataTable caption=tr!(till.to_the_safe) columns rows/>
                </section>
            }
        });
        view! {
            {done.toast()}
            <PageHeader title=tr!(till.supervise) detail=clinic.name/>
            <div class="stack">
                {transit}
                <section class="panel">
                    <div class="panel__head"><h2>{tr!(till.shifts)}</h2></div>
                    <DataTable caption=tr!(till.shifts) columns rows empty=Some(empty)/>
                </section>
            </div>
        }
    }))
}
