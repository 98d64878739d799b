//! The times of a visit's stations: counted forwards from the appointment for finished stations, backwards from now for the
//! present one.

use chrono::Duration;

use crate::core::time::Instant;
use crate::demo::{dice::Dice, progress::Progress};

/// The stations. Future ones have times at or after now, which are not used.
pub(super) struct Times {
    pub arrived: Instant,
    pub triage_at: Instant,
    pub triaged: Instant,
    pub seen_at: Instant,
    pub finished: Instant,
    pub at_desk: Instant,
    pub left: Instant,
}

impl Times {
    /// Generates the times; `free_at` is when the doctor finished the previous patient.
    pub fn of(progress: Progress, planned: Instant, now: Instant, free_at: Option<Instant>, dice: &mut Dice) -> Self {
        let (arrived, triage_at, triaged, seen_at) = match progress {
            Progress::Done | Progress::AtCashier => over(planned, free_at, dice),
            Progress::InConsultation => with_the_doctor(now, free_at, dice),
            Progress::WaitingForDoctor => {
                let triaged = now - minutes(dice, 3, 26);
                (triaged - minutes(dice, 8, 15), triaged - minutes(dice, 3, 6), triaged, now)
            }
            Progress::InTriage => {
                let triage_at = now - minutes(dice, 1, 3);
                (triage_at - minutes(dice, 4, 9), triage_at, now, now)
            }
            _ => (now - minutes(dice, 2, 17), now, now, now),
        };
        let finished = seen_at + minutes(dice, 8, 14);
        let at_desk = finished + minutes(dice, 2, 5);
        let left = at_desk + minutes(dice, 2, 4);
        Self { arrived, triage_at, triaged, seen_at, finished, at_desk, left }
    }
}

type UntilSeen = (Instant, Instant, Instant, Instant);

fn over(planned: Instant, free_at: Option<Instant>, dice: &mut Dice) -> UntilSeen {
    let arrived = planned - minutes(dice, 12, 22);
    let triage_at = arrived + minutes(dice, 1, 4);
    let triaged = triage_at + minutes(dice, 3, 6);
    let free = free_at.unwrap_or(planned);
    (arrived, triage_at, triaged, free.max(planned).max(triaged) + minutes(dice, 1, 2))
}

fn with_the_doctor(now: Instant, free_at: Option<Instant>, dice: &mut Dice) -> UntilSeen {
    let begun = now - minutes(dice, 4, 9);
    let seen_at = free_at.map_or(begun, |free| free.max(begun)).min(now - Duration::minutes(1));
    let triaged = seen_at - minutes(dice, 6, 14);
    (triaged - minutes(dice, 7, 10), triaged - minutes(dice, 3, 5), triaged, seen_at)
}

fn minutes(dice: &mut Dice, low: i64, high: i64) -> Duration {
    Duration::seconds(dice.between(low * 60, high * 60))
}
