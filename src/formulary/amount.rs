//! Exact decimal amounts, strengths, and the units of a drug that make up a dose.

use rust_decimal::Decimal;

use super::Unit;
use crate::{
    core::{
        Error, Result,
        locale::{self, Locale},
    },
    tr,
};

/// The most decimal places of an amount.
const PLACES: usize = 6;

/// An exact decimal number above zero. It is stored as text without zeros that say nothing: `0.5`, never `0.50` or `.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(Decimal);

impl Amount {
    pub const ONE: Self = Self(Decimal::ONE);

    /// Parses a typed number, with a point or a comma before the decimals. Three decimals after a number of one or more are refused: a
    /// thousands separator would be read as a thousandth of the number.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field.
    pub fn parse(field: &str, typed: &str) -> Result<Self> {
        let typed = typed.trim().replace(',', ".");
        let (whole, decimals) = typed.split_once('.').unwrap_or((typed.as_str(), ""));
        let digits = |text: &str| text.chars().all(|letter| letter.is_ascii_digit());
        let has_point = typed.contains('.');
        let is_number = !whole.is_empty() && whole.len() <= 9 && digits(whole) && digits(decimals) && decimals.len() <= PLACES;
        if !is_number || (has_point && decimals.is_empty()) {
            return Err(Error::invalid(field, tr!(formulary.amount_wrong)));
        }
        if decimals.len() == 3 && !whole.trim_start_matches('0').is_empty() {
            return Err(Error::invalid(field, tr!(formulary.amount_thousands)));
        }
        Self::stored(&typed).ok_or_else(|| Error::invalid(field, tr!(formulary.amount_wrong)))
    }

    /// Reads an amount of the database or of the program's own files.
    pub fn stored(text: &str) -> Option<Self> {
        Self::of(text.parse().ok()?)
    }

    /// The amount of a number; `None` when it is not above zero.
    pub fn of(number: Decimal) -> Option<Self> {
        (number > Decimal::ZERO).then(|| Self(number.normalize()))
    }

    /// The number.
    pub const fn number(self) -> Decimal {
        self.0
    }

    /// The text for the database and for files: `0.5`.
    pub fn text(self) -> String {
        self.0.to_string()
    }

    /// The number in the reader's notation: `0.5`, `0,5`.
    pub fn show(self) -> String {
        show_number(self.0)
    }
}

/// Returns a number in the reader's notation, without zeros that say nothing.
pub fn show_number(number: Decimal) -> String {
    let text = number.normalize().to_string();
    match locale::current() {
        Locale::es => text.replace('.', ","),
        Locale::en => text,
    }
}

impl Unit {
    /// The measure that this unit can be converted to, and the number of those in one of this: a gram is 1,000,000 micrograms. International
    /// units and millimoles are never converted.
    const fn in_smallest(self) -> (Self, i64) {
        match self {
            Self::Gram => (Self::Microgram, 1_000_000),
            Self::Milligram => (Self::Microgram, 1_000),
            Self::Litre => (Self::Millilitre, 1_000),
            other => (other, 1),
        }
    }
}

/// Converts a number from one unit to another; `None` where the units do not measure the same.
pub fn convert(number: Decimal, from: Unit, to: Unit) -> Option<Decimal> {
    let ((of_from, many), (of_to, few)) = (from.in_smallest(), to.in_smallest());
    (of_from == of_to).then(|| number.checked_mul(many.into())?.checked_div(few.into())).flatten()
}

/// A strength: so much of a substance in so much of the drug, such as 500 mg in 1 tablet or 120 mg in 5 mL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Strength {
    pub amount: Amount,
    pub unit: Unit,
    pub per: Amount,
    pub per_unit: Unit,
}

impl Strength {
    /// The strength in words: "500 mg per tablet", "120 mg per 5 mL".
    pub fn words(self) -> String {
        let amount = format!("{} {}", self.amount.show(), self.unit.words());
        let per = if self.per == Amount::ONE {
            self.per_unit.words().to_owned()
        } else {
            format!("{} {}", self.per.show(), self.per_unit.words())
        };
        tr!(formulary.strength_per, amount = amount, per = per)
    }

    /// The quantity of the drug that contains this dose, in [`Strength::per_unit`]: 750 mg are 1.5 tablets of 500 mg.
    pub fn quantity_of(self, dose: Decimal, unit: Unit) -> Option<Decimal> {
        let dose = convert(dose, unit, self.unit)?;
        dose.checked_mul(self.per.number())?.checked_div(self.amount.number())
    }

    /// The amount of the substance in a quantity of the drug, in [`Strength::unit`].
    pub fn amount_in(self, quantity: Decimal, unit: Unit) -> Option<Decimal> {
        let quantity = convert(quantity, unit, self.per_unit)?;
        quantity.checked_mul(self.amount.number())?.checked_div(self.per.number())
    }

    /// The units of the drug for a dose, where a counted unit can be divided into `parts`; `None` where the dose is no such number.
    pub fn whole_units(self, dose: Decimal, unit: Unit, parts: i64) -> Option<Decimal> {
        let quantity = self.quantity_of(dose, unit)?;
        let is_possible = !self.per_unit.is_counted() || (quantity * Decimal::from(parts)).fract().is_zero();
        is_possible.then(|| quantity.normalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().expect("a number")
    }

    fn strength(amount: &str, unit: Unit, per: &str, per_unit: Unit) -> Strength {
        let read = |text: &str| Amount::stored(text).expect("an amount");
        Strength { amount: read(amount), unit, per: read(per), per_unit }
    }

    #[test]
    fn amounts_are_exact_and_never_ambiguous() {
        let read = |typed: &str| Amount::parse("amount", typed).map(Amount::text).ok();
        for (typed, kept) in
            [("500", "500"), ("0.5", "0.5"), ("0,5", "0.5"), (" 2.50 ", "2.5"), ("0.125", "0.125"), ("1000", "1000"), ("007", "7")]
        {
            assert_eq!(read(typed).as_deref(), Some(kept), "{typed}");
        }
        for wrong in ["", "0", "-1", ".5", "5.", "1.000", "1,125", "1 000", "1e3", "½", "12.3.4", "0.0000001", "1234567890"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn masses_and_volumes_convert_and_units_of_activity_do_not() {
        assert_eq!(convert(number("0.5"), Unit::Gram, Unit::Milligram), Some(number("500")));
        assert_eq!(convert(number("125"), Unit::Microgram, Unit::Milligram), Some(number("0.125")));
        assert_eq!(convert(number("1"), Unit::Litre, Unit::Millilitre), Some(number("1000")));
        for (from, to) in [
            (Unit::InternationalUnit, Unit::Milligram),
            (Unit::Millimole, Unit::Milligram),
            (Unit::Gram, Unit::Millilitre),
            (Unit::Tablet, Unit::Capsule),
        ] {
            assert_eq!(convert(Decimal::ONE, from, to), None);
        }
    }

    #[test]
    fn a_dose_becomes_units_that_can_be_handed_out() {
        let tablet = strength("500", Unit::Milligram, "1", Unit::Tablet);
        assert_eq!(tablet.whole_units(number("750"), Unit::Milligram, 2), Some(number("1.5")));
        assert_eq!(tablet.whole_units(number("1"), Unit::Gram, 1), Some(number("2")));
        assert_eq!(tablet.whole_units(number("750"), Unit::Milligram, 1), None, "not divisible");
        assert_eq!(tablet.whole_units(number("130"), Unit::Milligram, 4), None);
        let syrup = strength("120", Unit::Milligram, "5", Unit::Millilitre);
        assert_eq!(syrup.whole_units(number("130"), Unit::Milligram, 1).map(|units| units.round_dp(2)), Some(number("5.42")));
        assert_eq!(syrup.amount_in(number("10"), Unit::Millilitre), Some(number("240")));
        let insulin = strength("100", Unit::InternationalUnit, "1", Unit::Millilitre);
        assert_eq!(insulin.quantity_of(number("12"), Unit::Milligram), None, "never by mass");
    }
}
