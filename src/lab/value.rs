//! A measured value: a whole number of millionths of its unit, and a comparator (`<0.010`).

use crate::{
    core::{
        Error, Result,
        locale::{self, Locale},
    },
    tr,
};

crate::text_enum! {
    /// The sign before a value that is a limit of the measuring range.
    pub enum Comparator("comparator") {
        Exactly = "",
        Below = "<",
        AtMost = "<=",
        Above = ">",
        AtLeast = ">=",
    }
}

/// One, in millionths.
pub const ONE: i64 = 1_000_000;
/// The largest number before the decimal mark: nine digits.
const LARGEST: i64 = 999_999_999;

/// A value as it was typed or sent, and as a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// The text as it was sent: `<0.010`.
    pub text: String,
    pub millionths: i64,
    pub comparator: Comparator,
}

impl Measured {
    /// Creates a value without a comparator, written with this number of decimals.
    pub fn exactly(millionths: i64, decimals: i64) -> Self {
        Self { text: plain(millionths, decimals), millionths, comparator: Comparator::Exactly }
    }

    /// Reads a typed value: `5.9`, `5,9`, `<0.010`, `>= 500`.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field when it is not a number with at most six decimals.
    pub fn parse(field: &str, typed: &str) -> Result<Self> {
        let wrong = || Error::invalid(field, tr!(lab.value_wrong));
        let text: String = typed.trim().replace('≤', "<=").replace('≥', ">=").replace(',', ".").split_whitespace().collect();
        let digits = text.trim_start_matches(['<', '>', '=']);
        let sign = &text[..text.len() - digits.len()];
        let comparator: Comparator = sign.parse().map_err(|_| wrong())?;
        let millionths = number(digits).ok_or_else(wrong)?;
        Ok(Self { text, millionths, comparator })
    }

    /// The value as it was sent, in the reader's language.
    pub fn shown(&self) -> String {
        localised(&self.text)
    }
}

/// Reads a decimal number as millionths; `None` when it is none.
pub fn number(text: &str) -> Option<i64> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 9 || fraction.len() > 6 || !all_digits(whole) || !all_digits(fraction) || digits.ends_with('.') {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let fraction: i64 = format!("{fraction:0<6}").parse().ok()?;
    let millionths = whole.min(LARGEST) * ONE + fraction;
    Some(if negative { -millionths } else { millionths })
}

/// Writes millionths with this number of decimals and a point, rounded half to even.
pub fn plain(millionths: i64, decimals: i64) -> String {
    let decimals = decimals.clamp(0, 6);
    let rounded = round(millionths, decimals);
    let sign = if rounded < 0 { "-" } else { "" };
    let (whole, fraction) = (rounded.abs() / ONE, rounded.abs() % ONE);
    let places = usize::try_from(decimals).unwrap_or(0);
    if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{}", &format!("{fraction:06}")[..places]) }
}

/// Writes millionths with as many decimals as they need, and a point.
pub fn exact(millionths: i64) -> String {
    let text = plain(millionths, 6);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Writes millionths as [`exact`], with the decimal mark of the reader's language.
pub fn shown(millionths: i64) -> String {
    localised(&exact(millionths))
}

/// Returns the number with the decimal mark of the reader's language.
pub fn localised(text: &str) -> String {
    match locale::current() {
        Locale::en => text.to_owned(),
        Locale::es => text.replace('.', ","),
    }
}

/// Rounds millionths to this number of decimals, half to even.
pub fn round(millionths: i64, decimals: i64) -> i64 {
    let step = 10_i64.pow(u32::try_from(6 - decimals.clamp(0, 6)).unwrap_or(0));
    let (below, rest) = (millionths.div_euclid(step), millionths.rem_euclid(step));
    let up = match (rest * 2).cmp(&step) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Equal => below.rem_euclid(2),
        std::cmp::Ordering::Greater => 1,
    };
    (below + up) * step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_they_are_typed() {
        for (typed, millionths, comparator, text) in [
            ("5.9", 5_900_000, Comparator::Exactly, "5.9"),
            (" 5,9 ", 5_900_000, Comparator::Exactly, "5.9"),
            ("<0.010", 10_000, Comparator::Below, "<0.010"),
            (">= 500", 500_000_000, Comparator::AtLeast, ">=500"),
            ("≤ 7", 7_000_000, Comparator::AtMost, "<=7"),
            ("-2.5", -2_500_000, Comparator::Exactly, "-2.5"),
            ("0", 0, Comparator::Exactly, "0"),
        ] {
            let value = Measured::parse("value", typed).expect("a value");
            assert_eq!((value.millionths, value.comparator, value.text.as_str()), (millionths, comparator, text), "{typed}");
        }
        for typed in ["", "x", "1.2.3", "<", "==5", "5.", ".5", "1.1234567", "1234567890", "5 mg", "1e5", "<>5"] {
            assert!(Measured::parse("value", typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn numbers_are_rounded_half_to_even() {
        for (millionths, decimals, written) in [
            (2_500_000, 0, "2"),
            (3_500_000, 0, "4"),
            (-2_500_000, 0, "-2"),
            (1_250_000, 1, "1.2"),
            (1_350_000, 1, "1.4"),
            (1_250_001, 1, "1.3"),
            (999_999_999, 2, "1000.00"),
            (10_000, 3, "0.010"),
            (-40_000, 1, "0.0"),
        ] {
            assert_eq!(plain(millionths, decimals), written, "{millionths} with {decimals}");
        }
        assert_eq!([exact(13_500_000), exact(60_000_000), exact(40_000)], ["13.5", "60", "0.04"]);
    }
}
