//! Payments: how the patient pays, and how much of the money counts.

use serde::{Deserialize, Serialize};

use crate::core::{Currency, Error, Money, Result};

crate::text_enum! {
    /// How a patient pays.
    pub enum Method("method") {
        Cash = "cash",
        Card = "card",
        Transfer = "transfer",
        /// It has a number and a bank, and bounces when the bank refuses it.
        Cheque = "cheque",
    }
}

impl Method {
    /// Returns the text for buttons and receipts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cash => crate::tr!(billing.cash),
            Self::Card => crate::tr!(billing.card),
            Self::Transfer => crate::tr!(billing.transfer),
            Self::Cheque => crate::tr!(billing.cheque),
        }
    }
}

/// The division of the money handed over: `tendered - change = amount + rounding`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// The part that counts.
    pub amount: Money,
    pub tendered: Money,
    /// The part that the patient gets back.
    pub change: Money,
    /// The difference between the amount and the coins that exist: above zero the patient pays more.
    pub rounding: Money,
}

/// How cash is rounded: to which step, and where a tie goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CashRounding {
    /// The smallest coin, in minor units; 1 does not round.
    pub step: i64,
    /// Whether a tie goes to the larger amount.
    pub tie_up: bool,
}

impl CashRounding {
    /// Rounds to the currency's smallest coin in use: Unicode CLDR's `cashRounding`; a tie goes up.
    pub fn of(currency: Currency) -> Self {
        let step = match currency.code() {
            "CHF" | "CAD" => 5,
            "DKK" => 50,
            "SEK" | "NOK" | "CZK" => 100,
            // Prices in forints have two decimals in ISO 4217; the smallest coin is of 5 forints.
            "HUF" => 500,
            _ => 1,
        };
        Self { step, tie_up: true }
    }

    /// Rounds an amount of cash.
    #[must_use]
    pub fn round(self, amount: Money) -> Money {
        let step = self.step.max(1);
        let (below, rest) = (amount.0.div_euclid(step) * step, amount.0.rem_euclid(step));
        let up = if self.tie_up { rest * 2 >= step } else { rest * 2 > step };
        Money(if rest > 0 && up { below + step } else { below })
    }
}

/// Whether this amount of cash looks like a typing error, so that the page asks about it once: 4800 for 48.00, which is the due
/// amount without its decimal point; or more than ten times the due amount and at the same time more than 20,000 minor units above
/// it (200.00 at two decimals), which no usual banknote explains.
#[cfg(feature = "ssr")]
pub fn is_far_above(tendered: Money, due: Money, currency: Currency) -> bool {
    let without_point = currency.decimals() > 0 && due.times(10_i64.pow(currency.decimals())) == Some(tendered);
    without_point || (due.times(10).is_some_and(|ten| tendered > ten) && tendered - due > Money(20_000))
}

/// Computes a payment from the means handed over and the due amount. Card, transfer and cheque count first and may not be above what is due;
/// cash settles the rest: above it comes back as change, or stays as a deposit when the patient wants that (`keep`). Less is a part
/// payment.
///
/// # Errors
/// [`Error::Invalid`] of `tendered`, or of `also_amount` for a second means.
pub fn take(tenders: &[(Method, Money)], due: Money, cash: CashRounding, keep: bool, currency: Currency) -> Result<Vec<Taken>> {
    if due <= Money::ZERO && !keep {
        return Err(Error::conflict(crate::tr!(billing.nothing_due)));
    }
    let field = |at: usize| if at == 0 { "tendered" } else { "also_amount" };
    if let Some(at) = tenders.iter().position(|(_, tendered)| *tendered <= Money::ZERO) {
        return Err(Error::invalid(field(at), crate::tr!(billing.nothing_tendered)));
    }
    if tenders.iter().filter(|(method, _)| *method == Method::Cash).count() > 1 {
        return Err(Error::invalid("also_method", crate::tr!(billing.cash_twice)));
    }
    let exact: Money = tenders.iter().filter(|(method, _)| *method != Method::Cash).map(|(_, tendered)| *tendered).sum();
    if exact > due && !keep {
        let at = tenders.iter().position(|(method, _)| *method != Method::Cash).unwrap_or_default();
        return Err(Error::invalid(field(at), crate::tr!(billing.more_than_due, due = currency.show(due))));
    }
    let rest = due - exact;
    let taken = |&(method, tendered): &(Method, Money)| {
        let whole = Taken { amount: tendered, tendered, change: Money::ZERO, rounding: Money::ZERO };
        if method != Method::Cash || keep {
            return Some(whole);
        }
        let coins = cash.round(rest);
        // The due amount itself stands for the coins that pay it.
        let tendered = if tendered == rest { coins } else { tendered };
        if tendered >= coins {
            (rest > Money::ZERO).then(|| Taken { amount: rest, tendered, change: tendered - coins, rounding: coins - rest })
        } else {
            // A part payment; a few coins below a rounded-up amount are one, too.
            Some(Taken { amount: tendered.min(rest), tendered, change: tendered - tendered.min(rest), rounding: Money::ZERO })
        }
    };
    // The other means settle everything: cash on top would only come back.
    tenders.iter().map(|tender| taken(tender).ok_or_else(|| Error::invalid("tendered", crate::tr!(billing.cash_for_nothing)))).collect()
}

/// A payment that was taken, with the data for its receipt.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Payment {
    pub id: crate::core::PaymentId,
    pub patient_id: crate::core::PatientId,
    pub clinic_id: crate::core::ClinicId,
    pub amount: Money,
    /// The cash rounding on top of the amount.
    pub rounding: Money,
    pub tendered: Money,
    pub change_given: Money,
    /// The part that was taken for no invoice.
    pub deposited: Money,
    /// The part that settles invoices now.
    pub allocated: Money,
    /// The part that went back, or is asked back.
    pub refunded: Money,
    /// The part that is left for an invoice or a refund.
    pub deposit_left: Money,
    pub receipt_number: String,
    pub taken_at: crate::core::time::Instant,
    /// The name of the user who took it.
    pub taken_by: String,
    /// The means of payment, separated by commas.
    methods: String,
}

#[cfg(feature = "ssr")]
impl Payment {
    /// Returns the means of payment.
    pub fn methods(&self) -> Vec<Method> {
        self.methods.split(',').filter_map(|method| method.parse().ok()).collect()
    }

    /// Returns the words of its means: `Cash + Card`.
    pub fn method_words(&self) -> String {
        self.methods().into_iter().map(Method::word).collect::<Vec<_>>().join(" + ")
    }

    /// Whether cash is among its means.
    pub fn has_cash(&self) -> bool {
        self.methods().contains(&Method::Cash)
    }
}

/// One means of a payment, as it was stored.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Tender {
    pub method: Method,
    pub amount: Money,
    pub rounding: Money,
    pub tendered: Money,
    pub change_given: Money,
    /// The number of the card slip, transfer or cheque.
    pub reference: String,
    /// The bank of a cheque.
    pub bank: String,
}

#[cfg(feature = "ssr")]
impl Tender {
    /// Returns the number, for a cheque with its bank; empty when there is none.
    pub fn detail(&self) -> String {
        [self.reference.as_str(), &self.bank].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NONE: CashRounding = CashRounding { step: 1, tie_up: true };

    fn of(method: Method, tendered: i64, due: i64) -> Result<Taken> {
        take(&[(method, Money(tendered))], Money(due), NONE, false, Currency::USD).map(|taken| taken[0])
    }

    #[test]
    fn change_is_given_for_cash_only() {
        let exact = Taken { amount: Money(3_600), tendered: Money(5_000), change: Money(1_400), rounding: Money::ZERO };
        assert_eq!(of(Method::Cash, 5_000, 3_600), Ok(exact));
        assert_eq!(of(Method::Card, 3_600, 3_600).map(|taken| taken.change), Ok(Money::ZERO));
        let Err(Error::Invalid(errors)) = of(Method::Card, 5_000, 3_600) else { panic!("an overpayment") };
        assert!(errors[0].field == "tendered" && errors[0].message.contains("$36.00"), "{errors:?}");
        assert_eq!(of(Method::Cash, 1_000, 3_600).map(|taken| taken.amount), Ok(Money(1_000)));
        assert!(of(Method::Cash, 0, 3_600).is_err());
        assert!(matches!(of(Method::Cash, 100, 0), Err(Error::Conflict(_))));
    }

    /// Section 4 of the specification, examples 11 to 13, in minor units: due, step, tie up, given in cash, and what is taken.
    #[test]
    fn cash_is_rounded_to_coins_and_only_cash() {
        for (example, due, step, tie_up, given, pays, change, rounding) in [
            ("11: CHF 12.33", 1_233, 5, true, 2_000, 1_235, 765, 2),
            ("11: CHF 12.32", 1_232, 5, true, 2_000, 1_230, 770, -2),
            ("12: DKK 12.25", 1_225, 50, true, 1_250, 1_250, 0, 25),
            ("12: DKK 12.75", 1_275, 50, true, 1_300, 1_300, 0, 25),
            ("12: step 0.10, tie up", 1_235, 10, true, 1_300, 1_240, 60, 5),
            ("12: step 0.10, tie down", 1_235, 10, false, 1_300, 1_230, 70, -5),
        ] {
            let cash = CashRounding { step, tie_up };
            let taken = take(&[(Method::Cash, Money(given))], Money(due), cash, false, Currency::USD).expect("taken")[0];
            let wanted = Taken { amount: Money(due), tendered: Money(given), change: Money(change), rounding: Money(rounding) };
            assert_eq!(taken, wanted, "{example}");
            assert_eq!(taken.tendered - taken.change, Money(pays), "{example}");
        }
        let card = take(&[(Method::Card, Money(1_233))], Money(1_233), CashRounding { step: 5, tie_up: true }, false, Currency::USD);
        assert_eq!(card.expect("taken")[0].rounding, Money::ZERO, "11: by card 12.33");
        for (code, step) in
            [("CHF", 5), ("CAD", 5), ("DKK", 50), ("SEK", 100), ("NOK", 100), ("CZK", 100), ("HUF", 500), ("USD", 1), ("JPY", 1)]
        {
            assert_eq!(CashRounding::of(Currency::try_from(code.to_owned()).expect("a currency")).step, step, "{code}");
        }
    }

    #[test]
    fn several_means_make_one_payment() {
        let split = |cash: i64, card: i64, keep| {
            take(&[(Method::Cash, Money(cash)), (Method::Card, Money(card))], Money(3_600), NONE, keep, Currency::USD)
        };
        let taken = split(2_000, 2_600, false).expect("taken");
        assert_eq!((taken[0].amount, taken[0].change, taken[1].amount), (Money(1_000), Money(1_000), Money(2_600)), "13");
        assert!(split(1_000, 3_600, false).is_err(), "the card settles all of it");
        assert!(split(1_000, 4_000, false).is_err(), "the card is above what is due");
        let kept = split(2_000, 2_600, true).expect("taken");
        assert_eq!(kept.iter().map(|taken| taken.amount).sum::<Money>(), Money(4_600), "the rest is kept as a deposit");
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
