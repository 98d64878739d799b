//! The SQL of told prices.

use chrono::NaiveDate;

use super::ToldFor;
use crate::{
    core::{AppointmentId, ChargeId, Currency, InsurerId, Money, PriceItemId, Result, Stamp, ToldPriceId, VisitId, time::Instant},
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
    Ok(row.map(ToldPrice::from))
}

impl From<ToldRow> for ToldPrice {
    fn from(row: ToldRow) -> Self {
        Self {
            total: row.total,
            own: row.own_share,
            insurer: row.insurer_id.zip(row.insurer),
            day: row.day,
            currency: Currency::try_from(row.currency).unwrap_or(Currency::USD),
        }
    }
}

/// A consultation that was charged, and its visit.
#[derive(sqlx::FromRow)]
pub(super) struct ChargedVisit {
    pub charge_id: ChargeId,
    pub service_day: NaiveDate,
    pub item_id: PriceItemId,
    pub visit_id: VisitId,
    pub appointment_id: Option<AppointmentId>,
}

/// Returns the consultations that are charged for the visits, oldest first.
pub(super) async fn consultations(tx: &mut Tx, visits: &[VisitId]) -> Result<Vec<ChargedVisit>> {
    let query = sql("SELECT c.id AS charge_id, c.service_day, c.item_id, c.visit_id, v.appointment_id
        FROM charges c JOIN visits v ON v.id = c.visit_id JOIN price_items p ON p.id = c.item_id
        WHERE p.kind = 'consultation' AND c.state NOT IN ('cancelled', 'entered_in_error') AND c.visit_id IN ")
    .push_list(visits.iter().copied())
    .push(" ORDER BY c.raised_at, c.id");
    Ok(tx.all(query).await?)
}

#[derive(sqlx::FromRow)]
struct ToldForRow {
    appointment_id: Option<AppointmentId>,
    visit_id: Option<VisitId>,
    item_id: PriceItemId,
    told_at: Instant,
    #[sqlx(flatten)]
    price: ToldRow,
}

const TOLD_FOR: &str =
    "SELECT t.appointment_id, t.visit_id, t.item_id, t.told_at, t.day, t.total, t.own_share, t.insurer_id, i.name AS insurer, t.currency
        FROM told_prices t LEFT JOIN insurers i ON i.id = t.insurer_id WHERE ";

/// Returns the prices that were told for these visits and their appointments.
pub(super) async fn told_for(tx: &mut Tx, visits: &[ChargedVisit]) -> Result<Vec<ToldFor>> {
    let by_appointment = sql(TOLD_FOR).push("t.appointment_id IN ").push_list(visits.iter().filter_map(|visit| visit.appointment_id));
    let mut rows: Vec<ToldForRow> = tx.all(by_appointment).await?;
    let by_visit = sql(TOLD_FOR).push("t.visit_id IN ").push_list(visits.iter().map(|visit| visit.visit_id));
    rows.extend(tx.all::<ToldForRow>(by_visit).await?);
    let told = |row: ToldForRow| {
        let subject = match (row.appointment_id, row.visit_id) {
            (Some(id), _) => Priced::Appointment(id),
            (None, Some(id)) => Priced::Visit(id),
            (None, None) => return None,
        };
        Some(ToldFor { subject, item: row.item_id, at: row.told_at, price: row.price.into() })
    };
    Ok(rows.into_iter().filter_map(told).collect())
}
