//! The networks from which a signed-in user recently sent a request.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use tokio::time::Instant;

use crate::server::address::Network;

/// How long the server remembers a network: over a weekend.
const LASTS: Duration = Duration::from_hours(72);
/// The precision of a network's time.
const FRESH: Duration = Duration::from_mins(1);
/// The largest number of networks in memory; a further one replaces the network with the oldest request.
const MOST: usize = 4_096;

/// Networks with the time of the last request by a signed-in user; held in memory only.
#[derive(Debug, Default)]
pub(super) struct SignedInNetworks(RwLock<HashMap<Network, Instant>>);

impl SignedInNetworks {
    pub(super) fn note(&self, network: Network, now: Instant) {
        let noted = |at: &Instant| now.duration_since(*at) < FRESH;
        if self.0.read().unwrap_or_else(PoisonError::into_inner).get(&network).is_some_and(noted) {
            return;
        }
        let mut networks = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if networks.len() >= MOST
            && !networks.contains_key(&network)
            && let Some(oldest) = networks.iter().min_by_key(|(_, at)| **at).map(|(network, _)| *network)
        {
            networks.remove(&oldest);
        }
        networks.insert(network, now);
    }

    pub(super) fn contains(&self, network: Network, now: Instant) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&network).is_some_and(|at| now.duration_since(*at) < LASTS)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    fn network(number: usize) -> Network {
        Network::from(IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(number).expect("a number"))))
    }

    #[test]
    fn a_network_is_remembered_for_three_days_and_the_oldest_is_forgotten() {
        let networks = SignedInNetworks::default();
        let begun = Instant::now();
        let mut now = begun;
        for number in 0..MOST {
            now += Duration::from_millis(1);
            networks.note(network(number), now);
        }
        networks.note(network(MOST), now);
        let known = |number: usize| networks.contains(network(number), now);
        assert!(!known(0) && known(1) && known(MOST));
        assert!(!networks.contains(network(MOST), now + LASTS));
    }
}
