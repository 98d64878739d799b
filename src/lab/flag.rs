//! The one function that judges a value by its limits, and the letters that it gives.

use super::value::{Comparator, Measured, round};
use crate::{tr, ui::Tone};

crate::text_enum! {
    /// The letter beside a result.
    pub enum Flag("flag") {
        /// There is no range and no limit to judge by. It never means normal.
        Unjudged = "" => tr!(lab.flag_unjudged),
        CriticalLow = "LL" => tr!(lab.flag_ll),
        Low = "L" => tr!(lab.flag_l),
        Normal = "N" => tr!(lab.flag_n),
        High = "H" => tr!(lab.flag_h),
        CriticalHigh = "HH" => tr!(lab.flag_hh),
        Abnormal = "A" => tr!(lab.flag_a),
        CriticalAbnormal = "AA" => tr!(lab.flag_aa),
        /// The value is an interval that is neither inside nor outside of the range.
        ByHand = "?" => tr!(lab.flag_by_hand),
    }
}

impl Default for Flag {
    /// Without a range nothing is judged.
    fn default() -> Self {
        Self::Unjudged
    }
}

impl Flag {
    /// Whether a person must hear of the result at once.
    pub const fn is_critical(self) -> bool {
        matches!(self, Self::CriticalLow | Self::CriticalHigh | Self::CriticalAbnormal)
    }

    /// Whether the result is outside of its range.
    pub const fn is_abnormal(self) -> bool {
        matches!(self, Self::Low | Self::High | Self::Abnormal) || self.is_critical()
    }

    /// The flag's colour; an unjudged result has none.
    pub const fn tone(self) -> Option<Tone> {
        match self {
            Self::CriticalLow | Self::CriticalHigh | Self::CriticalAbnormal => Some(Tone::Critical),
            Self::Low | Self::High | Self::Abnormal | Self::ByHand => Some(Tone::Warning),
            Self::Normal => Some(Tone::Done),
            Self::Unjudged => None,
        }
    }
}

/// The limits of a value, in millionths; a missing limit is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    pub low: Option<i64>,
    pub high: Option<i64>,
    pub critical_low: Option<i64>,
    pub critical_high: Option<i64>,
}

impl Limits {
    const fn has_range(self) -> bool {
        self.low.is_some() || self.high.is_some()
    }
}

/// Judges a value that is written with this number of decimals. A value with a comparator is an interval: it gets a letter when it is
/// wholly on one side of a limit, or wholly inside of the range; otherwise a person judges it.
pub fn judge(value: &Measured, limits: Limits, decimals: i64) -> Flag {
    let at = round(value.millionths, decimals);
    match value.comparator {
        Comparator::Exactly => judge_point(at, limits),
        Comparator::Below => judge_below(at, true, limits),
        Comparator::AtMost => judge_below(at, false, limits),
        Comparator::Above => judge_above(at, true, limits),
        Comparator::AtLeast => judge_above(at, false, limits),
    }
}

fn judge_point(at: i64, limits: Limits) -> Flag {
    if limits.critical_low.is_some_and(|limit| at < limit) {
        Flag::CriticalLow
    } else if limits.critical_high.is_some_and(|limit| at > limit) {
        Flag::CriticalHigh
    } else if limits.low.is_some_and(|limit| at < limit) {
        Flag::Low
    } else if limits.high.is_some_and(|limit| at > limit) {
        Flag::High
    } else if limits.has_range() {
        Flag::Normal
    } else {
        Flag::Unjudged
    }
}

/// Judges all values below `to`; `open` leaves `to` itself out.
fn judge_below(to: i64, open: bool, limits: Limits) -> Flag {
    let all_below = |limit: i64| if open { to <= limit } else { to < limit };
    // The interval reaches below every limit.
    if let Some(critical) = limits.critical_low {
        return if all_below(critical) { Flag::CriticalLow } else { Flag::ByHand };
    }
    if let Some(low) = limits.low {
        return if all_below(low) { Flag::Low } else { Flag::ByHand };
    }
    let Some(high) = limits.high else {
        let reaches = limits.critical_high.is_some_and(|limit| to > limit);
        return if reaches { Flag::ByHand } else { Flag::Unjudged };
    };
    if to <= high { Flag::Normal } else { Flag::ByHand }
}

/// Judges all values above `from`; `open` leaves `from` itself out.
fn judge_above(from: i64, open: bool, limits: Limits) -> Flag {
    let mirrored = Limits {
        low: limits.high.map(|limit| -limit),
        high: limits.low.map(|limit| -limit),
        critical_low: limits.critical_high.map(|limit| -limit),
        critical_high: limits.critical_low.map(|limit| -limit),
    };
    match judge_below(-from, open, mirrored) {
        Flag::CriticalLow => Flag::CriticalHigh,
        Flag::Low => Flag::High,
        other => other,
    }
}

/// Judges a value by the ranges of both sexes: it gets a letter only when both give it the same side.
pub fn judge_both(value: &Measured, female: Limits, male: Limits, decimals: i64) -> Flag {
    let (one, other) = (judge(value, female, decimals), judge(value, male, decimals));
    match (one, other) {
        (one, other) if one == other => one,
        (Flag::CriticalLow, Flag::Low) | (Flag::Low, Flag::CriticalLow) => Flag::Low,
        (Flag::CriticalHigh, Flag::High) | (Flag::High, Flag::CriticalHigh) => Flag::High,
        _ => Flag::ByHand,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::value::ONE;

    fn value(text: &str) -> Measured {
        Measured::parse("value", text).expect("a value")
    }

    /// Potassium in tenths: 3.5 to 5, critical below 2.8 and above 6.2.
    const POTASSIUM: Limits =
        Limits { low: Some(3_500_000), high: Some(5 * ONE), critical_low: Some(2_800_000), critical_high: Some(6_200_000) };

    #[test]
    fn a_value_on_a_limit_is_inside() {
        for (text, flag) in [
            ("2.7", Flag::CriticalLow),
            ("2.8", Flag::Low),
            ("3.4", Flag::Low),
            ("3.5", Flag::Normal),
            ("5.0", Flag::Normal),
            ("5.1", Flag::High),
            ("6.2", Flag::High),
            ("6.3", Flag::CriticalHigh),
            // Rounded to one decimal before it is judged.
            ("5.04", Flag::Normal),
            ("5.06", Flag::High),
        ] {
            assert_eq!(judge(&value(text), POTASSIUM, 1), flag, "{text}");
        }
    }

    #[test]
    fn without_a_range_nothing_is_normal() {
        assert_eq!(judge(&value("5"), Limits::default(), 0), Flag::Unjudged);
        let critical_alone = Limits { critical_high: Some(10 * ONE), ..Limits::default() };
        assert_eq!(judge(&value("5"), critical_alone, 0), Flag::Unjudged);
        assert_eq!(judge(&value("11"), critical_alone, 0), Flag::CriticalHigh);
        let low_alone = Limits { low: Some(60 * ONE), ..Limits::default() };
        assert_eq!([judge(&value("60"), low_alone, 0), judge(&value("59"), low_alone, 0)], [Flag::Normal, Flag::Low]);
    }

    #[test]
    fn an_interval_gets_a_letter_only_when_it_lies_wholly_on_one_side() {
        for (text, flag) in [
            ("<2.8", Flag::CriticalLow),
            ("<=2.8", Flag::ByHand),
            ("<3.0", Flag::ByHand),
            (">6.2", Flag::CriticalHigh),
            (">=6.2", Flag::ByHand),
            (">5.5", Flag::ByHand),
        ] {
            assert_eq!(judge(&value(text), POTASSIUM, 1), flag, "{text}");
        }
        let troponin = Limits { high: Some(40_000), ..Limits::default() };
        for (text, flag) in
            [("<0.01", Flag::Normal), ("<0.04", Flag::Normal), ("<0.05", Flag::ByHand), (">0.04", Flag::High), (">50", Flag::High)]
        {
            assert_eq!(judge(&value(text), troponin, 2), flag, "{text}");
        }
        let no_critical = Limits { low: Some(ONE), high: Some(2 * ONE), ..Limits::default() };
        for (text, flag) in [("<1", Flag::Low), ("<=1", Flag::ByHand), (">2", Flag::High), (">1", Flag::ByHand)] {
            assert_eq!(judge(&value(text), no_critical, 0), flag, "{text}");
        }
        assert_eq!(judge(&value("<5"), Limits::default(), 0), Flag::Unjudged);
    }

    #[test]
    fn of_an_unknown_sex_only_what_is_outside_both_is_flagged() {
        let female = Limits { low: Some(12 * ONE), high: Some(16 * ONE), critical_low: Some(7 * ONE), critical_high: None };
        let male = Limits { low: Some(14 * ONE), high: Some(18 * ONE), ..female };
        for (text, flag) in [
            ("6.9", Flag::CriticalLow),
            ("11", Flag::Low),
            ("13", Flag::ByHand),
            ("15", Flag::Normal),
            ("17", Flag::ByHand),
            ("19", Flag::High),
        ] {
            assert_eq!(judge_both(&value(text), female, male, 1), flag, "{text}");
        }
    }
}
