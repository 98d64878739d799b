//! `/ward-stock/return/{id}`: supplies of a ward go back to a pharmacy.

use leptos::prelude::*;

use super::parts::shown_name;
use crate::{
    core::{Error, Permission, Result, StockTransferId, StoreroomId, time::show_date},
    inventory::{
        RoomKind,
        rooms::{self, Storeroom},
        transit::back::{self, BackCondition, HeldBatch},
    },
    server::{Ctx, Page, Path},
    tr,
    ui::{Button, ButtonTone, Choice, EmptyState, Form, Glyph, NumberField, PageHeader, RadioField, SelectField, TextField},
};

struct Back {
    room: Storeroom,
    pharmacies: Vec<Storeroom>,
    held: Vec<HeldBatch>,
}

/// Shows the form.
///
/// # Errors
/// Not allowed, another clinic's storeroom, or when the database refuses.
pub async fn send_back_page(Path(id): Path<StoreroomId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::AskStock).await?;
    let room = rooms::room(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::AskStock, room.clinic_id)?;
    let mut pharmacies = rooms::rooms(&mut ctx.tx, room.clinic_id).await?;
    pharmacies.retain(|room| room.kind == RoomKind::Pharmacy);
    let form = Back { held: back::held_in(&mut ctx.tx, id).await?, room, pharmacies };
    Ok(Page::new(tr!(ward_stock.back_title), move || view(&form)).class("main--narrow"))
}

fn view(form: &Back) -> AnyView {
    let back = (format!("/ward-stock?room={}", form.room.id), tr!(ward_stock.title).to_owned());
    let header = view! { <PageHeader title=tr!(ward_stock.back_title) back detail=form.room.name.clone()/> };
    if form.held.is_empty() {
        return view! { {header}<EmptyState glyph=Glyph::Pill title=tr!(ward_stock.back_nothing)/> }.into_any();
    }
    let hidden = vec![("key", StockTransferId::new().to_string()), ("storeroom", form.room.id.to_string())];
    let words = |held: &HeldBatch| {
        let expiry = held.expires_on.map(show_date).unwrap_or_default();
        let parts = [shown_name(&held.name, &held.name_es).to_owned(), held.batch_no.clone(), expiry, held.unit.count(held.on_hand)];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    };
    let batches: Vec<Choice> = form.held.iter().map(|held| Choice::new(held.batch_id.to_string(), words(held))).collect();
    let rooms: Vec<Choice> = form.pharmacies.iter().map(|room| Choice::new(room.id.to_string(), room.name.clone())).collect();
    let conditions: Vec<Choice> = BackCondition::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    view! {
        {header}
        <Form action="/api/stock/send_back" id="send-back" hidden>
            <SelectField name="batch" label=tr!(inventory.batch) choices=batches prompt=tr!(errors.choose) required=true/>
            <NumberField name="quantity" label=tr!(inventory.quantity) required=true/>
            <RadioField name="condition" label=tr!(ward_stock.back_condition) choices=conditions/>
            <SelectField name="to" label=tr!(inventory.to_room) choices=rooms prompt=tr!(errors.choose) required=true/>
            <TextField name="reason" label=tr!(inventory.reason) maxlength=500 required=true/>
            <div class="form__actions"><Button label=tr!(ward_stock.back_send) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
        </Form>
    }
    .into_any()
}
