//! Limits the open connections: per network and in total, with a reserved part for networks where a user is signed in.
//!
//! When no slot is free, a new connection takes the slot of the connection that has been idle for the longest time, and that
//! connection is closed. So connections that send nothing cannot block a request.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::time::Instant;

use super::{activity::Activity, signed_in::SignedInNetworks};
use crate::server::{
    address::{Network, Proxies},
    config::Config,
};

/// A network where a user is signed in is often a whole hospital behind one address: its limit is multiplied by this
/// number.
const SIGNED_IN_TIMES: usize = 10;
/// One fourth of all slots is reserved for such networks.
const KEPT_PART: usize = 4;
/// When no slot is free, this part of all slots is freed at once, so that not every new connection searches all slots.
const EVICTED_PART: usize = 64;
/// Seconds between two warnings in the log.
const QUIET: u64 = 60;

/// The slots for connections of all listeners.
#[derive(Debug)]
pub struct Slots {
    all: usize,
    per_network: usize,
    proxies: Proxies,
    signed_in: SignedInNetworks,
    taken: Mutex<Taken>,
    began: Instant,
    next: AtomicU64,
    /// The time of the last warning, in seconds since `began`, plus 1.
    warned: AtomicU64,
}

#[derive(Debug, Default)]
struct Taken {
    networks: HashMap<Network, HashMap<u64, Arc<Activity>>>,
    all: usize,
    /// The connections of networks where no user is signed in.
    strangers: usize,
}

impl Slots {
    /// `all` slots, with the limit per network and the trusted proxies of the configuration.
    pub fn new(config: &Config, all: usize) -> Self {
        Self {
            all,
            per_network: usize::try_from(config.connections_per_address).unwrap_or(usize::MAX),
            proxies: config.proxies().unwrap_or_default(),
            signed_in: SignedInNetworks::default(),
            taken: Mutex::default(),
            began: Instant::now(),
            next: AtomicU64::new(0),
            warned: AtomicU64::new(0),
        }
    }

    /// The number of slots.
    pub const fn all(&self) -> usize {
        self.all
    }

    /// The number of taken slots.
    pub fn taken(&self) -> usize {
        self.lock().all
    }

    /// Records that a signed-in user sent a request from this address.
    pub fn note_signed_in(&self, address: IpAddr) {
        self.signed_in.note(address.into(), Instant::now());
    }

    /// Whether a signed-in user recently sent a request from this address's network.
    pub fn knows(&self, address: IpAddr) -> bool {
        self.signed_in.contains(address.into(), Instant::now())
    }

    /// Takes a slot for an accepted connection; `None` when every slot that it may use belongs to a request in
    /// progress.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Slot> {
        let network = Network::from(address);
        // A proxy connects many people: it has no limit and always counts as signed in.
        let proxy = self.proxies.trusts(address);
        let signed_in = proxy || self.signed_in.contains(network, Instant::now());
        let limit = match (proxy, signed_in) {
            (true, _) => usize::MAX,
            (false, true) => self.per_network.saturating_mul(SIGNED_IN_TIMES),
            (false, false) => self.per_network,
        };
        let mut taken = self.lock();
        let of_network = taken.networks.get(&network).map_or(0, HashMap::len);
        if of_network >= limit && !taken.evict(1, |other, _| other == network) {
            drop(taken);
            self.warn(&format!("a connection from {address} was refused: it has {of_network} open (`connections_per_address`)"));
            return None;
        }
        let strangers = self.all - self.all / KEPT_PART;
        let full = taken.all >= self.all || !signed_in && taken.strangers >= strangers;
        let some = self.all / EVICTED_PART + 1;
        if full && !taken.evict(some, |_, other| !other.signed_in) && (!signed_in || !taken.evict(some, |_, _| true)) {
            drop(taken);
            self.warn("a connection was refused: all are taken by requests in progress");
            return None;
        }
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let activity = Arc::new(Activity::new(self.began, signed_in));
        taken.networks.entry(network).or_default().insert(id, activity.clone());
        taken.all += 1;
        taken.strangers += usize::from(!signed_in);
        drop(taken);
        Some(Slot { slots: self.clone(), network, id, activity })
    }

    /// Closes some idle connections when file handles are used up.
    pub(super) fn close_idle(&self) {
        let some = self.all / EVICTED_PART + 1;
        let mut taken = self.lock();
        let _ = taken.evict(some, |_, other| !other.signed_in) || taken.evict(some, |_, _| true);
    }

    /// Writes a warning at most once a minute, so that an attack cannot fill the log.
    pub fn warn(&self, message: &str) {
        let now = self.began.elapsed().as_secs() + 1;
        let before = self.warned.load(Ordering::Relaxed);
        if (before == 0 || now >= before + QUIET) && self.warned.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            tracing::warn!("{message}");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// Closes up to `count` of the connections chosen by `of` that have been idle for the longest time; `false` when
    /// none of them is idle.
    fn evict(&mut self, count: usize, of: impl Fn(Network, &Activity) -> bool) -> bool {
        let mut idle: Vec<(u64, u64, Network)> = Vec::new();
        for (network, connections) in &self.networks {
            let these = connections.iter().filter(|(_, activity)| of(*network, activity));
            idle.extend(these.filter_map(|(id, activity)| activity.idle_since().map(|since| (since, *id, *network))));
        }
        if idle.len() > count {
            idle.select_nth_unstable(count);
            idle.truncate(count);
        }
        for (_, id, network) in &idle {
            if let Some(activity) = self.remove(*network, *id) {
                activity.evict();
            }
        }
        !idle.is_empty()
    }

    fn remove(&mut self, network: Network, id: u64) -> Option<Arc<Activity>> {
        let connections = self.networks.get_mut(&network)?;
        let activity = connections.remove(&id)?;
        if connections.is_empty() {
            self.networks.remove(&network);
        }
        self.all -= 1;
        self.strangers -= usize::from(!activity.signed_in);
        Some(activity)
    }
}

/// The slot of one connection; dropping it frees the slot.
#[derive(Debug)]
pub(super) struct Slot {
    slots: Arc<Slots>,
    network: Network,
    id: u64,
    activity: Arc<Activity>,
}

impl Slot {
    pub(super) fn activity(&self) -> Arc<Activity> {
        self.activity.clone()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // An evicted connection is already removed.
        let _ = self.slots.lock().remove(self.network, self.id);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn slots(all: usize) -> Arc<Slots> {
        let config = Config { connections_per_address: 3, trusted_proxies: "10.0.0.1".to_owned(), ..Config::default() };
        Arc::new(Slots::new(&config, all))
    }

    fn address(number: u8) -> IpAddr {
        Ipv4Addr::new(192, 0, 2, number).into()
    }

    #[tokio::test]
    async fn one_address_has_so_many_connections_and_a_further_one_closes_its_oldest_idle_one() {
        let slots = slots(100);
        let held: Vec<_> = (0..3).map(|_| slots.take(address(1)).expect("a slot")).collect();
        let requests: Vec<_> = held.iter().skip(1).map(|slot| slot.activity().begin()).collect();
        let fourth = slots.take(address(1)).expect("the slot of the idle one");
        tokio::time::timeout(std::time::Duration::from_secs(1), held[0].activity().evicted()).await.expect("closed");
        let _request = fourth.activity().begin();
        assert!(slots.take(address(1)).is_none(), "all three have a request in progress");
        assert!(slots.take(address(2)).is_some(), "another address is not concerned");
        drop(requests);
        assert!(slots.take(address(1)).is_some());
        drop(held);
        drop(fourth);
        assert_eq!(slots.taken(), 0);
    }

    #[test]
    fn an_ipv6_network_counts_as_one_and_a_trusted_proxy_is_not_limited() {
        let slots = slots(100);
        let mut held = Vec::new();
        for number in 0..3 {
            let slot = slots.take(format!("2001:db8::{number}").parse().expect("an address")).expect("a slot");
            held.push((slot.activity().begin(), slot));
        }
        assert!(slots.take("2001:db8::9:9".parse().expect("an address")).is_none());
        assert!(slots.take("2001:db8:0:1::9".parse().expect("an address")).is_some());
        for _ in 0..20 {
            let slot = slots.take("::ffff:10.0.0.1".parse().expect("an address")).expect("a slot");
            held.push((slot.activity().begin(), slot));
        }
    }

    #[test]
    fn slots_are_kept_for_networks_where_somebody_is_signed_in() {
        let slots = slots(8);
        slots.note_signed_in(address(9));
        let mut held = Vec::new();
        for number in 0..6 {
            let slot = slots.take(address(number)).expect("a slot");
            held.push((slot.activity().begin(), slot));
        }
        assert!(slots.take(address(7)).is_none(), "the last fourth is kept");
        for _ in 0..2 {
            let slot = slots.take(address(9)).expect("a slot that is kept");
            held.push((slot.activity().begin(), slot));
        }
        assert!(slots.take(address(9)).is_none());
        drop(held.remove(0).0);
        assert!(slots.take(address(9)).is_some(), "the slot of an idle stranger");
    }
}
