//! Single values that are critical at an age: they are shown in red, and a set with one needs an immediate answer.
//!
//! Sources, all public:
//! - from 16 years: the values that score 3 in NEWS2 (Royal College of Physicians, 2017);
//! - under 16 years, breathing, pulse and saturation: the table "Pediatric MET triggers" (medical emergency team) as printed in Pediatrics,
//!   the criteria of the Royal Children's Hospital, Melbourne (Tibballs et al., Arch Dis Child 2005;90:1148-1152); systolic pressure: the definition of hypotension in the
//!   American Heart Association's paediatric advanced life support (below 60 mmHg under a month, 70 under a year, 70 plus twice the age
//!   in years up to 10 years, then 90); fewer than 10 breaths: the same course, which calls them abnormal at any age. A value that
//!   [`Measure::usual`] has within its range is never critical;
//! - under a month: fewer than 30 breaths (Médecins Sans Frontières, Essential obstetric and newborn care, 10.3.1); under two months:
//!   below 35.5 °C, and from 38.0 °C on (WHO, Managing possible serious bacterial infection in young infants, 2015);
//! - glucose at any age: below 3.0 mmol/l is level 2 hypoglycaemia (American Diabetes Association, Standards of Care, section 6); from
//!   33.3 mmol/l (600 mg/dl) on it is a criterion of the hyperosmolar hyperglycaemic state (same association, consensus of 2009).

use super::{Measure, age::ADULT_MONTHS};

/// The critical values of a measure at an age, in stored steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Critical {
    /// Critical at this value and below.
    pub low: Option<i64>,
    /// Critical at this value and above.
    pub high: Option<i64>,
}

impl Critical {
    /// Returns the critical values of a measure at an age in whole months. Both are `None` for a measure without
    /// critical values.
    pub fn at(measure: Measure, months: i64) -> Self {
        if months >= ADULT_MONTHS { adult(measure) } else { child(measure, months) }
    }

    /// Whether a value is critical.
    pub fn holds(self, value: i64) -> bool {
        self.low.is_some_and(|low| value <= low) || self.high.is_some_and(|high| value >= high)
    }
}

const fn from(low: Option<i64>, high: Option<i64>) -> Critical {
    Critical { low, high }
}

const GLUCOSE: Critical = from(Some(29), Some(333));

/// Returns the values that score 3 in NEWS2.
const fn adult(measure: Measure) -> Critical {
    match measure {
        Measure::Respiration => from(Some(8), Some(25)),
        Measure::Spo2 => from(Some(91), None),
        Measure::Systolic => from(Some(90), Some(220)),
        Measure::Pulse => from(Some(40), Some(131)),
        Measure::Temperature => from(Some(350), None),
        Measure::Glucose => GLUCOSE,
        Measure::Diastolic | Measure::Oxygen | Measure::Weight | Measure::Height | Measure::Pain | Measure::Head => from(None, None),
    }
}

fn child(measure: Measure, months: i64) -> Critical {
    let years = months / 12;
    // The limits of the pulse below and above, and of breaths above, by age.
    let (slow, fast, breaths) = match months {
        ..4 => (100, 180, 60),
        4..12 => (100, 180, 50),
        12..60 => (90, 160, 40),
        60..156 => (80, 140, 40),
        _ => (60, 130, 30),
    };
    let few_breaths = if months < 1 { 30 } else { 10 };
    let pressure = match months {
        ..1 => 60,
        1..12 => 70,
        12..120 => 70 + 2 * years,
        _ => 90,
    };
    let (cold, hot) = if months < 2 { (354, Some(380)) } else { (350, None) };
    let limits = match measure {
        Measure::Pulse => from(Some(slow - 1), Some(fast + 1)),
        Measure::Respiration => from(Some(few_breaths - 1), Some(breaths + 1)),
        Measure::Systolic => from(Some(pressure - 1), None),
        Measure::Spo2 => from(Some(89), None),
        Measure::Temperature => from(Some(cold), hot),
        Measure::Glucose => GLUCOSE,
        Measure::Diastolic | Measure::Oxygen | Measure::Weight | Measure::Height | Measure::Pain | Measure::Head => from(None, None),
    };
    match measure.usual(months) {
        Some((low, high)) => from(limits.low.map(|limit| limit.min(low - 1)), limits.high.map(|limit| limit.max(high + 1))),
        None => limits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::opd::vitals::{Consciousness, news2};

    /// Checks every value of every measure against the score itself.
    #[test]
    fn an_adult_s_critical_values_are_those_that_score_three() {
        let well = news2::Signs {
            respiration: 16,
            spo2: 98,
            scale: news2::Scale::One,
            on_oxygen: false,
            systolic: 120,
            pulse: 70,
            consciousness: Consciousness::Alert,
            temperature: 370,
        };
        for value in 0..450 {
            for (measure, signs) in [
                (Measure::Respiration, news2::Signs { respiration: value, ..well }),
                (Measure::Spo2, news2::Signs { spo2: value, ..well }),
                (Measure::Systolic, news2::Signs { systolic: value, ..well }),
                (Measure::Pulse, news2::Signs { pulse: value, ..well }),
                (Measure::Temperature, news2::Signs { temperature: value, ..well }),
            ] {
                assert_eq!(Critical::at(measure, ADULT_MONTHS).holds(value), news2::score(&signs).single_red, "{measure} {value}");
            }
        }
    }

    /// The limits from both sides: (measure, months, the last critical value, the next one that is not).
    #[test]
    fn a_child_s_critical_values_follow_the_age() {
        for (measure, months, critical, not) in [
            (Measure::Respiration, 8, 54, 53),
            (Measure::Respiration, 2, 61, 60),
            (Measure::Respiration, 30, 41, 40),
            (Measure::Respiration, 180, 31, 30),
            (Measure::Respiration, 0, 29, 30),
            (Measure::Respiration, 60, 9, 10),
            (Measure::Pulse, 8, 181, 180),
            (Measure::Pulse, 8, 99, 100),
            (Measure::Pulse, 24, 161, 160),
            (Measure::Pulse, 100, 141, 140),
            (Measure::Pulse, 100, 74, 75),
            (Measure::Pulse, 170, 131, 130),
            (Measure::Pulse, 170, 59, 60),
            (Measure::Spo2, 8, 89, 90),
            (Measure::Systolic, 0, 59, 60),
            (Measure::Systolic, 8, 69, 70),
            (Measure::Systolic, 60, 79, 80),
            (Measure::Systolic, 130, 89, 90),
            (Measure::Temperature, 1, 354, 355),
            (Measure::Temperature, 1, 380, 379),
            (Measure::Temperature, 8, 350, 351),
            (Measure::Glucose, 8, 29, 30),
            (Measure::Glucose, 500, 333, 332),
        ] {
            let limits = Critical::at(measure, months);
            assert!(limits.holds(critical), "{measure} {critical} at {months} months");
            assert!(!limits.holds(not), "{measure} {not} at {months} months");
        }
        assert!(!Critical::at(Measure::Temperature, 8).holds(390), "a fever alone");
    }

    #[test]
    fn what_is_usual_for_a_child_is_never_critical() {
        for measure in Measure::ALL {
            for months in 0..ADULT_MONTHS {
                if let Some((low, high)) = measure.usual(months) {
                    let limits = Critical::at(*measure, months);
                    assert!(!limits.holds(low) && !limits.holds(high), "{measure} at {months} months");
                }
            }
        }
    }
}
