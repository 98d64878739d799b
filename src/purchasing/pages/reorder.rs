//! `/purchasing/reorder`: what to order for a storeroom, each item with its reason. One press asks for all of it.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{shown_name, tabs};
use crate::{
    core::{Permission, Result, StoreroomId},
    inventory::{self, RoomKind, Storeroom},
    purchasing::reorder::{self, Proposal},
    server::{Ctx, Page, Query},
    tr,
    ui::{Button, ButtonTone, Choice, EmptyState, Form, Glyph, NumberField, PageHeader, SelectField},
};

/// The storeroom.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReorderQuery {
    room: String,
}

/// Shows the proposal.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn reorder_page(Query(query): Query<ReorderQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OrderGoods).await?;
    let (clinic, today) = (ctx.clinic.id, ctx.today());
    let rooms: Vec<Storeroom> =
        inventory::rooms(&mut ctx.tx, clinic).await?.into_iter().filter(|room| room.kind != RoomKind::Quarantine).collect();
    let chosen = query.room.parse::<StoreroomId>().ok();
    let room = rooms.iter().find(|room| chosen == Some(room.id)).or_else(|| rooms.first()).cloned();
    let proposals = match &room {
        Some(room) => reorder::proposals(&mut ctx.tx, room.id, today).await?,
        None => Vec::new(),
    };
    Ok(Page::new(tr!(purchasing.reorder), move || view(&rooms, room.as_ref(), &proposals)))
}

fn view(rooms: &[Storeroom], room: Option<&Storeroom>, proposals: &[Proposal]) -> AnyView {
    let choices: Vec<Choice> = rooms.iter().map(|room| Choice::new(room.id.to_string(), room.name.clone())).collect();
    let value = room.map(|room| room.id.to_string()).unwrap_or_default();
    let body = match room {
        Some(room) if !proposals.is_empty() => form(room, proposals),
        _ => view! { <EmptyState glyph=Glyph::Check title=tr!(purchasing.nothing_to_order) text=tr!(purchasing.nothing_to_order_text)/> }
            .into_any(),
    };
    view! {
        <PageHeader title=tr!(purchasing.reorder) detail=tr!(purchasing.reorder_text)/>
        {tabs("/purchasing/reorder", true)}
        <form class="filter" method="get" action="/purchasing/reorder" role="search" aria-label=tr!(purchasing.reorder)>
            <SelectField name="room" label=tr!(inventory.room) choices value/>
            <Button label=tr!(purchasing.show)/>
        </form>
        {body}
    }
    .into_any()
}

fn form(room: &Storeroom, proposals: &[Proposal]) -> AnyView {
    let hidden = vec![("storeroom", room.id.to_string())];
    let proposals = proposals.to_vec();
    let field = |proposal: &Proposal| {
        let level = &proposal.level;
        let name = format!("quantity-{}", level.item_id);
        let label = format!("{} · {}", shown_name(&level.name, &level.name_es), level.code);
        let (value, unit, hint) = (proposal.forecast.order.to_string(), level.unit.words(), proposal.reason());
        view! { <NumberField name label value unit hint optional=true/> }
    };
    view! {
        <Form action="/api/purchasing/request_proposed" id="proposed" hidden>
            {proposals.iter().map(field).collect_view()}
            <div class="form__actions"><Button label=tr!(purchasing.request_all) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
        </Form>
    }
    .into_any()
}
