//! Values that are possible but unlikely, and values typed in another unit: the form asks about each one before it is recorded, because
//! doses depend on the weight.

use chrono::Duration;

use super::{
    Ages, Measure, VitalSigns, Vitals, VitalsForm, growth,
    signs::{body_mass_index, show_bmi},
    store, units,
};
use crate::{
    core::{PatientId, Result, VitalsId, error::FieldErrors, time::Instant},
    db::Tx,
    tr,
};

/// Only values measured within this time are compared.
pub const LATELY: Duration = Duration::days(180);
/// Children below this age in months grow as fast as a typing error would suggest.
const FROM_MONTHS: i64 = 24;
/// The change from the last value, in hundredths, above which the form asks about a value.
const FAR: [(Measure, i64); 2] = [(Measure::Weight, 20), (Measure::Height, 5)];
/// The number of sets that are searched for the last value.
const SETS: i64 = 12;

/// A value that the form asks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub measure: Measure,
    /// In stored steps: the value that is recorded when the answer is yes.
    pub value: i64,
    pub why: Why,
}

/// The reason for a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The value was typed in another unit, here with that unit.
    Converted { typed: String },
    /// The number may be meant in mg/dl; `meant` is the value that results.
    PerhapsMilligrams { typed: String, meant: i64 },
    /// The value is far from the patient's last value.
    FarFromLast { last: i64 },
    /// The value is beyond the likely values at the age.
    UnlikelyAtAge { low: i64, high: i64 },
    /// Weight and height give a body mass index, in tenths of kg/m², that is unlikely at the age.
    UnlikelyPair { bmi: i64 },
}

impl Question {
    /// Returns the question for the field.
    pub fn words(&self) -> String {
        let (measure, value) = (self.measure, self.measure.written(self.value));
        match &self.why {
            Why::Converted { typed } => tr!(opd.ask_converted, typed = typed.clone(), value = value),
            Why::PerhapsMilligrams { typed, meant } => {
                tr!(opd.ask_mg_dl, typed = typed.clone(), meant = measure.written(*meant), value = value)
            }
            Why::FarFromLast { last } => tr!(opd.far_from_last, last = measure.written(*last), value = value),
            Why::UnlikelyAtAge { low, high } => {
                tr!(opd.ask_at_age, value = value, low = measure.show(*low), high = measure.show(*high), unit = measure.unit())
            }
            Why::UnlikelyPair { bmi } => tr!(opd.ask_pair, bmi = show_bmi(*bmi)),
        }
    }

    /// Returns the value as the checkbox names it: "Weight 81.6 kg (180 lb)".
    pub fn named(&self) -> String {
        let value = format!("{} {}", self.measure.words(), self.measure.written(self.value));
        match &self.why {
            Why::Converted { typed } => format!("{value} ({typed})"),
            _ => value,
        }
    }
}

/// Returns the questions about a set of values, at most one for each measure; `before` are the patient's sets, latest first.
pub fn questions<'v>(
    form: &VitalsForm,
    signs: &VitalSigns,
    before: impl Iterator<Item = &'v Vitals> + Clone,
    months: i64,
    now: Instant,
) -> Vec<Question> {
    let last = |measure: Measure, lately: bool| {
        before.clone().filter(|set| !lately || now - set.taken_at < LATELY).find_map(|set| set.signs.get(measure))
    };
    let mut asked: Vec<Question> = Measure::ALL
        .iter()
        .filter_map(|measure| {
            let (measure, value) = (*measure, signs.get(*measure)?);
            let why = of_unit(form, measure, value)
                .or_else(|| far_from_last(measure, value, last(measure, true), months))
                .or_else(|| unlikely_at_age(measure, value, months))?;
            Some(Question { measure, value, why })
        })
        .collect();
    let adult_height = || last(Measure::Height, false).filter(|_| months >= super::age::ADULT_MONTHS);
    if let (Some(weight), Some(height)) = (signs.weight, signs.height.or_else(adult_height))
        && let Some(bmi) = body_mass_index(weight, height)
        && !asked.iter().any(|one| [Measure::Weight, Measure::Height].contains(&one.measure) && !matches!(one.why, Why::Converted { .. }))
    {
        let (low, high) = growth::likely_bmi(months);
        if bmi < low || bmi > high {
            asked.retain(|one| one.measure != Measure::Weight);
            asked.push(Question { measure: Measure::Weight, value: weight, why: Why::UnlikelyPair { bmi } });
        }
    }
    asked
}

/// Returns the question about a weight in grams alone; `last` is the newest one, lately.
pub fn of_weight(grams: i64, last: Option<i64>, months: i64) -> Option<Question> {
    let why = far_from_last(Measure::Weight, grams, last, months).or_else(|| unlikely_at_age(Measure::Weight, grams, months))?;
    Some(Question { measure: Measure::Weight, value: grams, why })
}

fn of_unit(form: &VitalsForm, measure: Measure, value: i64) -> Option<Why> {
    let typed = form.typed(measure).trim();
    if let Some(other) = units::other_unit(measure, typed) {
        return Some(Why::Converted { typed: other.typed });
    }
    let meant = units::perhaps_milligrams(typed, value).filter(|_| measure == Measure::Glucose)?;
    Some(Why::PerhapsMilligrams { typed: typed.to_owned(), meant })
}

fn far_from_last(measure: Measure, value: i64, last: Option<i64>, months: i64) -> Option<Why> {
    let (_, hundredths) = FAR.into_iter().find(|(one, _)| *one == measure && months >= FROM_MONTHS)?;
    let last = last?;
    (value.abs_diff(last) * 100 > last.unsigned_abs() * hundredths.unsigned_abs()).then_some(Why::FarFromLast { last })
}

fn unlikely_at_age(measure: Measure, value: i64, months: i64) -> Option<Why> {
    let (low, high) = growth::likely(measure, months)?;
    (value < low || value > high).then_some(Why::UnlikelyAtAge { low, high })
}

/// Returns the value of the checkbox, which stands for these very values.
pub fn sure_of(questions: &[Question]) -> String {
    questions.iter().map(|one| format!("{}={}", one.measure, one.value)).collect::<Vec<_>>().join(" ")
}

/// Refuses values that raise questions, unless the checkbox confirms these very values. A set that is being corrected is not
/// compared with itself.
///
/// # Errors
/// [`crate::core::Error::Invalid`] that names each of them.
pub async fn ask(
    tx: &mut Tx,
    patient: PatientId,
    form: &VitalsForm,
    signs: &VitalSigns,
    (ages, taken_at, corrected): (Ages, Instant, Option<VitalsId>),
    sure: &str,
) -> Result<()> {
    let before = store::of_patient(tx, patient, None, SETS).await?;
    let before = before.iter().filter(|set| Some(set.id) != corrected);
    let asked = questions(form, signs, before, ages.at(taken_at, form.age_group()?), taken_at);
    let mut errors = FieldErrors::new();
    if sure_of(&asked) != sure {
        for question in asked {
            errors.add(question.measure.as_str(), question.words());
        }
    }
    errors.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weighed(grams: i64, days_ago: i64, now: Instant) -> Vitals {
        Vitals {
            id: VitalsId::new(),
            patient_id: PatientId::new(),
            visit_id: None,
            zone: None,
            taken_at: now - Duration::days(days_ago),
            taken_by: String::new(),
            signs: VitalSigns { weight: Some(grams), ..VitalSigns::default() },
            news2: None,
            critical: false,
            age_group: None,
            corrects: None,
            note: String::new(),
            entered_in_error: None,
        }
    }

    fn asked(form: &VitalsForm, months: i64) -> Vec<Question> {
        let (signs, _) = form.parse().expect("values");
        questions(form, &signs, std::iter::empty(), months, Instant::default())
    }

    #[test]
    fn a_fifth_in_half_a_year_is_far_unless_one_is_small() {
        let now = chrono::DateTime::from_timestamp(1_795_000_000, 0).expect("an instant");
        let far = |grams, last, days_ago, months| {
            let before = [weighed(last, days_ago, now)];
            let signs = VitalSigns { weight: Some(grams), ..VitalSigns::default() };
            let asked = questions(&VitalsForm::default(), &signs, before.iter(), months, now);
            asked.iter().filter(|one| matches!(one.why, Why::FarFromLast { .. })).count()
        };
        assert_eq!([56_000, 55_999, 84_000, 84_001].map(|grams| far(grams, 70_000, 30, 400)), [0, 1, 0, 1]);
        assert_eq!([far(7_000, 70_000, 179, 400), far(7_000, 70_000, 181, 400)], [1, 0], "of long ago");
        assert_eq!([far(8_000, 12_000, 1, 24), far(8_000, 12_000, 1, 23)], [1, 0], "small children grow");
    }

    #[test]
    fn a_first_value_is_asked_about_by_age() {
        let weight = |typed: &str, months| {
            let form = VitalsForm { weight: typed.to_owned(), ..VitalsForm::default() };
            asked(&form, months).into_iter().map(|one| one.why).collect::<Vec<_>>()
        };
        assert_eq!(weight("35", 5), [Why::UnlikelyAtAge { low: 2_680, high: 13_160 }]);
        assert_eq!(weight("3.5", 5), []);
        assert_eq!(weight("35", 120), []);
        assert_eq!(weight("251", 480), [Why::UnlikelyAtAge { low: 25_000, high: 250_000 }]);
        let head = VitalsForm { head: "56".into(), ..VitalsForm::default() };
        assert_eq!(asked(&head, 5).len(), 1);
    }

    #[test]
    fn an_unlikely_pair_is_asked_about() {
        let pair = |weight: &str, height: &str| {
            let form = VitalsForm { weight: weight.into(), height: height.into(), ..VitalsForm::default() };
            asked(&form, 480)
        };
        let asked = pair("178", "130");
        assert_eq!(asked.len(), 1);
        assert_eq!(
            asked[0].words(),
            "Weight and height make a body mass index of 105.3 kg/m². If both are right, tick that below and save again."
        );
        assert_eq!(pair("178", "78").iter().map(|one| one.measure).collect::<Vec<_>>(), [Measure::Height], "the height alone is enough");
        assert_eq!(pair("78", "178"), []);
    }

    #[test]
    fn a_typed_unit_is_shown_with_what_it_is() {
        let form = VitalsForm { glucose: "99".into(), temperature: "98.6".into(), weight: "180 lb".into(), ..VitalsForm::default() };
        let asked = asked(&form, 480);
        let words: Vec<String> = asked.iter().map(Question::words).collect();
        assert_eq!(words[0], "98.6 °F is 37.0 °C. If that is right, tick it below and save again.");
        assert_eq!(words[1], "180 lb is 81.6 kg. If that is right, tick it below and save again.");
        assert_eq!(
            words[2],
            "99 mg/dl is 5.5 mmol/l: which is meant? Enter “99 mg/dl”, or tick below that it is 99.0 mmol/l, and save again."
        );
        assert_eq!(sure_of(&asked), "temperature=370 weight=81647 glucose=990");
        assert_eq!(asked[1].named(), "Weight 81.6 kg (180 lb)");
    }
}
