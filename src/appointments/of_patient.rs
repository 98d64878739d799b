//! The appointments of one patient, for staff on the record and at the desk.

use chrono::NaiveDate;

use crate::{
    core::{
        ClinicId, PatientId, Permission, Result,
        list::{self, Slice},
        time::Zone,
    },
    organisation::{self, Clinic},
    patients,
    server::Ctx,
};

use super::{Appointment, missed_words, store};

/// The part of a patient's appointments to read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    /// Appointments of today or later that were not cancelled, soonest first.
    Coming,
    /// One page of the others, latest first.
    Past { page: i64 },
}

/// The place of the list, so that an action on a row returns there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListedAt {
    /// The patient's record.
    Record,
    /// The front desk, with the patient selected.
    Desk,
}

impl ListedAt {
    /// Returns the value of a form's `back`.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Desk => "desk",
        }
    }
}

/// An appointment with its clinic, and the actions that the reader may take on it.
pub struct Listed {
    pub(super) appointment: Appointment,
    pub(super) clinic: Clinic,
    pub(super) may_book: bool,
    pub(super) may_check_in: bool,
}

/// A patient's appointments at the clinics whose schedules the reader may read.
pub struct AppointmentsOf {
    pub(super) patient: PatientId,
    pub(super) at: ListedAt,
    pub(super) coming: Vec<Listed>,
    pub(super) past: Slice<Listed>,
    /// Whether a page of past appointments was requested, which opens that part.
    pub(super) unfolded: bool,
    /// Whether the reader may book another one at the clinic of the request.
    pub(super) may_book: bool,
    /// How many the patient missed within a year, in words.
    pub(super) missed: Option<String>,
    /// The patient's death.
    pub(super) died: Option<patients::Death>,
    pub(super) zone: Zone,
    pub(super) today: NaiveDate,
}

/// Returns the patient's appointments; `page` is the page of past ones. `None` for a user who may not read schedules.
///
/// # Errors
/// When the database refuses.
pub async fn appointments_of(ctx: &mut Ctx, patient: PatientId, at: ListedAt, page: Option<i64>) -> Result<Option<AppointmentsOf>> {
    if !ctx.who.may(Permission::ReadSchedules) {
        return Ok(None);
    }
    let mut clinics = organisation::all_clinics(&mut ctx.tx).await?;
    clinics.retain(|clinic| ctx.who.may_at(Permission::ReadSchedules, clinic.id));
    let ids: Vec<ClinicId> = clinics.iter().map(|clinic| clinic.id).collect();
    let today = ctx.today();
    let (day_start, _) = ctx.zone().day_bounds(today);
    let unfolded = page.is_some();
    let (page, _) = list::offset(page);
    let coming = store::part_of_patient(&mut ctx.tx, patient, &ids, day_start, Part::Coming).await?;
    let past = store::part_of_patient(&mut ctx.tx, patient, &ids, day_start, Part::Past { page }).await?;
    let listed = |appointment: Appointment| {
        let clinic = clinics.iter().find(|clinic| clinic.id == appointment.clinic_id)?.clone();
        let may_book = ctx.who.may_at(Permission::BookAppointments, clinic.id);
        let may_check_in = ctx.who.may_at(Permission::CheckIn, clinic.id);
        Some(Listed { appointment, clinic, may_book, may_check_in })
    };
    let past = Slice::from_surplus(past, page);
    let past = Slice { rows: past.rows.into_iter().filter_map(listed).collect(), page: past.page, more: past.more };
    let coming = coming.into_iter().filter_map(listed).collect();
    let may_book = ctx.who.may_at(Permission::BookAppointments, ctx.clinic.id);
    let now = ctx.now;
    let zone = ctx.zone();
    let died = patients::death(&mut ctx.tx, patient).await?;
    let missed = missed_words(&mut ctx.tx, patient, now).await?;
    Ok(Some(AppointmentsOf { patient, at, coming, past, unfolded, may_book, missed, died, zone, today }))
}
