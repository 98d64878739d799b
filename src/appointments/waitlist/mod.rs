//! The waitlist: patients who wait for an earlier time, and the freed seats that are offered to them.
//!
//! The act that frees a seat holds it, in its own transaction, for the first in order who fits: urgent ones first, then who waits
//! longest. [`WAIT_TRANSITIONS`] is the table of states; the database refuses others (`waitlist_states`).
//!
//! ```text
//!  waiting ──offer──> offered ──take──> taken
//!     │                  ├──pass──> passed      the seat goes to the next
//!     │                  ├──expire──> expired   the time to answer is over; the seat goes to the next
//!     ├──expire──────────┘
//!     └──withdraw──> withdrawn                  also from offered
//! ```
//!
//! A seat whose time is nearer than [`LEAST_ANSWER`] is offered to nobody: everybody may book it. A missed appointment frees none,
//! because its time has begun.

pub mod api;
mod form;
mod jobs;
mod offers;
mod store;

use std::collections::BTreeMap;

use chrono::{Datelike as _, Duration, NaiveDate, NaiveTime, Timelike as _};

use crate::{
    core::{
        AppointmentId, ClinicId, Error, PatientId, Result, ServiceId, StaffId, Stamp, VisitTypeId, WaitlistId,
        error::FieldErrors,
        time::{Instant, Zone},
    },
    db::{Lockable, Tx},
    organisation, patients, tr,
    ui::Tone,
};

pub use form::WaitForm;
pub(super) use jobs::keep_offering;
pub use jobs::work_off_waitlist;
pub(super) use offers::{answered_by_booking, given_back, seat_freed, settle_stale};
pub use offers::{pass, take};

/// The least time that a patient gets to answer an offer.
pub const LEAST_ANSWER: Duration = Duration::minutes(10);

crate::text_enum! {
    /// The state of a wish on the waitlist.
    pub enum WaitState("state") {
        Waiting = "waiting",
        Offered = "offered",
        Taken = "taken",
        Passed = "passed",
        Expired = "expired",
        Withdrawn = "withdrawn",
    }
}

/// Each state with those that may follow; the schema refuses others under the name `waitlist_states`.
pub const WAIT_TRANSITIONS: &[(WaitState, &[WaitState])] = {
    use WaitState as S;
    &[(S::Waiting, &[S::Offered, S::Expired, S::Withdrawn]), (S::Offered, &[S::Taken, S::Passed, S::Expired, S::Withdrawn])]
};

impl WaitState {
    /// The state in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => tr!(appointments.wait_waiting),
            Self::Offered => tr!(appointments.wait_offered),
            Self::Taken => tr!(appointments.wait_taken),
            Self::Passed => tr!(appointments.wait_passed),
            Self::Expired => tr!(appointments.wait_expired),
            Self::Withdrawn => tr!(appointments.wait_withdrawn),
        }
    }

    /// The colour of its meaning.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Waiting => Tone::Waiting,
            Self::Offered => Tone::Reserved,
            Self::Taken => Tone::Done,
            Self::Passed | Self::Expired | Self::Withdrawn => Tone::Inactive,
        }
    }

    /// Whether nothing more comes of it.
    pub const fn is_over(self) -> bool {
        !matches!(self, Self::Waiting | Self::Offered)
    }
}

impl Lockable for WaitlistId {
    const TABLE: &'static str = "waitlist";
}

/// A wish on the waitlist with the names that every reader needs.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct WaitEntry {
    pub id: WaitlistId,
    pub patient_id: PatientId,
    /// Family name first.
    pub patient_name: String,
    pub mrn: String,
    pub clinic_id: ClinicId,
    pub service_id: ServiceId,
    /// The service's name.
    pub service: String,
    pub doctor_id: Option<StaffId>,
    /// The doctor's name; empty for any doctor.
    pub doctor: String,
    /// The visit type's name; empty when there is none.
    pub visit_type: String,
    pub urgent: bool,
    /// One bit a day, from Monday.
    pub weekdays: i64,
    pub from_minute: i64,
    pub to_minute: i64,
    pub until_day: NaiveDate,
    pub note: String,
    pub state: WaitState,
    pub appointment_id: Option<AppointmentId>,
    pub offered_until: Option<Instant>,
    pub created_at: Instant,
    pub version: i64,
}

impl WaitEntry {
    /// "Mon, Tue, 08:00 – 12:00", or that any time suits.
    pub fn suits(&self) -> String {
        let all = self.weekdays == ALL_DAYS;
        let days = WEEKDAYS.iter().enumerate().filter(|(at, _)| (self.weekdays >> at) & 1 == 1).map(|(_, day)| day()).collect::<Vec<_>>();
        let hours =
            (self.from_minute > 0 || self.to_minute < DAY).then(|| format!("{} – {}", clock(self.from_minute), clock(self.to_minute)));
        let days = (!all).then(|| days.join(", "));
        let words = [days, hours].into_iter().flatten().collect::<Vec<_>>();
        if words.is_empty() { tr!(appointments.any_time).to_owned() } else { words.join(", ") }
    }
}

/// All seven days.
pub const ALL_DAYS: i64 = 127;
const DAY: i64 = 1_440;

/// The names of the ticks of the days in forms, from Monday.
pub const DAY_FIELDS: [&str; 7] = ["day_1", "day_2", "day_3", "day_4", "day_5", "day_6", "day_7"];

/// The days of the week from Monday, in words.
pub const WEEKDAYS: [fn() -> &'static str; 7] = [
    || tr!(appointments.monday),
    || tr!(appointments.tuesday),
    || tr!(appointments.wednesday),
    || tr!(appointments.thursday),
    || tr!(appointments.friday),
    || tr!(appointments.saturday),
    || tr!(appointments.sunday),
];

fn clock(minute: i64) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// A wish to insert.
#[derive(Clone, Debug)]
pub struct NewWait {
    pub id: WaitlistId,
    pub patient: PatientId,
    pub service: ServiceId,
    pub doctor: Option<StaffId>,
    pub visit_type: Option<VisitTypeId>,
    pub urgent: bool,
    pub weekdays: i64,
    pub hours: (i64, i64),
    pub until: NaiveDate,
    pub note: String,
}

/// Reads the days and hours of a form: without a ticked day it is every day, empty times are the whole day.
///
/// # Errors
/// [`Error::Invalid`] with the field.
pub fn read_times(days: &BTreeMap<String, String>, from: &str, to: &str) -> Result<(i64, (i64, i64))> {
    let mut errors = FieldErrors::new();
    let minute = |time: NaiveTime| i64::from(time.num_seconds_from_midnight() / 60);
    let read = |errors: &mut FieldErrors, field: &'static str, text: &str, empty: i64| match text.trim().is_empty() {
        true => empty,
        false => errors.check(crate::core::time::parse_time(field, text)).map_or(empty, minute),
    };
    let (from, to) = (read(&mut errors, "from_time", from, 0), read(&mut errors, "to_time", to, DAY));
    if from >= to {
        errors.add("to_time", tr!(appointments.wait_hours_wrong));
    }
    let ticked = (0..7).filter(|day| days.contains_key(DAY_FIELDS[*day]));
    let bits = ticked.fold(0, |bits, day| bits | (1 << day));
    errors.finish()?;
    Ok((if bits == 0 { ALL_DAYS } else { bits }, (from, to)))
}

/// Puts a patient on the waitlist of a service. The same form sent twice is one wish.
///
/// # Errors
/// [`Error::Conflict`] when the patient waits for the service already or has died; [`Error::Invalid`] with the field.
pub async fn join(tx: &mut Tx, new: &NewWait, stamp: Stamp) -> Result<WaitlistId> {
    let service = organisation::service(tx, new.service).await?;
    let clinic = organisation::clinics(tx).await?.into_iter().find(|clinic| clinic.id == service.clinic_id).ok_or(Error::NotFound)?;
    let today = clinic.zone.day(stamp.at);
    if new.until < today || new.until > today + super::BOOKED_AHEAD {
        return Err(Error::invalid("until", tr!(appointments.wait_until_wrong)));
    }
    if let Some(doctor) = new.doctor {
        organisation::doctor(tx, doctor).await?;
    }
    tx.lock(new.patient).await?;
    patients::refuse_the_dead(tx, new.patient, today).await?;
    if store::is_there(tx, new.id).await? {
        return Ok(new.id);
    }
    store::insert(tx, new, clinic.id, stamp).await?;
    Ok(new.id)
}

/// Takes a wish off the list; a seat that is held for it goes to the next.
///
/// # Errors
/// [`Error::Conflict`] when it is over already.
pub async fn withdraw(tx: &mut Tx, id: WaitlistId, because: &str, stamp: Stamp) -> Result<()> {
    offers::end(tx, id, WaitState::Withdrawn, because, stamp).await
}

/// Withdraws all open wishes of a patient.
///
/// # Errors
/// When the database refuses.
pub(super) async fn withdraw_all(tx: &mut Tx, patient: PatientId, because: &str, stamp: Stamp) -> Result<usize> {
    let open = store::open_of(tx, patient).await?;
    for id in &open {
        withdraw(tx, *id, because, stamp).await?;
    }
    Ok(open.len())
}

/// One wish.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn wait_entry(tx: &mut Tx, id: WaitlistId) -> Result<WaitEntry> {
    store::find(tx, id).await
}

/// The open wishes of a clinic in the order in which seats are offered; those to whom one is offered first.
///
/// # Errors
/// When the database refuses.
pub async fn in_order(tx: &mut Tx, clinic: ClinicId, offset: i64) -> Result<Vec<WaitEntry>> {
    store::in_order(tx, clinic, offset).await
}

/// The patient's wishes, latest first.
///
/// # Errors
/// When the database refuses.
pub async fn waits_of(tx: &mut Tx, patient: PatientId) -> Result<Vec<WaitEntry>> {
    store::of_patient(tx, patient).await
}

/// The weekday's bit and the minute of a start on the clinic's wall clock.
fn on_the_clock(zone: Zone, at: Instant) -> (NaiveDate, i64, i64) {
    let local = zone.local(at);
    let bit = 1 << local.weekday().num_days_from_monday();
    (local.date(), bit, i64::from(local.time().num_seconds_from_midnight() / 60))
}
