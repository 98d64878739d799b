//! The urine of the last six hours by weight.
//!
//! Low for adults: below 0.5 ml/kg/h (KDIGO, Clinical Practice Guideline for Acute Kidney Injury, Kidney Int Suppl 2012;2:1). Low below 16 years: less
//! than 1 ml/kg/h (NICE guideline NG51, children with a catheter).

use chrono::Duration;

use super::FluidEntry;
use crate::{core::time::Instant, nursing::vocabulary::FluidKind, opd::vitals::ADULT_MONTHS};

/// The hours that are added up.
pub const HOURS: i64 = 6;
/// The days for which a weight counts.
pub const WEIGHT_DAYS: i64 = 7;

/// Urine by weight and hour, in hundredths of a millilitre.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UrineRate {
    pub rate: i64,
    /// The rate below which it is low.
    pub least: i64,
}

impl UrineRate {
    /// Whether it is low.
    pub const fn is_low(self) -> bool {
        self.rate < self.least
    }
}

/// Returns the rate of the last six hours, rounded down. `None` when nothing was measured in the day before, when an entry says that it was not
/// measured, and for a stay that is shorter. `entries` are those of the last 24 hours.
pub fn rate(entries: &[FluidEntry], grams: i64, months: i64, (admitted_at, now): (Instant, Instant)) -> Option<UrineRate> {
    let from = now - Duration::hours(HOURS);
    let counted = |entry: &&FluidEntry| entry.kind == FluidKind::Urine && !entry.void && entry.superseded_at.is_none();
    let mut urine = entries.iter().filter(counted).peekable();
    urine.peek()?;
    if grams <= 0 || admitted_at > from {
        return None;
    }
    let mut sum = 0_i64;
    for entry in urine.filter(|entry| entry.taken_at > from && entry.taken_at <= now) {
        sum = sum.saturating_add(entry.ml?);
    }
    let least = if months < ADULT_MONTHS { 100 } else { 50 };
    Some(UrineRate { rate: sum.saturating_mul(100_000) / (grams * HOURS), least })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{AdmissionId, ClinicId, FluidEntryId, PatientId};

    fn urine(at: Instant, ml: Option<i64>) -> FluidEntry {
        let id = FluidEntryId::new();
        FluidEntry {
            id,
            entry_id: id,
            version: 1,
            admission_id: AdmissionId::new(),
            patient_id: PatientId::new(),
            clinic_id: ClinicId::new(),
            direction: FluidKind::Urine.direction(),
            kind: FluidKind::Urine,
            ml,
            taken_at: at,
            recorded_at: at,
            recorder: String::new(),
            void: false,
            reason: String::new(),
            superseded_at: None,
        }
    }

    #[test]
    fn the_urine_of_six_hours_is_judged_by_weight_and_age() {
        let now: Instant = "2026-11-21T18:00:00Z".parse().expect("an instant");
        let before = |hours: i64| now - Duration::hours(hours);
        let adult = 40 * 12;
        for (entries, grams, months, expected) in [
            // 70 kg: half a millilitre by kilogram and hour are 210 ml.
            (vec![(1, Some(110)), (5, Some(100))], 70_000, adult, Some((50, false))),
            (vec![(1, Some(109)), (5, Some(100))], 70_000, adult, Some((49, true))),
            (vec![(7, Some(900))], 70_000, adult, Some((0, true))),
            (vec![(6, Some(900))], 70_000, adult, Some((0, true))),
            (vec![(2, Some(120))], 20_000, 60, Some((100, false))),
            (vec![(2, Some(119))], 20_000, 60, Some((99, true))),
            (vec![(1, Some(100)), (2, None)], 70_000, adult, None),
            (vec![], 70_000, adult, None),
            (vec![(1, Some(100))], 0, adult, None),
        ] {
            let all: Vec<FluidEntry> = entries.iter().map(|(hours, ml)| urine(before(*hours), *ml)).collect();
            let found = rate(&all, grams, months, (before(20), now));
            assert_eq!(found.map(|found| (found.rate, found.is_low())), expected, "{entries:?} {grams}");
        }
        assert_eq!(rate(&[urine(before(1), Some(10))], 70_000, adult, (before(5), now)), None, "a stay of five hours");
    }
}
