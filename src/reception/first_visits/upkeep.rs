//! Ends requests that nobody answered, and deletes those that ended: the hospital keeps no data of people who never became patients.

use chrono::Duration;

use super::{
    FirstVisitState, acts,
    store::{self, Decision},
};
use crate::{
    appointments::APPOINTMENTS,
    audit::{self, Action, AuditRow},
    core::{
        Result, Stamp,
        locale::{LOCALE, Locale},
    },
    server::{AppState, Event},
    tr,
};

/// Days for which a request is kept after its end.
const KEPT_DAYS: i64 = 90;

/// Days after which an open request ends about which nothing is done.
pub(super) const OPEN_DAYS: i64 = 14;

/// Ends the open requests about which nothing was done for two weeks: whoever waits for an answer gets a letter that says so. Returns how
/// many.
///
/// # Errors
/// When the database refuses.
pub async fn end_left_alone(state: &AppState) -> Result<usize> {
    let now = state.clock.now();
    let mut tx = state.db.write().await?;
    let left = store::left_alone(&mut tx, now - Duration::days(OPEN_DAYS)).await?;
    let mut events = Vec::new();
    for found in &left {
        let language = found.language.parse().unwrap_or(Locale::en);
        let waits = found.state == FirstVisitState::Waiting;
        let answer =
            if waits { LOCALE.sync_scope(language, || tr!(first_visits.left_alone, days = OPEN_DAYS)) } else { found.answer.clone() };
        let decision = Decision { state: FirstVisitState::Refused, answer: &answer, appointment: None };
        if !store::decide(&mut tx, found, &decision, Stamp::system(now)).await? {
            continue;
        }
        let row = AuditRow::by_command(Action::Update, "first_visit", Some(found.id.0), now);
        audit::write(&mut tx, &[AuditRow { clinic: Some(found.clinic_id), ..row }]).await?;
        if waits {
            let hospital = state.hospital().name.clone();
            acts::send_answer(&mut tx, (found, &answer), hospital, now).await?;
        }
        events.push(Event::new(&APPOINTMENTS).at(found.clinic_id));
    }
    state.hub.store(&mut tx, now, &events).await?;
    tx.commit().await?;
    state.hub.announce(&events);
    Ok(left.len())
}

/// Deletes the requests that ended 90 days ago; returns how many.
///
/// # Errors
/// When the database refuses.
pub async fn delete_ended(state: &AppState) -> Result<u64> {
    let mut tx = state.db.write().await?;
    let deleted = store::delete_ended(&mut tx, state.clock.now() - Duration::days(KEPT_DAYS)).await?;
    tx.commit().await?;
    Ok(deleted)
}

/// Ends and deletes them once an hour until the program stops.
pub(in crate::reception) async fn keep_deleting_ended(state: AppState) {
    let mut every = crate::server::jobs::Beat::new(&state, "first_visits", std::time::Duration::from_hours(1));
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        if let Err(error) = end_left_alone(&state).await {
            every.failed(&error, "unanswered requests for a first appointment stay open for now");
        }
        if let Err(error) = delete_ended(&state).await {
            every.failed(&error, "ended requests for a first appointment stay for now");
        }
    }
}
