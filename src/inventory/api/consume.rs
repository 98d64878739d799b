//! The functions of consumption: by the store for any storeroom, by a ward for its own.

use leptos::prelude::*;

use crate::{
    core::{
        DepartmentId, Error, Permission, Result, StockBatchId, StockDocumentId, StockItemId, StoreroomId,
        error::FieldErrors,
        form::{self, chosen},
    },
    inventory::{
        acts::MOST,
        consumption::{self, Consumed},
        goods::whole,
    },
    server::{Ctx, redirect_to},
};

/// The fields of the form as they were typed.
struct ConsumeFields<'t> {
    key: &'t str,
    storeroom: &'t str,
    item: &'t str,
    batch: &'t str,
    quantity: &'t str,
    department: &'t str,
    note: &'t str,
}

async fn record(permission: Permission, typed: ConsumeFields<'_>, page: &str) -> Result<(), Error> {
    let mut ctx = Ctx::write(permission).await?;
    let mut errors = FieldErrors::new();
    let key = errors.chosen::<StockDocumentId>("key", typed.key);
    let store = errors.chosen::<StoreroomId>("storeroom", typed.storeroom);
    let item = errors.chosen::<StockItemId>("item", typed.item);
    let batch = if typed.batch.is_empty() { None } else { errors.chosen::<StockBatchId>("batch", typed.batch) };
    let quantity = whole(&mut errors, "quantity", typed.quantity, 1, MOST);
    let department = errors.chosen::<DepartmentId>("department", typed.department);
    let note = errors.line("note", typed.note, 500);
    errors.finish()?;
    let (Some(key), Some(store), Some(item), Some(quantity), Some(department)) = (key, store, item, quantity, department) else {
        return Err(Error::NotFound);
    };
    if consumption::consume(&mut ctx, permission, &Consumed { key, store, item, batch, quantity, department, note }).await? {
        ctx.commit().await?;
    }
    redirect_to(&format!("{page}?room={store}&done=consumed"));
    Ok(())
}

async fn back(permission: Permission, of: StockDocumentId, key: &str, note: &str, page: &str) -> Result<(), Error> {
    let mut ctx = Ctx::write(permission).await?;
    let key: StockDocumentId = chosen("key", key)?;
    let note = form::line("note", note, 500)?;
    if consumption::take_back(&mut ctx, permission, of, key, &note).await? {
        ctx.commit().await?;
    }
    redirect_to(&format!("{page}?done=taken_back"));
    Ok(())
}

/// Records that a department used goods of a storeroom up.
#[server(endpoint = "stock/consume")]
pub async fn consume(
    /// The document's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] storeroom: String,
    #[server(default)] item: String,
    #[server(default)] batch: String,
    #[server(default)] quantity: String,
    #[server(default)] department: String,
    #[server(default)] note: String,
) -> Result<(), Error> {
    let typed = ConsumeFields {
        key: &key,
        storeroom: &storeroom,
        item: &item,
        batch: &batch,
        quantity: &quantity,
        department: &department,
        note: &note,
    };
    record(Permission::MoveStock, typed, "/stock/consume").await
}

/// Records that a department used goods of a ward or theatre up.
#[server(endpoint = "stock/consume_on_ward")]
pub async fn consume_on_ward(
    /// The document's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] storeroom: String,
    #[server(default)] item: String,
    #[server(default)] batch: String,
    #[server(default)] quantity: String,
    #[server(default)] department: String,
    #[server(default)] note: String,
) -> Result<(), Error> {
    let typed = ConsumeFields {
        key: &key,
        storeroom: &storeroom,
        item: &item,
        batch: &batch,
        quantity: &quantity,
        department: &department,
        note: &note,
    };
    record(Permission::AskStock, typed, "/ward-stock/consume").await
}

/// Takes a consumption back that was recorded by mistake.
#[server(endpoint = "stock/take_consumed_back")]
pub async fn take_consumed_back(
    stock_document_id: StockDocumentId,
    #[server(default)] key: String,
    #[server(default)] note: String,
) -> Result<(), Error> {
    back(Permission::MoveStock, stock_document_id, &key, &note, "/stock/consume").await
}

/// Takes a consumption of a ward or theatre back.
#[server(endpoint = "stock/take_consumed_back_on_ward")]
pub async fn take_consumed_back_on_ward(
    stock_document_id: StockDocumentId,
    #[server(default)] key: String,
    #[server(default)] note: String,
) -> Result<(), Error> {
    back(Permission::AskStock, stock_document_id, &key, &note, "/ward-stock/consume").await
}
