//! The functions of the stock.

pub mod codes;
pub mod consume;
pub mod opened;

use leptos::prelude::*;

use crate::{
    core::{
        Error, Money, Permission, Result, StockBatchId, StockCountId, StockDocumentId, StockItemId, StockLineId, StoreroomId, UserId,
        error::FieldErrors, form, form::chosen, time::parse_date,
    },
    inventory::{
        BatchStatus, StockReason,
        acts::{self, Delivery, MOST, Portion},
        counts::{self, CountedLine},
        goods::{self, ItemDraft, ItemTypedFields, whole},
        rooms::{self, RoomDraft},
        witness,
    },
    organisation::Typed,
    server::{Ctx, redirect_to},
    tr,
};

fn to_item(item: StockItemId, done: &str) {
    redirect_to(&format!("/stock/items/{item}?done={done}"));
}

/// Adds a storeroom to the clinic, or changes one.
#[server(endpoint = "stock/save_room")]
pub async fn save_room(
    /// The storeroom's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] version: i64,
    #[server(default)] code: String,
    #[server(default)] name: String,
    #[server(default)] kind: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageStock).await?;
    let id: StoreroomId = chosen("key", &key)?;
    let draft = RoomDraft::read(&code, &name, &kind)?;
    rooms::save_room(&mut ctx, id, version, &draft).await?;
    ctx.commit().await?;
    redirect_to("/stock/rooms?done=saved");
    Ok(())
}

/// Adds an item, or changes one.
#[server(endpoint = "stock/save_item")]
pub async fn save_item(
    /// The item's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] version: i64,
    #[server(default)] code: String,
    #[server(default)] kind: String,
    #[server(default)] drug: String,
    #[server(default)] name: String,
    #[server(default)] name_es: String,
    #[server(default)] unit: String,
    #[server(default)] pack_size: String,
    #[server(default)] expires: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageStock).await?;
    let id: StockItemId = chosen("key", &key)?;
    let typed = ItemTypedFields {
        code: &code,
        kind: &kind,
        drug: &drug,
        name: &name,
        name_es: &name_es,
        unit: &unit,
        pack_size: &pack_size,
        expires: !expires.is_empty(),
    };
    goods::save_item(&mut ctx, id, version, &ItemDraft::read(&typed)?).await?;
    ctx.commit().await?;
    to_item(id, "saved");
    Ok(())
}

/// Creates an item for each drug of the formulary that has none.
#[server(endpoint = "stock/adopt_formulary")]
pub async fn adopt_formulary() -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageStock).await?;
    if goods::adopt_all(&mut ctx).await? {
        ctx.commit().await?;
    }
    redirect_to("/stock/items?done=adopted");
    Ok(())
}

/// Records goods received, or opening stock.
#[server(endpoint = "stock/receive")]
pub async fn receive(
    stock_item_id: StockItemId,
    /// The document's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] storeroom: String,
    #[server(default)] batch_no: String,
    #[server(default)] expires_on: String,
    #[server(default)] quantity: String,
    #[server(default)] packs: String,
    #[server(default)] cost: String,
    #[server(default)] reference: String,
    #[server(default)] opening: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::MoveStock).await?;
    let item = goods::item(&mut ctx.tx, stock_item_id).await?.ok_or(Error::NotFound)?;
    let mut errors = FieldErrors::new();
    let key = errors.chosen::<StockDocumentId>("key", &key);
    let store = errors.chosen::<StoreroomId>("storeroom", &storeroom);
    let batch_no = errors.required_line("batch_no", &batch_no, 40);
    let reference = errors.line("reference", &reference, 200);
    let expires_on = match expires_on.trim() {
        "" => None,
        typed => errors.check(parse_date("expires_on", typed)),
    };
    // Packs are counted, units are stored.
    let quantity = match packs.trim() {
        "" => whole(&mut errors, "quantity", &quantity, 1, MOST),
        packs => whole(&mut errors, "packs", packs, 1, MOST / item.pack_size).map(|packs| packs * item.pack_size),
    };
    let currency = ctx.state().hospital().currency;
    let cost = match cost.trim() {
        "" => Some(Money::ZERO),
        typed => errors.check(currency.parse("cost", typed)),
    };
    errors.finish()?;
    let (Some(key), Some(store), Some(quantity), Some(cost)) = (key, store, quantity, cost) else { return Err(Error::NotFound) };
    let delivery = Delivery { key, store, item: item.id, batch_no, expires_on, quantity, cost, reference, is_opening: !opening.is_empty() };
    if acts::receive(&mut ctx, &delivery).await? {
        ctx.commit().await?;
    }
    to_item(item.id, "received");
    Ok(())
}

/// Reads the part of a batch that a form names.
fn portion(key: &str, storeroom: &str, batch: &str, quantity: &str, witness: Option<UserId>) -> Result<Portion> {
    let mut errors = FieldErrors::new();
    let key = errors.chosen::<StockDocumentId>("key", key);
    let store = errors.chosen::<StoreroomId>("storeroom", storeroom);
    let batch = errors.chosen::<StockBatchId>("batch", batch);
    let quantity = whole(&mut errors, "quantity", quantity, 1, MOST);
    errors.finish()?;
    match (key, store, batch, quantity) {
        (Some(key), Some(store), Some(batch), Some(quantity)) => Ok(Portion { key, store, batch, quantity, witness }),
        _ => Err(Error::NotFound),
    }
}

/// Moves a part of a batch to another storeroom.
#[server(endpoint = "stock/transfer")]
pub async fn transfer(
    stock_item_id: StockItemId,
    /// The document's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] storeroom: String,
    #[server(default)] batch: String,
    #[server(default)] quantity: String,
    #[server(default)] to: String,
    #[server(default)] note: String,
    #[server(default)] witness: String,
    #[server(default)] witness_password: String,
) -> Result<(), Error> {
    let witness = witness::proven(Permission::MoveStock, &witness, &witness_password).await?;
    let mut ctx = Ctx::write(Permission::MoveStock).await?;
    witness::must_witness(&mut ctx, witness).await?;
    let portion = portion(&key, &storeroom, &batch, &quantity, witness)?;
    let to: StoreroomId = chosen("to", &to)?;
    let note = form::line("note", &note, 500)?;
    if acts::transfer(&mut ctx, portion, to, &note).await? {
        ctx.commit().await?;
    }
    to_item(stock_item_id, "moved");
    Ok(())
}

/// Writes a part of a batch off.
#[server(endpoint = "stock/write_off")]
pub async fn write_off(
    stock_item_id: StockItemId,
    /// The document's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] storeroom: String,
    #[server(default)] batch: String,
    #[server(default)] quantity: String,
    #[server(default)] reason: String,
    #[server(default)] note: String,
    #[server(default)] witness: String,
    #[server(default)] witness_password: String,
) -> Result<(), Error> {
    let witness = witness::proven(Permission::MoveStock, &witness, &witness_password).await?;
    let mut ctx = Ctx::write(Permission::MoveStock).await?;
    witness::must_witness(&mut ctx, witness).await?;
    let portion = portion(&key, &storeroom, &batch, &quantity, witness)?;
    let reason: StockReason = chosen("reason", &reason)?;
    let note = form::line("note", &note, 500)?;
    if acts::write_off(&mut ctx, portion, reason, &note).await? {
        ctx.commit().await?;
    }
    to_item(stock_item_id, "written_off");
    Ok(())
}

/// Corrects the quantity of a batch.
#[server(endpoint = "stock/adjust")]
pub async fn adjust(
    stock_item_id: StockItemId,
    /// The document's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] storeroom: String,
    #[server(default)] batch: String,
    #[server(default)] quantity: String,
    /// `more` or `less`.
    #[server(default)]
    direction: String,
    #[server(default)] reason: String,
    #[server(default)] note: String,
    #[server(default)] witness: String,
    #[server(default)] witness_password: String,
) -> Result<(), Error> {
    let witness = witness::proven(Permission::MoveStock, &witness, &witness_password).await?;
    let mut ctx = Ctx::write(Permission::MoveStock).await?;
    witness::must_witness(&mut ctx, witness).await?;
    let portion = portion(&key, &storeroom, &batch, &quantity, witness)?;
    let is_more = match direction.as_str() {
        "more" => true,
        "less" => false,
        _ => return Err(Error::invalid("direction", tr!(errors.choose))),
    };
    let reason: StockReason = chosen("reason", &reason)?;
    let note = form::line("note", &note, 500)?;
    if acts::adjust(&mut ctx, portion, is_more, reason, &note).await? {
        ctx.commit().await?;
    }
    to_item(stock_item_id, "adjusted");
    Ok(())
}

/// Holds a batch back, recalls it, or releases it again.
#[server(endpoint = "stock/set_batch")]
pub async fn set_batch(
    stock_batch_id: StockBatchId,
    #[server(default)] version: i64,
    #[server(default)] status: String,
    #[server(default)] reason: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageStock).await?;
    let status: BatchStatus = chosen("status", &status)?;
    let reason = form::line("reason", &reason, 500)?;
    let item = acts::set_status(&mut ctx, stock_batch_id, version, status, &reason).await?;
    ctx.commit().await?;
    to_item(item, "batch_set");
    Ok(())
}

/// Sets the quantity at which an item is low in a storeroom.
#[server(endpoint = "stock/set_low")]
pub async fn set_low(
    stock_item_id: StockItemId,
    #[server(default)] storeroom: String,
    #[server(default)] low_at: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageStock).await?;
    let mut errors = FieldErrors::new();
    let store = errors.chosen::<StoreroomId>("storeroom", &storeroom);
    let low_at = whole(&mut errors, "low_at", &low_at, 0, MOST);
    errors.finish()?;
    let (Some(store), Some(low_at)) = (store, low_at) else { return Err(Error::NotFound) };
    acts::set_low(&mut ctx, store, stock_item_id, low_at).await?;
    ctx.commit().await?;
    to_item(stock_item_id, "saved");
    Ok(())
}

/// Records the counted batches of a storeroom: `count-LINE`, with the position of the ledger in `seq-LINE`. Empty fields are not counted.
#[server(endpoint = "stock/count")]
pub async fn count(
    /// Made with the form.
    #[server(default)]
    key: String,
    #[server(default)] storeroom: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::MoveStock).await?;
    let key: StockCountId = chosen("key", &key)?;
    let room: StoreroomId = chosen("storeroom", &storeroom)?;
    let (mut errors, mut lines) = (FieldErrors::new(), Vec::new());
    for (field, typed) in fields.iter().filter(|(_, typed)| !typed.trim().is_empty()) {
        let Some(line) = field.strip_prefix("count-").and_then(|line| line.parse::<StockLineId>().ok()) else { continue };
        let counted = whole(&mut errors, field, typed, 0, MOST);
        let seq = fields.get(&format!("seq-{line}")).and_then(|seq| seq.trim().parse::<i64>().ok());
        if let (Some(counted), Some(seq)) = (counted, seq) {
            lines.push(CountedLine { line, seq, counted });
        }
    }
    errors.finish()?;
    if lines.is_empty() {
        return Err(Error::conflict(tr!(inventory.nothing_counted)));
    }
    let differences = counts::record(&mut ctx, key, room, &lines).await?;
    ctx.commit().await?;
    redirect_to(&format!("/stock/counts?done={}", if differences > 0 { "differs" } else { "counted" }));
    Ok(())
}

/// Approves or rejects a difference that another person counted.
#[server(endpoint = "stock/decide_count")]
pub async fn decide_count(stock_count_id: StockCountId, #[server(default)] decision: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageStock).await?;
    let is_approved = match decision.as_str() {
        "approved" => true,
        "rejected" => false,
        _ => return Err(Error::invalid("decision", tr!(errors.choose))),
    };
    counts::decide(&mut ctx, stock_count_id, is_approved).await?;
    ctx.commit().await?;
    redirect_to("/stock/counts?done=decided");
    Ok(())
}
