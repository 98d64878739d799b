//! Payments: how the patient pays, and how much of the money counts.

use serde::{Deserialize, Serialize};

use crate::core::{Currency, Error, Money, Result};

crate::text_enum! {
    /// How a patient pays.
    pub enum Method("method") {
        Cash = "cash",
        Card = "card",
        Transfer = "transfer",
    }
}

impl Method {
    /// Returns the text for buttons and receipts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cash => crate::tr!(billing.cash),
            Self::Card => crate::tr!(billing.card),
            Self::Transfer => crate::tr!(billing.transfer),
        }
    }
}

/// The division of the money handed over: `tendered - change = amount`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// The part for the invoice.
    pub amount: Money,
    pub tendered: Money,
    /// The part that the patient gets back.
    pub change: Money,
}

/// Whether this amount of cash looks like a typing error, so that the page asks about it once: 4800 for 48.00, which is the due
/// amount without its decimal point; or more than ten times the due amount and at the same time more than 20,000 minor units above
/// it (200.00 at two decimals), which no usual banknote explains.
#[cfg(feature = "ssr")]
pub fn is_far_above(tendered: Money, due: Money, currency: Currency) -> bool {
    let without_point = currency.decimals() > 0 && due.times(10_i64.pow(currency.decimals())) == Some(tendered);
    without_point || (due.times(10).is_some_and(|ten| tendered > ten) && tendered - due > Money(20_000))
}

/// Computes a payment from the money handed over and the due amount. Cash above it comes back as change; a card or a
/// transfer above it is refused with the due amount; less is a part payment.
///
/// # Errors
/// [`Error::Invalid`] of `tendered`.
pub fn take(method: Method, tendered: Money, due: Money, currency: Currency) -> Result<Taken> {
    if due <= Money::ZERO {
        return Err(Error::conflict(crate::tr!(billing.nothing_due)));
    }
    if tendered <= Money::ZERO {
        return Err(Error::invalid("tendered", crate::tr!(billing.nothing_tendered)));
    }
    if method != Method::Cash && tendered > due {
        return Err(Error::invalid("tendered", crate::tr!(billing.more_than_due, due = currency.show(due))));
    }
    let amount = tendered.min(due);
    Ok(Taken { amount, tendered, change: tendered - amount })
}

/// A payment that was taken, with the data for its receipt.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Payment {
    pub id: crate::core::PaymentId,
    pub invoice_id: crate::core::InvoiceId,
    pub patient_id: crate::core::PatientId,
    pub clinic_id: crate::core::ClinicId,
    pub method: Method,
    pub amount: Money,
    pub tendered: Money,
    pub change_given: Money,
    /// The number of the card slip or transfer.
    pub reference: String,
    pub receipt_number: String,
    pub taken_at: crate::core::time::Instant,
    /// The name of the user who took it.
    pub taken_by: String,
    /// The amount that was still to pay on the invoice after this payment.
    #[sqlx(rename = "left_over")]
    pub left: Money,
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(method: Method, tendered: i64, due: i64) -> Result<Taken> {
        take(method, Money(tendered), Money(due), Currency::USD)
    }

    #[test]
    fn change_is_given_for_cash_only() {
        assert_eq!(of(Method::Cash, 5_000, 3_600), Ok(Taken { amount: Money(3_600), tendered: Money(5_000), change: Money(1_400) }));
        assert_eq!(of(Method::Card, 3_600, 3_600).map(|taken| taken.change), Ok(Money::ZERO));
        let Err(Error::Invalid(errors)) = of(Method::Card, 5_000, 3_600) else { panic!("an overpayment") };
        assert!(errors[0].field == "tendered" && errors[0].message.contains("$36.00"), "{errors:?}");
        assert_eq!(of(Method::Cash, 1_000, 3_600).map(|taken| taken.amount), Ok(Money(1_000)));
        assert!(of(Method::Cash, 0, 3_600).is_err());
        assert!(matches!(of(Method::Cash, 100, 0), Err(Error::Conflict(_))));
    }

    #[test]
    fn a_forgotten_point_is_seen_and_no_usual_note_is() {
        let far = |tendered: i64, due: i64| is_far_above(Money(tendered), Money(due), Currency::USD);
        assert!(far(480_000, 4_800) && far(15_000, 150) && far(40_000, 3_600));
        for (note, due) in [(5_000, 3_600), (10_000, 500), (20_000, 1_500), (50_000, 12_000), (36_000, 3_600), (3_600, 3_600), (100, 3_600)]
        {
            assert!(!far(note, due), "{note} for {due}");
        }
    }

    proptest! {
        #[test]
        fn never_more_than_due(tendered in 1_i64..1_000_000, due in 1_i64..1_000_000) {
            let taken = of(Method::Cash, tendered, due).expect("cash is taken");
            prop_assert!(taken.amount <= Money(due) && taken.amount > Money::ZERO);
            prop_assert_eq!(taken.tendered - taken.change, taken.amount);
        }
    }
}
