//! Units of measure by UCUM (<https://ucum.org/ucum>), as far as vital signs use them. A conversion exists only where it is defined for
//! what was measured; an unknown unit is a problem and never a factor of one.

use rust_decimal::{Decimal, RoundingStrategy};

/// A quantity that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// In tenths of a degree Celsius.
    Temperature,
    /// Events a minute.
    Rate,
    /// In millimetres of mercury.
    Pressure,
    /// In percent.
    Fraction,
    /// In decilitres a minute.
    Flow,
    /// In grams.
    Mass,
    /// In millimetres.
    Length,
    /// A score without a unit.
    Score,
    /// Glucose in tenths of a millimole a litre.
    Glucose,
}

/// Returns `digits` with `scale` decimals.
const fn exact(digits: u32, scale: u32) -> Decimal {
    Decimal::from_parts(digits, 0, 0, false, scale)
}

/// Grams of glucose (C6H12O6) in a mole: `PubChem` CID 5793, <https://pubchem.ncbi.nlm.nih.gov/compound/5793>.
const GLUCOSE_MOLAR_MASS: Decimal = exact(180_156, 3);

/// The reason why a quantity has no value in the column's unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitFault {
    Unknown,
    TooLarge,
}

/// Converts a value to the unit of its column, exactly.
///
/// # Errors
/// When the unit is not defined for this dimension.
pub fn converted(dimension: Dimension, value: Decimal, unit: &str) -> Result<Decimal, UnitFault> {
    use Dimension as D;
    // International pound and inch: NIST Handbook 44, Appendix C. Fahrenheit: NIST SP 811, B.8.
    let result = match (dimension, unit.trim()) {
        (D::Temperature, "Cel" | "C" | "°C" | "degC" | "deg C" | "degrees C") => value.checked_mul(exact(10, 0)),
        (D::Temperature, "[degF]" | "F" | "°F" | "degF" | "deg F" | "degrees F") => value
            .checked_sub(exact(32, 0))
            .and_then(|above| above.checked_mul(exact(50, 0)))
            .and_then(|above| above.checked_div(exact(9, 0))),
        (D::Temperature, "K") => value.checked_sub(exact(27_315, 2)).and_then(|celsius| celsius.checked_mul(exact(10, 0))),
        (
            D::Rate,
            "/min" | "{beats}/min" | "{Beats}/min" | "beats/min" | "beats/minute" | "bpm" | "{breaths}/min" | "breaths/min"
            | "breaths/minute" | "1/min" | "min-1",
        ) => Some(value),
        (D::Rate, "/s" | "1/s" | "Hz") => value.checked_mul(exact(60, 0)),
        (D::Pressure, "mm[Hg]" | "mmHg" | "mm Hg") => Some(value),
        // UCUM defines the metre of mercury as 133.322 kPa.
        (D::Pressure, "kPa") => value.checked_div(exact(133_322, 6)),
        (D::Fraction, "%" | "{%}" | "percent") => Some(value),
        (D::Flow, "L/min" | "l/min") => value.checked_mul(exact(10, 0)),
        (D::Flow, "mL/min" | "ml/min") => value.checked_div(exact(100, 0)),
        (D::Mass, "kg" | "kgs" | "KG") => value.checked_mul(exact(1000, 0)),
        (D::Mass, "g") => Some(value),
        (D::Mass, "[lb_av]" | "lb" | "lbs") => value.checked_mul(exact(45_359_237, 5)),
        (D::Mass, "[oz_av]" | "oz") => value.checked_mul(exact(45_359_237, 5)).and_then(|sixteen| sixteen.checked_div(exact(16, 0))),
        (D::Length, "cm") => value.checked_mul(exact(10, 0)),
        (D::Length, "mm") => Some(value),
        (D::Length, "m") => value.checked_mul(exact(1000, 0)),
        (D::Length, "[in_i]" | "in" | "inch" | "inches") => value.checked_mul(exact(254, 1)),
        (D::Length, "[ft_i]" | "ft") => value.checked_mul(exact(3048, 1)),
        (D::Score, "{score}" | "1" | "" | "{0-10}" | "/10") => Some(value),
        (D::Glucose, "mmol/L" | "mmol/l") => value.checked_mul(exact(10, 0)),
        (D::Glucose, "mg/dL" | "mg/dl") => value.checked_mul(exact(100, 0)).and_then(|value| value.checked_div(GLUCOSE_MOLAR_MASS)),
        _ => return Err(UnitFault::Unknown),
    };
    result.ok_or(UnitFault::TooLarge)
}

/// Rounds to the whole number of the column, half away from zero.
pub fn rounded(value: Decimal) -> Option<i64> {
    let whole = value.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    i64::try_from(whole.trunc().mantissa()).ok().filter(|_| whole.scale() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_column(dimension: Dimension, value: &str, unit: &str) -> Option<i64> {
        converted(dimension, value.parse().expect("a number"), unit).ok().and_then(rounded)
    }

    #[test]
    fn units_of_the_same_dimension_are_converted() {
        for (dimension, value, unit, expected) in [
            (Dimension::Temperature, "36.85", "Cel", 369),
            (Dimension::Temperature, "98.6", "[degF]", 370),
            (Dimension::Temperature, "310.15", "K", 370),
            (Dimension::Rate, "72", "{beats}/min", 72),
            (Dimension::Rate, "72", "bpm", 72),
            (Dimension::Pressure, "121", "mmHg", 121),
            (Dimension::Pressure, "16", "kPa", 120),
            (Dimension::Mass, "185", "[lb_av]", 83_915),
            (Dimension::Mass, "0.1", "kg", 100),
            (Dimension::Length, "66.9", "[in_i]", 1699),
            (Dimension::Length, "1.7", "m", 1700),
            (Dimension::Glucose, "99", "mg/dL", 55),
            (Dimension::Glucose, "5.5", "mmol/L", 55),
            (Dimension::Flow, "2", "L/min", 20),
        ] {
            assert_eq!(in_column(dimension, value, unit), Some(expected), "{value} {unit}");
        }
    }

    #[test]
    fn an_unknown_unit_is_never_taken_for_another() {
        for (dimension, unit) in [
            (Dimension::Mass, ""),
            (Dimension::Mass, "cm"),
            (Dimension::Mass, "stone"),
            (Dimension::Temperature, ""),
            (Dimension::Glucose, "mg/L"),
            (Dimension::Glucose, "g"),
            (Dimension::Fraction, "mm[Hg]"),
        ] {
            assert_eq!(converted(dimension, exact(70, 0), unit), Err(UnitFault::Unknown), "{unit}");
        }
        assert_eq!(converted(Dimension::Mass, Decimal::MAX, "kg"), Err(UnitFault::TooLarge));
    }
}
