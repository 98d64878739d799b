//! Orders of an admission.

mod acts;
mod form;
mod signing;
mod store;

use crate::{
    clinical::{Dosage, Frequency, SignedBytes},
    core::{
        AdmissionId, CareOrderId, ClinicId, DrugId, Error, PatientId, Result, UserId,
        time::{Instant, Zone, show_date_time},
    },
    db::Tx,
    formulary::{Dose, Route},
    medicine_record::{
        holds::{self, HoldRule},
        infusions::InfusionOrder,
        protocols::OrderProtocol,
        schedule::{DoseSchedule, stored_times},
        vocabulary::{CareKind, CareMode, CareOrderState, DoseTiming},
    },
    orders::OrderPriority,
    tr,
};

pub use acts::{Change, Turn, add, complete, hold, release, resume, sign, stop, turn, write};
pub use form::{OrderTyped, interval as form_interval, moment, number as form_number, prescribers};
pub use signing::content;
pub use store::{
    ActRow, PrescriberRow, ToSign, acts, completed, count_to_sign, is_controlled, of_admission, resuming, set_planned, standing, to_plan,
    to_sign,
};

/// An order of an admission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CareOrder {
    pub id: CareOrderId,
    pub admission_id: AdmissionId,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub kind: CareKind,
    pub priority: OrderPriority,
    pub mode: CareMode,
    pub state: CareOrderState,
    /// The name of the medicine, or the order in words.
    pub title: String,
    pub drug_id: Option<DrugId>,
    pub dose: String,
    /// The dose as an exact amount, where it is a number with a unit.
    pub amount: Option<Dose>,
    /// The volume and the rate of an infusion.
    pub infusion: Option<InfusionOrder>,
    pub route: String,
    pub timing: Option<DoseTiming>,
    /// The times on the clinic's clock, as they are stored.
    pub times: String,
    pub first_now: bool,
    /// As needed: the minutes between two doses.
    pub interval_min: Option<i64>,
    /// As needed: the most doses in any 24 hours.
    pub most_in_day: Option<i64>,
    pub indication: String,
    /// A second person checks each dose.
    pub two_person: bool,
    /// The values at which a nurse decides before she gives a dose.
    pub hold_if: Vec<HoldRule>,
    pub starts_at: Instant,
    pub ends_at: Option<Instant>,
    /// The number of doses after which it ends; `ends_at` is then a minute after the last one.
    pub dose_count: Option<i64>,
    /// The time at which a doctor looks at the order again.
    pub review_at: Option<Instant>,
    pub instructions: String,
    pub override_reason: String,
    pub answered: String,
    pub prescriber_id: UserId,
    pub prescriber: String,
    pub ordered_at: Instant,
    pub ordered_by: UserId,
    pub orderer: String,
    pub signed: Option<SignedBytes>,
    pub cosign_due: Option<Instant>,
    /// The protocol by which a nurse started it.
    pub protocol: Option<OrderProtocol>,
    pub replaces: Option<CareOrderId>,
    pub planned_until: Option<Instant>,
    pub held_at: Option<Instant>,
    pub resume_at: Option<Instant>,
    pub ended_at: Option<Instant>,
    pub version: i64,
}

impl CareOrder {
    /// Returns the schedule of its doses; `None` for an order without doses.
    pub fn schedule(&self) -> Option<DoseSchedule> {
        Some(DoseSchedule {
            timing: self.timing?,
            times: stored_times(&self.times),
            first_now: self.first_now,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            doses: self.dose_count,
        })
    }

    /// Whether the medicine is given as needed.
    pub fn is_as_needed(&self) -> bool {
        self.timing == Some(DoseTiming::AsNeeded)
    }

    /// Returns the values at which a nurse decides before a dose, in words; empty without a rule.
    pub fn hold_words(&self) -> String {
        holds::rules_words(&self.hold_if)
    }

    /// Whether its doctor has not signed it in time.
    pub fn is_past_signature(&self, now: Instant) -> bool {
        self.signed.is_none() && self.cosign_due.is_some_and(|due| due <= now)
    }

    /// Whether the order goes on past the time of its review.
    pub fn is_past_review(&self, now: Instant) -> bool {
        self.state.is_open() && self.review_at.is_some_and(|due| due <= now)
    }

    /// Returns the place of a dose in an order that ends after a number of doses, in words.
    pub fn place_words(&self, due: Instant, zone: Zone) -> Option<String> {
        self.schedule()?.place_words(zone, due)
    }

    /// Returns how many of its number of doses were due until now, in words.
    pub fn progress_words(&self, (now, zone): (Instant, Zone)) -> Option<String> {
        self.schedule()?.progress_words(zone, now)
    }

    /// Returns the route in the reader's language.
    pub fn route_words(&self) -> String {
        self.route.parse::<Route>().map_or_else(|_| self.route.clone(), |route| route.words().to_owned())
    }

    /// Returns the order in one line: `500 mg, by mouth, twice a day (08:00 20:00)`.
    pub fn sentence(&self, zone: Zone) -> String {
        let Some(timing) = self.timing else { return self.instructions.clone() };
        let times = if self.times.is_empty() { timing.words().to_owned() } else { format!("{} ({})", timing.words(), self.times) };
        let needed = match (self.interval_min, self.most_in_day) {
            (Some(interval), Some(most)) => {
                tr!(medicine_record.as_needed_rule, hours = hours(interval), most = most, indication = self.indication.clone())
            }
            _ => String::new(),
        };
        let until = match (self.dose_count, self.ends_at) {
            (Some(doses), Some(at)) => {
                let last = show_date_time(zone.local(at - chrono::Duration::minutes(1)));
                tr!(medicine_record.for_doses, doses = doses, last = last)
            }
            (None, Some(at)) => tr!(medicine_record.until, at = show_date_time(zone.local(at))),
            (_, None) => String::new(),
        };
        let infusion = self.infusion.map(|infusion| infusion.words()).unwrap_or_default();
        [self.dose.clone(), infusion, self.route_words(), times, needed, until, self.hold_words()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// Returns the dosage as prescriptions have it, for their checks.
    pub fn dosage(&self) -> Dosage {
        dosage(
            (&self.dose, self.amount.clone(), &self.route),
            (self.timing, &stored_times(&self.times)),
            self.most_in_day,
            &self.instructions,
        )
    }
}

/// Returns hours as text: `4`, `1.5`.
pub fn hours(minutes: i64) -> String {
    match minutes % 60 {
        0 => (minutes / 60).to_string(),
        rest => format!("{}.{}", minutes / 60, rest * 10 / 60),
    }
}

/// Returns a dosage as prescriptions have it.
fn dosage(
    (dose, amount, route): (&str, Option<Dose>, &str),
    (timing, times): (Option<DoseTiming>, &[chrono::NaiveTime]),
    most_in_day: Option<i64>,
    instructions: &str,
) -> Dosage {
    let count = i64::try_from(times.len()).unwrap_or(1);
    let often = timing.map(|timing| match (timing.is_single(), timing.hours()) {
        (true, _) => (1, 1),
        (false, Some(hours)) => (24 / hours, 1),
        (false, None) if timing == DoseTiming::AsNeeded => (most_in_day.unwrap_or(1), 1),
        (false, None) => (count.max(1), timing.days()),
    });
    let single = timing.is_some_and(DoseTiming::is_single);
    Dosage {
        dose: dose.to_owned(),
        route: route.to_owned(),
        frequency: if single { Frequency::Once.as_str().to_owned() } else { String::new() },
        days: None,
        as_needed: timing == Some(DoseTiming::AsNeeded),
        max_per_day: most_in_day,
        instructions: instructions.to_owned(),
        amount,
        often,
        no_substitution: String::new(),
    }
}

/// Returns the open orders of an admission, by age.
///
/// # Errors
/// When the database refuses.
pub async fn open_orders(tx: &mut Tx, admission: AdmissionId) -> Result<Vec<CareOrder>> {
    store::of_admission(tx, admission, true).await
}

/// Returns an order.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(tx: &mut Tx, id: CareOrderId) -> Result<CareOrder> {
    store::find(tx, id).await?.ok_or(Error::NotFound)
}
