//! The functions of buying.

pub mod invoices;
pub mod orders;
pub mod receipts;
pub mod requests;
pub mod returns;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    core::{Error, Permission, Result, SupplierId, form::chosen},
    purchasing::suppliers::{self, SupplierDraft, SupplierTypedFields},
    server::{Ctx, redirect_to},
};

/// The form of a supplier.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SupplierForm {
    /// The supplier's id, made with the form.
    pub key: String,
    pub code: String,
    pub name: String,
    pub email: String,
    pub phone: String,
    pub address: String,
    pub lead_days: String,
    pub tolerance: String,
    pub return_alone: String,
    pub retired: String,
}

/// Adds a supplier, or changes one.
#[server(endpoint = "purchasing/save_supplier")]
pub async fn save_supplier(#[server(default)] version: i64, #[server(flatten)] form: SupplierForm) -> Result<(), Error> {
    let SupplierForm { key, code, name, email, phone, address, lead_days, tolerance, return_alone, retired } = form;
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
    suppliers::supply(&mut ctx, supplier_id, &scan).await?;
    ctx.commit().await?;
    redirect_to(&format!("/purchasing/suppliers/{supplier_id}?done=saved"));
    Ok(())
}
