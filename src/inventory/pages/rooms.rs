//! `/stock/rooms`: the storerooms of the clinic.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{tabs, toast};
use crate::{
    core::{Permission, Result, StoreroomId},
    inventory::{
        RoomKind,
        rooms::{self, Storeroom},
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{Button, ButtonTone, Choice, Column, DataTable, Dialog, EmptyState, Form, Glyph, PageHeader, Row, SelectField, TextField},
};

const SAVE: &str = "/api/stock/save_room";

/// The message of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RoomsQuery {
    done: String,
}

/// Shows the storerooms.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn rooms_page(Query(query): Query<RoomsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadStock).await?;
    let clinic = ctx.clinic.id;
    let found = rooms::rooms(&mut ctx.tx, clinic).await?;
    let manages = ctx.who.may_at(Permission::ManageStock, clinic);
    Ok(Page::new(tr!(inventory.rooms), move || view(&found, manages, &query.done)))
}

fn view(found: &[Storeroom], manages: bool, done: &str) -> AnyView {
    let rows = found
        .iter()
        .map(|room| {
            let edit = manages.then(|| edit(Some(room)));
            Row::new(vec![
                view! { <strong>{room.name.clone()}</strong> }.into_any(),
                room.code.clone().into_any(),
                room.kind.words().into_any(),
                edit.into_any(),
            ])
        })
        .collect::<Vec<_>>();
    let columns = vec![
        Column::new(tr!(inventory.room)),
        Column::new(tr!(inventory.code)),
        Column::new(tr!(inventory.kind)),
        Column::new(tr!(inventory.edit)).label_hidden(),
    ];
    let empty = view! { <EmptyState glyph=Glyph::Building title=tr!(inventory.no_rooms) text=tr!(inventory.no_rooms_text)/> }.into_any();
    let actions = manages.then(|| edit(None)).into_any();
    view! {
        {toast(done)}
        <PageHeader title=tr!(inventory.rooms) detail=tr!(inventory.rooms_text) actions=Some(actions)/>
        {tabs("/stock/rooms")}
        <DataTable caption=tr!(inventory.rooms) columns rows empty=Some(empty) stacked=true/>
    }
    .into_any()
}

/// The dialog that adds a storeroom, or renames one.
fn edit(room: Option<&Storeroom>) -> AnyView {
    let key = room.map_or_else(StoreroomId::new, |room| room.id);
    let mut hidden = vec![("key", key.to_string()), ("version", room.map_or(0, |room| room.version).to_string())];
    let (id, form_id) = match room {
        Some(room) => (format!("room-{}", room.id), format!("room-form-{}", room.id)),
        None => ("add-room".to_owned(), "add-room-form".to_owned()),
    };
    let (words, glyph) = if room.is_some() { (tr!(inventory.edit), Glyph::Edit) } else { (tr!(inventory.add_room), Glyph::Plus) };
    let kinds: Vec<Choice> = RoomKind::CHOSEN.iter().map(|kind| Choice::new(kind.as_str(), kind.words())).collect();
    // The kind of a storeroom stays.
    let is_new = room.is_none();
    if let Some(room) = room {
        hidden.push(("kind", room.kind.as_str().to_owned()));
    }
    let (code, name) = room.map(|room| (room.code.clone(), room.name.clone())).unwrap_or_default();
    view! {
        <Dialog id opens=words title=words action=SAVE glyph tone=ButtonTone::Quiet>
            <Form action=SAVE id=form_id hidden>
                <TextField name="code" label=tr!(inventory.code) value=code required=true maxlength=20 class="input--code"/>
                <TextField name="name" label=tr!(inventory.name) value=name required=true maxlength=120/>
                {is_new.then(|| view! { <SelectField name="kind" label=tr!(inventory.kind) choices=kinds/> })}
                <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}
