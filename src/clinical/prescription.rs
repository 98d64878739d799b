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
    formulary::{Dose, Route},
    tr,
};

/// A patient whose tablets have run out can have them prescribed again within this time.
const REPEATABLE: Duration = Duration::days(180);

crate::text_enum! {
    /// The state of a prescription.
    pub enum PrescriptionState("state") {
        Draft = "draft" => tr!(clinical.rx_draft),
        Active = "active" => tr!(clinical.rx_active),
        Stopped = "stopped" => tr!(clinical.rx_stopped),
        Completed = "completed" => tr!(clinical.rx_completed),
        EnteredInError = "entered_in_error" => tr!(clinical.rx_entered_in_error),
    }
}

crate::text_enum! {
    /// The usual frequencies. Imported prescriptions may contain other text.
    pub enum Frequency("frequency") {
        OnceADay = "once a day" => tr!(clinical.freq_once_a_day),
        TwiceADay = "twice a day" => tr!(clinical.freq_twice_a_day),
        ThreeTimesADay = "3 times a day" => tr!(clinical.freq_3_times_a_day),
        FourTimesADay = "4 times a day" => tr!(clinical.freq_4_times_a_day),
        EveryMorning = "every morning" => tr!(clinical.freq_every_morning),
        AtBedtime = "at bedtime" => tr!(clinical.freq_at_bedtime),
        Every4Hours = "every 4 hours" => tr!(clinical.freq_every_4_hours),
        Every6Hours = "every 6 hours" => tr!(clinical.freq_every_6_hours),
        Every8Hours = "every 8 hours" => tr!(clinical.freq_every_8_hours),
        Every12Hours = "every 12 hours" => tr!(clinical.freq_every_12_hours),
        OnceAWeek = "once a week" => tr!(clinical.freq_once_a_week),
        Once = "once" => tr!(clinical.freq_once),
    }
}

impl Frequency {
    /// The number of doses, and the number of days that they are for: once a week is 1 in 7.
    pub const fn times_in_days(self) -> (i64, i64) {
        match self {
            Self::OnceADay | Self::EveryMorning | Self::AtBedtime | Self::Once => (1, 1),
            Self::TwiceADay | Self::Every12Hours => (2, 1),
            Self::ThreeTimesADay | Self::Every8Hours => (3, 1),
            Self::FourTimesADay | Self::Every6Hours => (4, 1),
            Self::Every4Hours => (6, 1),
            Self::OnceAWeek => (1, 7),
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
    /// The dose as an amount, where its words are a number with a unit.
    pub amount: Option<Dose>,
    /// The number of doses, and the number of days that they are for.
    pub often: Option<(i64, i64)>,
    /// The reason for which no other medicine may be handed out; empty where one may.
    #[serde(default)]
    pub no_substitution: String,
}

impl Dosage {
    /// Adds the amount and the times that the words say, where they were not stored: an older program did not.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub fn structured(mut self) -> Self {
        self.amount = self.amount.or_else(|| Dose::read(&self.dose).ok().flatten());
        self.often = self.often.or_else(|| self.frequency.parse::<Frequency>().ok().map(Frequency::times_in_days));
        self
    }

    /// The most doses on one day; `None` where the frequency is not known.
    pub fn most_a_day(&self) -> Option<i64> {
        let (times, days) = self.often?;
        let planned = if days > 1 { 1 } else { times };
        Some(self.max_per_day.filter(|_| self.as_needed).map_or(planned, |most| most.max(1)))
    }

    /// Returns the dosage as one line: `1 tablet, by mouth, twice a day, for 7 days`.
    pub fn sentence(&self) -> String {
        let route = self.route.parse::<Route>().map_or_else(|_| self.route.clone(), |route| route.words().to_owned());
        let frequency =
            self.frequency.parse::<Frequency>().map_or_else(|_| self.frequency.clone(), |frequency| frequency.words().to_owned());
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
