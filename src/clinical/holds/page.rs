//! `/patients/{id}/held`: everything of a patient that is held back from the portal, and the form that holds the results of an order back.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    panel::{line, readers},
    store::{self, HeldPart, HoldableOrder},
};
use crate::{
    core::{
        NoteHoldId, PatientId, Permission, Result,
        time::{Zone, show_date},
    },
    patients,
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{Button, ButtonTone, Choice, EmptyState, Form, Glyph, PageHeader, PatientBanner, SelectField, TextArea, Toast},
};

const HOLD: &str = "/api/clinical/hold_result";
/// The orders that are offered, the latest first.
const ORDERS: i64 = 60;

/// `?done=`.
#[derive(Debug, Default, Deserialize)]
pub struct HeldQuery {
    #[serde(default)]
    done: String,
}

/// Shows the list.
///
/// # Errors
/// Not allowed, a patient not in care, or when the database refuses.
pub async fn held_page(Path(id): Path<PatientId>, Query(query): Query<HeldQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadChart).await?;
    ctx.reach([id]).await?;
    let (today, zone, clinic) = (ctx.today(), ctx.zone(), ctx.clinic.id);
    let mut banner = patients::banner(&mut ctx.tx, id, today).await?;
    ctx.saw(id, "held_parts").await?;
    patients::mark_emergency(&ctx, id, &mut banner);
    let held = store::of_patient(&mut ctx.tx, id).await?;
    let held: Vec<(HeldPart, bool)> =
        held.into_iter().map(|one| (ctx.who.may_at(Permission::WriteNotes, one.clinic), one)).map(|(may, one)| (one, may)).collect();
    let writes = ctx.who.may_at(Permission::WriteNotes, clinic);
    let orders = if writes { store::orders_to_hold(&mut ctx.tx, id, clinic, ORDERS).await? } else { Vec::new() };
    let toast = match query.done.as_str() {
        "held" => Some(tr!(clinical.done_held)),
        "released" => Some(tr!(clinical.done_released)),
        _ => None,
    };
    Ok(Page::new(tr!(clinical.held_back), move || {
        let back = (format!("/patients/{id}/chart"), tr!(patients.chart).to_owned());
        let rows = held.iter().map(|(one, may_write)| row(one, zone, *may_write)).collect_view();
        let empty = held
            .is_empty()
            .then(|| view! { <EmptyState glyph=Glyph::Lock title=tr!(clinical.nothing_held) text=tr!(clinical.hold_text)/> });
        let list = (!held.is_empty())
            .then(|| view! { <section class="panel"><div class="panel__body"><ul class="stack">{rows}</ul></div></section> });
        let more = writes.then(|| form(&orders, zone));
        view! {
            {toast.map(|text| view! { <Toast text/> })}
            <PageHeader title=tr!(clinical.held_back) back/>
            <div class="stack">{empty}{list}{more}</div>
        }
    })
    .banner(move || view! { <PatientBanner info=banner/> }))
}

fn row(one: &HeldPart, zone: Zone, may_write: bool) -> AnyView {
    let day = show_date(zone.day(one.at));
    let about = match (one.encounter, one.about.as_str()) {
        (Some(_), "") => tr!(clinical.held_visit_of, day = day),
        (_, about) => format!("{about}, {day}"),
    };
    line(&one.hold, &about, zone, may_write, "held")
}

/// The form for the results of an order.
fn form(orders: &[HoldableOrder], zone: Zone) -> AnyView {
    if orders.is_empty() {
        return view! { <p class="muted">{tr!(clinical.no_orders_to_hold)}</p> }.into_any();
    }
    let choices = orders
        .iter()
        .map(|order| Choice::new(order.id.to_string(), format!("{}, {}", order.service, show_date(zone.day(order.ordered_at)))))
        .collect::<Vec<_>>();
    let from = readers();
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(clinical.hold_result)}</h2></div>
            <div class="panel__body">
                <Form action=HOLD id="hold-result" hidden=vec![("key", NoteHoldId::new().to_string())]>
                    <p>{tr!(clinical.hold_result_text)}</p>
                    <SelectField name="order" label=tr!(clinical.hold_order) choices prompt=tr!(errors.choose) required=true/>
                    <SelectField name="hidden_from" label=tr!(clinical.hold_from) choices=from prompt=tr!(errors.choose) required=true/>
                    <TextArea name="reason" label=tr!(clinical.hold_reason) hint=tr!(clinical.hold_reason_hint) rows=2 maxlength=500 required=true/>
                    <div class="form__actions"><Button label=tr!(clinical.hold_result_now) tone=ButtonTone::Primary/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}
