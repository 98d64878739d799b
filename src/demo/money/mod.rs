//! Money in the demo that did not run straight: a discount, a package, a charge without a price, a deposit, a credit note, a refund that
//! waits for a second person, and prices that were told at booking before the price list changed.

mod store;

use chrono::{Datelike as _, NaiveDate};
use uuid::Uuid;

use self::store::Booking;
use super::{
    hospital::Clinic,
    people::People,
    store::{PatientRow, Rows, Table},
};
use crate::{
    billing::{self, MANUAL, Quantity, Service, ToCharge, Wanted},
    core::{CreditNoteId, IdempotencyKey, Money, PaymentId, PriceId, PriceItemId, RefundId, Stamp, UserId, time::Instant},
    db::Tx,
    organisation::{self, number_document},
    row,
};

/// The amount by which the price list rose after two patients had booked.
const RISE: Money = Money(1_500);
/// The amount of the deposit, and the part of it that is asked back.
const DEPOSIT: (Money, Money) = (Money(50_000), Money(20_000));

/// Adds the acts, each for another of the last patients on the list.
pub async fn make(
    tx: &mut Tx,
    clinic: &Clinic,
    people: &People,
    adults: &[PatientRow],
    day: NaiveDate,
    now: Instant,
) -> Result<(), super::DemoError> {
    let [.., first, second, third, fourth] = adults else { return Ok(()) };
    let by = people.cashier;
    let service = |patient: &PatientRow, item: PriceItemId| Service {
        wanted: Wanted::Item(item),
        patient: patient.id,
        clinic: clinic.id,
        department: None,
        provider: None,
        day,
        quantity: Quantity::ONE,
    };
    let items = [PriceItemId::new(), PriceItemId::new(), PriceItemId::new()];
    let [dressing, visit, course] = items;
    let mut rows = Rows::default();
    for (item, code, name, amount) in [
        (dressing, "DRESS-L", "Large dressing", None),
        (visit, "PHYSIO", "Physiotherapy, 30 minutes", Some(Money(6_000))),
        (course, "PHYSIO-10", "Physiotherapy, course of ten", Some(Money(48_000))),
    ] {
        rows.add(Table::PriceItems, row![item, code, name, "procedure", None::<Uuid>]);
        if let Some(amount) = amount {
            rows.add(Table::Prices, row![PriceId::new(), item, amount, day, now, UserId::SYSTEM]);
        }
    }
    rows.write(tx).await?;
    store::package(tx, course, visit, now).await?;
    for (patient, item) in [(first, dressing), (second, visit), (third, course)] {
        let new = ToCharge::done(&MANUAL, Uuid::now_v7(), None, service(patient, item));
        let charged = billing::charge(tx, &new, Stamp { by, at: now }).await?;
        if item == visit {
            store::discount(tx, charged.id, Money(600), by).await?;
        }
    }
    deposit(tx, clinic, fourth, day, Stamp { by, at: now }).await?;
    if let Some(approver) = store::supervisor(tx).await? {
        credit(tx, (by, approver), day, now).await?;
    }
    // A patient who waits at the cashier, and the portal's patient before the next visit, were told less than it costs now.
    let booked = [store::at_the_cashier(tx, clinic.id).await?, store::next_of(tx, people.patient).await?];
    for booking in booked.into_iter().flatten() {
        told(tx, clinic, &booking).await?;
    }
    Ok(())
}

/// Keeps the price of before the rise with a booking.
async fn told(tx: &mut Tx, clinic: &Clinic, booking: &Booking) -> Result<(), super::DemoError> {
    let day = organisation::clinic(tx, clinic.id).await?.zone.day(booking.starts_at);
    let service = Service {
        wanted: Wanted::Consultation(None),
        patient: booking.patient_id,
        clinic: clinic.id,
        department: Some(booking.department_id),
        provider: Some(booking.doctor_id),
        day,
        quantity: Quantity::ONE,
    };
    let quote = billing::quote(tx, &service).await?;
    let Some(item) = quote.item.as_ref().filter(|_| quote.total() > RISE) else { return Ok(()) };
    let total = quote.total() - RISE;
    let own = quote.cover.as_ref().map(|cover| (billing::shares(total, Some(cover.copay_percent)).patient, cover.insurer));
    store::told(tx, booking, (item.id, day), (total, own)).await?;
    Ok(())
}

/// Takes a deposit, and asks for a part of it back.
async fn deposit(tx: &mut Tx, clinic: &Clinic, patient: &PatientRow, day: NaiveDate, stamp: Stamp) -> Result<(), super::DemoError> {
    let (payment, year) = (PaymentId::new(), day.year());
    let number = number_document(tx, &format!("receipt {year}"), payment.into()).await?;
    let number = format!("REC-{year}-{number:06}");
    store::deposit(tx, payment, (patient.id, clinic.id), (DEPOSIT.0, &number, IdempotencyKey::new()), stamp).await?;
    store::ask_refund(tx, RefundId::new(), payment, DEPOSIT.1, stamp).await?;
    Ok(())
}

/// Credits a paid invoice in full: its money is left as a deposit.
async fn credit(tx: &mut Tx, (by, approver): (UserId, UserId), day: NaiveDate, now: Instant) -> Result<(), super::DemoError> {
    let Some(invoice) = store::paid_invoice(tx).await? else { return Ok(()) };
    let (note, year) = (CreditNoteId::new(), day.year());
    store::ask_credit(tx, note, invoice, Stamp { by, at: now }).await?;
    store::free(tx, invoice, now).await?;
    let number = number_document(tx, &format!("credit note {year}"), note.into()).await?;
    store::issue_credit(tx, note, &format!("CRN-{year}-{number:06}"), Stamp { by: approver, at: now }).await?;
    Ok(())
}
