//! The SQL of told prices.

use chrono::NaiveDate;

use crate::{
    core::{Currency, InsurerId, Money, PriceItemId, Result, Stamp, ToldPriceId},
    db::{Tx, Value, sql},
    server::hooks::{Priced, ToldPrice},
};

/// Keeps a told price, unless one was told before.
pub(super) async fn insert(
    tx: &mut Tx,
    (id, priced, item): (ToldPriceId, Priced, PriceItemId),
    told: &ToldPrice,
    stamp: Stamp,
) -> Result<()> {
    let (appointment, visit) = match priced {
        Priced::Appointment(id) => (Some(id.into()), None),
        Priced::Visit(id) => (None, Some(id.into())),
    };
    let query = sql(
        "INSERT INTO told_prices (id, appointment_id, visit_id, item_id, day, total, own_share, insurer_id, currency, told_at, told_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
    )
    .bind(id)
    .bind(Value::Uuid(appointment))
    .bind(Value::Uuid(visit))
    .bind(item)
    .bind(told.day)
    .bind(told.total)
    .bind(Value::Int(told.own.map(|own| own.0)))
    .bind(Value::Uuid(told.insurer.as_ref().map(|(insurer, _)| (*insurer).into())))
    .bind(told.currency.code().to_owned())
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct ToldRow {
    day: NaiveDate,
    total: Money,
    own_share: Option<Money>,
    insurer_id: Option<InsurerId>,
    insurer: Option<String>,
    currency: String,
}

/// Reads the price as it was told.
pub(super) async fn told(tx: &mut Tx, priced: Priced) -> Result<Option<ToldPrice>> {
    let query = sql("SELECT t.day, t.total, t.own_share, t.insurer_id, i.name AS insurer, t.currency
        FROM told_prices t LEFT JOIN insurers i ON i.id = t.insurer_id WHERE ");
    let query = match priced {
        Priced::Appointment(id) => query.push("t.appointment_id = ").push_bind(id),
        Priced::Visit(id) => query.push("t.visit_id = ").push_bind(id),
    };
    let row: Option<ToldRow> = tx.optional(query).await?;
    Ok(row.map(|row| ToldPrice {
        total: row.total,
        own: row.own_share,
        insurer: row.insurer_id.zip(row.insurer),
        day: row.day,
        currency: Currency::try_from(row.currency).unwrap_or(Currency::USD),
    }))
}
