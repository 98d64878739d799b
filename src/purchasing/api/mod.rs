//! The functions of buying.

pub mod invoices;
pub mod orders;
pub mod receipts;
pub mod requests;
pub mod returns;

use leptos::prelude::*;

use crate::{
    audit::Action,
    core::{Error, Permission, Result, SupplierId, form::chosen},
    inventory,
    purchasing::suppliers::{self, SupplierDraft, SupplierTypedFields},
    server::{Ctx, redirect_to},
};

/// Adds a supplier, or changes one.
#[server(endpoint = "purchasing/save_supplier")]
pub async fn save_supplier(
    /// The supplier's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] version: i64,
    #[server(default)] code: String,
    #[server(default)] name: String,
    #[server(default)] email: String,
    #[server(default)] phone: String,
    #[server(default)] address: String,
    #[server(default)] lead_days: String,
    #[server(default)] tolerance: String,
    #[server(default)] return_alone: String,
    #[server(default)] retired: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageStock).await?;
    let id: SupplierId = chosen("key", &key)?;
    let typed = SupplierTypedFields {
        code: &code,
        name: &name,
        email: &email,
        phone: &phone,
        address: &address,
        lead_days: &lead_days,
        tolerance: &tolerance,
        return_alone: &return_alone,
        is_retired: !retired.is_empty(),
    };
    let currency = ctx.state().hospital().currency;
    suppliers::save(&mut ctx, id, version, &SupplierDraft::read(&typed, currency)?).await?;
    ctx.commit().await?;
    redirect_to("/purchasing/suppliers?done=saved");
    Ok(())
}

/// Makes a supplier the usual one of an item.
#[server(endpoint = "purchasing/supply_item")]
pub async fn supply_item(supplier_id: SupplierId, #[server(default)] scan: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageStock).await?;
    let (clinic, today) = (ctx.clinic.id, ctx.today());
    let supplier = suppliers::find(&mut ctx.tx, supplier_id).await?.ok_or(Error::NotFound)?;
    let item = inventory::scan(&mut ctx.tx, clinic, &scan, today).await?.item;
    let (_, need) = inventory::supplied_by(&mut ctx.tx, item.id).await?.ok_or(Error::NotFound)?;
    inventory::set_supplier(&mut ctx.tx, item.id, Some(supplier.id), need).await?;
    ctx.did(Action::Update, "stock_item", item.id, None);
    ctx.commit().await?;
    redirect_to(&format!("/purchasing/suppliers/{}?done=saved", supplier.id));
    Ok(())
}
