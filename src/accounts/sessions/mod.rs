//! Sessions in the database, so that they survive a restart and are valid on every node. Only the SHA-256 of the id is
//! stored: a person who reads the table cannot use a session.

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

/// The session store of tower-sessions, on the program's own table.
#[derive(Clone, Debug)]
pub struct SessionTable {
    db: Database,
    clock: Clock,
}

impl SessionTable {
    /// Creates the store on a database.
    pub const fn new(db: Database, clock: Clock) -> Self {
        Self { db, clock }
    }
}

/// Converts an error of this program into one of tower-sessions.
fn backend(error: impl Into<crate::core::Error>) -> session_store::Error {
    session_store::Error::Backend(error.into().to_string())
}

#[async_trait]
impl SessionStore for SessionTable {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        // 128 random bits never occur twice in practice; if they did, the primary key would refuse them.
        let mut tx = self.db.write().await.map_err(backend)?;
        while !store::insert(&mut tx, record, self.clock.now()).await.map_err(backend)? {
            record.id = Id::default();
        }
        tx.commit().await.map_err(backend)
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let mut tx = self.db.write().await.map_err(backend)?;
        // A late save does not revive a session that was ended meanwhile (signed out elsewhere, user locked).
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

/// A session in which a user is signed in.
#[derive(Clone, Debug)]
pub struct OwnSession {
    /// The name of the session in a form: the hash of its id, which gives no access.
    pub handle: String,
    pub since: Instant,
    pub seen: Instant,
    pub address: String,
    /// The text with which the browser describes itself.
    pub agent: String,
    /// Whether it is the session of this request.
    pub current: bool,
}

/// Returns the user's sessions, the one used last first.
///
/// # Errors
/// When the database refuses.
pub async fn own_sessions(tx: &mut Tx, user: UserId, current: Option<Id>, now: Instant) -> Result<Vec<OwnSession>> {
    store::of_user(tx, user, current, now).await
}

/// Ends a session of a user, on every node; returns `false` when there is none.
pub(super) async fn end(tx: &mut Tx, user: UserId, handle: &str) -> Result<bool> {
    store::end(tx, user, handle).await
}

/// Ends all sessions of a user except `current`, on every node. Call it after the change that is the reason: `current` gets
/// the user's credentials version of that moment, and its request must call
/// [`Request::outlives`](crate::server::Request::outlives) with it.
pub(super) async fn end_others(tx: &mut Tx, user: Locked<UserId>, current: Option<Id>) -> Result<()> {
    store::end_others(tx, user.id(), current).await
}

/// Whether the session still exists, and its user has not changed since sign-in: an open event stream checks this.
///
/// # Errors
/// When the database refuses.
pub async fn session_lives(state: &AppState, id: Id) -> Result<bool> {
    let mut tx = state.db.read().await?;
    store::lives(&mut tx, &id, state.clock.now()).await
}

/// Deletes expired rows every quarter of an hour until the program stops: see [`tidy`].
pub async fn tidy_sessions(state: AppState) {
    let mut every = crate::server::jobs::Beat::new(&state, "sessions", Duration::from_mins(15));
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        if let Err(error) = tidy(&state).await {
            every.failed(&error, "expired sessions stay for now");
        }
    }
}

/// Deletes sessions that have ended, expired counts of attempts to sign in, old challenges for passkeys, and sign-ups that were not confirmed in
/// time.
///
/// # Errors
/// When the database refuses.
pub async fn tidy(state: &AppState) -> Result<()> {
    let now = state.clock.now();
    let mut tx = state.db.write().await?;
    store::delete_dead(&mut tx, now).await?;
    crate::accounts::door::tidy(&mut tx, now).await?;
    crate::accounts::links::tidy(&mut tx, now).await?;
    crate::accounts::passkeys::tidy(&mut tx, now).await?;
    tx.commit().await?;
    Ok(())
}
