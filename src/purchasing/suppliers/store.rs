//! The SQL of suppliers.

use super::{Supplier, SupplierDraft};
use crate::{
    core::{Result, Stamp, SupplierId, time::Instant},
    db::{DbError, Lockable, Locked, Tx, sql},
};

impl Lockable for SupplierId {
    const TABLE: &'static str = "suppliers";
}

const SUPPLIERS: &str =
    "SELECT id, code, name, email, phone, address, lead_days, tolerance, return_alone, retired_at, version FROM suppliers WHERE ";

/// Reads a supplier.
///
/// # Errors
/// When the database refuses.
pub async fn find(tx: &mut Tx, id: SupplierId) -> Result<Option<Supplier>> {
    Ok(tx.optional(sql(SUPPLIERS).push("id = ").push_bind(id)).await?)
}

/// Reads the suppliers by name, retired ones too when `all`.
///
/// # Errors
/// When the database refuses.
pub async fn list(tx: &mut Tx, all: bool) -> Result<Vec<Supplier>> {
    let query = sql(SUPPLIERS).push(if all { "1 = 1" } else { "retired_at IS NULL" });
    Ok(tx.all(query.push(" ORDER BY name, id")).await?)
}

pub(super) async fn insert(tx: &mut Tx, id: SupplierId, draft: &SupplierDraft, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("INSERT INTO suppliers (id, code, name, email, phone, address, lead_days, tolerance, return_alone, created_at, created_by, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10, $11)")
    .bind(id)
    .bind(&draft.code)
    .bind(&draft.name)
    .bind(&draft.email)
    .bind(&draft.phone)
    .bind(&draft.address)
    .bind(draft.lead_days)
    .bind(draft.tolerance)
    .bind(draft.return_alone)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn update(
    tx: &mut Tx,
    supplier: Locked<SupplierId>,
    version: i64,
    (draft, retired_at): (&SupplierDraft, Option<Instant>),
    stamp: Stamp,
) -> Result<bool, DbError> {
    let query = sql(
        "UPDATE suppliers SET code = $3, name = $4, email = $5, phone = $6, address = $7, lead_days = $8, tolerance = $9, return_alone = $10, retired_at = $11,
            updated_at = $12, updated_by = $13, version = version + 1 WHERE id = $1 AND version = $2",
    )
    .bind(supplier.id())
    .bind(version)
    .bind(&draft.code)
    .bind(&draft.name)
    .bind(&draft.email)
    .bind(&draft.phone)
    .bind(&draft.address)
    .bind(draft.lead_days)
    .bind(draft.tolerance)
    .bind(draft.return_alone)
    .bind(retired_at)
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}
