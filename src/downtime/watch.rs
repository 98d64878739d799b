//! Tells the heads of a ward and the administrators when the ward's pack was not made in time: after two that are missing.

use std::{collections::BTreeSet, path::Path};

use chrono::Duration;

use super::{PACK_MINUTES, folder, store};
use crate::{
    accounts,
    core::{Result, Role, UserId, WardId, time::Instant},
    notifications::{Hearer, Notice, notify_by_job},
    server::AppState,
    wards::{Ward, find_ward},
};

/// The wards whose missing pack was announced since the last one that was made.
#[derive(Clone, Debug)]
pub struct PackWatch {
    /// The time from which a ward without any pack waits for one.
    began: Instant,
    told: BTreeSet<WardId>,
}

impl PackWatch {
    /// Begins to watch.
    pub const fn new(began: Instant) -> Self {
        Self { began, told: BTreeSet::new() }
    }

    /// Announces each ward with a patient whose last pack is older than two intervals, once until a pack is made again. Returns their number.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn tell(&mut self, state: &AppState) -> Result<usize> {
        let Some(to) = state.config.downtime_to.clone() else { return Ok(0) };
        let now = state.clock.now();
        let mut read = state.db.read().await?;
        let mut missing = Vec::new();
        for id in store::wards(&mut read).await? {
            let ward = find_ward(&mut read, id).await?;
            let last = newest_of(&to, &ward).unwrap_or(self.began);
            if now - last <= Duration::minutes(2 * PACK_MINUTES) {
                self.told.remove(&id);
            } else if self.told.insert(id) {
                missing.push((ward, (now - last).num_minutes()));
            }
        }
        drop(read);
        for (ward, minutes) in &missing {
            tell_of(state, ward, *minutes, now).await?;
        }
        Ok(missing.len())
    }
}

/// Returns the time of the ward's last pack in the folder.
fn newest_of(to: &Path, ward: &Ward) -> Option<Instant> {
    folder::newest_of(to, &ward.code, &ward.id.to_string())
}

async fn tell_of(state: &AppState, ward: &Ward, minutes: i64, now: Instant) -> Result<()> {
    let mut tx = state.db.write().await?;
    let mut hearers: BTreeSet<UserId> = BTreeSet::new();
    for role in [Role::WardManager, Role::Administrator] {
        hearers.extend(accounts::users_with_role_at(&mut tx, role, ward.clinic_id).await?);
    }
    let notice = Notice::PackMissing { ward: ward.name.clone(), minutes };
    let mut events = Vec::new();
    for user in hearers {
        events.push(notify_by_job(&mut tx, Hearer { user, dependant: None }, &notice, &format!("/wards/{}", ward.id), now).await?);
    }
    state.hub.store(&mut tx, now, &events).await?;
    tx.commit().await?;
    state.hub.announce(&events);
    Ok(())
}
