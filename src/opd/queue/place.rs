//! A patient's place in the queue: the number of patients before, and the estimated wait, from today's real service
//! times.

use chrono::Duration;

use super::{QueueFilter, QueueRow, queue_row, store};
use crate::{
    core::{ClinicId, Result, ServiceId, VisitId, time::Instant},
    db::Tx,
    opd::{Priority, QueueState, Step},
};

/// The place of a visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub token: String,
    pub step: Step,
    pub state: QueueState,
    /// The number of patients who will be called before.
    pub ahead: i64,
    /// The minutes until the call; `None` once called.
    pub estimate_minutes: Option<i64>,
    /// The room or counter of the call.
    pub called_to: Option<String>,
}

/// Returns the present place of a visit in its queue.
///
/// # Errors
/// [`crate::core::Error::NotFound`] when the visit is over.
pub async fn place(tx: &mut Tx, visit: VisitId, now: Instant) -> Result<Place> {
    let mine = queue_row(tx, visit).await?;
    let mut place = Place {
        token: mine.token.clone(),
        step: mine.step,
        state: mine.state,
        ahead: 0,
        estimate_minutes: None,
        called_to: mine.point_name.clone(),
    };
    if mine.state != QueueState::Waiting {
        return Ok(place);
    }
    // Patients who wait for the same doctor or for any come before; for a patient who takes any doctor, all patients
    // before count.
    place.ahead = store::ahead_of(tx, &mine).await?;
    let served = store::served_since(tx, &mine, now - Duration::hours(10)).await?;
    let (times, servers) = times_and_servers(&served, now);
    let servers = if mine.doctor.is_some() { 1 } else { servers };
    place.estimate_minutes = Some(if mine.priority == Priority::Emergency { 0 } else { estimate(mine.step, place.ahead, servers, times) });
    Ok(place)
}

/// The number of patients who wait for a service's doctors, and the estimated wait of a patient who comes now, in
/// minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceWait {
    pub service: ServiceId,
    pub waiting: i64,
    pub minutes: i64,
}

/// Returns the wait for each of these services, from today's real consultation times.
///
/// # Errors
/// When the database refuses.
pub async fn waits(tx: &mut Tx, clinic: ClinicId, services: &[ServiceId], now: Instant) -> Result<Vec<ServiceWait>> {
    let queue = store::queue(tx, clinic, &QueueFilter::default()).await?;
    let mut waits = Vec::with_capacity(services.len());
    for service in services.iter().copied() {
        let before = |row: &&QueueRow| row.service == service && row.state == QueueState::Waiting && !row.step.is_after_doctor();
        let waiting = i64::try_from(queue.iter().filter(before).count()).unwrap_or(i64::MAX);
        let served = store::served_at(tx, service, Step::Doctor, now - Duration::hours(10)).await?;
        let (times, servers) = times_and_servers(&served, now);
        waits.push(ServiceWait { service, waiting, minutes: estimate(Step::Doctor, waiting, servers, times) });
    }
    Ok(waits)
}

/// Returns the service times in seconds, and the number of users who served within the last hour; at least one.
fn times_and_servers(served: &[store::Served], now: Instant) -> (Vec<i64>, i64) {
    let times = served.iter().map(|one| (one.closed_at - one.opened_at).num_seconds()).collect();
    let mut servers: Vec<_> = served.iter().filter(|one| now - one.closed_at <= Duration::minutes(60)).map(|one| one.closed_by).collect();
    servers.sort_unstable();
    servers.dedup();
    (times, i64::try_from(servers.len()).unwrap_or(1).max(1))
}

/// Returns the estimated minutes until the call: the usual time per patient, multiplied by the number before and shared
/// by those who serve. It is rounded up to five minutes, because patients should not plan by the minute.
fn estimate(step: Step, ahead: i64, servers: i64, mut seconds: Vec<i64>) -> i64 {
    seconds.retain(|time| (20..=3 * 3600).contains(time));
    seconds.sort_unstable();
    let usual = match (seconds.len(), step) {
        (3.., _) => seconds[seconds.len() / 2],
        (_, Step::Triage) => 5 * 60,
        (_, Step::Doctor) => 12 * 60,
        (_, Step::Orders) => 10 * 60,
        (_, Step::Cashier) => 4 * 60,
        (_, Step::Pharmacy) => 6 * 60,
    };
    // The patient being served now is half done on average.
    let wait = (2 * ahead + 1) * usual / (2 * servers.max(1));
    (wait + 299) / 300 * 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_stands_on_the_day_s_median() {
        assert_eq!(estimate(Step::Doctor, 3, 1, vec![600, 480, 420]), 30, "3.5 times 8 minutes");
        assert_eq!(estimate(Step::Doctor, 3, 2, vec![600, 480, 420]), 15);
        assert_eq!(estimate(Step::Doctor, 0, 1, vec![]), 10, "half a usual consultation");
        assert_eq!(estimate(Step::Doctor, 3, 1, vec![600, 480, 420, 1, 90_000]), 30, "mistakes at the desk do not count");
    }
}
