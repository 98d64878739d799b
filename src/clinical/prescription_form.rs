//! The form that prescribes: what was typed, and what is wrong with it.

use crate::{
    core::{Error, Result, error::FieldErrors},
    tr,
};

use super::{Dosage, Frequency, Route};

/// A prescription as a form sends it.
#[derive(Clone, Debug, Default)]
pub struct PrescriptionForm {
    pub drug: String,
    pub dose: String,
    pub route: String,
    pub frequency: String,
    pub days: String,
    pub as_needed: String,
    pub max_per_day: String,
    pub instructions: String,
    pub override_reason: String,
}

impl PrescriptionForm {
    /// Drug, dosage and the reason for an override.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong.
    pub fn parse(self) -> Result<(String, Dosage, String)> {
        let mut errors = FieldErrors::new();
        let drug = errors.line("drug", &self.drug, 200);
        if drug.is_empty() {
            errors.add("drug", tr!(clinical.which_drug));
        }
        let dose = errors.line("dose", &self.dose, 100);
        if dose.is_empty() {
            errors.add("dose", tr!(clinical.which_dose));
        }
        let instructions = errors.line("instructions", &self.instructions, 500);
        let reason = errors.line("override_reason", &self.override_reason, 500);
        let route = errors.check(self.route.parse::<Route>().map_err(|_| Error::invalid("route", tr!(clinical.which_route))));
        let frequency =
            errors.check(self.frequency.parse::<Frequency>().map_err(|_| Error::invalid("frequency", tr!(clinical.which_frequency))));
        let as_needed = !self.as_needed.is_empty();
        let days = errors.check(number("days", &self.days, 365)).flatten();
        let max_per_day = errors.check(number("max_per_day", &self.max_per_day, 48)).flatten().filter(|_| as_needed);
        errors.finish()?;
        let word = |word: Option<&'static str>| word.unwrap_or_default().to_owned();
        let dosage = Dosage {
            dose,
            route: word(route.map(Route::as_str)),
            frequency: word(frequency.map(Frequency::as_str)),
            days,
            as_needed,
            max_per_day,
            instructions,
        };
        Ok((drug, dosage, reason))
    }
}

/// An optional whole number from 1 to `most`.
fn number(field: &str, text: &str, most: i64) -> Result<Option<i64>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse()
        .ok()
        .filter(|number| (1..=most).contains(number))
        .map(Some)
        .ok_or_else(|| Error::invalid(field, tr!(clinical.whole_number, most = most)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> PrescriptionForm {
        PrescriptionForm {
            drug: " Amoxicillin  500 MG ".into(),
            dose: "1 tablet".into(),
            route: "oral".into(),
            frequency: "3 times a day".into(),
            days: "7".into(),
            ..PrescriptionForm::default()
        }
    }

    #[test]
    fn a_prescription_reads_as_one_line() {
        let (drug, dosage, reason) = form().parse().expect("complete");
        assert_eq!((drug.as_str(), reason.as_str()), ("Amoxicillin 500 MG", ""));
        assert_eq!(dosage.sentence(), "1 tablet, by mouth, 3 times a day, for 7 days");
        let needed = PrescriptionForm { as_needed: "on".into(), max_per_day: "4".into(), days: String::new(), ..form() }
            .parse()
            .expect("complete")
            .1;
        assert_eq!(needed.sentence(), "1 tablet, by mouth, 3 times a day, as needed, at most 4 a day");
        let imported = Dosage { dose: "2 mL".into(), route: "intrathecal".into(), frequency: "every 5 hours".into(), ..Dosage::default() };
        assert_eq!(imported.sentence(), "2 mL, intrathecal, every 5 hours");
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let wrong = PrescriptionForm {
            drug: String::new(),
            dose: "x".repeat(101),
            route: "by owl".into(),
            days: "0".into(),
            max_per_day: "-3".into(),
            ..form()
        };
        let Err(Error::Invalid(errors)) = wrong.parse() else { panic!("accepted") };
        assert_eq!(errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["drug", "dose", "route", "days", "max_per_day"]);
    }

    #[test]
    fn a_maximum_belongs_to_medicines_taken_as_needed() {
        let dosage = PrescriptionForm { max_per_day: "4".into(), ..form() }.parse().expect("complete").1;
        assert_eq!(dosage.max_per_day, None);
    }
}
