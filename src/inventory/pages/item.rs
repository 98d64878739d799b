//! `/stock/items/{id}`: an item with its stock in each storeroom, its batches, and the acts on them.

use chrono::NaiveDate;
use leptos::prelude::*;

use super::parts::{ItemTab, StockItemQuery, expiry, item_tabs, quantity_words, toast, value_words};
use crate::{
    core::{Currency, Error, Permission, Result, StockBatchId, StockDocumentId, StockItemId, StoreroomId},
    inventory::{
        BatchStatus, RoomKind, StockReason,
        batches::{self, LineRow, USED_UP, UsedUp},
        goods::{self, StockItem},
        rooms::{self, Storeroom},
        witness::witness_fields,
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, Column, DataTable, DescriptionList, Detail, Dialog, EmptyState, Form, Glyph, LinkButton, NumberField,
        PageHeader, Row, SelectField, StatusBadge, TextField, Tone,
    },
};

#[expect(clippy::struct_excessive_bools, reason = "each is a right of its own")]
struct Facts {
    item: StockItem,
    lines: Vec<LineRow>,
    used_up: Vec<UsedUp>,
    rooms: Vec<Storeroom>,
    /// Storeroom, quantity, value and low mark.
    held: Vec<(StoreroomId, i64, i64, i64)>,
    today: NaiveDate,
    currency: Currency,
    moves: bool,
    /// Whether the user sees the purchases, and so the way back to a supplier.
    buys: bool,
    /// Whether the user sees who got something of a batch.
    dispenses: bool,
    manages: bool,
}

/// Shows an item.
///
/// # Errors
/// Not allowed, an unknown item, or when the database refuses.
pub async fn item_page(Path(id): Path<StockItemId>, Query(query): Query<StockItemQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadStock).await?;
    let item = goods::item(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let (clinic, today) = (ctx.clinic.id, ctx.today());
    let facts = Facts {
        lines: batches::lines_of(&mut ctx.tx, id, clinic).await?,
        used_up: batches::used_up(&mut ctx.tx, id, clinic, USED_UP).await?,
        rooms: rooms::rooms(&mut ctx.tx, clinic).await?,
        held: goods::rooms_of(&mut ctx.tx, id).await?,
        today,
        currency: ctx.state().hospital().currency,
        dispenses: ctx.who.may_at(Permission::Dispense, clinic),
        buys: ctx.who.may_at(Permission::MoveStock, clinic) && ctx.who.may_at(Permission::ReadPurchases, clinic),
        moves: ctx.who.may_at(Permission::MoveStock, clinic),
        manages: ctx.who.may_at(Permission::ManageStock, clinic),
        item,
    };
    Ok(Page::new(facts.item.shown_name().to_owned(), move || view(&facts, &query.done)))
}

fn view(facts: &Facts, done: &str) -> AnyView {
    let item = &facts.item;
    let back = ("/stock/items".to_owned(), tr!(inventory.items).to_owned());
    let edit = facts.manages.then(|| {
        view! { <LinkButton href=format!("/stock/items/{}/edit", item.id) label=tr!(inventory.edit) glyph=Glyph::Edit/> }
    });
    let receive = (facts.moves && !facts.rooms.is_empty()).then(|| {
        let href = format!("/stock/items/{}/receive", item.id);
        view! { <LinkButton href label=tr!(inventory.receive) tone=ButtonTone::Primary glyph=Glyph::Plus/> }
    });
    let recall = facts.manages.then(|| {
        view! { <LinkButton href=format!("/recalls/new?item={}", item.id) label=tr!(recalls.announce) glyph=Glyph::Warning/> }
    });
    let actions = view! { {edit}{recall}{receive} }.into_any();
    let none = facts.rooms.is_empty().then(|| {
        view! { <EmptyState glyph=Glyph::Building title=tr!(inventory.no_rooms) text=tr!(inventory.no_rooms_text)/> }
    });
    view! {
        {toast(done)}
        <PageHeader title=item.shown_name().to_owned() back detail=item.code.clone() actions=Some(actions)/>
        {item_tabs(item.id, ItemTab::Stock)}
        <div class="stack">
            <section class="panel"><div class="panel__body"><DescriptionList details=details(facts)/></div></section>
            {none}
            {levels(facts)}
            {batches(facts)}
            {used_up(facts)}
        </div>
    }
    .into_any()
}

fn details(facts: &Facts) -> Vec<Detail> {
    let item = &facts.item;
    let mut details = vec![
        Detail::new(tr!(inventory.kind), item.kind.words()),
        Detail::new(tr!(inventory.unit), item.unit.words()),
        Detail::new(tr!(inventory.pack_size), item.pack_size.to_string()),
    ];
    if item.is_controlled() {
        let badge = view! { <StatusBadge tone=Tone::Warning label=tr!(formulary.controlled)/> }.into_any();
        details.push(Detail::view(tr!(formulary.schedule), badge));
    }
    details
}

fn room_choices(facts: &Facts, without: Option<StoreroomId>) -> Vec<Choice> {
    let others = facts.rooms.iter().filter(|room| without != Some(room.id));
    others.map(|room| Choice::new(room.id.to_string(), room.name.clone())).collect()
}

/// The quantity and the value in each storeroom, with the mark at which the item is low.
fn levels(facts: &Facts) -> AnyView {
    let rows: Vec<Row> = facts
        .rooms
        .iter()
        .filter_map(|room| {
            let (_, quantity, value, low_at) = facts.held.iter().find(|(id, ..)| *id == room.id)?;
            let low = (facts.manages && room.kind != RoomKind::Quarantine).then(|| {
                let hidden = vec![("stock_item_id", facts.item.id.to_string()), ("storeroom", room.id.to_string())];
                let (id, form_id, value) = (format!("low-{}", room.id), format!("low-form-{}", room.id), low_at.to_string());
                view! {
                    <Dialog id opens=tr!(inventory.low_mark) title=tr!(inventory.low_mark) tone=ButtonTone::Quiet>
                        <Form action="/api/stock/set_low" id=form_id hidden>
                            <NumberField name="low_at" label=tr!(inventory.low_at) value/>
                            <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
                        </Form>
                    </Dialog>
                }
            });
            Some(Row::new(vec![
                view! { <strong>{room.name.clone()}</strong> }.into_any(),
                quantity_words(*quantity, facts.item.unit).into_any(),
                value_words(*value, &facts.currency).into_any(),
                low_at.to_string().into_any(),
                low.into_any(),
            ]))
        })
        .collect();
    if rows.is_empty() {
        return ().into_any();
    }
    let columns = vec![
        Column::new(tr!(inventory.room)),
        Column::new(tr!(inventory.quantity)).numeric(),
        Column::new(tr!(inventory.value)).numeric(),
        Column::new(tr!(inventory.low_at)).numeric(),
        Column::new(tr!(inventory.low_mark)).label_hidden(),
    ];
    view! { <h2>{tr!(inventory.rooms)}</h2><DataTable caption=tr!(inventory.rooms) columns rows stacked=true/> }.into_any()
}

fn batches(facts: &Facts) -> AnyView {
    if facts.lines.is_empty() {
        return ().into_any();
    }
    let rows = facts
        .lines
        .iter()
        .map(|line| {
            let status = line.status;
            let reason =
                (!line.status_reason.is_empty()).then(|| view! { <br/><span class="muted small">{line.status_reason.clone()}</span> });
            let acts = facts.moves.then(|| acts(facts, line));
            Row::new(vec![
                view! { <strong class="code">{line.batch_no.clone()}</strong> }.into_any(),
                expiry(line.expires_on, facts.today),
                line.store_name.clone().into_any(),
                quantity_words(line.on_hand, facts.item.unit).into_any(),
                view! { <StatusBadge tone=status.tone() label=status.words()/>{reason} }.into_any(),
                acts.into_any(),
            ])
        })
        .collect();
    let columns = vec![
        Column::new(tr!(inventory.batch)),
        Column::new(tr!(inventory.expires_on)),
        Column::new(tr!(inventory.room)),
        Column::new(tr!(inventory.quantity)).numeric(),
        Column::new(tr!(inventory.status)),
        Column::new(tr!(inventory.acts)).label_hidden(),
    ];
    view! { <h2>{tr!(inventory.batches)}</h2><DataTable caption=tr!(inventory.batches) columns rows stacked=true/> }.into_any()
}

fn reasons(reasons: &[StockReason]) -> Vec<Choice> {
    reasons.iter().map(|reason| Choice::new(reason.as_str(), reason.words())).collect()
}

/// The dialogs that move, correct, write off and hold back a batch.
fn acts(facts: &Facts, line: &LineRow) -> AnyView {
    let hidden = || {
        vec![
            ("stock_item_id", facts.item.id.to_string()),
            ("key", StockDocumentId::new().to_string()),
            ("storeroom", line.store_id.to_string()),
            ("batch", line.batch_id.to_string()),
        ]
    };
    let (unit, all, controlled) = (facts.item.unit.words(), line.on_hand.to_string(), facts.item.is_controlled());
    let (to_move, to_fix, to_write_off) = (hidden(), hidden(), hidden());
    let targets = room_choices(facts, Some(line.store_id));
    let directions = vec![Choice::new("more", tr!(inventory.more)), Choice::new("less", tr!(inventory.less))];
    let of = |act: &str| (format!("{act}-{}", line.id), format!("{act}-form-{}", line.id));
    let ((move_id, move_form), (off_id, off_form), (fix_id, fix_form)) = (of("move"), of("off"), of("fix"));
    let transfer = (!targets.is_empty()).then(|| {
        view! {
            <Dialog id=move_id opens=tr!(inventory.move_batch) title=tr!(inventory.move_batch) tone=ButtonTone::Quiet>
                <Form action="/api/stock/transfer" id=move_form hidden=to_move>
                    <NumberField name="quantity" label=tr!(inventory.quantity) unit/>
                    <SelectField name="to" label=tr!(inventory.to_room) choices=targets prompt=tr!(errors.choose) required=true/>
                    <TextField name="note" label=tr!(inventory.note) maxlength=500 optional=true/>
                    {controlled.then(witness_fields)}
                    <div class="form__actions"><Button label=tr!(inventory.move_batch) tone=ButtonTone::Primary/></div>
                </Form>
            </Dialog>
        }
    });
    let status = facts.manages.then(|| status_dialog(line.id.0, line.batch_id, line.batch_version, line.status));
    let recipients = facts.dispenses.then(|| recipients(line.batch_id));
    let returns = facts.buys.then(|| {
        let href = format!("/purchasing/batches/{}/return?room={}", line.batch_id, line.store_id);
        view! { <LinkButton href label=tr!(inventory.document_supplier_return) tone=ButtonTone::Quiet/> }
    });
    view! {
        <div class="cluster">
            {transfer}
            <Dialog id=fix_id opens=tr!(inventory.correct) title=tr!(inventory.correct) tone=ButtonTone::Quiet>
                <Form action="/api/stock/adjust" id=fix_form hidden=to_fix>
                    <SelectField name="direction" label=tr!(inventory.direction) choices=directions prompt=tr!(errors.choose) required=true/>
                    <NumberField name="quantity" label=tr!(inventory.quantity) unit/>
                    <SelectField name="reason" label=tr!(inventory.reason) choices=reasons(StockReason::CORRECTIONS) prompt=tr!(errors.choose) required=true/>
                    <TextField name="note" label=tr!(inventory.note) maxlength=500 optional=true/>
                    {controlled.then(witness_fields)}
                    <div class="form__actions"><Button label=tr!(inventory.correct) tone=ButtonTone::Primary/></div>
                </Form>
            </Dialog>
            <Dialog id=off_id opens=tr!(inventory.document_write_off) title=tr!(inventory.document_write_off) tone=ButtonTone::Quiet>
                <Form action="/api/stock/write_off" id=off_form hidden=to_write_off>
                    <NumberField name="quantity" label=tr!(inventory.quantity) unit value=all/>
                    <SelectField name="reason" label=tr!(inventory.reason) choices=reasons(StockReason::LOSSES) prompt=tr!(errors.choose) required=true/>
                    <TextField name="note" label=tr!(inventory.note) maxlength=500 optional=true/>
                    {controlled.then(witness_fields)}
                    <div class="form__actions"><Button label=tr!(inventory.document_write_off) tone=ButtonTone::Danger/></div>
                </Form>
            </Dialog>
            {status}
            {returns}
            {recipients}
        </div>
    }
    .into_any()
}

/// The way to the patients who got something of a batch.
fn recipients(batch: StockBatchId) -> AnyView {
    view! { <LinkButton href=format!("/pharmacy/batches/{batch}") label=tr!(inventory.recipients) tone=ButtonTone::Quiet/> }.into_any()
}

/// The batches of which nothing is left: they can still be recalled, and their patients found.
fn used_up(facts: &Facts) -> AnyView {
    if facts.used_up.is_empty() {
        return ().into_any();
    }
    let row = |batch: &UsedUp| {
        let (id, status) = (batch.batch_id, batch.status);
        let reason =
            (!batch.status_reason.is_empty()).then(|| view! { <br/><span class="muted small">{batch.status_reason.clone()}</span> });
        let dialog = facts.manages.then(|| status_dialog(id.0, id, batch.batch_version, status));
        let recipients = facts.dispenses.then(|| recipients(id));
        Row::new(vec![
            view! { <strong class="code">{batch.batch_no.clone()}</strong> }.into_any(),
            expiry(batch.expires_on, facts.today),
            view! { <StatusBadge tone=status.tone() label=status.words()/>{reason} }.into_any(),
            view! { <div class="cluster">{dialog}{recipients}</div> }.into_any(),
        ])
    };
    let columns = vec![
        Column::new(tr!(inventory.batch)),
        Column::new(tr!(inventory.expires_on)),
        Column::new(tr!(inventory.status)),
        Column::new(tr!(inventory.acts)).label_hidden(),
    ];
    let rows = facts.used_up.iter().map(row).collect();
    let all = i64::try_from(facts.used_up.len()).unwrap_or(USED_UP) < USED_UP;
    let cut = (!all).then(|| view! { <p class="muted">{tr!(inventory.used_up_latest, count = USED_UP)}</p> });
    view! { <h2>{tr!(inventory.used_up)}</h2>{cut}<DataTable caption=tr!(inventory.used_up) columns rows stacked=true/> }.into_any()
}

fn status_dialog(of: uuid::Uuid, batch: StockBatchId, version: i64, status: BatchStatus) -> AnyView {
    if status == BatchStatus::Recalled {
        return ().into_any();
    }
    let hidden = vec![("stock_batch_id", batch.to_string()), ("version", version.to_string())];
    let others = BatchStatus::ALL.iter().filter(|other| **other != status);
    let choices: Vec<Choice> = others.map(|status| Choice::new(status.as_str(), status.words())).collect();
    let (id, form_id) = (format!("status-{of}"), format!("status-form-{of}"));
    view! {
        <Dialog id opens=tr!(inventory.set_status) title=tr!(inventory.set_status) tone=ButtonTone::Quiet>
            <Form action="/api/stock/set_batch" id=form_id hidden>
                <p>{tr!(inventory.set_status_text)}</p>
                <SelectField name="status" label=tr!(inventory.status) choices prompt=tr!(errors.choose) required=true/>
                <TextField name="reason" label=tr!(inventory.reason) maxlength=500 optional=true/>
                <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}
