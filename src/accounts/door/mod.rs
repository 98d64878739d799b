//! Rate limits of attempts: to sign in, to verify a user again, and to make requests without signing in. The counts are in the
//! database, so they are the same on every node.
//!
//! An attempt to sign in is counted before the password is checked, so that a hundred simultaneous attempts count as a hundred.
//! Two counts can hold an attempt back:
//!
//! - the account's, by the name as it was typed, whether or not an account has it;
//! - the address's, which has a budget of different names within an hour (a token bucket). The first attempt at a name costs one,
//!   and so does each after the fifth; the right password gives it back.
//!
//! An account's owner is not held back at an address where she signed in during the last 30 days: there her password is still
//! checked, with a count of its own. A wrong password then gets the same answer, at the same time, as if it had not been checked,
//! so that the answer does not reveal that the account exists.
//!
//! Users who are signed in ([`Caller::signed_in`]) have a count that only they can increase. Other requests ([`Caller::asking`])
//! have a budget of their own for each kind of request, and never use up the budget for signing in.

mod store;

use std::{pin::Pin, time::Duration as StdDuration};

use chrono::Duration;
use sha2::{Digest as _, Sha256};
use tokio::time::Sleep;

use crate::{
    core::{Error, Result, time::Instant},
    db::{Database, Tx},
};

/// A rate limit: the number of attempts without a delay, and the delay after more attempts.
#[derive(Clone, Copy, Debug)]
struct Patience {
    free: i64,
    /// The delay after the last free attempt; each further attempt doubles it.
    first: Duration,
    longest: Duration,
    /// After this time without an attempt the count starts again.
    forgets: Duration,
}

/// The limit of an account: a person mistypes a few times, and never waits for longer than a quarter of an hour.
const ACCOUNT: Patience = Patience { free: 5, first: Duration::minutes(1), longest: Duration::minutes(15), forgets: Duration::hours(12) };
/// The limit for an account's owner at an address that she is known to use, while others hold the account or the address back.
const KNOWN: Patience = Patience { longest: Duration::hours(1), ..ACCOUNT };

/// The time within which an address may try as many names as its budget has.
const WINDOW: Duration = Duration::hours(1);

impl Patience {
    /// Returns the delay of the next attempt after this number of attempts.
    fn wait(self, attempts: i64) -> Option<Duration> {
        let more = u32::try_from(attempts.checked_sub(self.free)?).ok()?;
        let factor = 2_i32.checked_pow(more.min(20)).unwrap_or(i32::MAX);
        Some((self.first * factor).min(self.longest))
    }
}

/// The time for which an address from which a user signed in is remembered.
const REMEMBERED: Duration = Duration::days(30);

/// The time between an attempt that was held back and its refusal, whether or not a password was checked.
const EVEN: StdDuration = StdDuration::from_millis(500);

/// The account name and the address of a request whose attempts are limited.
#[derive(Clone, Debug)]
pub struct Caller {
    account: Vec<u8>,
    here: Option<Here>,
}

/// The keys of the two counts of an address: one for the name at this address, one for the address itself.
#[derive(Clone, Debug)]
struct Here {
    pair: Vec<u8>,
    address: Vec<u8>,
    /// The time for which one name uses a part of the address's budget.
    cost: Duration,
}

impl Caller {
    /// Creates the caller for an attempt to sign in as `login` from an address (empty when it is not known) that may try `names`
    /// different names an hour.
    pub fn new(login: &str, address: &str, names: u32) -> Self {
        Self::counted("home", "address", login, address, names)
    }

    /// Creates the caller for a request without signing in, such as the request for a link. Each `kind` has counts of
    /// its own.
    pub fn asking(kind: &str, name: &str, address: &str, names: u32) -> Self {
        let kind = format!("asking {kind}");
        Self::counted(&kind, &format!("{kind} from"), &format!("{kind} {name}"), address, names)
    }

    /// Creates the caller for a step of a user who is signed in, or who already entered the right password. Neither an
    /// address nor a stranger can hold it back.
    pub fn signed_in(name: &str) -> Self {
        Self { account: key("signed in", name), here: None }
    }

    /// Returns a hash that stands for the network that the request came from; `None` when the address is not known.
    pub fn network(&self) -> Option<&[u8]> {
        self.here.as_ref().map(|here| here.address.as_slice())
    }

    fn counted(pair: &str, from: &str, name: &str, address: &str, names: u32) -> Self {
        let network = network(address);
        let here = (!address.is_empty()).then(|| Here {
            pair: key(pair, &format!("{name}\n{network}")),
            address: key(from, &network),
            cost: WINDOW / i32::try_from(names.max(1)).unwrap_or(i32::MAX),
        });
        Self { account: key("account", name), here }
    }

    /// Whether the account's owner is known to sign in from this address.
    ///
    /// # Errors
    /// When the database refuses.
    pub(super) async fn is_known(&self, tx: &mut Tx, now: Instant) -> Result<bool> {
        let Some(here) = &self.here else { return Ok(false) };
        Ok(store::pair(tx, &here.pair).await?.known_until.is_some_and(|until| until > now))
    }

    /// Counts an attempt, and allows it unless it is too early.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is too early for another attempt.
    pub async fn knock(&self, db: &Database, now: Instant) -> Result<()> {
        match self.held_back(db, now).await? {
            (None, _) => Ok(()),
            (Some(wait), _) => Err(too_early(wait)),
        }
    }

    /// Counts an attempt to sign in. After this the password may be checked; the `Attempt` decides whether the result
    /// counts.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is too early; this answer takes as long as a check of a password.
    pub async fn attempt(&self, db: &Database, now: Instant) -> Result<Attempt<'_>> {
        let even = Box::pin(tokio::time::sleep(EVEN));
        let (wait, known) = self.held_back(db, now).await?;
        let Some(wait) = wait else { return Ok(Attempt { caller: self, held: None }) };
        let attempt = Attempt { caller: self, held: Some((wait, even)) };
        // The owner's attempts at this address have a count of their own.
        if let (true, Some(here)) = (known, &self.here) {
            let mut tx = db.write().await?;
            if let Some(attempts) = store::count(&mut tx, &here.pair, now, now - KNOWN.forgets).await? {
                if let Some(wait) = KNOWN.wait(attempts) {
                    store::close(&mut tx, &here.pair, now + wait).await?;
                }
                tx.commit().await?;
                return Ok(attempt);
            }
        }
        Err(attempt.refused(too_early(wait)).await)
    }

    /// Counts an attempt unless it is held back. Returns for how long it is held back, and whether the account's owner is known to
    /// use this address and may try all the same. An attempt that is held back is not counted, and writes nothing.
    async fn held_back(&self, db: &Database, now: Instant) -> Result<(Option<Duration>, bool)> {
        let mut tx = db.read().await?;
        let counted = store::counted(&mut tx, &self.account).await?;
        let mut wait = counted.and_then(|(.., closed_until)| closed_until).map(|until| until - now);
        let mut known = false;
        if let Some(here) = &self.here {
            let pair = store::pair(&mut tx, &here.pair).await?;
            known = pair.known_until.is_some_and(|until| until > now) && pair.closed_until.is_none_or(|until| until <= now);
            let attempts = counted.filter(|(_, last, _)| *last >= now - ACCOUNT.forgets).map_or(0, |(attempts, ..)| attempts);
            if costs(pair, attempts + 1, now) {
                let until = store::counted(&mut tx, &here.address).await?.map_or(now, |(_, until, _)| until);
                wait = wait.max(here.beyond(until, now));
            }
        }
        drop(tx);
        if let Some(wait) = wait.filter(|wait| *wait > Duration::zero()) {
            return Ok((Some(wait), known));
        }
        let mut tx = db.write().await?;
        let Some(attempts) = store::count(&mut tx, &self.account, now, now - ACCOUNT.forgets).await? else {
            let until = store::counted(&mut tx, &self.account).await?.and_then(|(.., until)| until).unwrap_or(now);
            return Ok((Some(until - now), known));
        };
        if let Some(wait) = ACCOUNT.wait(attempts) {
            store::close(&mut tx, &self.account, now + wait).await?;
        }
        if let Some(here) = &self.here
            && let Some(wait) = here.charge(&mut tx, attempts, now).await?
        {
            // The transaction is rolled back: the attempt does not count for the account.
            return Ok((Some(wait), known));
        }
        tx.commit().await?;
        Ok((None, known))
    }

    /// Records a successful attempt: deletes the account's count, and returns to the address the budget that the name
    /// used.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn enter(&self, tx: &mut Tx) -> Result<()> {
        store::forget(tx, &self.account).await?;
        match &self.here {
            Some(here) => here.give_back(tx).await,
            None => Ok(()),
        }
    }

    /// Records that the account's owner signs in from this address.
    pub(super) async fn remember(&self, tx: &mut Tx, now: Instant) -> Result<()> {
        match &self.here {
            Some(here) => store::know(tx, &here.pair, now, now + REMEMBERED).await,
            None => Ok(()),
        }
    }
}

impl Here {
    /// Returns the time until the budget has room for another name; `None` when it has room.
    fn beyond(&self, charged_until: Instant, now: Instant) -> Option<Duration> {
        Some(charged_until.max(now) + self.cost - (now + WINDOW)).filter(|wait| *wait > Duration::zero())
    }

    /// Charges the address for the name, if this attempt has a cost; returns the waiting time when the budget is used
    /// up.
    async fn charge(&self, tx: &mut Tx, attempts: i64, now: Instant) -> Result<Option<Duration>> {
        if !costs(store::pair_locked(tx, &self.pair, now).await?, attempts, now) {
            return Ok(None);
        }
        let until = store::charged_until(tx, &self.address, now).await?;
        let wait = self.beyond(until, now);
        if wait.is_none() {
            store::charge(tx, &self.address, until.max(now) + self.cost).await?;
            store::charged(tx, &self.pair, now).await?;
        }
        Ok(wait)
    }

    async fn give_back(&self, tx: &mut Tx) -> Result<()> {
        if store::discharged(tx, &self.pair).await?
            && let Some(until) = store::charged_before(tx, &self.address).await?
        {
            store::charge(tx, &self.address, until - self.cost).await?;
        }
        Ok(())
    }
}

/// Whether an attempt at a name has a cost for the address: the first within an hour, and each for which the account itself
/// has a delay.
fn costs(pair: store::Pair, attempts: i64, now: Instant) -> bool {
    attempts > ACCOUNT.free || pair.counted_at.is_none_or(|at| at <= now - WINDOW)
}

/// An attempt to sign in whose password may be checked.
#[must_use]
pub struct Attempt<'a> {
    caller: &'a Caller,
    /// Set when the attempt is held back for others: the waiting time, and the timer after which a refusal is sent.
    held: Option<(Duration, Pin<Box<Sleep>>)>,
}

impl Attempt<'_> {
    /// Returns the refusal of an attempt that was not right: `otherwise`, unless it was held back.
    pub async fn refused(self, otherwise: Error) -> Error {
        match self.held {
            None => otherwise,
            Some((wait, even)) => {
                even.await;
                too_early(wait)
            }
        }
    }

    /// Records the right password. From now on the owner is known at this address; attempts of strangers still count for
    /// strangers.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn enter(&self, tx: &mut Tx, now: Instant) -> Result<()> {
        match (&self.held, &self.caller.here) {
            (Some(_), Some(here)) => store::calm(tx, &here.pair).await?,
            _ => self.caller.enter(tx).await?,
        }
        self.caller.remember(tx, now).await
    }
}

/// Counts a wrong password that a signed-in user typed; it also counts for signing in.
pub(super) async fn count_wrong(tx: &mut Tx, login: &str, now: Instant) -> Result<()> {
    let account = key("account", login);
    if let Some(attempts) = store::count(tx, &account, now, now - ACCOUNT.forgets).await?
        && let Some(wait) = ACCOUNT.wait(attempts)
    {
        store::close(tx, &account, now + wait).await?;
    }
    Ok(())
}

/// Returns the key of a count as a hash, so that the table contains neither addresses nor typed names, which are
/// sometimes a password.
fn key(kind: &str, text: &str) -> Vec<u8> {
    Sha256::digest(format!("{kind}\n{text}")).to_vec()
}

/// Returns the part of an address that identifies a household: the first half of an IPv6 address.
fn network(address: &str) -> String {
    match address.parse::<std::net::IpAddr>().map(|address| address.to_canonical()) {
        Ok(std::net::IpAddr::V6(address)) => format!("{:x?}", &address.segments()[..4]),
        Ok(address) => address.to_string(),
        Err(_) => address.to_owned(),
    }
}

fn too_early(wait: Duration) -> Error {
    let minutes = (wait.num_seconds() + 59) / 60;
    Error::invalid("login", crate::tr!(accounts.too_early, count = minutes.max(1)))
}

/// Deletes expired counts.
pub(super) async fn tidy(tx: &mut Tx, now: Instant) -> Result<()> {
    store::tidy(tx, now - ACCOUNT.forgets.max(WINDOW), now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_a_quarter_of_an_hour() {
        let minutes = |attempts| ACCOUNT.wait(attempts).map(|wait| wait.num_minutes());
        assert_eq!([1, 4, 5, 6, 7, 8, 9, 1_000_000].map(minutes), [None, None, Some(1), Some(2), Some(4), Some(8), Some(15), Some(15)]);
    }

    #[test]
    fn an_ipv6_household_is_one_address() {
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::9"));
        assert_ne!(network("2001:db8:1:2::9"), network("2001:db8:1:3::9"));
        assert_eq!(network("::ffff:10.0.0.1"), network("10.0.0.1"));
        assert_ne!(network("10.0.0.2"), network("10.0.0.1"));
    }
}
