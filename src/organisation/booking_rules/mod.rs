//! A clinic's rules for bookings that patients make themselves, and the visit types that some of them differ for. The desk is not bound
//! by them.

mod store;

use chrono::Duration;

use crate::{
    core::{ClinicId, Result, VisitTypeId, time::Instant},
    db::Tx,
};

/// The rules of a clinic for a visit type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct BookingRules {
    /// Minutes between booking and the appointment, at least.
    pub notice_minutes: i64,
    /// Days ahead, at most.
    pub days: i64,
    /// Coming appointments of a patient at the clinic, at most.
    pub most: i64,
    /// Coming appointments of this visit type, at most.
    pub most_of_type: Option<i64>,
    /// Minutes for which a chosen time is held.
    pub hold_minutes: i64,
    /// Minutes before the appointment until which a patient may cancel it.
    pub cancel_minutes: i64,
    /// Minutes before the appointment until which a patient may move it.
    pub move_minutes: i64,
    /// Missed appointments within a year from which on the desk alone books.
    pub no_show_limit: Option<i64>,
    /// Appointments that may be added to a full session.
    pub overbook_limit: i64,
    /// Minutes for which a freed time is kept for the patient to whom it is offered.
    pub offer_minutes: i64,
    /// Hours before the appointment from which its patient is reminded.
    pub reminder_hours: i64,
}

impl BookingRules {
    /// The earliest start that a patient may book now.
    pub fn earliest(&self, now: Instant) -> Instant {
        now + Duration::minutes(self.notice_minutes)
    }

    /// The last moment for a patient to cancel what starts then.
    pub fn cancel_until(&self, starts_at: Instant) -> Instant {
        starts_at - Duration::minutes(self.cancel_minutes)
    }

    /// The last moment for a patient to move what starts then.
    pub fn move_until(&self, starts_at: Instant) -> Instant {
        starts_at - Duration::minutes(self.move_minutes)
    }
}

/// A kind of visit that can be booked.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct VisitType {
    pub id: VisitTypeId,
    pub name: String,
    /// Minutes that it takes.
    pub minutes: i64,
    /// How the patient prepares for it.
    pub preparation: String,
    /// Whether the desk alone books it.
    pub desk_only: bool,
}

/// The rules of a clinic, for a visit type or for visits without one.
///
/// # Errors
/// [`crate::core::Error::NotFound`] when there is no such clinic.
pub async fn booking_rules(tx: &mut Tx, clinic: ClinicId, visit_type: Option<VisitTypeId>) -> Result<BookingRules> {
    store::rules(tx, clinic, visit_type).await
}

/// The minutes that a visit of the type takes, also of a retired one.
///
/// # Errors
/// [`crate::core::Error::NotFound`] when there is no such type.
pub async fn visit_minutes(tx: &mut Tx, id: VisitTypeId) -> Result<i64> {
    store::visit_minutes(tx, id).await
}

/// The visit types that are in use, by name.
///
/// # Errors
/// When the database refuses.
pub async fn visit_types(tx: &mut Tx) -> Result<Vec<VisitType>> {
    store::visit_types(tx).await
}
