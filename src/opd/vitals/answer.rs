//! The urgent answer to a set: the text on the nurse's page, and the proposed priority.

use super::{
    Flag, Measure, Risk, VitalSigns,
    age::ADULT_MONTHS,
    news2::{self, Signs},
    signs::Consciousness,
};
use crate::{opd::Priority, tr, ui::Tone};

/// The urgent answer that a set needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrgentAnswer {
    /// The score and its band, or a text that values are critical.
    pub title: String,
    /// The critical values in words: "Pulse 140 /min, high".
    pub values: Vec<String>,
    /// The action to take.
    pub asks: &'static str,
    /// The priority that is proposed for a waiting patient.
    pub priority: Priority,
    /// The reason for the priority; it contains no value, because the whole queue shows it.
    pub reason: String,
    /// Whether a single value is critical, or the score is high.
    pub critical: bool,
}

impl UrgentAnswer {
    /// Returns its colour.
    pub const fn tone(&self) -> Tone {
        if self.critical { Tone::Critical } else { Tone::Warning }
    }
}

impl VitalSigns {
    /// Returns the answer that the set needs at once at an age in whole months; `None` when the team may decide in its own time. From 16
    /// years on it follows the Royal College of Physicians (NEWS2, 2017): a total of 7 or a single value that scores 3. Under 16 years each
    /// critical value calls the emergency team, as in the source of the limits (`critical.rs`).
    pub fn answer(&self, months: i64) -> Option<UrgentAnswer> {
        let score = self.news2(months);
        let flags: Vec<Flag> = self.flags(months).into_iter().filter(Flag::is_critical).collect();
        let band = score.map(news2::News2::risk).filter(|risk| risk.asks().is_some());
        if flags.is_empty() && band.is_none() {
            return None;
        }
        let child = months < ADULT_MONTHS;
        let deep = matches!(self.consciousness, Some(Consciousness::Pain | Consciousness::Unresponsive));
        let glucose = flags.iter().any(|flag| flag.measure() == Some(Measure::Glucose));
        let high = !child && self.score_at_least() >= 7;
        let emergency = high || ((child || deep || glucose) && !flags.is_empty());
        let title = match score {
            Some(score) => format!("NEWS2 {} · {}", score.total, score.risk().words()),
            None => tr!(opd.critical_vitals).to_owned(),
        };
        let asks = match band {
            _ if child => tr!(opd.child_critical_asks),
            _ if emergency => tr!(opd.risk_high_asks),
            Some(Risk::Medium) => tr!(opd.risk_medium_asks),
            _ => tr!(opd.single_critical_asks),
        };
        Some(UrgentAnswer {
            title,
            values: flags.iter().map(Flag::words).collect(),
            asks,
            priority: if emergency { Priority::Emergency } else { Priority::Priority },
            reason: score.map_or_else(|| tr!(opd.critical_vitals).to_owned(), |score| format!("NEWS2 {}", score.total)),
            critical: high || !flags.is_empty(),
        })
    }

    /// Returns the early-warning score of the values taken, as if all missing values were normal.
    fn score_at_least(&self) -> i64 {
        let signs = Signs {
            respiration: self.respiration.unwrap_or(16),
            spo2: self.spo2.unwrap_or(98),
            scale: news2::Scale::One,
            on_oxygen: self.oxygen.is_some_and(|flow| flow > 0),
            systolic: self.systolic.unwrap_or(120),
            pulse: self.pulse.unwrap_or(70),
            consciousness: self.consciousness.unwrap_or(Consciousness::Alert),
            temperature: self.temperature.unwrap_or(370),
        };
        news2::score(&signs).total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::opd::vitals::AgeGroup;

    const WELL: VitalSigns = VitalSigns {
        temperature: Some(372),
        pulse: Some(72),
        respiration: Some(14),
        systolic: Some(120),
        diastolic: Some(80),
        spo2: Some(98),
        oxygen: None,
        consciousness: Some(Consciousness::Alert),
        weight: None,
        height: None,
        pain: None,
        glucose: None,
        head: None,
    };

    fn priority(signs: &VitalSigns, months: i64) -> Option<Priority> {
        signs.answer(months).map(|answer| answer.priority)
    }

    #[test]
    fn an_adult_s_single_critical_value_goes_before_others() {
        let adult = AgeGroup::Adult.months();
        assert_eq!(priority(&WELL, adult), None);
        assert_eq!(priority(&VitalSigns { spo2: Some(91), ..WELL }, adult), Some(Priority::Priority));
        assert_eq!(priority(&VitalSigns { consciousness: Some(Consciousness::Voice), ..WELL }, adult), Some(Priority::Priority));
        assert_eq!(priority(&VitalSigns { consciousness: Some(Consciousness::Unresponsive), ..WELL }, adult), Some(Priority::Emergency));
        assert_eq!(priority(&VitalSigns { glucose: Some(21), ..WELL }, adult), Some(Priority::Emergency));
        let medium = VitalSigns { respiration: Some(21), oxygen: Some(20), pulse: Some(95), ..WELL };
        let answer = medium.answer(adult).expect("a total of 5");
        assert_eq!((answer.priority, answer.critical), (Priority::Priority, false));
    }

    #[test]
    fn values_without_a_score_ask_too() {
        let adult = AgeGroup::Adult.months();
        let some = VitalSigns { spo2: Some(88), respiration: Some(30), systolic: Some(82), diastolic: Some(50), ..VitalSigns::default() };
        let answer = some.answer(adult).expect("critical");
        assert_eq!((answer.priority, answer.critical), (Priority::Emergency, true), "at least 9 points");
        assert_eq!(answer.values.len(), 3);
        let one = VitalSigns { pulse: Some(135), ..VitalSigns::default() };
        assert_eq!(priority(&one, adult), Some(Priority::Priority));
    }

    #[test]
    fn a_child_s_critical_value_is_an_emergency() {
        let infant = VitalSigns { temperature: Some(390), respiration: Some(55), spo2: Some(93), ..VitalSigns::default() };
        let answer = infant.answer(8).expect("critical");
        assert_eq!((answer.priority, answer.title.as_str()), (Priority::Emergency, "Critical vital signs"));
        assert_eq!(answer.values, ["Respiration 55 /min, high"]);
        assert_eq!(priority(&VitalSigns { respiration: Some(45), ..infant }, 8), None);
    }
}
