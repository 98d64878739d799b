//! Bulk data of the books: invoices of past months that nobody has paid, and the months, which are closed.

use chrono::{Datelike as _, Duration, NaiveTime};

use super::{
    Setting,
    store::{self, Bulk},
};
use crate::{
    billing::MANUAL,
    core::{ChargeId, InsurerId, InvoiceId, InvoiceLineId, InvoiceShareId, UserId, VisitId},
    db::Database,
    demo::{
        DemoError,
        store::{Rows, Table},
    },
    row,
};

/// Invoices of one day, in one transaction.
const TOGETHER: usize = 10_000;
/// The last of these invoices is so many days old: nobody is told of such old debts any more.
const AGE: i64 = 62;
/// The days between two of the days on which they were issued.
const PAUSE: i64 = 3;

/// Adds the invoices with their charges and ledger entries.
pub(super) async fn add(db: &Database, setting: Setting<'_>) -> Result<(), DemoError> {
    let Setting { clinic, zone, now, .. } = setting;
    let by = UserId::SYSTEM;
    let mut patients = setting.patients.chunks(TOGETHER.min(setting.sizes.invoices)).cycle();
    let (mut made, mut age) = (0, AGE);
    while made < setting.sizes.invoices {
        let day = zone.day(now) - Duration::days(age);
        age += PAUSE;
        let Some(at) = zone.instant(day.and_time(NaiveTime::MIN) + Duration::hours(12)) else { continue };
        let mut tx = db.write().await?;
        let people = store::persons(&mut tx, patients.next().unwrap_or_default()).await?;
        let some = people.len().min(setting.sizes.invoices - made);
        if some == 0 {
            break;
        }
        let series = format!("invoice {}", day.year());
        let number = store::take(&mut tx, &series, i64::try_from(some).unwrap_or_default()).await?;
        let (mut rows, mut entries) = (Rows::default(), Vec::new());
        for ((person, doctor), number) in people.iter().take(some).zip(clinic.doctors.iter().cycle()).zip(number..) {
            let (charge, invoice, price) = (ChargeId::new(), InvoiceId::new(), doctor.price);
            let code = format!("CONS-{}", doctor.letter);
            rows.add(
                Table::Charges,
                row![
                    charge,
                    person.account_id,
                    person.id,
                    clinic.id,
                    None::<VisitId>,
                    day,
                    doctor.department,
                    doctor.item,
                    code.as_str(),
                    doctor.item_name.as_str(),
                    1_000_i64,
                    price,
                    price,
                    price,
                    "billed",
                    MANUAL.kind,
                    charge,
                    at,
                    by,
                    at
                ],
            );
            let (insurer, nothing) = (None::<InsurerId>, 0_i64);
            rows.add(
                Table::Invoices,
                row![invoice, person.account_id, person.id, clinic.id, "draft", insurer, price, nothing, price, at, by, at],
            );
            rows.add(
                Table::InvoiceLines,
                row![
                    InvoiceLineId::new(),
                    invoice,
                    charge,
                    1_i64,
                    code,
                    doctor.item_name.as_str(),
                    1_000_i64,
                    price,
                    price,
                    price,
                    price,
                    nothing,
                    price
                ],
            );
            rows.add(Table::InvoiceShares, row![InvoiceShareId::new(), invoice, 1_i64, "patient", insurer, price, at]);
            rows.add(Table::DocumentNumbers, row![series.as_str(), number, invoice]);
            entries.push(row!["invoice", invoice, clinic.id, day, at, by]);
        }
        rows.write(&mut tx).await?;
        store::insert(&mut tx, Bulk::LedgerEntries, entries).await?;
        store::post_invoices(&mut tx).await?;
        tx.commit().await?;
        made += some;
    }
    close_months(db, setting).await
}

/// Closes the months before this one.
async fn close_months(db: &Database, setting: Setting<'_>) -> Result<(), DemoError> {
    let today = setting.zone.day(setting.now);
    let mut tx = db.write().await?;
    if let Some(accountant) = store::user(&mut tx, "accountant").await? {
        store::close_months(&mut tx, today.with_day(1).unwrap_or(today), accountant, setting.now).await?;
    }
    tx.commit().await?;
    Ok(())
}
