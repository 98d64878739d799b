//! The SQL of the hospital, its clinics and number series.

use crate::{
    core::{ClinicId, Currency, Result, time::{Instant, Zone}},
    db::{Tx, sql},
};

use super::{Clinic, Hospital};

#[derive(sqlx::FromRow)]
struct ClinicRow {
    id: ClinicId,
    code: String,
    name: String,
    time_zone: String,
    address: String,
    city: String,
    phone: String,
}

pub(super) async fn clinics(tx: &mut Tx) -> Result<Vec<Clinic>> {
    let query = sql("SELECT id, code, name, time_zone, address, city, phone FROM clinics WHERE retired_at IS NULL ORDER BY name");
    let rows: Vec<ClinicRow> = tx.all(query).await?;
    Ok(rows
        .into_iter()
        .map(|row| Clinic {
            id: row.id,
            code: row.code,
            name: row.name,
            zone: Zone::named(&row.time_zone),
            zone_name: row.time_zone,
            address: [row.address, row.city].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "),
            phone: row.phone,
        })
        .collect())
}

#[derive(sqlx::FromRow)]
struct HospitalRow {
    name: String,
    address: String,
    phone: String,
    email: String,
    licence_number: String,
    currency: String,
    demo: bool,
}

pub(super) async fn hospital(tx: &mut Tx) -> Result<Hospital> {
    let query = sql("SELECT name, address, phone, email, licence_number, currency, demo FROM hospital WHERE id = 1");
    let row: HospitalRow = tx.one(query).await?;
    Ok(Hospital {
        name: row.name,
        address: row.address,
        phone: row.phone,
        email: row.email,
        licence_number: row.licence_number,
        currency: Currency::try_from(row.currency).unwrap_or(Currency::USD),
        demo: row.demo,
    })
}

pub(super) async fn has_hospital(tx: &mut Tx) -> Result<bool> {
    Ok(tx.count(sql("SELECT count(*) FROM hospital")).await? > 0)
}

pub(super) async fn insert_hospital(tx: &mut Tx, name: &str, currency: Currency, now: Instant) -> Result<()> {
    let query = sql("INSERT INTO hospital (id, name, currency, default_language, updated_at) VALUES (1, $1, $2, 'en', $3)")
        .bind(name)
        .bind(currency.code())
        .bind(now);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn insert_clinic(tx: &mut Tx, id: ClinicId, code: &str, name: &str, time_zone: &str) -> Result<()> {
    let query =
        sql("INSERT INTO clinics (id, code, name, time_zone) VALUES ($1, $2, $3, $4)").bind(id).bind(code).bind(name).bind(time_zone);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn next_number(tx: &mut Tx, series: &str) -> Result<i64> {
    let query = sql("INSERT INTO number_series (name, last) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET last = number_series.last + 1 RETURNING last")
        .bind(series);
    Ok(tx.count(query).await?)
}
