//! A weight or a height far from the last one: mostly a slip of the hand, and asked about once, since doses follow the weight.

use chrono::Duration;

use super::{Measure, VitalSigns, Vitals, store};
use crate::{
    core::{
        PatientId, Result,
        error::FieldErrors,
        time::{Instant, months_between},
    },
    db::Tx,
    tr,
};

/// Only what was measured within so long is compared.
const LATELY: Duration = Duration::days(180);
/// Smaller children grow as fast as a slip of the hand.
const FROM_MONTHS: i64 = 24;
/// Of the last value, in hundredths: beyond that it is asked about.
const FAR: [(Measure, i64); 2] = [(Measure::Weight, 20), (Measure::Height, 5)];
/// Sets looked at for the last value.
const SETS: i64 = 12;

/// A value far from the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jump {
    pub measure: Measure,
    pub value: i64,
    pub last: i64,
}

/// What of the values is far from the patient's last ones; `before` are her sets, the latest first. Of unknown age one is grown up.
pub fn jumps<'v>(signs: &VitalSigns, before: impl Iterator<Item = &'v Vitals> + Clone, months: Option<i64>, now: Instant) -> Vec<Jump> {
    if months.is_some_and(|months| months < FROM_MONTHS) {
        return Vec::new();
    }
    FAR.into_iter()
        .filter_map(|(measure, hundredths)| {
            let value = signs.get(measure)?;
            let last = before.clone().filter(|set| now - set.taken_at < LATELY).find_map(|set| set.signs.get(measure))?;
            (value.abs_diff(last) * 100 > last.unsigned_abs() * hundredths.unsigned_abs()).then_some(Jump { measure, value, last })
        })
        .collect()
}

/// What the tick stands for: these very values.
pub fn sure_of(jumps: &[Jump]) -> String {
    jumps.iter().map(|jump| format!("{}={}", jump.measure, jump.value)).collect::<Vec<_>>().join(" ")
}

/// Refuses values far from the last ones, unless it was said that these very values are right.
///
/// # Errors
/// [`crate::core::Error::Invalid`] that names each of them, or what the database refused.
pub async fn ask_about_jumps(tx: &mut Tx, patient: PatientId, signs: &VitalSigns, sure: &str, now: Instant) -> Result<()> {
    let months = store::birth_of(tx, patient).await?.map(|birth| months_between(birth, now.date_naive()));
    let before = store::of_patient(tx, patient, None, SETS).await?;
    let jumps = jumps(signs, before.iter(), months, now);
    let mut errors = FieldErrors::new();
    if sure_of(&jumps) != sure {
        for Jump { measure, value, last } in jumps {
            errors.add(measure.as_str(), tr!(opd.far_from_last, last = measure.written(last), value = measure.written(value)));
        }
    }
    errors.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::VitalsId;

    fn weighed(grams: i64, days_ago: i64, now: Instant) -> Vitals {
        Vitals {
            id: VitalsId::new(),
            patient_id: PatientId::new(),
            visit_id: None,
            taken_at: now - Duration::days(days_ago),
            taken_by: String::new(),
            signs: VitalSigns { weight: Some(grams), ..VitalSigns::default() },
            news2: None,
            note: String::new(),
            entered_in_error: None,
        }
    }

    #[test]
    fn a_fifth_in_half_a_year_is_far_unless_one_is_small() {
        let now = chrono::DateTime::from_timestamp(1_795_000_000, 0).expect("an instant");
        let far = |grams, days_ago, months| {
            let before = [weighed(70_000, days_ago, now)];
            let signs = VitalSigns { weight: Some(grams), ..VitalSigns::default() };
            jumps(&signs, before.iter(), months, now).len()
        };
        assert_eq!([56_000, 55_999, 84_000, 84_001].map(|grams| far(grams, 30, Some(400))), [0, 1, 0, 1]);
        assert_eq!([far(7_000, 179, None), far(7_000, 181, None)], [1, 0], "of long ago");
        assert_eq!([far(7_000, 1, Some(24)), far(7_000, 1, Some(23))], [1, 0], "small children grow");
    }
}
