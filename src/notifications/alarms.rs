//! What the auditors hear at once: somebody opens the records of very many patients.

use std::time::Duration;

use crate::{
    accounts,
    audit::{self, Action},
    core::{NotificationId, Result, Role},
    notifications::{Hearer, Notice, store},
    server::{AppState, Event, Topic},
    ui::ListUrl,
};

/// So often it is looked for.
const EVERY: Duration = Duration::from_secs(5);

/// Tells every auditor of who was refused more records, once an hour; of how many.
///
/// # Errors
/// What the database refused.
pub async fn tell_auditors(state: &AppState) -> Result<usize> {
    if !audit::alarms_wait(&mut state.db.read().await?).await? {
        return Ok(0);
    }
    let (mut tx, now) = (state.db.write().await?, state.clock.now());
    let alarms = audit::take_alarms(&mut tx, now).await?;
    let auditors = accounts::users_with_role(&mut tx, Role::Auditor).await?;
    for alarm in &alarms {
        let notice = Notice::ManyRecords { who: alarm.display_name.clone() };
        let link = ListUrl::new("/audit").with("user", alarm.login.clone()).with("action", Action::Refused.as_str()).href();
        for auditor in &auditors {
            store::insert(&mut tx, NotificationId::new(), Hearer { user: *auditor, dependant: None }, &notice, &link, now).await?;
        }
    }
    let events: Vec<Event> = auditors.iter().map(|auditor| Event::new(Topic::Notifications).to(*auditor)).collect();
    state.hub.store(&mut tx, now, &events).await?;
    tx.commit().await?;
    state.hub.announce(&events);
    Ok(alarms.len())
}

/// Looks until the program stops.
pub async fn keep_telling_auditors(state: AppState) {
    let mut every = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            _ = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        if let Err(error) = tell_auditors(&state).await {
            tracing::warn!(error = %error, "the auditors hear of openings later");
        }
    }
}
