//! Sessions in the database, so that they outlive a restart and hold on every node. The id is kept as a SHA-256 only:
//! who reads the table cannot become anybody.

mod store;

use std::time::Duration;

use async_trait::async_trait;
use tower_sessions_core::{
    SessionStore,
    session::{Id, Record},
    session_store,
};

use crate::{
    core::{
        Result, UserId,
        time::{Clock, Instant},
    },
    db::{Database, Locked, Tx},
    server::AppState,
};

/// The session store of tower-sessions over our own table.
#[derive(Clone, Debug)]
pub struct SessionTable {
    db: Database,
    clock: Clock,
}

impl SessionTable {
    /// Over a database.
    pub const fn new(db: Database, clock: Clock) -> Self {
        Self { db, clock }
    }
}

/// A refusal of ours as tower-sessions' own.
fn backend(error: impl Into<crate::core::Error>) -> session_store::Error {
    session_store::Error::Backend(error.into().to_string())
}

#[async_trait]
impl SessionStore for SessionTable {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        // 128 random bits do not meet twice, but the primary key would tell.
        let mut tx = self.db.write().await.map_err(backend)?;
        while !store::insert(&mut tx, record, self.clock.now()).await.map_err(backend)? {
            record.id = Id::default();
        }
        tx.commit().await.map_err(backend)
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let mut tx = self.db.write().await.map_err(backend)?;
        // A session that was ended meanwhile (signed out elsewhere, user locked) is not revived by a late save.
        store::update(&mut tx, record, self.clock.now()).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let mut tx = self.db.read().await.map_err(backend)?;
        store::find(&mut tx, id, self.clock.now()).await.map_err(backend)
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let mut tx = self.db.write().await.map_err(backend)?;
        store::delete(&mut tx, id).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }
}

/// A place where a user is signed in.
#[derive(Clone, Debug)]
pub struct OwnSession {
    /// What names it in a form: the hash of its id, which opens nothing.
    pub handle: String,
    pub since: Instant,
    pub seen: Instant,
    pub address: String,
    /// What the browser called itself.
    pub agent: String,
    /// The one that asks.
    pub current: bool,
}

/// Where a user is signed in, the latest used first.
///
/// # Errors
/// What the database refused.
pub async fn own_sessions(tx: &mut Tx, user: UserId, current: Option<Id>, now: Instant) -> Result<Vec<OwnSession>> {
    store::of_user(tx, user, current, now).await
}

/// Ends a session of a user, on every node; `false` when there is none.
pub(super) async fn end(tx: &mut Tx, user: UserId, handle: &str) -> Result<bool> {
    store::end(tx, user, handle).await
}

/// Ends all sessions of a user but `current`, on every node. Call it after the change that is the reason: `current` takes the
/// user's number as it is then, and its request must call [`Request::outlives`](crate::server::Request::outlives) with it.
pub(super) async fn end_others(tx: &mut Tx, user: Locked<UserId>, current: Option<Id>) -> Result<()> {
    store::end_others(tx, user.id(), current).await
}

/// Whether the session is still there, and its user is as at sign-in: an open stream asks.
///
/// # Errors
/// What the database refused.
pub async fn session_lives(state: &AppState, id: Id) -> Result<bool> {
    let mut tx = state.db.read().await?;
    store::lives(&mut tx, &id, state.clock.now()).await
}

/// Removes what has had its time, every quarter of an hour until the program stops: see [`tidy`].
pub async fn tidy_sessions(state: AppState) {
    let mut every = tokio::time::interval(Duration::from_mins(15));
    loop {
        tokio::select! {
            _ = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        if let Err(error) = tidy(&state).await {
            tracing::warn!(error = %error, "expired sessions stay for now");
        }
    }
}

/// Removes sessions that are over, attempts to sign in that are forgotten, and sign-ups that nobody confirmed in time.
///
/// # Errors
/// What the database refused.
pub async fn tidy(state: &AppState) -> Result<()> {
    let now = state.clock.now();
    let mut tx = state.db.write().await?;
    store::delete_dead(&mut tx, now).await?;
    crate::accounts::door::tidy(&mut tx, now).await?;
    crate::accounts::links::tidy(&mut tx, now).await?;
    tx.commit().await?;
    Ok(())
}
