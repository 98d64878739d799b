//! Weights, heights, head circumferences and body mass indexes that are possible but unlikely at an age: the form asks about them and does
//! not refuse them.
//!
//! Under 16 years the limits are those beyond which the World Health Organization calls a z-score implausible (weight -6 and +5, height -6
//! and +6, head circumference and body mass index -5 and +5), computed from its Child Growth Standards (2006) and its reference for 5 to 19
//! years (2007). That reference has no weights from 10 years on; these come from the growth charts of the Centers for Disease Control and
//! Prevention (2000) at -5 and +8. The wider limit of both sexes is used, at the beginning of a row for the lower limit and at its end for
//! the upper one. From 16 years on the limits are chosen by hand: they only raise a question and have no clinical meaning.

use super::{Measure, age::ADULT_MONTHS};

/// The limits up to an age: grams, millimetres, millimetres, tenths of kg/m². Values at both limits are still likely.
struct Row {
    below_months: i64,
    weight: (i64, i64),
    height: (i64, i64),
    head: (i64, i64),
    bmi: (i64, i64),
}

const fn row(below_months: i64, weight: (i64, i64), height: (i64, i64), head: (i64, i64), bmi: (i64, i64)) -> Row {
    Row { below_months, weight, height, head, bmi }
}

/// The head grows little after five years: the last row of the standard stays in use, with room for adults.
const OLDER_HEAD: (i64, i64) = (422, 650);

const ROWS: [Row; 19] = [
    row(1, (940, 8_070), (380, 663), (280, 431), (82, 225)),
    row(2, (1_440, 9_730), (419, 704), (307, 450), (84, 245)),
    row(3, (1_960, 10_860), (449, 737), (322, 464), (94, 253)),
    row(4, (2_360, 11_760), (472, 764), (333, 476), (99, 258)),
    row(6, (2_680, 13_160), (491, 805), (343, 494), (103, 263)),
    row(9, (3_150, 14_860), (522, 854), (357, 513), (106, 261)),
    row(12, (3_620, 16_330), (557, 900), (371, 525), (107, 255)),
    row(18, (3_970, 18_870), (586, 985), (381, 540), (106, 246)),
    row(24, (4_590, 21_340), (633, 1_061), (393, 551), (103, 242)),
    row(36, (5_150, 26_580), (671, 1_183), (402, 566), (102, 241)),
    row(48, (6_030, 32_490), (722, 1_286), (415, 575), (102, 247)),
    row(60, (6_560, 38_250), (769, 1_375), (422, 582), (98, 262)),
    row(84, (7_470, 51_930), (806, 1_536), OLDER_HEAD, (98, 303)),
    row(108, (8_670, 71_530), (880, 1_692), OLDER_HEAD, (98, 366)),
    row(120, (10_290, 83_750), (958, 1_770), OLDER_HEAD, (100, 400)),
    row(144, (9_320, 146_270), (995, 1_923), OLDER_HEAD, (102, 458)),
    row(168, (10_800, 173_380), (1_066, 2_093), OLDER_HEAD, (107, 493)),
    row(ADULT_MONTHS, (13_930, 190_130), (1_170, 2_195), OLDER_HEAD, (112, 505)),
    row(i64::MAX, (25_000, 250_000), (1_200, 2_200), OLDER_HEAD, (120, 600)),
];

fn at(months: i64) -> &'static Row {
    ROWS.iter().find(|row| months < row.below_months).unwrap_or(&ROWS[ROWS.len() - 1])
}

/// Returns the likely values of a measure at an age in whole months, in stored steps, both limits included; `None` for other
/// measures.
pub fn likely(measure: Measure, months: i64) -> Option<(i64, i64)> {
    let row = at(months);
    match measure {
        Measure::Weight => Some(row.weight),
        Measure::Height => Some(row.height),
        Measure::Head => Some(row.head),
        _ => None,
    }
}

/// Returns the likely body mass indexes at an age in whole months, in tenths of kg/m².
pub fn likely_bmi(months: i64) -> (i64, i64) {
    at(months).bmi
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_rise_with_the_age() {
        for pair in ROWS.windows(2).filter(|pair| pair[1].below_months < 144) {
            assert!(pair[0].below_months < pair[1].below_months);
            for (before, after) in [(pair[0].weight, pair[1].weight), (pair[0].height, pair[1].height), (pair[0].head, pair[1].head)] {
                assert!(before.0 <= after.0 && before.1 <= after.1, "at {} months", pair[1].below_months);
            }
        }
    }

    /// Medians of the World Health Organization, boys: at birth 3.3 kg, 49.9 cm, 34.5 cm; at 6 months 7.9 kg, 67.6 cm, 43.3 cm; at 5 years
    /// 18.3 kg, 110 cm.
    #[test]
    fn a_median_child_is_likely() {
        for (months, weight, height, head) in [(0, 3_300, 499, 345), (6, 7_900, 676, 433), (60, 18_300, 1_100, 507)] {
            for (measure, value) in [(Measure::Weight, weight), (Measure::Height, height), (Measure::Head, head)] {
                let (low, high) = likely(measure, months).expect("limits");
                assert!((low..=high).contains(&value), "{measure} at {months} months");
            }
        }
        assert!(likely(Measure::Weight, 5).is_some_and(|(_, high)| high < 35_000), "35 kg at half a year");
    }
}
