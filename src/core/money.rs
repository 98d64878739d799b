//! Amounts of money as whole minor units of the hospital's one currency, never as floating-point numbers.

use std::{fmt, iter::Sum, ops};

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};

use crate::core::{Error, Result};

/// An amount in minor units (cents) of the hospital's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(sqlx::Type), sqlx(transparent))]
pub struct Money(pub i64);

impl Money {
    /// The amount 0.
    pub const ZERO: Self = Self(0);
    /// The largest amount that a person may type, more than any bill (ten billion major units at two decimals).
    pub const MAX: Self = Self(1_000_000_000_000);

    /// Returns `percent` of the amount, rounded half-even to the minor unit (hospital.md, rule 7).
    #[must_use]
    pub fn percent(self, percent: i64) -> Self {
        let share = Decimal::from(self.0) * Decimal::from(percent) / Decimal::ONE_HUNDRED;
        Self(share.round_dp_with_strategy(0, RoundingStrategy::MidpointNearestEven).to_i64().unwrap_or(self.0))
    }

    /// Returns the amount times a count; `None` when it exceeds 64 bits.
    pub fn times(self, count: i64) -> Option<Self> {
        self.0.checked_mul(count).map(Self)
    }
}

impl ops::Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl ops::Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        Self(amounts.map(|amount| amount.0).sum())
    }
}

/// An ISO 4217 currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// US dollar.
    pub const USD: Self = Self(*b"USD");

    /// Returns the three-letter code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Returns the number of digits after the decimal point (ISO 4217's minor unit).
    pub fn decimals(&self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX" | b"UYI" | b"VND" | b"VUV"
            | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }

    /// Returns the currency's usual sign, or its code.
    pub fn sign(&self) -> &str {
        match &self.0 {
            b"USD" => "$",
            b"EUR" => "€",
            b"GBP" => "£",
            _ => self.code(),
        }
    }

    /// Formats an amount without the sign: `1,234.50` in English, `1.234,50` in Spanish.
    pub fn plain(&self, amount: Money, locale: crate::core::locale::Locale) -> String {
        let (thousands, point) = match locale {
            crate::core::locale::Locale::en => (',', '.'),
            crate::core::locale::Locale::es => ('.', ','),
        };
        let scale = 10_u64.pow(self.decimals());
        let absolute = amount.0.unsigned_abs();
        let whole = (absolute / scale).to_string();
        let mut text = String::new();
        if amount.0 < 0 {
            text.push('−');
        }
        for (place, digit) in whole.chars().enumerate() {
            if place > 0 && (whole.len() - place).is_multiple_of(3) {
                text.push(thousands);
            }
            text.push(digit);
        }
        if self.decimals() > 0 {
            text.push(point);
            text.push_str(&format!("{:0width$}", absolute % scale, width = self.decimals() as usize));
        }
        text
    }

    /// Formats an amount with the sign, in the current language: `$1,234.50`.
    pub fn show(&self, amount: Money) -> String {
        let plain = self.plain(amount, crate::core::locale::current());
        match self.sign() {
            code if code.len() == 3 => format!("{plain} {code}"),
            sign => match plain.strip_prefix('−') {
                Some(rest) => format!("−{sign}{rest}"),
                None => format!("{sign}{plain}"),
            },
        }
    }

    /// Parses a typed amount: `1,234.50`, `1234.5`, `1.234,50`, `$12`. The last point or comma is the decimal separator if at
    /// most as many digits follow it as the currency has. A single separator before exactly three digits (`12.345`) is
    /// ambiguous in a currency with one or two decimals, and is refused there.
    pub fn parse(&self, field: &str, text: &str) -> Result<Money> {
        let wrong = || Error::invalid(field, crate::tr!(errors.not_an_amount));
        let text = text.trim().trim_start_matches(self.sign()).trim();
        if text.is_empty() || !text.chars().all(|c| c.is_ascii_digit() || c == '.' || c == ',') {
            return Err(wrong());
        }
        let decimals = self.decimals() as usize;
        let (whole, fraction) = match text.rfind(['.', ',']) {
            Some(at) if decimals > 0 && text.len() - at - 1 <= decimals && !text[..at].contains(&text[at..=at]) => {
                (&text[..at], &text[at + 1..])
            }
            _ => (text, ""),
        };
        if whole.len() > 20 || !grouped(whole) {
            return Err(wrong());
        }
        if fraction.is_empty() && (1..3).contains(&decimals) && whole.matches(['.', ',']).count() == 1 {
            return Err(Error::invalid(field, self.two_ways(whole)));
        }
        let digits: String = whole.chars().filter(char::is_ascii_digit).collect();
        let whole: i64 = if digits.is_empty() { 0 } else { digits.parse().map_err(|_| wrong())? };
        let fraction: i64 = if decimals == 0 { 0 } else { format!("{fraction:0<decimals$}").parse().map_err(|_| wrong())? };
        whole
            .checked_mul(10_i64.pow(self.decimals()))
            .and_then(|minor| minor.checked_add(fraction))
            .map(Money)
            .filter(|amount| *amount <= Money::MAX)
            .ok_or_else(wrong)
    }

    /// Returns the message with the two possible amounts for `12.345`, in the reader's format.
    fn two_ways(&self, typed: &str) -> String {
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap_or_default();
        let beyond = 3_usize.saturating_sub(self.decimals() as usize);
        let whole = Money(digits(typed) * 10_i64.pow(self.decimals()));
        let part = Money(digits(&typed[..typed.len() - beyond]));
        let locale = crate::core::locale::current();
        crate::tr!(errors.amount_two_ways, typed = typed.to_owned(), whole = self.plain(whole, locale), part = self.plain(part, locale))
    }
}

/// Whether the separators, if any, are all the same and stand before every three digits.
fn grouped(whole: &str) -> bool {
    let Some(separator) = whole.chars().find(|c| !c.is_ascii_digit()) else { return true };
    let mut groups = whole.split(separator);
    let first = groups.next().is_some_and(|group| (1..=3).contains(&group.len()) && group.chars().all(|c| c.is_ascii_digit()));
    first && groups.all(|group| group.len() == 3 && group.chars().all(|c| c.is_ascii_digit()))
}

impl TryFrom<String> for Currency {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        match text.as_bytes() {
            bytes @ [_, _, _] if bytes.iter().all(u8::is_ascii_uppercase) => Ok(Self([bytes[0], bytes[1], bytes[2]])),
            _ => Err("`currency` is not an ISO 4217 code".to_owned()),
        }
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::core::locale::Locale;

    #[test]
    fn reads_what_people_type() {
        for (text, minor) in [
            ("120", 12_000),
            ("120.5", 12_050),
            ("1,234.50", 123_450),
            ("1.234,50", 123_450),
            ("$12", 1_200),
            ("0,05", 5),
            (".5", 50),
            ("1.234.567", 123_456_700),
            ("1,234,567", 123_456_700),
            ("12,345.6", 1_234_560),
        ] {
            assert_eq!(Currency::USD.parse("amount", text), Ok(Money(minor)), "{text}");
        }
        for text in ["", "-5", "12.345.6", "1e9", "12,34,5", "NaN", "99999999999999999999", "1 000"] {
            assert!(Currency::USD.parse("amount", text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_point_before_three_digits_is_not_guessed_at() {
        let said = |text: &str| match Currency::USD.parse("amount", text) {
            Err(Error::Invalid(errors)) => errors[0].message.clone(),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(said("12.345"), "12.345 can be read in two ways: write 12,345.00 or 12.34.");
        assert_eq!(said("$1,200"), "1,200 can be read in two ways: write 1,200.00 or 1.20.");
        assert!(said("0.500").ends_with("or 0.50."));
        let spanish = crate::core::locale::LOCALE.sync_scope(Locale::es, || said("12.345"));
        assert_eq!(spanish, "12.345 se puede leer de dos maneras: escriba 12.345,00 o 12,34.");
        // A currency with no decimals, or with three, allows only one reading.
        let of = |code: &str| Currency::try_from(code.to_owned()).expect("a currency").parse("amount", "12.345");
        assert_eq!((of("CLP"), of("KWD")), (Ok(Money(12_345)), Ok(Money(12_345))));
    }

    #[test]
    fn shares_round_half_to_even() {
        assert_eq!(Money(25).percent(50), Money(12));
        assert_eq!(Money(35).percent(50), Money(18));
        assert_eq!(Money(12_000).percent(30), Money(3_600));
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(minor in 0_i64..1_000_000_000_000) {
            for locale in [Locale::en, Locale::es] {
                prop_assert_eq!(Currency::USD.parse("amount", &Currency::USD.plain(Money(minor), locale)), Ok(Money(minor)));
            }
        }
    }
}
