//! Notifications of the auditors: a user opens the records of very many patients, or is given a role that opens records.

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

/// Notifies every auditor of each user who was refused more records, once an hour, and of each role that was given. Returns how many
/// alarms there were.
///
/// # Errors
/// What the database refused.
pub async fn tell_auditors(state: &AppState) -> Result<usize> {
    if !audit::alarms_wait(&mut state.db.read().await?).await? {
        return Ok(0);
    }
    let (mut tx, now) = (state.db.write().await?, state.clock.now());
    let auditors = accounts::users_with_role(&mut tx, Role::Auditor).await?;
    if auditors.is_empty() {
        // The alarms wait for the first auditor.
        return Ok(0);
    }
    let alarms = audit::take_alarms(&mut tx, now).await?;
    let granted = audit::take_role_alarms(&mut tx).await?;
    let link = |login: &str, action: Action| ListUrl::new("/audit").with("user", login.to_owned()).with("action", action.as_str()).href();
    let many = alarms.iter().map(|alarm| {
        let notice = Notice::ManyRecords { who: alarm.display_name.clone() };
        (notice, link(&alarm.login, Action::Refused))
    });
    let given = granted.iter().map(|alarm| {
        let (by, who, role, clinic) = (alarm.by_name.clone(), alarm.display_name.clone(), alarm.role, alarm.clinic.clone());
        (Notice::RoleGiven { by, who, role, clinic }, link(&alarm.by_login, Action::Create))
    });
    let notices: Vec<_> = many.chain(given).collect();
    for (notice, link) in &notices {
        for auditor in &auditors {
            store::insert(&mut tx, NotificationId::new(), Hearer { user: *auditor, dependant: None }, notice, link, now).await?;
        }
    }
    let events: Vec<Event> = auditors.iter().map(|auditor| Event::new(Topic::Notifications).to(*auditor)).collect();
    state.hub.store(&mut tx, now, &events).await?;
    tx.commit().await?;
    state.hub.announce(&events);
    Ok(notices.len())
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
