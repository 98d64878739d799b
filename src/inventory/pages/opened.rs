//! `/ward-stock/opened`: the opened packs of a ward's storeroom, each with the last day of its use, and the form to open one.

use chrono::NaiveDate;
use leptos::prelude::*;

use super::ward_stock::WardStockQuery;
use crate::{
    core::{
        OpenedPackId, Permission, Result, StoreroomId,
        time::{Zone, show_date, show_date_time},
    },
    inventory::{
        RoomKind, Storeroom,
        opened::{self, OpenableBatch, OpenedPack, PackOutcome, in_language},
        requisitions,
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, Column, DataTable, EmptyState, Form, Glyph, Icon, PageHeader, PostButton, Row, SelectField,
        StatusBadge, Toast, Tone,
    },
};

/// Shows the opened packs.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn opened_page(Query(query): Query<WardStockQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::AskStock).await?;
    let (zone, today) = (ctx.zone(), ctx.today());
    let mut rooms = requisitions::asking_rooms(&mut ctx).await?;
    rooms.retain(|room| matches!(room.kind, RoomKind::Ward | RoomKind::Theatre));
    let chosen = query.room.parse::<StoreroomId>().ok();
    let room = rooms.iter().find(|room| chosen.is_none_or(|chosen| room.id == chosen)).cloned();
    let (packs, batches) = match &room {
        Some(room) => (opened::of_room(&mut ctx.tx, room.id).await?, opened::openable(&mut ctx.tx, room.id, today).await?),
        None => (Vec::new(), Vec::new()),
    };
    Ok(Page::new(tr!(inventory.opened_packs), move || view((&rooms, room.as_ref()), &packs, &batches, &query.done, (today, zone))))
}

fn view(
    (rooms, room): (&[Storeroom], Option<&Storeroom>),
    packs: &[OpenedPack],
    batches: &[OpenableBatch],
    done: &str,
    (today, zone): (NaiveDate, Zone),
) -> AnyView {
    let back = ("/ward-stock".to_owned(), tr!(ward_stock.title).to_owned());
    let Some(room) = room else {
        return view! {
            <PageHeader title=tr!(inventory.opened_packs) back/>
            <EmptyState glyph=Glyph::Building title=tr!(ward_stock.no_rooms) text=tr!(ward_stock.no_rooms_text)/>
        }
        .into_any();
    };
    let toast = match done {
        "opened" => Some(tr!(inventory.done_pack_opened)),
        "closed" => Some(tr!(inventory.done_pack_closed)),
        _ => None,
    };
    let toast = toast.map(|text| view! { <Toast text/> });
    let choices: Vec<Choice> = rooms.iter().map(|room| Choice::new(room.id.to_string(), room.name.clone())).collect();
    let value = room.id.to_string();
    let columns = vec![
        Column::new(tr!(inventory.item)),
        Column::new(tr!(inventory.batch)),
        Column::new(tr!(inventory.pack_opened)).secondary(),
        Column::new(tr!(inventory.use_until)),
        Column::new(tr!(inventory.pack_end)).label_hidden(),
    ];
    let rows = packs.iter().map(|pack| row(pack, (today, zone))).collect();
    let empty = view! { <EmptyState glyph=Glyph::Check title=tr!(inventory.none_opened)/> }.into_any();
    view! {
        {toast}
        <PageHeader title=tr!(inventory.opened_packs) back detail=tr!(inventory.packs_text)/>
        <form class="filter" method="get" action="/ward-stock/opened">
            <SelectField name="room" label=tr!(inventory.room) choices value/>
            <button class="button" type="submit"><Icon glyph=Glyph::Building/>{tr!(ui.show)}</button>
        </form>
        <div class="stack">
            <DataTable caption=tr!(inventory.opened_packs) columns rows empty=Some(empty) stacked=true/>
            {open_form(room, batches)}
        </div>
    }
    .into_any()
}

fn row(pack: &OpenedPack, (today, zone): (NaiveDate, Zone)) -> Row {
    let name = in_language(&pack.name, &pack.name_es).to_owned();
    let until = show_date(pack.use_until);
    let (tone, label) = match pack.use_until.cmp(&today) {
        std::cmp::Ordering::Less => (Tone::Critical, tr!(inventory.do_not_use, day = until)),
        std::cmp::Ordering::Equal => (Tone::Warning, until),
        std::cmp::Ordering::Greater => (Tone::Waiting, until),
    };
    let about = format!("{name} {}", pack.batch_no);
    let ends = PackOutcome::ALL.iter().map(|outcome| {
        let hidden = vec![("opened_pack_id", pack.id.to_string()), ("outcome", outcome.to_string())];
        view! { <PostButton action="/api/stock/close_pack" label=outcome.words() hidden about=about.clone()/> }
    });
    let ends = ends.collect_view();
    let opened = format!("{} · {}", show_date_time(zone.local(pack.opened_at)), pack.by_name);
    Row::new(vec![
        name.into_any(),
        view! { <span class="code">{pack.batch_no.clone()}</span> }.into_any(),
        opened.into_any(),
        view! { <StatusBadge tone label/> }.into_any(),
        view! { <div class="cluster">{ends}</div> }.into_any(),
    ])
}

fn open_form(room: &Storeroom, batches: &[OpenableBatch]) -> AnyView {
    if batches.is_empty() {
        return view! { <p class="muted">{tr!(inventory.nothing_to_open)}</p> }.into_any();
    }
    let hidden = vec![("key", OpenedPackId::new().to_string()), ("storeroom", room.id.to_string())];
    let choice = |one: &OpenableBatch| {
        let days = match one.confirmed {
            true => tr!(formulary.days, count = one.in_use_days),
            false => tr!(formulary.unconfirmed).to_owned(),
        };
        let name = in_language(&one.name, &one.name_es);
        let parts = [name.to_owned(), one.batch_no.clone(), one.diluent.clone(), days];
        Choice::new(one.batch_id.to_string(), parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · "))
    };
    let choices: Vec<Choice> = batches.iter().map(choice).collect();
    view! {
        <section class="panel" aria-labelledby="open-pack">
            <div class="panel__head"><h2 id="open-pack">{tr!(inventory.open_pack)}</h2></div>
            <div class="panel__body">
                <Form action="/api/stock/open_pack" hidden>
                    <SelectField name="batch" label=tr!(inventory.batch) choices prompt=tr!(errors.choose) required=true/>
                    <div class="form__actions"><Button label=tr!(inventory.open_pack) tone=ButtonTone::Primary/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}
