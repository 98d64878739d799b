//! The open work that still keeps a patient on the ward: counted when somebody asks, never stored.

use super::store;
use crate::{
    core::{AdmissionId, Result, time::Instant},
    db::Tx,
    tr,
};

/// The open work of a patient who is about to leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Blockers {
    /// Lines and devices in place.
    pub devices: i64,
    /// Doses that are due and neither given nor refused.
    pub doses: i64,
    /// Orders that nobody has begun.
    pub orders: i64,
    /// Samples that are not collected, or lie on the ward.
    pub samples: i64,
}

impl Blockers {
    /// Returns the open work in words, one line each.
    pub fn words(self) -> Vec<String> {
        let mut words = Vec::new();
        if self.devices > 0 {
            words.push(tr!(wards.blocked_devices, count = self.devices));
        }
        if self.doses > 0 {
            words.push(tr!(wards.blocked_doses, count = self.doses));
        }
        if self.samples > 0 {
            words.push(tr!(wards.blocked_samples, count = self.samples));
        }
        if self.orders > 0 {
            words.push(tr!(wards.blocked_orders, count = self.orders));
        }
        words
    }
}

/// Counts the open work of a patient.
///
/// # Errors
/// When the database refuses.
pub async fn blockers(tx: &mut Tx, admission: AdmissionId, now: Instant) -> Result<Blockers> {
    store::blockers(tx, admission, now).await
}
