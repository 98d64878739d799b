//! Instalments: what a patient owes on an invoice, in equal parts a month apart. Payments cover the earliest first; after a missed one the
//! whole rest is due.

pub mod api;
mod store;

use chrono::{Months, NaiveDate};

use crate::{
    audit::Action,
    core::{Error, InvoiceId, Money, PatientId, Permission, Result},
    server::{Ctx, Event},
    tr,
};

use super::{BILLING, arithmetic, store as invoices};

pub use store::of_invoice;

/// The largest number of parts.
pub const MOST: usize = 36;

/// One part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Instalment {
    pub position: i64,
    pub due_day: NaiveDate,
    pub amount: Money,
}

/// Where an instalment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Paid,
    Open,
    /// Its day has passed, and it is not covered.
    Missed,
}

/// Divides an amount into parts a month apart, by the largest remainder.
pub fn divide(amount: Money, parts: usize, first: NaiveDate) -> Vec<Instalment> {
    let amounts = arithmetic::spread(amount, &vec![1; parts]);
    let days = (0_u32..).map(|month| first.checked_add_months(Months::new(month)).unwrap_or(first));
    amounts.into_iter().zip(days).zip(1_i64..).map(|((amount, due_day), position)| Instalment { position, due_day, amount }).collect()
}

/// Says where each instalment stands when so much is still owed.
pub fn standing(plan: &[Instalment], due: Money, today: NaiveDate) -> Vec<Standing> {
    let total: Money = plan.iter().map(|part| part.amount).sum();
    let mut covered = total - due;
    plan.iter()
        .map(|part| {
            covered = covered - part.amount;
            if covered >= Money::ZERO {
                Standing::Paid
            } else if part.due_day < today {
                Standing::Missed
            } else {
                Standing::Open
            }
        })
        .collect()
}

/// Returns the day of the first part that is not covered when so much is still owed; none when there is no such part.
pub fn next_due(plan: &[Instalment], due: Money) -> Option<NaiveDate> {
    let standings = standing(plan, due, NaiveDate::MIN);
    plan.iter().zip(standings).find(|(_, standing)| *standing != Standing::Paid).map(|(part, _)| part.due_day)
}

/// Agrees on instalments for all that the patient owes on an invoice, once.
///
/// # Errors
/// [`Error::Invalid`] with the field; [`Error::Conflict`] when there is a plan, or nothing is due.
pub async fn agree(ctx: &mut Ctx, invoice: InvoiceId, parts: usize, first: NaiveDate) -> Result<PatientId> {
    let today = ctx.today();
    ctx.tx.lock(invoice).await?;
    let there = invoices::invoice(&mut ctx.tx, invoice).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::TakePayments, there.clinic_id)?;
    if !of_invoice(&mut ctx.tx, invoice).await?.is_empty() {
        return Err(Error::conflict(tr!(billing.instalments_there)));
    }
    if there.due() == Money::ZERO {
        return Err(Error::conflict(tr!(billing.nothing_due)));
    }
    if !(2..=MOST).contains(&parts) || there.due().0 < i64::try_from(parts).unwrap_or(i64::MAX) {
        return Err(Error::invalid("parts", tr!(billing.instalments_wrong)));
    }
    if first < today || (first - today).num_days() > 366 {
        return Err(Error::invalid("first_day", tr!(billing.instalments_day_wrong)));
    }
    let stamp = ctx.stamp();
    store::insert(&mut ctx.tx, invoice, &divide(there.due(), parts, first), stamp).await?;
    ctx.did(Action::Create, "instalments", invoice, Some(there.patient_id));
    ctx.tell(Event::new(&BILLING).at(there.clinic_id).of(there.patient_id).about(invoice));
    Ok(there.patient_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn a_thousand_in_three() {
        // Section 4 of the specification, example 10.
        let plan = divide(Money(100_000), 3, day("2027-01-31"));
        assert_eq!(plan.iter().map(|part| part.amount.0).collect::<Vec<_>>(), [33_334, 33_333, 33_333]);
        assert_eq!(plan.iter().map(|part| part.due_day).collect::<Vec<_>>(), ["2027-01-31", "2027-02-28", "2027-03-31"].map(day));
        use Standing::{Missed, Open, Paid};
        for (due, today, expected) in [
            (100_000, "2027-01-31", [Open, Open, Open]),
            (100_000, "2027-02-01", [Missed, Open, Open]),
            (66_666, "2027-02-01", [Paid, Open, Open]),
            (66_667, "2027-02-01", [Missed, Open, Open]),
            (0, "2027-04-01", [Paid, Paid, Paid]),
        ] {
            assert_eq!(standing(&plan, Money(due), day(today)), expected, "{due} on {today}");
        }
    }
}
