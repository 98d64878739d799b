//! Notifies the auditors when a user opens the records of very many patients, gets a role that gives access to records, or loses access to
//! the audit log.

use std::{collections::BTreeSet, time::Duration};

use crate::{
    accounts,
    audit::{self, Action, RoleAlarm, RoleChange},
    core::{NotificationId, Result, Role, UserId},
    notifications::{BELL, Hearer, Notice, store},
    server::{AppState, Event},
    ui::ListUrl,
};

/// The time between two checks for alarms.
const EVERY: Duration = Duration::from_secs(5);

/// Notifies every auditor of each user who was refused further records (at most once an hour), of each granted role, and of each auditor
/// who was removed or deactivated. The administrators are notified of removed and deactivated auditors too, except the one who did it.
/// Returns the number of alarms.
///
/// # Errors
/// When the database refuses.
pub async fn tell_auditors(state: &AppState) -> Result<usize> {
    if !audit::alarms_wait(&mut state.db.read().await?).await? {
        return Ok(0);
    }
    let (mut tx, now) = (state.db.write().await?, state.clock.now());
    let auditors = accounts::users_with_role(&mut tx, Role::Auditor).await?;
    // Without an auditor the alarms wait for the first one, except the loss of an auditor.
    let alarms = if auditors.is_empty() { Vec::new() } else { audit::take_alarms(&mut tx, now).await? };
    let changes = audit::take_role_alarms(&mut tx, !auditors.is_empty()).await?;
    let mut bells = Vec::new();
    for alarm in &alarms {
        let notice = Notice::ManyRecords { who: alarm.display_name.clone() };
        let link = log_of(&alarm.login, Action::Refused);
        bells.extend(auditors.iter().map(|auditor| (*auditor, notice.clone(), link.clone())));
    }
    let is_lost = changes.iter().any(|alarm| alarm.what != RoleChange::Given);
    let administrators = if is_lost { accounts::users_with_role(&mut tx, Role::Administrator).await? } else { Vec::new() };
    for alarm in &changes {
        let (notice, action) = notice_of(alarm);
        let link = log_of(&alarm.by_login, action);
        bells.extend(auditors.iter().map(|auditor| (*auditor, notice.clone(), link.clone())));
        if alarm.what != RoleChange::Given {
            // Administrators cannot read the audit log: their notification links to the user's page.
            let others = administrators.iter().filter(|user| !auditors.contains(user) && **user != alarm.by_id);
            bells.extend(others.map(|user| (*user, notice.clone(), format!("/users/{}", alarm.user_id))));
        }
    }
    for (user, notice, link) in &bells {
        store::insert(&mut tx, NotificationId::new(), Hearer { user: *user, dependant: None }, notice, link, now).await?;
    }
    let hearers: BTreeSet<UserId> = bells.iter().map(|(user, ..)| *user).collect();
    let events: Vec<Event> = hearers.into_iter().map(|user| Event::new(&BELL).to(user)).collect();
    state.hub.store(&mut tx, now, &events).await?;
    tx.commit().await?;
    state.hub.announce(&events);
    Ok(alarms.len() + changes.len())
}

/// Returns the link to the audit log with this action of the user.
fn log_of(login: &str, action: Action) -> String {
    ListUrl::new("/audit").with("user", login.to_owned()).with("action", action.as_str()).href()
}

/// Returns the notification of a change of roles, and the action that the audit log records for it.
fn notice_of(alarm: &RoleAlarm) -> (Notice, Action) {
    let (by, who, role, clinic) = (alarm.by_name.clone(), alarm.display_name.clone(), alarm.role, alarm.clinic.clone());
    match alarm.what {
        RoleChange::Given => (Notice::RoleGiven { by, who, role, clinic }, Action::Create),
        RoleChange::Taken => (Notice::RoleTaken { by, who, role, clinic }, Action::Update),
        RoleChange::Deactivated => (Notice::AuditorDeactivated { by, who }, Action::Update),
    }
}

/// Puts the changes of users' sign-ins on their bells. Returns how many there were.
///
/// # Errors
/// When the database refuses.
pub async fn tell_people(state: &AppState) -> Result<usize> {
    if !accounts::access_notices_wait(&mut state.db.read().await?).await? {
        return Ok(0);
    }
    let (mut tx, now) = (state.db.write().await?, state.clock.now());
    let changes = accounts::take_access_notices(&mut tx).await?;
    for change in &changes {
        let (by, clinic) = (change.by_name.clone(), change.clinic.clone());
        let notice = Notice::AccessChanged { what: change.what, by, role: change.role.parse().ok(), clinic };
        let hearer = Hearer { user: change.user_id, dependant: None };
        store::insert(&mut tx, NotificationId::new(), hearer, &notice, "/account/security", now).await?;
    }
    let hearers: BTreeSet<UserId> = changes.iter().map(|change| change.user_id).collect();
    let events: Vec<Event> = hearers.into_iter().map(|user| Event::new(&BELL).to(user)).collect();
    state.hub.store(&mut tx, now, &events).await?;
    tx.commit().await?;
    state.hub.announce(&events);
    Ok(changes.len())
}

/// Checks for alarms until the program stops.
pub async fn keep_telling_auditors(state: AppState) {
    let mut every = crate::server::jobs::Beat::new(&state, "alarms", EVERY);
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        if let Err(error) = tell_auditors(&state).await {
            every.failed(&error, "the auditors hear of openings later");
        }
        if let Err(error) = tell_people(&state).await {
            every.failed(&error, "people hear of changes of their sign-in later");
        }
    }
}
