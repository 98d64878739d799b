//! Overdue accounts: patients who owe on invoices whose due day is over. An invoice in instalments is overdue from the day of the first one
//! that is not covered, and then as a whole.

mod store;

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use super::instalments::{Instalment, next_due};
use crate::{
    core::{ClinicId, InvoiceId, Money, PatientId, Result},
    db::Tx,
};

/// A patient's overdue invoices at a clinic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overdue {
    pub patient: PatientId,
    /// The first day on which something was due that is not paid.
    pub since: NaiveDate,
    pub invoices: i64,
    pub amount: Money,
}

/// An invoice on which the patient owes something.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
struct Open {
    id: InvoiceId,
    patient_id: PatientId,
    due_day: NaiveDate,
    patient_due: Money,
}

/// The overdue accounts of a clinic on a day, the oldest debt first.
///
/// # Errors
/// When the database refuses.
pub async fn overdue(tx: &mut Tx, clinic: ClinicId, today: NaiveDate) -> Result<Vec<Overdue>> {
    let open = store::open(tx, clinic).await?;
    let mut plans: HashMap<InvoiceId, Vec<Instalment>> = HashMap::new();
    for (invoice, part) in store::parts(tx, clinic).await? {
        plans.entry(invoice).or_default().push(part);
    }
    Ok(summed(&open, &plans, today))
}

fn summed(open: &[Open], plans: &HashMap<InvoiceId, Vec<Instalment>>, today: NaiveDate) -> Vec<Overdue> {
    let mut accounts: BTreeMap<PatientId, Overdue> = BTreeMap::new();
    for invoice in open {
        let plan = plans.get(&invoice.id).map(Vec::as_slice).unwrap_or_default();
        let since = next_due(plan, invoice.patient_due).unwrap_or(invoice.due_day);
        if since < today {
            let one = Overdue { patient: invoice.patient_id, since, invoices: 0, amount: Money::ZERO };
            let account = accounts.entry(invoice.patient_id).or_insert(one);
            account.since = account.since.min(since);
            account.invoices += 1;
            account.amount = account.amount + invoice.patient_due;
        }
    }
    let mut accounts: Vec<_> = accounts.into_values().collect();
    accounts.sort_by_key(|account| (account.since, std::cmp::Reverse(account.amount), account.patient));
    accounts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn an_account_is_overdue_from_its_first_due_day_that_is_over() {
        let (ana, ben) = (PatientId::new(), PatientId::new());
        let open =
            |patient_id, due_day: &str, due| Open { id: InvoiceId::new(), patient_id, due_day: day(due_day), patient_due: Money(due) };
        let invoices =
            [open(ana, "2026-11-28", 3_600), open(ana, "2026-11-20", 400), open(ana, "2026-12-24", 900), open(ben, "2026-11-01", 6_000)];
        // The first of three parts of 30.00 is paid: the second counts, and then all of the rest.
        let part = |position, due_day: &str| Instalment { position, due_day: day(due_day), amount: Money(3_000) };
        let plan = vec![part(1, "2026-11-10"), part(2, "2026-12-10"), part(3, "2027-01-10")];
        let plans = HashMap::from([(invoices[3].id, plan)]);
        let of = |today: &str| {
            summed(&invoices, &plans, day(today))
                .into_iter()
                .map(|one| (one.patient, one.since, one.invoices, one.amount.0))
                .collect::<Vec<_>>()
        };
        assert!(of("2026-11-20").is_empty());
        assert_eq!(of("2026-11-28"), [(ana, day("2026-11-20"), 1, 400)], "on its due day an invoice is not overdue yet");
        assert_eq!(of("2026-11-29"), [(ana, day("2026-11-20"), 2, 4_000)]);
        assert_eq!(of("2026-12-11"), [(ana, day("2026-11-20"), 2, 4_000), (ben, day("2026-12-10"), 1, 6_000)]);
    }
}
