//! Admissions: from the request to the bed and out again.

mod acts;
mod bed_choice;
mod correction;
mod facts;
mod newborn;
mod request;
mod store;

use chrono::NaiveDate;

use crate::{
    core::{
        AdmissionId, BedClassId, ClinicId, Error, PatientId, Result, StaffId, VisitId, WardId,
        time::{Instant, Zone},
    },
    db::Tx,
    organisation::Isolation,
    tr,
    ui::Tone,
    wards::{equipment::Equipment, moves::Transfer},
};

pub use acts::{ActTurn, accept, admit, cancel, record, refuse, release_expired, set_left, set_needs, set_ward, turn};
pub use bed_choice::{BedChoice, ChosenBed, broken_rules, choices, take};
pub use correction::correct_time;
pub use facts::{FactsForm, change_facts};
pub use newborn::{babies_of, newborn};
pub use request::{RequestForm, request};
pub use store::{ActRow, Waiting, acts, last_act, latest_of, of_patient, waiting};

crate::text_enum! {
    /// The state of an admission.
    pub enum AdmissionState("state") {
        Requested = "requested",
        Accepted = "accepted",
        Admitted = "admitted",
        Discharged = "discharged",
        Refused = "refused",
        Cancelled = "cancelled",
    }
}

crate::text_enum! {
    /// The class of an admission.
    pub enum AdmissionClass("class") {
        Inpatient = "inpatient",
        DayCase = "day_case",
        Observation = "observation",
    }
}

crate::text_enum! {
    /// The way by which a patient comes to the ward.
    pub enum AdmissionSource("source") {
        Planned = "planned",
        Outpatient = "outpatient",
        Emergency = "emergency",
        TransferIn = "transfer_in",
        BornHere = "born_here",
    }
}

crate::text_enum! {
    /// The urgency of a request.
    pub enum Urgency("urgency") {
        Routine = "routine",
        Urgent = "urgent",
        Emergency = "emergency",
    }
}

crate::text_enum! {
    /// An act on an admission.
    pub enum StayAct("act") {
        Requested = "requested",
        Accepted = "accepted",
        Refused = "refused",
        Cancelled = "cancelled",
        Admitted = "admitted",
        Moved = "moved",
        SwapProposed = "swap_proposed",
        SwapWithdrawn = "swap_withdrawn",
        Swapped = "swapped",
        TransferAsked = "transfer_asked",
        TransferAccepted = "transfer_accepted",
        TransferRefused = "transfer_refused",
        TransferCancelled = "transfer_cancelled",
        Arrived = "arrived",
        Away = "away",
        Back = "back",
        Born = "born",
        Clinical = "clinical",
        Nursing = "nursing",
        Billing = "billing",
        Discharged = "discharged",
        Reopened = "reopened",
        Undone = "undone",
        Corrected = "corrected",
        DischargeWithdrawn = "discharge_withdrawn",
        FactsChanged = "facts_changed",
    }
}

impl AdmissionState {
    /// Returns the word in the reader's language.
    pub fn words(self) -> &'static str {
        match self {
            Self::Requested => tr!(wards.state_requested),
            Self::Accepted => tr!(wards.state_accepted),
            Self::Admitted => tr!(wards.state_admitted),
            Self::Discharged => tr!(wards.state_discharged),
            Self::Refused => tr!(wards.state_refused),
            Self::Cancelled => tr!(wards.state_cancelled),
        }
    }

    /// Returns the tone of the badge.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Requested => Tone::Waiting,
            Self::Accepted => Tone::Reserved,
            Self::Admitted => Tone::Progress,
            Self::Discharged => Tone::Done,
            Self::Refused | Self::Cancelled => Tone::Inactive,
        }
    }

    /// Whether the patient is expected on a ward.
    pub const fn is_waiting(self) -> bool {
        matches!(self, Self::Requested | Self::Accepted)
    }
}

impl AdmissionClass {
    /// Returns the word in the reader's language.
    pub fn words(self) -> &'static str {
        match self {
            Self::Inpatient => tr!(wards.class_inpatient),
            Self::DayCase => tr!(wards.class_day_case),
            Self::Observation => tr!(wards.class_observation),
        }
    }
}

impl AdmissionSource {
    /// The sources that a request may have; the others are set by their acts.
    pub const ASKED: [Self; 4] = [Self::Outpatient, Self::Planned, Self::Emergency, Self::TransferIn];

    /// Returns the word in the reader's language.
    pub fn words(self) -> &'static str {
        match self {
            Self::Planned => tr!(wards.source_planned),
            Self::Outpatient => tr!(wards.source_outpatient),
            Self::Emergency => tr!(wards.source_emergency),
            Self::TransferIn => tr!(wards.source_transfer_in),
            Self::BornHere => tr!(wards.source_born_here),
        }
    }
}

impl Urgency {
    /// Returns the word in the reader's language.
    pub fn words(self) -> &'static str {
        match self {
            Self::Routine => tr!(wards.urgency_routine),
            Self::Urgent => tr!(wards.urgency_urgent),
            Self::Emergency => tr!(wards.urgency_emergency),
        }
    }

    /// Returns the tone of the badge.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Routine => Tone::Waiting,
            Self::Urgent => Tone::Warning,
            Self::Emergency => Tone::Critical,
        }
    }
}

impl StayAct {
    /// Returns the words in the reader's language.
    pub fn words(self) -> &'static str {
        match self {
            Self::Requested => tr!(wards.act_requested),
            Self::Accepted => tr!(wards.act_accepted),
            Self::Refused => tr!(wards.act_refused),
            Self::Cancelled => tr!(wards.act_cancelled),
            Self::Admitted => tr!(wards.act_admitted),
            Self::Moved => tr!(wards.act_moved),
            Self::SwapProposed => tr!(wards.act_swap_proposed),
            Self::SwapWithdrawn => tr!(wards.act_swap_withdrawn),
            Self::Swapped => tr!(wards.act_swapped),
            Self::TransferAsked => tr!(wards.act_transfer_asked),
            Self::TransferAccepted => tr!(wards.act_transfer_accepted),
            Self::TransferRefused => tr!(wards.act_transfer_refused),
            Self::TransferCancelled => tr!(wards.act_transfer_cancelled),
            Self::Arrived => tr!(wards.act_arrived),
            Self::Away => tr!(wards.act_away),
            Self::Back => tr!(wards.act_back),
            Self::Born => tr!(wards.act_born),
            Self::Clinical => tr!(wards.act_clinical),
            Self::Nursing => tr!(wards.act_nursing),
            Self::Billing => tr!(wards.act_billing),
            Self::Discharged => tr!(wards.act_discharged),
            Self::Reopened => tr!(wards.act_reopened),
            Self::Undone => tr!(wards.act_undone),
            Self::Corrected => tr!(wards.act_corrected),
            Self::DischargeWithdrawn => tr!(wards.act_discharge_withdrawn),
            Self::FactsChanged => tr!(wards.act_facts_changed),
        }
    }
}

/// An admission.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Admission {
    pub id: AdmissionId,
    pub number: String,
    pub clinic_id: ClinicId,
    pub patient_id: PatientId,
    pub class: AdmissionClass,
    pub source: AdmissionSource,
    pub urgency: Urgency,
    pub reason: String,
    /// The ward that is wanted.
    pub ward_id: WardId,
    pub accepted_ward_id: Option<WardId>,
    pub class_id: Option<BedClassId>,
    pub wanted_on: NaiveDate,
    pub isolation: Isolation,
    pub organism: String,
    #[sqlx(flatten)]
    pub equipment: Equipment,
    /// Whether the board hides the name.
    pub private: bool,
    pub visit_id: Option<VisitId>,
    pub doctor_id: Option<StaffId>,
    pub doctor: Option<String>,
    pub mother_id: Option<AdmissionId>,
    pub expected_on: Option<NaiveDate>,
    pub state: AdmissionState,
    pub requested_at: Instant,
    pub admitted_at: Option<Instant>,
    pub left_at: Option<Instant>,
    pub version: i64,
}

impl Admission {
    /// Returns the ward that accepted, or the one that is wanted.
    pub fn ward(&self) -> WardId {
        self.accepted_ward_id.unwrap_or(self.ward_id)
    }

    /// Returns the stay with the needs that a transfer adds: equipment, and an isolation where the stay has none.
    #[must_use]
    pub fn with_needs(&self, transfer: &Transfer) -> Self {
        let isolation = if self.isolation == Isolation::None { transfer.isolation.unwrap_or(Isolation::None) } else { self.isolation };
        Self { isolation, equipment: self.equipment.and(transfer.equipment), ..self.clone() }
    }
}

/// Returns the day of the stay: 1 on the day of admission.
pub fn day_of_stay(admitted_at: Instant, now: Instant, zone: Zone) -> i64 {
    (zone.day(now) - zone.day(admitted_at)).num_days() + 1
}

/// Returns an admission.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(tx: &mut Tx, id: AdmissionId) -> Result<Admission> {
    store::find(tx, id).await?.ok_or(Error::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_of_the_stay_counts_calendar_days_also_over_a_clock_change() {
        let at = |text: &str| text.parse::<Instant>().expect("an instant");
        for (zone, admitted, now, day) in [
            ("America/New_York", "2026-11-21T15:30:00Z", "2026-11-21T15:31:00Z", 1),
            // 23:50 and ten minutes after midnight.
            ("America/New_York", "2026-11-22T04:50:00Z", "2026-11-22T05:10:00Z", 2),
            // The night of the clock change has 23 hours in spring and 25 in autumn.
            ("Europe/Madrid", "2026-03-28T22:30:00Z", "2026-03-29T21:59:00Z", 2),
            ("Europe/Madrid", "2026-10-24T22:30:00Z", "2026-10-25T22:59:00Z", 1),
            ("Australia/Lord_Howe", "2026-04-04T13:30:00Z", "2026-04-05T13:29:00Z", 1),
            ("Asia/Kolkata", "2026-06-01T18:29:00Z", "2026-06-01T18:31:00Z", 2),
        ] {
            assert_eq!(day_of_stay(at(admitted), at(now), Zone::named(zone)), day, "{zone} {now}");
        }
    }
}
