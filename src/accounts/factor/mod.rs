//! The second factor: a code from an app in addition to the password, and recovery codes for a lost phone. Each code works
//! once, on the node where it is entered first.

#[cfg(feature = "ssr")]
mod acts;
pub mod api;
#[cfg(feature = "ssr")]
mod recovery;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod totp;

#[cfg(feature = "ssr")]
pub use server::*;

#[cfg(feature = "ssr")]
mod server {
    use super::{recovery, store, totp};
    use crate::{
        accounts::sessions,
        audit::{self, Action, AuditRow},
        core::{Error, PatientId, Result, Role, UserId, locale::LOCALE, time::Instant},
        db::{Locked, Tx},
        server::{
            ACCESS, Ctx, Event,
            mail::{self, Mail},
        },
    };

    #[cfg(any(debug_assertions, feature = "testing"))]
    pub use super::totp::shown;
    pub use super::totp::{address, secret_words};

    /// The state of a user's second factor.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum Factor {
        Off,
        /// The app has the secret, but its first code was not entered yet.
        Begun {
            secret: Vec<u8>,
        },
        /// The server asks for it at sign-in.
        On {
            since: Instant,
            codes_left: i64,
        },
    }

    /// Returns the state of the user's second factor.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn factor(tx: &mut Tx, user: UserId) -> Result<Factor> {
        let Some(row) = store::find(tx, user).await? else { return Ok(Factor::Off) };
        match row.confirmed_at {
            Some(since) => Ok(Factor::On { since, codes_left: row.codes_left }),
            None => Ok(Factor::Begun { secret: row.secret(tx)? }),
        }
    }

    /// Stores a new, unconfirmed secret; it replaces an earlier unconfirmed one.
    pub(super) async fn begin(tx: &mut Tx, user: Locked<UserId>, now: Instant) -> Result<()> {
        let mut bytes = [0_u8; totp::SECRET_LENGTH];
        getrandom::fill(&mut bytes).map_err(|_| Error::Busy)?;
        let id = uuid::Uuid::now_v7();
        if store::begin(tx, (id, user), &bytes, now).await? { Ok(()) } else { Err(already()) }
    }

    /// Confirms the second factor with its first code; from here on the server asks for one. Returns the recovery
    /// codes, which cannot be read again.
    pub(super) async fn finish(tx: &mut Tx, user: Locked<UserId>, typed: &str, now: Instant) -> Result<Vec<String>> {
        let row = store::find(tx, user.id()).await?.ok_or(Error::NotFound)?;
        if row.confirmed_at.is_some() {
            return Err(already());
        }
        let secret = row.secret(tx)?;
        let step = totp::read(typed).and_then(|code| totp::step_of(&secret, &code, now));
        let Some(step) = step else { return Err(Error::invalid("code", crate::tr!(accounts.wrong_code))) };
        if !store::finish(tx, user, step, now).await? {
            return Err(already());
        }
        new_codes(tx, user, now).await
    }

    /// Creates ten recovery codes; they replace the earlier ones.
    pub(super) async fn new_codes(tx: &mut Tx, user: Locked<UserId>, now: Instant) -> Result<Vec<String>> {
        let codes = recovery::fresh()?;
        let hashes = codes.iter().filter_map(|code| recovery::hash(code)).collect();
        store::replace_codes(tx, user, hashes, now).await?;
        Ok(codes)
    }

    /// Uses up a code of the app or a recovery code; returns `false` when it is neither, or was used before.
    pub async fn use_code(tx: &mut Tx, user: Locked<UserId>, typed: &str, now: Instant) -> Result<bool> {
        let Some(code) = totp::read(typed) else {
            return match recovery::hash(typed) {
                Some(hash) => store::use_recovery_code(tx, user, hash, now).await,
                None => Ok(false),
            };
        };
        let Some(row) = store::find(tx, user.id()).await?.filter(|row| row.confirmed_at.is_some()) else { return Ok(false) };
        match totp::step_of(&row.secret(tx)?, &code, now) {
            Some(step) => store::use_step(tx, user, step).await,
            None => Ok(false),
        }
    }

    /// Whether the typed text may be a code of the app: no password is as short.
    pub(in crate::accounts) fn looks_like_a_code(typed: &str) -> bool {
        totp::read(typed).is_some()
    }

    /// Removes the second factor and its recovery codes; returns `false` when there was none.
    pub(super) async fn remove_factor(tx: &mut Tx, user: Locked<UserId>) -> Result<bool> {
        store::remove(tx, user).await
    }

    /// Removes the second factor and the passkeys of a person who lost phone and recovery codes. The person's earlier sessions end, the audit log
    /// records it, and an e-mail notifies the person, so that an owner who did not ask for it notices.
    ///
    /// # Errors
    /// [`Error::Conflict`] when there was none.
    pub async fn take_factor_away(ctx: &mut Ctx, user: Locked<UserId>, patient: Option<PatientId>) -> Result<()> {
        let had_factor = remove_factor(&mut ctx.tx, user).await?;
        // The lost phone may hold passkeys too.
        let passkeys = crate::accounts::passkeys::remove_all(&mut ctx.tx, user).await?;
        if !had_factor && passkeys == 0 {
            return Err(Error::conflict(crate::tr!(accounts.factor_none)));
        }
        let current = if ctx.user() == user.id() { ctx.request().session.id() } else { None };
        sessions::end_others(&mut ctx.tx, user, current).await?;
        let user = user.id();
        if let Some((name, address, language)) = crate::accounts::store::reachable(&mut ctx.tx, user).await? {
            let (hospital, site) = (ctx.state().hospital().name.clone(), ctx.state().config.site_address());
            let language = language.and_then(|code| code.parse().ok()).unwrap_or(ctx.request().locale);
            let letter = LOCALE.sync_scope(language, || Mail {
                recipient: address,
                subject: crate::tr!(accounts.factor_gone_subject, hospital = hospital.clone()),
                body: crate::tr!(accounts.factor_gone_body, name = name, site = site, hospital = hospital),
            });
            let now = ctx.now;
            mail::queue(&mut ctx.tx, &letter, now).await?;
        }
        ctx.did(Action::Update, "second_factor", user, patient);
        ctx.tell(Event::new(&ACCESS).to(user));
        Ok(())
    }

    /// Removes the second factor and the passkeys from the command line, and ends the sessions; returns `false` when no user with that
    /// name had one.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn reset_factor_of(tx: &mut Tx, login: &str, now: Instant) -> Result<bool> {
        let Some(known) = crate::accounts::store::credentials(tx, login).await? else { return Ok(false) };
        let user = tx.lock(known.user).await?;
        let confirmed = crate::accounts::store::credentials(tx, login).await?.is_some_and(|known| known.second_factor);
        if crate::accounts::passkeys::remove_all(tx, user).await? == 0 && !confirmed {
            return Ok(false);
        }
        remove_factor(tx, user).await?;
        sessions::end_others(tx, user, None).await?;
        let row = AuditRow {
            at: now,
            user: UserId::SYSTEM,
            roles: String::new(),
            action: Action::Update,
            what: "second_factor",
            subject: Some(known.user.into()),
            patient: None,
            clinic: None,
            address: String::new(),
            request: String::new(),
            why: String::new(),
        };
        audit::write(tx, &[row]).await?;
        Ok(true)
    }

    /// Returns the roles that need a second factor.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn roles_that_need_one(tx: &mut Tx) -> Result<Vec<Role>> {
        store::roles(tx).await
    }

    pub(super) use super::store::require;

    fn already() -> Error {
        Error::conflict(crate::tr!(accounts.factor_already))
    }
}
