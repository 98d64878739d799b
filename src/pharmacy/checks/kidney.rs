//! The creatinine clearance from the laboratory's creatinine.
//!
//! Adults: Cockcroft and Gault, Nephron 1976;16:31. Under 18 years: the bedside equation of Schwartz and others, J Am Soc Nephrol 2009;20:629.

use rust_decimal::{Decimal, prelude::ToPrimitive as _};

use crate::patients::Sex;

/// The days for which a creatinine counts.
pub const DAYS: i64 = 90;

/// The facts for a clearance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kidney {
    pub age_years: i64,
    pub sex: Sex,
    pub grams: Option<i64>,
    pub millimetres: Option<i64>,
}

/// The creatinine in mg/dL; `None` for a unit that is neither mg/dL nor µmol/L.
pub fn milligrams(value: &str, unit: &str) -> Option<Decimal> {
    let number: Decimal = value.trim().parse().ok().filter(|number: &Decimal| *number > Decimal::ZERO)?;
    match unit {
        "mg/dL" => Some(number),
        // The molar mass of creatinine is 113.12 g/mol.
        "umol/L" | "µmol/L" => number.checked_div(Decimal::new(884, 1)),
        _ => None,
    }
}

impl Kidney {
    /// The clearance in whole mL/min, rounded down; `None` where a fact is missing or the sex is not known.
    pub fn clearance(&self, creatinine: Decimal) -> Option<i64> {
        if self.age_years < 18 {
            let centimetres = Decimal::new(self.millimetres?, 1);
            return (Decimal::new(413, 3) * centimetres).checked_div(creatinine)?.floor().to_i64();
        }
        let kilograms = Decimal::new(self.grams?, 3);
        let factor = match self.sex {
            Sex::Female => Decimal::new(85, 2),
            Sex::Male => Decimal::ONE,
            _ => return None,
        };
        let years = Decimal::from((140 - self.age_years).max(0));
        (years * kilograms * factor).checked_div(Decimal::from(72) * creatinine)?.floor().to_i64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().expect("a number")
    }

    #[test]
    fn the_clearance_follows_the_published_equations() {
        let adult = |age_years, sex, kilograms: i64| Kidney { age_years, sex, grams: Some(kilograms * 1_000), millimetres: None };
        for (kidney, creatinine, clearance) in [
            (adult(60, Sex::Male, 72), "1", Some(80)),
            (adult(60, Sex::Female, 72), "1", Some(68)),
            (adult(80, Sex::Male, 60), "2.5", Some(20)),
            (adult(40, Sex::Male, 72), "0.9", Some(111)),
            (adult(60, Sex::Unknown, 72), "1", None),
            (Kidney { age_years: 60, sex: Sex::Male, grams: None, millimetres: None }, "1", None),
            (Kidney { age_years: 6, sex: Sex::Female, grams: None, millimetres: Some(1_200) }, "0.5", Some(99)),
            (Kidney { age_years: 6, sex: Sex::Female, grams: Some(20_000), millimetres: None }, "0.5", None),
        ] {
            assert_eq!(kidney.clearance(number(creatinine)), clearance, "{kidney:?} {creatinine}");
        }
    }

    #[test]
    fn both_units_of_creatinine_are_read() {
        assert_eq!(milligrams("0.9", "mg/dL"), Some(number("0.9")));
        assert_eq!(milligrams("88.4", "umol/L"), Some(number("1")));
        assert_eq!(milligrams("0.9", "g/L"), None);
        assert_eq!(milligrams("< 0.2", "mg/dL"), None);
    }
}
