//! The SQL of the price list.

use chrono::NaiveDate;

use super::{ItemForm, Master, Masters, NewPrice, Price, PriceFor, PriceItem, PriceRow};
use crate::{
    core::{ClinicId, DepartmentId, PriceId, PriceItemId, Result, Stamp, time::Instant},
    db::{DbError, Lockable, Locked, Tx, sql},
};

impl Lockable for PriceItemId {
    const TABLE: &'static str = "price_items";
}

const ITEM: &str = "SELECT id, code, name, name_es, kind, department_id, unit, discountable, (retired_at IS NOT NULL) AS retired, version FROM price_items ";

/// Returns one item.
///
/// # Errors
/// When the database refuses.
pub async fn item(tx: &mut Tx, id: PriceItemId) -> Result<Option<PriceItem>> {
    Ok(tx.optional(sql(ITEM).push("WHERE id = ").push_bind(id)).await?)
}

/// Returns all items by code, including retired ones.
///
/// # Errors
/// When the database refuses.
pub async fn items(tx: &mut Tx) -> Result<Vec<PriceItem>> {
    Ok(tx.all(sql(ITEM).push("ORDER BY code")).await?)
}

pub(super) async fn item_of_code(tx: &mut Tx, code: &str) -> Result<Option<PriceItemId>> {
    let query = sql("SELECT id FROM price_items WHERE upper(code) = ").push_bind(code.to_uppercase());
    Ok(tx.optional::<(PriceItemId,)>(query).await?.map(|(id,)| id))
}

pub(super) async fn consultation_item(tx: &mut Tx, department: DepartmentId) -> Result<Option<PriceItem>> {
    let query = sql(ITEM).push("WHERE kind = 'consultation' AND retired_at IS NULL AND department_id = ").push_bind(department);
    Ok(tx.optional(query.push(" ORDER BY code LIMIT 1")).await?)
}

const PRICE: &str =
    "SELECT p.id, p.item_id, p.clinic_id, p.insurer_id, p.provider_id, p.visit_type_id, p.amount, p.per, p.valid_from, p.valid_to
    FROM prices p JOIN price_items i ON i.id = p.item_id WHERE p.withdrawn_at IS NULL AND ";

/// Returns all prices of an item that were not withdrawn, newest first.
///
/// # Errors
/// When the database refuses.
pub async fn prices_of(tx: &mut Tx, item: PriceItemId) -> Result<Vec<Price>> {
    Ok(tx.all(sql(PRICE).push("p.item_id = ").push_bind(item).push(" ORDER BY p.valid_from DESC, p.id")).await?)
}

/// Returns all prices in force on the day or later, of items in use.
pub(super) async fn prices_from(tx: &mut Tx, day: NaiveDate) -> Result<Vec<Price>> {
    let query = sql(PRICE).push("i.retired_at IS NULL AND (p.valid_to IS NULL OR p.valid_to >= ").push_bind(day);
    Ok(tx.all(query.push(") ORDER BY i.code, p.valid_from, p.id")).await?)
}

pub(super) async fn price(tx: &mut Tx, id: PriceId) -> Result<Option<Price>> {
    Ok(tx.optional(sql(PRICE).push("p.id = ").push_bind(id)).await?)
}

pub(super) async fn price_of(tx: &mut Tx, item: PriceItemId, of: PriceFor, day: NaiveDate) -> Result<Option<Price>> {
    let query = sql(PRICE).push("i.retired_at IS NULL AND p.item_id = ").push_bind(item);
    let query = query.push(" AND p.valid_from <= ").push_bind(day).push(" AND (p.valid_to IS NULL OR p.valid_to >= ").push_bind(day);
    let query = query.push(") AND (p.clinic_id IS NULL OR p.clinic_id = ").push_bind(of.clinic);
    let query = query.push(") AND (p.insurer_id IS NULL OR p.insurer_id = ").push_bind(of.insurer);
    let query = query.push(") AND (p.provider_id IS NULL OR p.provider_id = ").push_bind(of.provider);
    let query = query.push(") AND (p.visit_type_id IS NULL OR p.visit_type_id = ").push_bind(of.visit_type);
    let query = query.push(
        ") ORDER BY (CASE WHEN p.insurer_id IS NULL THEN 1 ELSE 0 END), (CASE WHEN p.provider_id IS NULL THEN 1 ELSE 0 END),
            (CASE WHEN p.visit_type_id IS NULL THEN 1 ELSE 0 END), (CASE WHEN p.clinic_id IS NULL THEN 1 ELSE 0 END),
            p.valid_from DESC LIMIT 1",
    );
    Ok(tx.optional(query).await?)
}

/// The price list of the clinic on the day, by kind and name; items without a price too. Prices of one insurer, doctor
/// or visit type are not on this list.
///
/// # Errors
/// When the database refuses.
pub async fn price_list(tx: &mut Tx, clinic: ClinicId, day: NaiveDate) -> Result<Vec<PriceRow>> {
    let query = sql("SELECT i.id AS item_id, i.code, i.name, i.kind, i.unit, p.amount, p.per, (p.clinic_id IS NOT NULL) AS own, p.valid_from, p.valid_to
        FROM price_items i LEFT JOIN prices p ON p.item_id = i.id AND p.withdrawn_at IS NULL AND p.insurer_id IS NULL AND p.provider_id IS NULL
            AND p.visit_type_id IS NULL AND (p.clinic_id IS NULL OR p.clinic_id = $1) AND p.valid_from <= $2 AND (p.valid_to IS NULL OR p.valid_to >= $2)
        WHERE i.retired_at IS NULL
        ORDER BY i.kind, i.name, i.code, (CASE WHEN p.clinic_id IS NULL THEN 1 ELSE 0 END), p.valid_from DESC")
    .bind(clinic)
    .bind(day);
    let mut rows: Vec<PriceRow> = tx.all(query).await?;
    rows.dedup_by_key(|row| row.item_id);
    Ok(rows)
}

/// Returns the master data that prices refer to.
///
/// # Errors
/// When the database refuses.
pub async fn masters(tx: &mut Tx) -> Result<Masters> {
    let clinics: Vec<Master> = tx.all(sql("SELECT id, code, name, (retired_at IS NOT NULL) AS retired FROM clinics ORDER BY name")).await?;
    let departments = tx.all(sql("SELECT id, code, name, (retired_at IS NOT NULL) AS retired FROM departments ORDER BY name")).await?;
    let insurers = tx
        .all(sql("SELECT id, '' AS code, name, (retired_at IS NOT NULL) AS retired FROM insurers WHERE NOT self_pay ORDER BY name"))
        .await?;
    let doctors = tx
        .all(sql("SELECT id, '' AS code, display_name AS name, (retired_at IS NOT NULL) AS retired FROM staff WHERE kind = 'doctor'
            ORDER BY display_name"))
        .await?;
    let visit_types =
        tx.all(sql("SELECT id, '' AS code, name, (retired_at IS NOT NULL) AS retired FROM visit_types ORDER BY name")).await?;
    Ok(Masters { clinics, departments, insurers, doctors, visit_types })
}

pub(super) async fn insert_item(tx: &mut Tx, id: PriceItemId, form: &ItemForm, stamp: Stamp) -> Result<(), DbError> {
    let query = sql(
        "INSERT INTO price_items (id, code, name, kind, department_id, unit, discountable, created_at, created_by, updated_at, updated_by,
            name_es)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(id)
    .bind(&form.code)
    .bind(&form.name)
    .bind(form.kind)
    .bind(form.department_id)
    .bind(&form.unit)
    .bind(form.discountable)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(&form.name_es);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn update_item(tx: &mut Tx, item: Locked<PriceItemId>, form: &ItemForm, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("UPDATE price_items SET code = $2, name = $3, kind = $4, department_id = $5, unit = $6, discountable = $7,
            updated_at = $8, updated_by = $9, name_es = $10, version = version + 1 WHERE id = $1")
    .bind(item.id())
    .bind(&form.code)
    .bind(&form.name)
    .bind(form.kind)
    .bind(form.department_id)
    .bind(&form.unit)
    .bind(form.discountable)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(&form.name_es);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn set_retired(tx: &mut Tx, item: Locked<PriceItemId>, at: Option<Instant>, stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE price_items SET retired_at = $2, updated_at = $3, updated_by = $4, version = version + 1 WHERE id = $1")
        .bind(item.id())
        .bind(at)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// Increases the item's version, because its prices changed.
pub(super) async fn touch(tx: &mut Tx, item: Locked<PriceItemId>, stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE price_items SET updated_at = $2, updated_by = $3, version = version + 1 WHERE id = $1");
    tx.execute(query.bind(item.id()).bind(stamp.at).bind(stamp.by)).await?;
    Ok(())
}

/// Ends the price with this day.
pub(super) async fn close(tx: &mut Tx, price: PriceId, last: NaiveDate, stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE prices SET valid_to = $2, closed_at = $3, closed_by = $4 WHERE id = $1");
    tx.execute(query.bind(price).bind(last).bind(stamp.at).bind(stamp.by)).await?;
    Ok(())
}

/// Withdraws a price that was replaced on its first day, or before it.
pub(super) async fn withdraw(tx: &mut Tx, price: PriceId, stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE prices SET withdrawn_at = $2, closed_at = $3, closed_by = $4 WHERE id = $1");
    tx.execute(query.bind(price).bind(stamp.at).bind(stamp.at).bind(stamp.by)).await?;
    Ok(())
}

pub(super) async fn insert_price(tx: &mut Tx, (id, item): (PriceId, PriceItemId), new: &NewPrice, stamp: Stamp) -> Result<(), DbError> {
    let query = sql(
        "INSERT INTO prices (id, item_id, clinic_id, insurer_id, provider_id, visit_type_id, amount, per, valid_from, valid_to, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(id)
    .bind(item)
    .bind(new.of.clinic)
    .bind(new.of.insurer)
    .bind(new.of.provider)
    .bind(new.of.visit_type)
    .bind(new.amount)
    .bind(new.per)
    .bind(new.from)
    .bind(new.until)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}
