//! `/pharmacy/wards`: the medicine orders of patients on wards; `/pharmacy/wards/{id}`: one order, and what was supplied for it.

use leptos::prelude::*;
use serde::Deserialize;

use super::{handover::only_choice, review};
use crate::{
    core::{
        CareOrderId, Permission, Result, StockDocumentId,
        list::Slice,
        time::{show_date, show_date_time},
    },
    formulary::{self, TallNames},
    inventory::{self, RoomKind, StockItem, Storeroom, transit::back::BackCondition, witness_fields},
    patients,
    pharmacy::wards::{self, WardOrder, WardSupplyPart},
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, Column, DataTable, Dialog, EmptyState, Form, Glyph, ListUrl, NoticeBox, NumberField, PageHeader,
        Paging, PatientBanner, RadioField, Row, SelectField, TextField, Toast, Tone,
    },
};

/// The page of the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WardsQuery {
    page: Option<i64>,
}

/// Shows the active medicine orders of the clinic's wards.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn wards_page(Query(query): Query<WardsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::Dispense).await?;
    let zone = ctx.zone();
    let found: Slice<WardOrder> = wards::page_of(&mut ctx, query.page).await?;
    ctx.saw_live(found.rows.iter().map(|order| order.patient_id), "ward_medicines").await?;
    Ok(Page::new(tr!(pharmacy.wards), move || {
        let rows = found
            .rows
            .iter()
            .map(|order| {
                let supplied = order.supplied_at.map(|at| show_date_time(zone.local(at)));
                Row::new(vec![
                    view! { <strong>{order.patient_name.listed()}</strong><br/><span class="muted small">{order.mrn.clone()}</span> }
                        .into_any(),
                    order.ward.clone().into_any(),
                    view! { {order.title.clone()}<br/><span class="muted small">{order.dose.clone()}</span> }.into_any(),
                    show_date_time(zone.local(order.ordered_at)).into_any(),
                    supplied.unwrap_or_else(|| tr!(pharmacy.never_supplied).to_owned()).into_any(),
                ])
                .href(format!("/pharmacy/wards/{}", order.id))
            })
            .collect();
        let columns = vec![
            Column::new(tr!(ui.patient)),
            Column::new(tr!(pharmacy.ward)),
            Column::new(tr!(pharmacy.prescribed)),
            Column::new(tr!(pharmacy.signed)).secondary(),
            Column::new(tr!(pharmacy.last_supply)),
        ];
        let empty = view! { <EmptyState glyph=Glyph::Pill title=tr!(pharmacy.no_ward_orders)/> }.into_any();
        let paging = Paging::of(&found);
        view! {
            <PageHeader title=tr!(pharmacy.wards) detail=tr!(pharmacy.wards_text)/>
            <DataTable caption=tr!(pharmacy.wards) columns rows url=ListUrl::new("/pharmacy/wards") paging=Some(paging) empty=Some(empty) stacked=true/>
        }
    }))
}

/// The message of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct OrderSupplyQuery {
    done: String,
}

/// Shows an order, and the form to supply units for it.
///
/// # Errors
/// Not allowed, another clinic's, or when the database refuses.
pub async fn order_page(Path(id): Path<CareOrderId>, Query(query): Query<OrderSupplyQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::Dispense).await?;
    let order = wards::shown(&mut ctx, id).await?;
    ctx.saw(order.patient_id, "pharmacy_record").await?;
    let (today, zone) = (ctx.today(), ctx.zone());
    let mut banner = patients::banner(&mut ctx.tx, order.patient_id, today).await?;
    banner.href = None;
    let items = inventory::items_of_drug(&mut ctx.tx, order.drug_id).await?;
    let mut rooms = inventory::rooms(&mut ctx.tx, order.clinic_id).await?;
    rooms.retain(|room| room.kind == RoomKind::Pharmacy);
    let tall = formulary::TallNames::load(&mut ctx.tx).await?;
    let alike = tall.warning(Some(order.drug_id), &order.title);
    let supplied = wards::supplied(&mut ctx.tx, id).await?;
    let parts = wards::parts(&mut ctx.tx, id).await?;
    Ok(Page::new(tr!(pharmacy.wards), move || {
        let back = ("/pharmacy/wards".to_owned(), tr!(pharmacy.wards).to_owned());
        let toast = match query.done.as_str() {
            "supplied" => Some(tr!(pharmacy.done_supplied)),
            "returned" => Some(tr!(pharmacy.done_returned)),
            "returned_billed" => Some(tr!(pharmacy.done_returned_billed)),
            _ => None,
        };
        let toast = toast.map(|text| view! { <Toast text/> });
        let controlled = items.iter().any(StockItem::is_controlled);
        let detail = format!("{} · {} · {}", order.dose, order.ward, order.prescriber);
        let rows = supplied
            .iter()
            .map(|one| {
                let people = [Some(one.by_name.clone()), one.witness.clone()].into_iter().flatten().collect::<Vec<_>>().join(", ");
                let words = format!("{} · {}", one.unit.count(one.quantity), one.item_name);
                let facts = format!("{} · {people}", show_date_time(zone.local(one.at)));
                let batches = parts.iter().filter(|part| part.supply_id == one.id).map(|part| batch(part, controlled)).collect_view();
                view! {
                    <li class="rows__row">
                        <div class="rows__main"><strong>{words}</strong><br/><span class="muted small">{facts}</span><ul>{batches}</ul></div>
                    </li>
                }
            })
            .collect_view();
        let form = if items.is_empty() || rooms.is_empty() {
            view! { <NoticeBox tone=Tone::Warning><p>{tr!(pharmacy.no_pharmacy)}</p></NoticeBox> }.into_any()
        } else {
            supply_form(&order, &items, &rooms, (&tall, alike.is_some()))
        };
        view! {
            {toast}
            <PageHeader title=tall.spell(&order.title) back detail/>
            <div class="stack">
                {review::alike(alike.as_ref())}
                {form}
                {(!supplied.is_empty()).then(|| view! {
                    <section class="panel">
                        <div class="panel__head"><h2>{tr!(pharmacy.supplied)}</h2></div>
                        <ul class="rows">{rows}</ul>
                    </section>
                })}
            </div>
        }
    })
    .banner(move || view! { <PatientBanner info=banner/> }))
}

/// A batch of what was supplied, with the way back.
fn batch(part: &WardSupplyPart, controlled: bool) -> AnyView {
    let expiry = part.expires_on.map(show_date).unwrap_or_default();
    let left = part.quantity - part.returned;
    let back = (part.returned > 0).then(|| tr!(pharmacy.returned_count, count = part.returned));
    let hidden = vec![("movement_id", part.id.to_string()), ("key", StockDocumentId::new().to_string())];
    let conditions: Vec<Choice> = BackCondition::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let (id, form_id, value) = (format!("back-{}", part.id), format!("back-form-{}", part.id), left.to_string());
    let dialog = (left > 0).then(|| {
        view! {
            <Dialog id opens=tr!(pharmacy.take_back) title=tr!(pharmacy.take_back) tone=ButtonTone::Quiet>
                <Form action="/api/pharmacy/take_back_ward" id=form_id hidden>
                    <p>{tr!(pharmacy.take_back_ward_text)}</p>
                    <NumberField name="quantity" label=tr!(pharmacy.quantity) value/>
                    <RadioField name="condition" label=tr!(ward_stock.back_condition) choices=conditions/>
                    <TextField name="note" label=tr!(pharmacy.note) maxlength=500 optional=true/>
                    {controlled.then(witness_fields)}
                    <div class="form__actions"><Button label=tr!(pharmacy.take_back) tone=ButtonTone::Danger/></div>
                </Form>
            </Dialog>
        }
    });
    view! { <li><span class="code">{part.batch_no.clone()}</span>" · "{expiry}" · "{part.quantity}" "<span class="muted">{back}</span>{dialog}</li> }
        .into_any()
}

fn supply_form(order: &WardOrder, items: &[StockItem], rooms: &[Storeroom], (tall, is_alike): (&TallNames, bool)) -> AnyView {
    let hidden = vec![("care_order_id", order.id.to_string()), ("key", StockDocumentId::new().to_string())];
    let controlled = items.iter().any(StockItem::is_controlled);
    let items: Vec<Choice> = items
        .iter()
        .map(|item| Choice::new(item.id.to_string(), format!("{} ({})", tall.spell(item.shown_name()), item.unit.words())))
        .collect();
    // Where the medicine is kept in several packs, the pharmacist chooses.
    let only = only_choice(&items);
    let rooms: Vec<Choice> = rooms.iter().map(|room| Choice::new(room.id.to_string(), room.name.clone())).collect();
    let room = only_choice(&rooms);
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(pharmacy.supply_ward)}</h2></div>
            <div class="panel__body">
                <Form action="/api/pharmacy/supply_ward" id="supply-ward" hidden>
                    <SelectField name="storeroom" label=tr!(inventory.room) choices=rooms value=room prompt=tr!(errors.choose) required=true/>
                    <SelectField name="item" label=tr!(pharmacy.item) choices=items value=only prompt=tr!(errors.choose) required=true/>
                    <NumberField name="quantity" label=tr!(pharmacy.quantity) required=true/>
                    {review::name_read(is_alike)}
                    {controlled.then(witness_fields)}
                    <div class="form__actions"><Button label=tr!(pharmacy.supply_ward) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}
