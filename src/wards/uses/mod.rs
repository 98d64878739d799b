//! Uses of beds: reservations, stays, cleanings, closings. A bed has at most one open use.

mod store;

use crate::{
    core::{AdmissionId, BedId, BedUseId, ClinicId, Error, PatientId, Result, Stamp, UserId, time::Instant},
    db::{DbError, Locked, Tx},
    tr,
};

pub use store::{began_at, due_reservations, end_reservation_by, of_bed, open_of_admission, stays_of};

crate::text_enum! {
    /// The purpose for which a bed is in use.
    pub enum UseKind("kind") {
        Reservation = "reservation",
        Stay = "stay",
        Cleaning = "cleaning",
        OutOfService = "out_of_service",
    }
}

crate::text_enum! {
    /// The act that ended a use.
    pub enum UseEnd("ended_because") {
        Admitted = "admitted",
        Arrived = "arrived",
        Released = "released",
        Expired = "expired",
        Moved = "moved",
        Swapped = "swapped",
        Transferred = "transferred",
        Discharged = "discharged",
        Cleaned = "cleaned",
        Reopened = "reopened",
    }
}

impl UseKind {
    /// Returns the word in the reader's language.
    pub fn words(self) -> &'static str {
        match self {
            Self::Reservation => tr!(wards.use_reservation),
            Self::Stay => tr!(wards.use_stay),
            Self::Cleaning => tr!(wards.use_cleaning),
            Self::OutOfService => tr!(wards.use_out_of_service),
        }
    }
}

/// A use of a bed.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct BedUse {
    pub id: BedUseId,
    pub bed_id: BedId,
    pub kind: UseKind,
    pub admission_id: Option<AdmissionId>,
    pub patient_id: Option<PatientId>,
    /// Whether it is the cleaning after isolation.
    pub terminal: bool,
    pub began_at: Instant,
    pub ended_at: Option<Instant>,
    /// The time at which a reservation runs out, cleaning should be done, or a closed bed is expected back.
    pub due_at: Option<Instant>,
    pub reason: String,
}

/// A use to be opened.
#[derive(Clone, Debug)]
pub struct NewUse {
    pub clinic: ClinicId,
    pub kind: UseKind,
    /// The admission and its patient, for reservations and stays.
    pub whose: Option<(AdmissionId, PatientId)>,
    pub terminal: bool,
    pub began_at: Instant,
    pub due_at: Option<Instant>,
    pub reason: String,
}

/// Returns the open use of a bed.
///
/// # Errors
/// When the database refuses.
pub async fn open_use(tx: &mut Tx, bed: Locked<BedId>) -> Result<Option<BedUse>> {
    store::open_use(tx, bed.id()).await
}

/// Opens a use of a bed.
///
/// # Errors
/// [`Error::Conflict`] when the bed has another use at that time, or the patient another bed.
pub async fn begin(tx: &mut Tx, bed: Locked<BedId>, new: &NewUse, by: UserId) -> Result<()> {
    store::insert(tx, bed, new, by).await.map_err(refused)
}

/// Ends an open use.
///
/// # Errors
/// [`Error::Conflict`] when it has ended meanwhile.
pub async fn end(tx: &mut Tx, bed: Locked<BedId>, id: BedUseId, because: UseEnd, stamp: Stamp) -> Result<()> {
    if store::set_ended(tx, bed, id, because, stamp).await.map_err(refused)? {
        Ok(())
    } else {
        Err(Error::conflict(tr!(wards.bed_changed)))
    }
}

/// Marks an open use as entered in error: it never was.
///
/// # Errors
/// [`Error::Conflict`] when it has ended meanwhile.
pub async fn void(tx: &mut Tx, bed: Locked<BedId>, id: BedUseId, stamp: Stamp) -> Result<()> {
    if store::set_voided(tx, bed, id, stamp).await.map_err(refused)? { Ok(()) } else { Err(Error::conflict(tr!(wards.bed_changed))) }
}

/// Takes the end of a use back that a move ended.
///
/// # Errors
/// [`Error::Conflict`] when the bed has another use.
pub async fn go_on(tx: &mut Tx, bed: Locked<BedId>, id: BedUseId) -> Result<()> {
    if store::unset_ended(tx, bed, id).await.map_err(refused)? { Ok(()) } else { Err(Error::conflict(tr!(wards.bed_changed))) }
}

/// Translates the database's guards into messages.
pub fn refused(error: DbError) -> Error {
    let violates = |guards: &[&str]| guards.iter().any(|guard| error.violates(guard));
    if violates(&["bed_uses_patient_once", "bed_uses_patient_no_overlap"]) {
        Error::conflict(tr!(wards.patient_in_bed))
    } else if violates(&["bed_uses_one_open", "bed_uses_no_overlap"]) {
        Error::conflict(tr!(wards.bed_taken))
    } else if violates(&["bed_uses_reserved_once"]) {
        Error::conflict(tr!(wards.has_reservation))
    } else if violates(&["beds_retired_empty"]) {
        Error::conflict(tr!(wards.bed_retired))
    } else if violates(&["beds_temporary_over"]) {
        Error::conflict(tr!(wards.trolley_over))
    } else if violates(&["admissions_one_open"]) {
        Error::conflict(tr!(wards.already_admitted))
    } else if violates(&["admissions_one_request"]) {
        Error::conflict(tr!(wards.already_requested))
    } else if violates(&["bed_uses_of_admission", "admissions_states", "admissions_discharged_empty"]) {
        Error::conflict(tr!(wards.admission_changed))
    } else if violates(&["bed_uses_times", "admissions_times", "past_stays_charged"]) {
        Error::conflict(tr!(wards.times_wrong))
    } else {
        error.into()
    }
}
