//! Prescriptions: one medicine each, with dose, route, frequency and duration.
//!
//! ```text
//! draft --sign the note--> active --stop--> stopped
//! draft --remove--> entered_in_error        active --its days are over--> completed
//! ```

use chrono::Duration;
use serde::{Deserialize, Serialize};

use crate::{
    core::{DrugId, EncounterId, Error, PatientId, PrescriptionId, Result, UserId, time::Instant},
    tr,
};

/// A patient whose tablets have run out can have them prescribed again within this time.
const REPEATABLE: Duration = Duration::days(180);

crate::text_enum! {
    /// The state of a prescription.
    pub enum PrescriptionState("state") {
        Draft = "draft",
        Active = "active",
        Stopped = "stopped",
        Completed = "completed",
        EnteredInError = "entered_in_error",
    }
}

crate::text_enum! {
    /// The usual routes of administration. Imported prescriptions may contain other text.
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
    /// The usual frequencies. Imported prescriptions may contain other text.
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
    /// Returns the text for screens.
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
    /// Returns the text for screens.
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
    /// Returns the text for screens.
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
    /// The patient takes it only when needed, at most `max_per_day` times.
    pub as_needed: bool,
    pub max_per_day: Option<i64>,
    pub instructions: String,
}

impl Dosage {
    /// Returns the dosage as one line: `1 tablet, by mouth, twice a day, for 7 days`.
    pub fn sentence(&self) -> String {
        let route = self.route.parse::<Route>().map_or_else(|_| self.route.clone(), |route| route.word().to_owned());
        let frequency =
            self.frequency.parse::<Frequency>().map_or_else(|_| self.frequency.clone(), |frequency| frequency.word().to_owned());
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
        [self.dose.clone(), route, frequency, needed, days]
            .into_iter()
            .filter(|part| !part.trim().is_empty())
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// A prescription of one medicine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prescription {
    pub id: PrescriptionId,
    pub encounter: EncounterId,
    pub patient: PatientId,
    pub drug_id: Option<DrugId>,
    pub drug: String,
    pub dosage: Dosage,
    pub state: PrescriptionState,
    /// The reason for prescribing in spite of a warning; empty without a warning.
    pub override_reason: String,
    /// The keys of the warnings that the prescriber answered, separated by spaces.
    pub answered: String,
    pub prescribed_at: Instant,
    pub prescriber: String,
    pub prescribed_by: UserId,
    pub stop_reason: String,
}

impl Prescription {
    /// Returns the state that a stop leads to: a draft becomes entered in error, a signed prescription becomes stopped.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it has already ended.
    pub fn stopped(&self) -> Result<PrescriptionState> {
        match self.state {
            PrescriptionState::Draft => Ok(PrescriptionState::EnteredInError),
            PrescriptionState::Active => Ok(PrescriptionState::Stopped),
            PrescriptionState::Stopped | PrescriptionState::Completed | PrescriptionState::EnteredInError => {
                Err(Error::conflict(tr!(clinical.already_stopped)))
            }
        }
    }

    /// Whether it can be prescribed again unchanged: it is signed and complete, and the patient takes it now or took it
    /// recently.
    pub fn is_repeatable(&self, now: Instant) -> bool {
        let until = self.dosage.days.map(|days| self.prescribed_at + Duration::days(days));
        let complete = !self.dosage.dose.is_empty() && !self.dosage.frequency.is_empty();
        self.state == PrescriptionState::Active && complete && until.is_none_or(|until| now < until + REPEATABLE)
    }

    /// Whether its prescriber has answered this warning.
    pub fn has_answered(&self, key: &str) -> bool {
        self.answered.split(' ').any(|known| known == key)
    }

    /// Whether the patient takes it on this day: it is active, and its duration is not over.
    pub fn is_current(&self, now: Instant) -> bool {
        self.state == PrescriptionState::Active && self.dosage.days.is_none_or(|days| now < self.prescribed_at + Duration::days(days))
    }
}
