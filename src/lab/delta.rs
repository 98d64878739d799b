//! Delta checks: a value is compared with the last released one of the patient.

use super::value::{Comparator, Measured};
use crate::{core::LabDeltaId, core::time::Instant};

/// A change that needs attention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeltaRule {
    pub id: LabDeltaId,
    /// In millionths of the unit.
    pub absolute: Option<i64>,
    pub percent: Option<i64>,
    pub window_days: i64,
    pub source: String,
}

/// A value that was released before, in the same unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviousValue {
    pub value: Measured,
    pub measured_at: Instant,
}

impl DeltaRule {
    /// Whether the change since the previous value is as large as the rule says, within its days. A rule with an amount and a percentage
    /// needs both. A value with a comparator is not compared.
    pub fn holds(&self, previous: &PreviousValue, value: &Measured, at: Instant) -> bool {
        let exact = [&previous.value, value].iter().all(|one| one.comparator == Comparator::Exactly);
        let days = (at - previous.measured_at).num_days();
        if !exact || at < previous.measured_at || days >= self.window_days {
            return false;
        }
        let change = (value.millionths - previous.value.millionths).abs();
        let by_amount = self.absolute.is_none_or(|amount| change >= amount);
        let base = previous.value.millionths.abs();
        let by_percent = self.percent.is_none_or(|percent| base > 0 && i128::from(change) * 100 >= i128::from(base) * i128::from(percent));
        (self.absolute.is_some() || self.percent.is_some()) && by_amount && by_percent
    }
}

/// The tests whose changes together mean that the blood may be of another patient: three at once.
pub const OTHER_PATIENT: [&str; 5] = ["k", "albumin", "creatinine", "glucose", "hb"];
/// The number of these changes.
pub const OTHER_PATIENT_CHANGES: usize = 3;

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;

    fn rule(absolute: Option<&str>, percent: Option<i64>, window_days: i64) -> DeltaRule {
        let absolute = absolute.map(|text| Measured::parse("value", text).expect("a number").millionths);
        DeltaRule { id: LabDeltaId::new(), absolute, percent, window_days, source: "test".to_owned() }
    }

    fn changes(rule: &DeltaRule, before: &str, now: &str, days: i64) -> bool {
        let at = Instant::default() + Duration::days(100);
        let value = |text| Measured::parse("value", text).expect("a value");
        let previous = PreviousValue { value: value(before), measured_at: at - Duration::days(days) };
        rule.holds(&previous, &value(now), at)
    }

    #[test]
    fn a_change_counts_by_amount_or_percentage_within_the_window() {
        let potassium = rule(Some("1.5"), None, 3);
        for (before, now, days, holds) in [
            ("4.0", "5.5", 2, true),
            ("4.0", "5.4", 2, false),
            ("5.5", "4.0", 2, true),
            ("4.0", "6.0", 3, false),
            ("<4.0", "6.0", 1, false),
        ] {
            assert_eq!(changes(&potassium, before, now, days), holds, "{before} -> {now} in {days} days");
        }
        let albumin = rule(None, Some(20), 7);
        assert!(changes(&albumin, "4.0", "3.2", 6) && !changes(&albumin, "4.0", "3.3", 6) && !changes(&albumin, "0", "3.3", 6));
        let creatinine = rule(Some("0.3"), Some(50), 7);
        for (before, now, holds) in [("0.4", "0.6", false), ("0.6", "0.9", true), ("2.0", "2.4", false), ("2.0", "3.0", true)] {
            assert_eq!(changes(&creatinine, before, now, 1), holds, "{before} -> {now}");
        }
    }
}
