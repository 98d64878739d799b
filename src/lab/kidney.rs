//! The kidney function for the checks of medicines, from the laboratory's latest creatinine.
//!
//! The clearance in mL/min, in which labels state their limits: Cockcroft and Gault, Nephron 1976;16:31, from the last weight. Without a weight, the
//! filtration rate of adults by CKD-EPI 2021 (Inker et al., N Engl J Med 2021;385:1737). Under 18 years: the bedside equation of Schwartz and others,
//! J Am Soc Nephrol 2009;20:629. The words name the creatinine with its unit and its day, and the filtration rate.

use rust_decimal::{Decimal, prelude::ToPrimitive as _};

use super::{
    formulas::{Formula, Subject},
    requests::{LatestValue, latest_of},
};
use crate::{
    core::{
        PatientId, Result,
        time::{Instant, show_date},
    },
    opd,
    patients::{self, Sex},
    server::{Ctx, hooks::KidneyFigure},
    tr,
};

/// The recent sets of vital signs among which weight and height are sought.
const SETS: i64 = 30;

/// The days for which a creatinine counts.
const DAYS: i64 = 90;

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

/// Returns the filtration rate of an adult by CKD-EPI 2021 in mL/min/1.73 m²; `None` for children, and where the sex is not known.
fn filtration_rate(creatinine: Decimal, age_years: i64, sex: Sex) -> Option<i64> {
    let millionths = creatinine.checked_mul(Decimal::from(1_000_000))?.trunc().to_i64()?;
    let rate = Formula::Egfr2021.value(&[millionths], Subject { sex, years: Some(age_years) }, 0)?;
    Some(rate / 1_000_000)
}

fn creatinine_words(value: &LatestValue, day: chrono::NaiveDate) -> String {
    tr!(lab.kidney_creatinine, value = value.value_text.trim().to_owned(), unit = value.unit.clone(), day = show_date(day))
}

/// Returns the patient's clearance with the figures behind it; `None` when the laboratory has no creatinine and no filtration rate of the last 90
/// days, or a fact is missing.
///
/// # Errors
/// When the database refuses.
pub(super) async fn figure(ctx: &mut Ctx, patient: PatientId) -> Result<Option<KidneyFigure>> {
    let (now, today, zone) = (ctx.now, ctx.today(), ctx.zone());
    let is_recent = |at: Instant| (now - at).num_days() <= DAYS;
    let creatinine = latest_of(&mut ctx.tx, patient, "creatinine").await?.filter(|value| is_recent(value.measured_at));
    let known = patients::find(&mut ctx.tx, patient).await?;
    if let (Some(value), Some(born)) = (creatinine, known.facts.birth.date) {
        let mut sets = Vec::new();
        for record in patients::merges::family(&mut ctx.tx, patient).await? {
            sets.extend(opd::vitals_of(&mut ctx.tx, record, None, SETS).await?);
        }
        sets.sort_by_key(|set| std::cmp::Reverse(set.taken_at));
        let valid = || sets.iter().filter(|set| set.entered_in_error.is_none());
        let facts = Kidney {
            age_years: (today - born).num_days() * 4 / 1461,
            sex: known.facts.sex,
            grams: valid().find_map(|set| set.signs.weight),
            millimetres: valid().find_map(|set| set.signs.height),
        };
        if let Some(number) = milligrams(&value.value_text, &value.unit) {
            let rate = filtration_rate(number, facts.age_years, facts.sex);
            let mut words = creatinine_words(&value, zone.day(value.measured_at));
            if let Some(rate) = rate {
                words.push(' ');
                words.push_str(&tr!(lab.kidney_rate, rate = rate));
            }
            if let Some(clearance) = facts.clearance(number).or(rate) {
                return Ok(Some(KidneyFigure { clearance, words }));
            }
        }
    }
    let rate = latest_of(&mut ctx.tx, patient, "egfr").await?.filter(|value| is_recent(value.measured_at));
    Ok(rate.and_then(|value| {
        let day = show_date(zone.day(value.measured_at));
        let words = tr!(lab.kidney_rate_of, rate = value.value_text.trim().to_owned(), day = day);
        Some(KidneyFigure { clearance: value.value_text.trim().parse().ok()?, words })
    }))
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

    #[test]
    fn the_filtration_rate_needs_no_weight() {
        for (creatinine, years, sex, rate) in [
            ("0.90", 55, Sex::Female, Some(75)),
            ("2.50", 70, Sex::Male, Some(27)),
            ("1.00", 17, Sex::Male, None),
            ("1.00", 50, Sex::Unknown, None),
        ] {
            assert_eq!(filtration_rate(number(creatinine), years, sex), rate, "{creatinine} {years}");
        }
        // 88.4 µmol/L are 1 mg/dL.
        let molar = milligrams("88.4", "umol/L").expect("a number");
        assert_eq!(filtration_rate(molar, 50, Sex::Male), Some(92));
    }
}
