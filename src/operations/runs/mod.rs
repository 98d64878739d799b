//! The runs of backups: each is a row from its beginning to its end, so that every node and every administrator sees it. One run is
//! under way at a time; its lease shows that its program still works.

mod job;
mod store;

use std::time::Duration;

use uuid::Uuid;

pub use job::{is_due, keep_backing_up, tick};
pub use store::{Waiting, holder, last_ended, last_sound, runs, waiting};

use super::backup::{self, Made, Plan};
use crate::{
    accounts,
    audit::{self, Action, AuditRow},
    core::{
        Error, Result, Role,
        time::{Clock, Instant},
    },
    db::{Database, Tx},
    notifications::{Hearer, Notice, notify_by_job},
    server::{Event, Program, config::Config},
};

/// A run whose lease was not renewed for so long has ended without a word.
const LEASE: chrono::Duration = chrono::Duration::minutes(10);
/// The time between two renewals.
const RENEWED: Duration = Duration::from_mins(1);
/// Further failures notify nobody for so long; then those that go on notify again.
const RUNG: chrono::Duration = chrono::Duration::hours(24);

crate::text_enum! {
    /// The state of a run.
    pub enum RunState("state") {
        Running = "running",
        /// The backup was made and checked.
        Sound = "sound",
        /// The backup was made, and the checks found faults in the database.
        Findings = "findings",
        Failed = "failed",
    }
}

crate::text_enum! {
    /// The cause of a run.
    pub enum RunBy("started_by") {
        Schedule = "schedule",
        Command = "command",
    }
}

/// A run.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Run {
    pub id: Uuid,
    pub state: RunState,
    pub started_by: RunBy,
    pub started_at: Instant,
    pub ended_at: Option<Instant>,
    /// The folder of the backup; before its end the folder of all.
    pub place: String,
    /// The size of the sealed copy in bytes.
    pub size: i64,
    /// The number of rows of all tables.
    pub row_count: i64,
    /// The number of faults that the checks found.
    pub findings: i64,
    pub verified_at: Option<Instant>,
    pub error: String,
    /// The server that makes it.
    pub node: String,
}

/// Makes a backup and records the run.
///
/// # Errors
/// A sentence: the backup failed, or another run is under way.
pub async fn run(
    program: &'static Program,
    config: &Config,
    db: &Database,
    plan: &Plan,
    clock: &Clock,
    by: RunBy,
) -> std::result::Result<(Made, Vec<Event>), String> {
    backup::fits(db).await?;
    let (id, failed) = (Uuid::now_v7(), |error: Error| format!("the run cannot be recorded: {error}"));
    let node = super::nodes::node_name(config);
    let mut events = begin(db, id, by, (&plan.to.display().to_string(), &node), clock.now()).await.map_err(failed)?;
    let made = tokio::select! {
        made = backup::make(program, config, plan, clock.now()) => made,
        () = keep_lease(db, id, clock) => Err("the lease of the run cannot be renewed".to_owned()),
    };
    // A backup without the list of erasures would bring erased people back.
    let made = match made {
        Ok(made) => super::erasures::compare(db, &plan.to, clock.now()).await.map(|_| made),
        Err(error) => Err(error),
    };
    events.extend(end(db, id, &made, clock.now()).await.map_err(failed)?);
    made.map(|made| (made, events))
}

/// Begins a run, unless another is under way. A run whose lease is over has failed: the administrators are notified.
///
/// # Errors
/// [`Error::Conflict`] when another is under way.
pub async fn begin(db: &Database, id: Uuid, by: RunBy, (place, node): (&str, &str), now: Instant) -> Result<Vec<Event>> {
    let mut tx = db.write().await?;
    let rings = !store::rung_since(&mut tx, now - RUNG).await?;
    let abandoned = store::end_abandoned(&mut tx, rings.then_some(now), now).await?;
    let events = if abandoned && rings { ring(&mut tx, &Notice::BackupFailed {}, now).await? } else { Vec::new() };
    store::begin(&mut tx, id, by, (place, node), (now, now + LEASE)).await?;
    tx.commit().await?;
    Ok(events)
}

async fn keep_lease(db: &Database, id: Uuid, clock: &Clock) {
    loop {
        tokio::time::sleep(RENEWED).await;
        let renewed = async {
            let mut tx = db.write().await?;
            let still = store::renew(&mut tx, id, clock.now() + LEASE).await?;
            tx.commit().await?;
            Ok::<_, Error>(still)
        };
        match renewed.await {
            Ok(true) => {}
            // The run was ended by another program.
            Ok(false) => return,
            // The lease is long enough for some failures.
            Err(error) => tracing::warn!(%error, "the lease of the backup was not renewed"),
        }
    }
}

/// Records the end of a run, and notifies the administrators of a failure.
async fn end(db: &Database, id: Uuid, made: &std::result::Result<Made, String>, now: Instant) -> Result<Vec<Event>> {
    let mut tx = db.write().await?;
    let rings = made.is_err() && !store::rung_since(&mut tx, now - RUNG).await?;
    store::end(&mut tx, id, made, rings.then_some(now), now).await?;
    let what = match made {
        Ok(made) => made.folder.display().to_string(),
        Err(error) => error.clone(),
    };
    let row = AuditRow { why: what.chars().take(500).collect(), ..AuditRow::by_command(Action::Create, "backup", Some(id), now) };
    audit::write(&mut tx, &[row]).await?;
    let notice = match made {
        Ok(made) if made.manifest.is_sound() => None,
        Ok(_) => Some(Notice::BackupFindings {}),
        Err(_) => rings.then_some(Notice::BackupFailed {}),
    };
    let mut events = Vec::new();
    if let Some(notice) = notice {
        events = ring(&mut tx, &notice, now).await?;
    }
    tx.commit().await?;
    Ok(events)
}

/// Puts a notice on the bell of every administrator of the whole hospital.
pub(super) async fn ring(tx: &mut Tx, notice: &Notice, now: Instant) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    for user in accounts::users_with_role(tx, Role::Administrator).await? {
        events.push(notify_by_job(tx, Hearer { user, dependant: None }, notice, "/status", now).await?);
    }
    Ok(events)
}
