//! The plan: wards with their rooms and beds, as the administrators' lists define them.

mod store;
mod trolleys;

use crate::{
    core::{BedClassId, BedId, ClinicId, Error, Result, WardId, time::Instant},
    db::Tx,
    organisation::{BedKind, Isolation, RoomRule, SexRule, WardKind},
    wards::equipment::Equipment,
};

pub use trolleys::{NewTrolley, WardRoom, add_trolley, remove_trolley, retire_over, retire_when_empty, rooms};

/// A ward.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Ward {
    pub id: WardId,
    pub clinic_id: ClinicId,
    pub name: String,
    pub code: String,
    pub kind: WardKind,
    pub sex_rule: SexRule,
    /// Years, both included.
    pub age_from: Option<i64>,
    pub age_to: Option<i64>,
    /// Minutes that a reservation lasts.
    pub reservation_min: i64,
    /// Minutes of a cleaning, and of one after isolation.
    pub clean_min: i64,
    pub terminal_min: i64,
}

/// A bed with its room.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Bed {
    pub id: BedId,
    pub name: String,
    pub kind: BedKind,
    pub class_id: BedClassId,
    pub class_name: String,
    pub position: i64,
    #[sqlx(flatten)]
    pub equipment: Equipment,
    pub beside_id: Option<BedId>,
    /// Whether it is an extra trolley, which is counted apart.
    pub overflow: bool,
    /// The time after which no patient is put on an extra trolley.
    pub temporary_until: Option<Instant>,
    pub ward_id: WardId,
    pub clinic_id: ClinicId,
    pub room: String,
    pub room_rule: RoomRule,
    pub single: bool,
    pub room_isolation: Isolation,
    pub retired: bool,
}

impl Bed {
    /// Returns the label with the room: `Room 2 · 2A`.
    pub fn place(&self) -> String {
        format!("{} · {}", self.room, self.name)
    }

    /// Whether the time of an extra trolley is over.
    pub fn is_over(&self, now: Instant) -> bool {
        self.temporary_until.is_some_and(|until| until <= now)
    }
}

/// Returns the open wards of a clinic by name.
///
/// # Errors
/// When the database refuses.
pub async fn wards(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<Ward>> {
    store::wards(tx, clinic).await
}

/// Returns a ward.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn ward(tx: &mut Tx, id: WardId) -> Result<Ward> {
    store::ward(tx, id).await?.ok_or(Error::NotFound)
}

/// Returns a bed.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn bed(tx: &mut Tx, id: BedId) -> Result<Bed> {
    store::bed(tx, id).await?.ok_or(Error::NotFound)
}

/// Returns the open beds of a ward, by room and place.
///
/// # Errors
/// When the database refuses.
pub async fn beds(tx: &mut Tx, ward: WardId) -> Result<Vec<Bed>> {
    store::beds(tx, ward).await
}

/// A ward of another clinic, with the number of its beds and of those that are taken.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct WardElsewhere {
    pub ward_id: WardId,
    pub ward: String,
    pub kind: WardKind,
    pub clinic: String,
    pub beds: i64,
    pub taken: i64,
}

/// Returns the wards of the hospital's other clinics that have beds. The reader learns that a bed there is taken, not by whom.
///
/// # Errors
/// When the database refuses.
pub async fn elsewhere(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<WardElsewhere>> {
    store::elsewhere(tx, clinic).await
}

/// Returns the open classes of beds by name.
///
/// # Errors
/// When the database refuses.
pub async fn classes(tx: &mut Tx) -> Result<Vec<(BedClassId, String)>> {
    store::classes(tx).await
}
