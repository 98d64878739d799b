//! The door: who guesses at passwords is slowed down, per account and per address, on every node alike.
//!
//! An attempt is counted before the password is looked at, so that a hundred at once are a hundred. What is counted is the
//! name as it was typed, whether or not anybody has it: being slowed down tells nothing. Where somebody came in before is counted by
//! itself: whoever guesses far away slows others far away, and keeps nobody out of her own house.

mod store;

use chrono::Duration;
use sha2::{Digest as _, Sha256};

use crate::{
    core::{Error, Result, time::Instant},
    db::{Database, Tx},
};

/// How many attempts go by unhindered, and how long one waits after more.
#[derive(Clone, Copy, Debug)]
struct Patience {
    free: i64,
    /// After the last free one; twice as long after each more.
    first: Duration,
    longest: Duration,
    /// After so long without an attempt all is as new.
    forgets: Duration,
}

/// Of an account: a person mistypes a few times, and never waits for longer than a quarter of an hour.
const ACCOUNT: Patience = Patience { free: 5, first: Duration::minutes(1), longest: Duration::minutes(15), forgets: Duration::hours(12) };
/// Of an address, as often as is configured: a whole hospital may be behind one, and all of it signs in at eight.
const ADDRESS: Patience = Patience { free: 0, first: Duration::minutes(1), longest: Duration::hours(1), forgets: Duration::hours(1) };

impl Patience {
    /// How long the next attempt waits after so many.
    fn wait(self, attempts: i64) -> Option<Duration> {
        let more = u32::try_from(attempts.checked_sub(self.free)?).ok()?;
        let factor = 2_i32.checked_pow(more.min(20)).unwrap_or(i32::MAX);
        Some((self.first * factor).min(self.longest))
    }
}

/// So long an address is remembered from which somebody came in.
const HOME: Duration = Duration::days(30);

/// Somebody at the door, or at another where guessing must not help.
#[derive(Clone, Debug)]
pub struct Caller {
    account: Vec<u8>,
    /// The account at this address, and the address.
    here: Option<(Vec<u8>, Vec<u8>, Patience)>,
}

impl Caller {
    /// Who wants to be `login`, from an address (empty when nobody knows) that has `free` attempts.
    pub fn new(login: &str, address: &str, free: u32) -> Self {
        let network = network(address);
        let here = (!address.is_empty())
            .then(|| (key("home", &format!("{login}\n{network}")), key("address", &network), Patience { free: free.into(), ..ADDRESS }));
        Self { account: key("account", login), here }
    }

    /// What is counted for the account: what was tried from here, when somebody came in from here before.
    async fn counted(&self, tx: &mut Tx) -> Result<&[u8]> {
        match &self.here {
            Some((home, ..)) if store::is_known(tx, home).await? => Ok(home),
            _ => Ok(&self.account),
        }
    }

    /// Counts an attempt; from here on it may be made.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is too early for another.
    pub async fn knock(&self, db: &Database, now: Instant) -> Result<()> {
        let mut tx = db.read().await?;
        let mut keys = vec![(self.counted(&mut tx).await?, ACCOUNT)];
        keys.extend(self.here.as_ref().map(|(_, address, patience)| (address.as_slice(), *patience)));
        // Whoever goes on knocking at a closed door keeps nobody who writes waiting.
        for (key, _) in &keys {
            if let Some(until) = store::closed_until(&mut tx, key).await?.filter(|until| *until > now) {
                return Err(too_early(until - now));
            }
        }
        drop(tx);
        let mut tx = db.write().await?;
        for (key, patience) in keys {
            let Some(attempts) = store::count(&mut tx, key, now, now - patience.forgets).await? else {
                let until = store::closed_until(&mut tx, key).await?.unwrap_or(now);
                // What was counted for the account before its address was refused does not count.
                return Err(too_early(until - now));
            };
            if let Some(wait) = patience.wait(attempts) {
                store::close(&mut tx, key, now + wait).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    /// The right password: what was counted for the account, or for it at this address, is forgotten, and this attempt does not
    /// count for the address.
    ///
    /// # Errors
    /// What the database refused.
    pub async fn enter(&self, tx: &mut Tx) -> Result<()> {
        let counted = self.counted(tx).await?;
        if counted == self.account {
            store::forget(tx, counted).await?;
        } else {
            store::calm(tx, counted).await?;
        }
        if let Some((_, address, _)) = &self.here {
            store::take_back(tx, address).await?;
        }
        Ok(())
    }

    /// From now on this address is one from which the account's owner comes.
    pub(super) async fn remember(&self, tx: &mut Tx, now: Instant) -> Result<()> {
        match &self.here {
            Some((home, ..)) => store::know(tx, home, now + HOME).await,
            None => Ok(()),
        }
    }
}

/// Neither what was typed as a name (sometimes it is a password) nor an address lies open in the table.
fn key(kind: &str, text: &str) -> Vec<u8> {
    Sha256::digest(format!("{kind}\n{text}")).to_vec()
}

/// An address as far as it tells households apart: of IPv6 the first half.
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

/// Removes what is forgotten.
pub(super) async fn tidy(tx: &mut Tx, now: Instant) -> Result<()> {
    store::tidy(tx, now - ACCOUNT.forgets.max(ADDRESS.forgets)).await
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
