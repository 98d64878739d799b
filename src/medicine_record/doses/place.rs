//! The place of a dose in an order that ends after a number of doses, for lists that read doses without their orders.

use crate::{
    core::time::{Instant, Zone},
    medicine_record::{
        schedule::{DoseSchedule, stored_times},
        vocabulary::DoseTiming,
    },
};

/// The times of the order of a dose.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct OrderTimes {
    timing: DoseTiming,
    times: String,
    first_now: bool,
    starts_at: Instant,
    dose_count: Option<i64>,
}

impl OrderTimes {
    /// Returns the place of the dose in words; `None` for an order without a number of doses.
    pub fn place_words(&self, due: Instant, zone: Zone) -> Option<String> {
        self.dose_count?;
        let (times, first_now, starts_at) = (stored_times(&self.times), self.first_now, self.starts_at);
        let schedule = DoseSchedule { timing: self.timing, times, first_now, starts_at, ends_at: None, doses: self.dose_count };
        schedule.place_words(zone, due)
    }
}
