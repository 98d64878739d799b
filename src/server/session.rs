//! The content of a session: who signed in and how, and the steps of signing in that are not finished.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    core::{ClinicId, PatientId, Result, ServicePointId, UserId, time::Instant},
    server::{ACCESS, Event, Request},
};

/// The session's key for [`SignedIn`].
pub const SIGNED_IN: &str = "who";

/// The session's key for [`HalfSignedIn`].
pub const HALF_SIGNED_IN: &str = "half";

/// The time limit between the password and the code.
const HALF_LASTS: chrono::Duration = chrono::Duration::minutes(5);

/// How long a proof of identity is valid before the server asks for it again.
const CONFIRMED: chrono::Duration = chrono::Duration::minutes(5);

/// The session's key for [`BegunPasskey`].
const PASSKEY: &str = "passkey";

/// The session's key for the text that the next page shows once.
const NOTE: &str = "note";

/// The content of a session. The rest is read from the database at each request, so that a removed role is lost at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    pub user: UserId,
    pub since: Instant,
    /// The time of the last request; stored at most once a minute.
    pub seen: Instant,
    /// The clinic that the user chose to work at.
    #[serde(default)]
    pub clinic: Option<ClinicId>,
    /// The room or counter that the user chose to work at.
    #[serde(default)]
    pub point: Option<ServicePointId>,
    /// The patient for whom the portal is open, if it is not the user.
    #[serde(default)]
    pub acting_for: Option<PatientId>,
    /// The address of the browser; `agent` is its name.
    #[serde(default)]
    pub address: String,
    #[serde(default)]
    pub agent: String,
    /// When the user last proved her identity, by signing in or with the password before a sensitive step.
    #[serde(default)]
    pub confirmed: Option<Instant>,
    /// The user's version number at sign-in. The session ends when a change of password, second factor, roles or state raises it.
    #[serde(default)]
    pub version: i64,
    /// Whether the user signed in with a passkey.
    #[serde(default)]
    pub by_passkey: bool,
}

/// A user who typed the right password and has not yet entered a code. This gives no access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HalfSignedIn {
    pub user: UserId,
    pub since: Instant,
    /// The page to open after the code.
    pub next: String,
    /// As in [`SignedIn`].
    #[serde(default)]
    pub version: i64,
}

/// A challenge for a passkey that this browser was given. The row of the challenge decides whether it still counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BegunPasskey {
    pub challenge: Uuid,
    /// The page to open after signing in.
    pub next: String,
}

impl Request {
    /// Records the sign-in of `user`, under a new session id. `version` was read under the lock that decided the sign-in.
    ///
    /// # Errors
    /// When the session cannot be stored.
    pub async fn sign_in(&self, user: UserId, version: i64) -> Result<()> {
        self.sign_in_with(user, version, false).await
    }

    /// Records the sign-in of `user` as [`Self::sign_in`] does; `by_passkey` when a passkey was both factors.
    ///
    /// # Errors
    /// When the session cannot be stored.
    pub async fn sign_in_with(&self, user: UserId, version: i64, by_passkey: bool) -> Result<()> {
        let now = self.state.clock.now();
        self.session.cycle_id().await.map_err(session_error)?;
        self.session.remove_value(HALF_SIGNED_IN).await.map_err(session_error)?;
        self.session.remove_value(PASSKEY).await.map_err(session_error)?;
        let (address, agent) = (self.address.clone(), self.agent.clone());
        self.store(&SignedIn {
            user,
            since: now,
            seen: now,
            clinic: None,
            point: None,
            acting_for: None,
            address,
            agent,
            confirmed: Some(now),
            version,
            by_passkey,
        })
        .await
    }

    /// Records in the session, under a new id, that the password was right and the code is still missing.
    ///
    /// # Errors
    /// When the session cannot be stored.
    pub async fn sign_in_halfway(&self, user: UserId, version: i64, next: &str) -> Result<()> {
        let half = HalfSignedIn { user, since: self.state.clock.now(), next: next.to_owned(), version };
        self.session.cycle_id().await.map_err(session_error)?;
        self.session.remove_value(SIGNED_IN).await.map_err(session_error)?;
        self.session.insert(HALF_SIGNED_IN, half).await.map_err(session_error)
    }

    /// Returns the user who typed the right password a moment ago and has not yet entered a code.
    ///
    /// # Errors
    /// When the session cannot be read.
    pub async fn half_signed_in(&self) -> Result<Option<HalfSignedIn>> {
        let half: Option<HalfSignedIn> = self.session.get(HALF_SIGNED_IN).await.map_err(session_error)?;
        Ok(half.filter(|half| self.state.clock.now() - half.since <= HALF_LASTS))
    }

    /// Stores that this browser was given a challenge for a passkey.
    ///
    /// # Errors
    /// When the session cannot be stored.
    pub async fn begin_passkey(&self, begun: &BegunPasskey) -> Result<()> {
        self.session.insert(PASSKEY, begun).await.map_err(session_error)
    }

    /// Returns the last challenge for a passkey that this browser was given.
    ///
    /// # Errors
    /// When the session cannot be read.
    pub async fn begun_passkey(&self) -> Result<Option<BegunPasskey>> {
        self.session.get(PASSKEY).await.map_err(session_error)
    }

    /// Keeps this session valid after a change by the user that ends all others: it takes the user's new version.
    ///
    /// # Errors
    /// When the session cannot be stored.
    pub async fn outlives(&self, version: i64) -> Result<()> {
        let signed_in: Option<SignedIn> = self.session.get(SIGNED_IN).await.map_err(session_error)?;
        let signed_in = signed_in.ok_or(crate::core::Error::SignedOut)?;
        self.store(&SignedIn { version, ..signed_in }).await
    }

    /// Whether the user proved her identity in the last five minutes, by signing in or before another sensitive step.
    pub fn confirmed_lately(&self) -> bool {
        let at = self.signed_in.as_ref().and_then(|signed_in| signed_in.confirmed);
        self.confirmed.get().is_some() || at.is_some_and(|at| self.state.clock.now() - at <= CONFIRMED)
    }

    /// Stores the session at once, for a page that is rendered again within this request.
    ///
    /// # Errors
    /// When the session cannot be stored.
    pub async fn keep(&self) -> Result<()> {
        self.session.save().await.map_err(session_error)
    }

    /// Changes the session id: the former id is no longer valid.
    ///
    /// # Errors
    /// When the session cannot be stored.
    pub async fn new_id(&self) -> Result<()> {
        self.session.cycle_id().await.map_err(session_error)
    }

    /// Changes the session id if the user proved her identity in this request.
    ///
    /// # Errors
    /// When the session cannot be stored.
    pub async fn renew(&self) -> Result<()> {
        if self.confirmed.get().is_none() { Ok(()) } else { self.new_id().await }
    }

    /// Ends the session.
    ///
    /// # Errors
    /// When the session cannot be removed.
    pub async fn sign_out(&self) -> Result<()> {
        self.session.flush().await.map_err(session_error)?;
        match &self.principal {
            Some(who) => self.state.hub.tell(&self.state.db, self.state.clock.now(), &[Event::new(&ACCESS).to(who.user)]).await,
            None => Ok(()),
        }
    }

    /// Stores a text that the next page which requests it shows once.
    ///
    /// # Errors
    /// When the session cannot be stored.
    pub async fn leave_note(&self, words: &str) -> Result<()> {
        self.session.insert(NOTE, words).await.map_err(session_error)
    }

    /// Takes the text that was stored for this page.
    ///
    /// # Errors
    /// When the session cannot be read.
    pub async fn take_note(&self) -> Result<Option<String>> {
        self.session.remove(NOTE).await.map_err(session_error)
    }

    /// Stores the content of the session.
    ///
    /// # Errors
    /// When the session cannot be stored.
    pub async fn store(&self, signed_in: &SignedIn) -> Result<()> {
        self.session.insert(SIGNED_IN, signed_in).await.map_err(session_error)
    }
}

pub(super) fn session_error(error: tower_sessions::session::Error) -> crate::core::Error {
    use tower_sessions::{session, session_store};
    // The session store passes errors as text: for a session too, a database that does not answer gives `Busy`.
    if let session::Error::Store(session_store::Error::Backend(words)) = &error
        && *words == crate::core::Error::Busy.to_string()
    {
        return crate::core::Error::Busy;
    }
    crate::core::Error::internal("session store failed", &error)
}
