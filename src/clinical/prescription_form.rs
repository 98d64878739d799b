//! The prescription form: parses the entered values and reports the errors.

use crate::{
    core::{Error, Result, error::FieldErrors},
    formulary::Dose,
    tr,
};

use super::{Dosage, Frequency, Route};

/// A prescription as the form sends it.
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
    pub no_substitution: String,
    pub override_reason: String,
}

impl PrescriptionForm {
    /// Returns the drug, the dosage and the reason for an override.
    ///
    /// # Errors
    /// [`Error::Invalid`] with all errors of the form.
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
        let amount = errors.check(Dose::read(&dose)).flatten();
        let instructions = errors.line("instructions", &self.instructions, 500);
        let no_substitution = errors.line("no_substitution", &self.no_substitution, 200);
        let reason = errors.line("override_reason", &self.override_reason, 500);
        let route = errors.check(self.route.parse::<Route>().map_err(|_| Error::invalid("route", tr!(clinical.which_route))));
        let frequency =
            errors.check(self.frequency.parse::<Frequency>().map_err(|_| Error::invalid("frequency", tr!(clinical.which_frequency))));
        let as_needed = !self.as_needed.is_empty();
        let days = errors.check(number("days", &self.days, 365)).flatten();
        let max_per_day = errors.check(number("max_per_day", &self.max_per_day, 48)).flatten();
        let word = |word: Option<&'static str>| word.unwrap_or_default().to_owned();
        let dosage = Dosage {
            dose,
            route: word(route.map(Route::as_str)),
            frequency: word(frequency.map(Frequency::as_str)),
            days,
            as_needed,
            max_per_day,
            instructions,
            amount,
            often: frequency.map(Frequency::times_in_days),
            no_substitution,
        };
        for (field, words) in dosage.contradictions() {
            errors.add(field, words);
        }
        errors.finish()?;
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
        let needed = PrescriptionForm {
            as_needed: "on".into(),
            max_per_day: "2".into(),
            days: String::new(),
            frequency: "every 6 hours".into(),
            ..form()
        }
        .parse()
        .expect("complete")
        .1;
        assert_eq!(needed.sentence(), "1 tablet, by mouth, every 6 hours, as needed, at most 2 a day");
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

    fn refused_at(form: PrescriptionForm) -> Vec<String> {
        match form.parse() {
            Err(Error::Invalid(errors)) => errors.into_iter().map(|error| error.field).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn parts_that_exclude_each_other_are_refused_at_their_field() {
        let with = |change: &dyn Fn(&mut PrescriptionForm)| {
            let mut form = form();
            change(&mut form);
            refused_at(form)
        };
        let none: [String; 0] = [];
        assert_eq!(with(&|_| ()), none);
        // A maximum belongs to a medicine taken as needed; it is not a maximum where it is more than the number of
        // times given.
        assert_eq!(with(&|form| form.max_per_day = "4".into()), ["max_per_day"]);
        let needed = |often: &'static str, most: &'static str| {
            with(&|form| {
                form.as_needed = "on".into();
                form.frequency = often.into();
                form.max_per_day = most.into();
                form.days = String::new();
            })
        };
        assert_eq!(needed("twice a day", "4"), ["max_per_day"]);
        assert_eq!(needed("4 times a day", "2"), ["max_per_day"]);
        assert_eq!(needed("every 4 hours", "4"), none, "a limit over the hours");
        assert_eq!(needed("every 4 hours", "8"), ["max_per_day"]);
        assert_eq!(needed("twice a day", ""), none);
        // "As needed" excludes a fixed time of the day.
        assert_eq!(needed("every morning", ""), ["as_needed"]);
        // "Once" lasts one day; "once a week" lasts at least a week.
        assert_eq!(with(&|form| form.frequency = "once".into()), ["days"]);
        let weekly = |days: &'static str| {
            with(&|form| {
                form.frequency = "once a week".into();
                form.days = days.into();
            })
        };
        assert_eq!(weekly("3"), ["days"]);
        assert_eq!(weekly("28"), none);
    }

    #[test]
    fn a_text_that_says_another_thing_than_the_fields_is_told() {
        let told = |instructions: &str| {
            form().parse().map(|(_, dosage, _)| Dosage { instructions: instructions.into(), ..dosage }.text_against_fields().len())
        };
        for (text, count) in [
            ("After a meal", 0),
            ("3 times a day with food", 0),
            ("three times daily", 0),
            ("Take twice a day", 1),
            ("1 tableta dos veces al día", 1),
            ("one tablet bid", 1),
            ("once a week", 1),
            ("every 8 hours", 0),
            ("cada 12 horas", 1),
            ("for 7 days", 0),
            ("for 10 days", 1),
            ("durante 14 días", 1),
            ("Stop after one week if well", 0),
            ("prn", 1),
            ("if needed, take twice a day for 3 days", 3),
            ("si es necesario", 1),
        ] {
            assert_eq!(told(text).expect("complete"), count, "{text}");
        }
        let dose = form().parse().expect("complete").1;
        assert_eq!(Dosage { dose: "1 tablet twice daily".into(), ..dose }.text_against_fields().len(), 1, "in the dose too");
    }
}
