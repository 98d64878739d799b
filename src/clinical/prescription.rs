//! Prescriptions: one medicine each, with dose, route, frequency and duration.
//!
//! ```text
//! draft --sign the note--> active --stop--> stopped
//! draft --remove--> entered_in_error        active --its days are over--> completed
//! ```

use serde::{Deserialize, Serialize};

use crate::{
    core::{DrugId, EncounterId, Error, PrescriptionId, Result, error::FieldErrors, time::Instant},
    tr,
};

crate::text_enum! {
    /// How far a prescription is.
    pub enum PrescriptionState("state") {
        Draft = "draft",
        Active = "active",
        Stopped = "stopped",
        Completed = "completed",
        EnteredInError = "entered_in_error",
    }
}

crate::text_enum! {
    /// The usual ways in. Imported prescriptions may name others, in their own words.
    pub enum Route("route") {
        Oral = "oral",
        Sublingual = "sublingual",
        Inhaled = "inhaled",
        Topical = "topical",
        Subcutaneous = "subcutaneous",
        Intramuscular = "intramuscular",
        Intravenous = "intravenous",
        Rectal = "rectal",
        Nasal = "nasal",
        Eye = "eye",
        Ear = "ear",
    }
}

crate::text_enum! {
    /// How often, as usual. Imported prescriptions may say it otherwise, in their own words.
    pub enum Frequency("frequency") {
        OnceADay = "once a day",
        TwiceADay = "twice a day",
        ThreeTimesADay = "3 times a day",
        FourTimesADay = "4 times a day",
        EveryMorning = "every morning",
        AtBedtime = "at bedtime",
        Every4Hours = "every 4 hours",
        Every6Hours = "every 6 hours",
        Every8Hours = "every 8 hours",
        Every12Hours = "every 12 hours",
        OnceAWeek = "once a week",
        Once = "once",
    }
}

impl Route {
    /// The words for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Oral => tr!(clinical.route_oral),
            Self::Sublingual => tr!(clinical.route_sublingual),
            Self::Inhaled => tr!(clinical.route_inhaled),
            Self::Topical => tr!(clinical.route_topical),
            Self::Subcutaneous => tr!(clinical.route_subcutaneous),
            Self::Intramuscular => tr!(clinical.route_intramuscular),
            Self::Intravenous => tr!(clinical.route_intravenous),
            Self::Rectal => tr!(clinical.route_rectal),
            Self::Nasal => tr!(clinical.route_nasal),
            Self::Eye => tr!(clinical.route_eye),
            Self::Ear => tr!(clinical.route_ear),
        }
    }
}

impl Frequency {
    /// The words for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::OnceADay => tr!(clinical.freq_once_a_day),
            Self::TwiceADay => tr!(clinical.freq_twice_a_day),
            Self::ThreeTimesADay => tr!(clinical.freq_3_times_a_day),
            Self::FourTimesADay => tr!(clinical.freq_4_times_a_day),
            Self::EveryMorning => tr!(clinical.freq_every_morning),
            Self::AtBedtime => tr!(clinical.freq_at_bedtime),
            Self::Every4Hours => tr!(clinical.freq_every_4_hours),
            Self::Every6Hours => tr!(clinical.freq_every_6_hours),
            Self::Every8Hours => tr!(clinical.freq_every_8_hours),
            Self::Every12Hours => tr!(clinical.freq_every_12_hours),
            Self::OnceAWeek => tr!(clinical.freq_once_a_week),
            Self::Once => tr!(clinical.freq_once),
        }
    }
}

impl PrescriptionState {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => tr!(clinical.rx_draft),
            Self::Active => tr!(clinical.rx_active),
            Self::Stopped => tr!(clinical.rx_stopped),
            Self::Completed => tr!(clinical.rx_completed),
            Self::EnteredInError => tr!(clinical.rx_entered_in_error),
        }
    }
}

/// How a medicine is to be taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dosage {
    pub dose: String,
    pub route: String,
    pub frequency: String,
    pub days: Option<i64>,
    /// Only when needed, at most `max_per_day` times.
    pub as_needed: bool,
    pub max_per_day: Option<i64>,
    pub instructions: String,
}

impl Dosage {
    /// One line: `1 tablet, by mouth, twice a day, for 7 days`.
    pub fn sentence(&self) -> String {
        let route = self.route.parse::<Route>().map_or_else(|_| self.route.clone(), |route| route.word().to_owned());
        let frequency = self.frequency.parse::<Frequency>().map_or_else(|_| self.frequency.clone(), |frequency| frequency.word().to_owned());
        let needed = match (self.as_needed, self.max_per_day) {
            (true, Some(most)) => tr!(clinical.as_needed_at_most, count = most),
            (true, None) => tr!(clinical.as_needed).to_lowercase(),
            (false, _) => String::new(),
        };
        let days = match self.days {
            Some(1) => tr!(clinical.for_one_day).to_owned(),
            Some(days) => tr!(clinical.for_days, count = days),
            None => String::new(),
        };
        [self.dose.clone(), route, frequency, needed, days].into_iter().filter(|part| !part.trim().is_empty()).collect::<Vec<_>>().join(", ")
    }
}

/// A prescription of one medicine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prescription {
    pub id: PrescriptionId,
    pub encounter: EncounterId,
    pub drug_id: Option<DrugId>,
    pub drug: String,
    pub dosage: Dosage,
    pub state: PrescriptionState,
    /// Why it was prescribed in spite of a warning; empty without one.
    pub override_reason: String,
    pub prescribed_at: Instant,
    pub prescriber: String,
    pub stop_reason: String,
}

impl Prescription {
    /// The state a stop leads to: what nobody has seen yet was a slip, what was signed is stopped.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it is over already.
    pub fn stopped(&self) -> Result<PrescriptionState> {
        match self.state {
            PrescriptionState::Draft => Ok(PrescriptionState::EnteredInError),
            PrescriptionState::Active => Ok(PrescriptionState::Stopped),
            PrescriptionState::Stopped | PrescriptionState::Completed | PrescriptionState::EnteredInError => {
                Err(Error::conflict(tr!(clinical.already_stopped)))
            }
        }
    }

    /// Whether the patient takes it on this day: active, and its days are not over.
    pub fn is_current(&self, now: Instant) -> bool {
        self.state == PrescriptionState::Active
            && self.dosage.days.is_none_or(|days| now < self.prescribed_at + chrono::Duration::days(days))
    }
}

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
        let mut text = |field: &str, text: &str, longest: usize, wanted: Option<String>| {
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            match wanted {
                Some(wanted) if text.is_empty() => errors.add(field, wanted),
                _ if text.chars().count() > longest => errors.add(field, tr!(clinical.too_long, count = longest)),
                _ => {}
            }
            text
        };
        let drug = text("drug", &self.drug, 200, Some(tr!(clinical.which_drug).to_owned()));
        let dose = text("dose", &self.dose, 100, Some(tr!(clinical.which_dose).to_owned()));
        let instructions = text("instructions", &self.instructions, 500, None);
        let reason = text("override_reason", &self.override_reason, 500, None);
        let route = errors.check(self.route.parse::<Route>().map_err(|_| Error::invalid("route", tr!(clinical.which_route))));
        let frequency = errors.check(self.frequency.parse::<Frequency>().map_err(|_| Error::invalid("frequency", tr!(clinical.which_frequency))));
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
    text.parse().ok().filter(|number| (1..=most).contains(number)).map(Some).ok_or_else(|| Error::invalid(field, tr!(clinical.whole_number, most = most)))
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
        let needed = PrescriptionForm { as_needed: "on".into(), max_per_day: "4".into(), days: String::new(), ..form() }.parse().expect("complete").1;
        assert_eq!(needed.sentence(), "1 tablet, by mouth, 3 times a day, as needed, at most 4 a day");
        let imported = Dosage { dose: "2 mL".into(), route: "intrathecal".into(), frequency: "every 5 hours".into(), ..Dosage::default() };
        assert_eq!(imported.sentence(), "2 mL, intrathecal, every 5 hours");
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let wrong = PrescriptionForm { drug: String::new(), dose: "x".repeat(101), route: "by owl".into(), days: "0".into(), max_per_day: "-3".into(), ..form() };
        let Err(Error::Invalid(errors)) = wrong.parse() else { panic!("accepted") };
        assert_eq!(errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["drug", "dose", "route", "days", "max_per_day"]);
    }

    #[test]
    fn a_maximum_belongs_to_medicines_taken_as_needed() {
        let dosage = PrescriptionForm { max_per_day: "4".into(), ..form() }.parse().expect("complete").1;
        assert_eq!(dosage.max_per_day, None);
    }
}
