//! The division of an amount between insurer and patient.

use serde::{Deserialize, Serialize};

use crate::core::Money;

/// The shares of an amount. The two always add up to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shares {
    pub insurer: Money,
    pub patient: Money,
}

/// Splits one line's amount by the plan's co-pay: the patient's percentage, rounded half to even; without a plan the
/// patient pays all.
pub fn shares(amount: Money, copay_percent: Option<i64>) -> Shares {
    let patient = copay_percent.map_or(amount, |percent| amount.percent(percent.clamp(0, 100)));
    Shares { insurer: amount - patient, patient }
}

impl Shares {
    /// Returns the whole amount.
    pub fn total(self) -> Money {
        self.insurer + self.patient
    }
}

impl std::iter::Sum for Shares {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), |sum, part| Self { insurer: sum.insurer + part.insurer, patient: sum.patient + part.patient })
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_plan_of_thirty_percent() {
        assert_eq!(shares(Money(12_000), Some(30)), Shares { insurer: Money(8_400), patient: Money(3_600) });
        assert_eq!(shares(Money(12_000), None), Shares { insurer: Money(0), patient: Money(12_000) });
        assert_eq!(shares(Money(12_000), Some(0)), Shares { insurer: Money(12_000), patient: Money(0) });
    }

    proptest! {
        #[test]
        fn shares_add_up(lines in proptest::collection::vec((0_i64..10_000_000, proptest::option::of(0_i64..=100)), 0..12)) {
            let total: Money = lines.iter().map(|(amount, _)| Money(*amount)).sum();
            let parts: Shares = lines.iter().map(|(amount, copay)| shares(Money(*amount), *copay)).sum();
            prop_assert_eq!(parts.total(), total);
            prop_assert!(parts.insurer >= Money::ZERO && parts.patient >= Money::ZERO);
        }
    }
}
