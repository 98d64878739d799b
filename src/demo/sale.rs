//! The costs of visits in the demo: charges, invoices, payments.

use std::collections::BTreeMap;

use chrono::{Datelike as _, Duration, NaiveDate};

use super::hospital::Clinic;
use super::store::{Rows, Table};
use crate::core::{
    AllocationId, BillingAccountId, ChargeId, DepartmentId, EncounterId, IdempotencyKey, InsurerId, InvoiceId, InvoiceLineId,
    InvoiceShareId, Money, PatientId, PaymentId, PriceItemId, TillShiftId, UserId, VisitId,
    time::{Instant, Zone},
};
use crate::db::Value;
use crate::row;

/// A charge, and its settlement if there was one. The numbers of invoices and receipts follow the time, so they are
/// assigned at the end.
pub struct Sale {
    pub charge: ChargeId,
    pub visit: VisitId,
    pub encounter: EncounterId,
    pub patient: PatientId,
    pub account: BillingAccountId,
    pub department: DepartmentId,
    pub item: PriceItemId,
    pub code: String,
    pub name: String,
    pub total: Money,
    pub insurer: Option<InsurerId>,
    pub patient_share: Money,
    pub raised_at: Instant,
    pub raised_by: UserId,
    pub settled: Option<Settled>,
}

/// The settlement of a charge.
pub struct Settled {
    /// The times at which the invoice was issued and paid.
    pub at: Instant,
    pub paid_at: Instant,
    pub cash: bool,
}

/// Writes charges, and invoices with payments for those that were settled. Returns the rows for the audit log.
pub fn write(
    rows: &mut Rows,
    clinic: &Clinic,
    cashier: UserId,
    (zone, now): (Zone, Instant),
    mut sales: Vec<Sale>,
) -> Vec<(Instant, Vec<Value>)> {
    let mut audit = Vec::new();
    sales.sort_by_key(|sale| sale.settled.as_ref().map_or(sale.raised_at, |settled| settled.at));
    // Invoices and receipts are numbered by year.
    let mut numbers: BTreeMap<i32, (i64, i64)> = BTreeMap::new();
    // One shift for each day on which money was taken, from an hour before the first payment to an hour after the last.
    let mut shifts: BTreeMap<NaiveDate, (TillShiftId, Instant, Instant)> = BTreeMap::new();
    for settled in sales.iter().filter_map(|sale| sale.settled.as_ref()) {
        let (from, to) = (settled.paid_at - Duration::hours(1), settled.paid_at + Duration::hours(1));
        let shift = shifts.entry(zone.day(settled.paid_at)).or_insert((TillShiftId::new(), from, to));
        (shift.1, shift.2) = (shift.1.min(from), shift.2.max(to));
    }
    for (day, (id, from, to)) in &shifts {
        let closed_at = (*day < zone.day(now)).then_some(*to);
        rows.add(Table::TillShifts, row![*id, clinic.id, clinic.cashier, cashier, "open", super::tills::FLOAT, *from, closed_at]);
    }
    for sale in &sales {
        rows.add(
            Table::Charges,
            row![
                sale.charge,
                sale.account,
                sale.patient,
                clinic.id,
                sale.visit,
                zone.day(sale.raised_at),
                sale.department,
                sale.item,
                sale.code.clone(),
                sale.name.clone(),
                1_000_i64,
                sale.total,
                sale.total,
                sale.total,
                if sale.settled.is_some() { "billed" } else { "billable" },
                "consultation",
                sale.encounter.0,
                sale.raised_at,
                sale.raised_by,
                sale.raised_at
            ],
        );
        if let Some(settled) = &sale.settled {
            let year = zone.day(settled.at).year();
            let numbers = numbers.entry(year).or_insert((0, 0));
            let shift = shifts.get(&zone.day(settled.paid_at)).map(|(id, ..)| *id);
            let invoice = sell(rows, (clinic, shift), cashier, year, sale, settled, numbers);
            let row = row![settled.paid_at, cashier, "cashier", "create", "payment", Some(invoice.0), sale.patient, clinic.id];
            audit.push((settled.paid_at, row));
        }
    }
    for (year, (invoices, receipts)) in numbers {
        rows.add(Table::NumberSeries, row![format!("invoice {year}"), invoices]);
        if receipts > 0 {
            rows.add(Table::NumberSeries, row![format!("receipt {year}"), receipts]);
        }
    }
    audit
}

/// Adds the rows of an invoice that was paid at once.
fn sell(
    rows: &mut Rows,
    (clinic, shift): (&Clinic, Option<TillShiftId>),
    cashier: UserId,
    year: i32,
    sale: &Sale,
    settled: &Settled,
    numbers: &mut (i64, i64),
) -> InvoiceId {
    let (invoice, insurer_share) = (InvoiceId::new(), sale.total - sale.patient_share);
    numbers.0 += 1;
    let number = numbers.0;
    rows.add(Table::DocumentNumbers, row![format!("invoice {year}"), number, invoice]);
    rows.add(
        Table::Invoices,
        row![
            invoice,
            sale.account,
            sale.patient,
            clinic.id,
            "draft",
            sale.insurer,
            sale.total,
            insurer_share,
            sale.patient_share,
            settled.at,
            cashier,
            settled.at
        ],
    );
    rows.add(
        Table::InvoiceLines,
        row![
            InvoiceLineId::new(),
            invoice,
            sale.charge,
            1_i64,
            sale.code.clone(),
            sale.name.clone(),
            1_000_i64,
            sale.total,
            sale.total,
            sale.total,
            sale.total,
            insurer_share,
            sale.patient_share
        ],
    );
    let share = InvoiceShareId::new();
    if let Some(insurer) = sale.insurer {
        let row = row![InvoiceShareId::new(), invoice, 1_i64, "insurer", Some(insurer), insurer_share, settled.at];
        rows.add(Table::InvoiceShares, row);
    }
    let rank = if sale.insurer.is_some() { 2_i64 } else { 1 };
    rows.add(Table::InvoiceShares, row![share, invoice, rank, "patient", None::<InsurerId>, sale.patient_share, settled.at]);
    if sale.patient_share > Money::ZERO {
        numbers.1 += 1;
        let receipt = numbers.1;
        let payment = PaymentId::new();
        rows.add(Table::DocumentNumbers, row![format!("receipt {year}"), receipt, payment]);
        // The patient pays with twenty-dollar notes.
        let tendered = if settled.cash { Money((sale.patient_share.0 + 1_999) / 2_000 * 2_000) } else { sale.patient_share };
        rows.add(
            Table::Payments,
            row![
                payment,
                sale.patient,
                clinic.id,
                sale.patient_share,
                tendered,
                tendered - sale.patient_share,
                format!("REC-{year}-{receipt:06}"),
                IdempotencyKey::new(),
                settled.paid_at,
                cashier,
                shift
            ],
        );
        let method = if settled.cash { "cash" } else { "card" };
        let change = tendered - sale.patient_share;
        rows.add(Table::PaymentTenders, row![payment, 1_i64, method, sale.patient_share, tendered, change]);
        let row = row![AllocationId::new(), payment, share, sale.patient_share, settled.paid_at, cashier, settled.paid_at];
        rows.add(Table::Allocations, row);
    }
    invoice
}
