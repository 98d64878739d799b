//! One value for who acts, and when: an act writes both into each row that it touches.

use super::{UserId, time::Instant};

/// The user who acts, and the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub by: UserId,
    pub at: Instant,
}

impl Stamp {
    /// The program itself acts: a job, an import, the demo.
    pub const fn system(at: Instant) -> Self {
        Self { by: UserId::SYSTEM, at }
    }
}
