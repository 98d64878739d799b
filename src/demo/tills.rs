//! The shifts at the till in the demo: each day's payments belong to a shift of the cashier; those of past days are counted, handed over
//! and closed, those of today are open.

use std::collections::HashSet;

use uuid::Uuid;

use crate::{
    billing::shifts::CashCount,
    core::{ClinicId, Currency, Money, ServicePointId, TillShiftId, time::Instant},
    db::{DbError, Tx, Value},
};

use super::store::{self, Table};

/// The float of each shift: 200.00.
pub const FLOAT: Money = Money(20_000);

/// Writes shifts, each followed by its payments, because only an open shift takes them. A shift row ends with the time at which it was
/// closed, a payment's row begins with its id and ends with its shift, the row of a means of payment begins with its payment.
pub async fn write(
    tx: &mut Tx,
    shifts: Vec<Vec<Value>>,
    mut payments: Vec<Vec<Value>>,
    mut tenders: Vec<Vec<Value>>,
) -> Result<(), DbError> {
    for mut shift in shifts {
        let (Some(Value::Instant(closed_at)), Some(Value::Uuid(Some(id)))) = (shift.pop(), shift.first().cloned()) else { continue };
        store::insert(tx, Table::TillShifts, vec![shift]).await?;
        let (own, others): (Vec<_>, Vec<_>) = payments.into_iter().partition(|row| row.last() == Some(&Value::Uuid(Some(id))));
        payments = others;
        let ids: HashSet<Uuid> = own.iter().filter_map(|row| first_id(row)).collect();
        let (means, others): (Vec<_>, Vec<_>) = tenders.into_iter().partition(|row| first_id(row).is_some_and(|id| ids.contains(&id)));
        tenders = others;
        let id = TillShiftId(id);
        count(tx, id, "open", FLOAT).await?;
        store::insert(tx, Table::Payments, own).await?;
        store::insert(tx, Table::PaymentTenders, means).await?;
        if let Some(at) = closed_at {
            close(tx, id, at).await?;
        }
    }
    store::insert(tx, Table::Payments, payments).await?;
    store::insert(tx, Table::PaymentTenders, tenders).await
}

/// The id at the beginning of a row.
fn first_id(row: &[Value]) -> Option<Uuid> {
    match row.first() {
        Some(Value::Uuid(id)) => *id,
        _ => None,
    }
}

async fn count(tx: &mut Tx, shift: TillShiftId, moment: &'static str, amount: Money) -> Result<(), DbError> {
    store::till_count(tx, shift, moment, CashCount::of(Currency::USD, amount).0).await
}

/// Counts a shift twice, by the cashier and by the accountant, and closes it.
async fn close(tx: &mut Tx, shift: TillShiftId, at: Instant) -> Result<(), DbError> {
    store::till_closing(tx, shift, at).await?;
    let cash = store::till_cash(tx, shift).await?;
    count(tx, shift, "hand_over", cash).await?;
    store::till_handed_over(tx, shift, at).await?;
    count(tx, shift, "receive", cash).await?;
    store::till_closed(tx, shift, at).await
}

/// Opens a shift for each cashier of the clinic who has none.
pub async fn open(tx: &mut Tx, clinic: ClinicId, point: ServicePointId, now: Instant) -> Result<(), DbError> {
    for cashier in store::cashiers_without_till(tx, clinic).await? {
        let id = TillShiftId::new();
        let row = crate::row![id, clinic, point, cashier, "open", FLOAT, now];
        store::insert(tx, Table::TillShifts, vec![row]).await?;
        count(tx, id, "open", FLOAT).await?;
    }
    Ok(())
}
