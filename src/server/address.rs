//! Finds the address that a request comes from. Behind a proxy, the connection has the proxy's address. The proxy's
//! header with the caller's address counts only when the configuration trusts that proxy, because anybody can write such
//! a header.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

use axum::http::HeaderMap;
use ipnet::IpNet;

const FORWARDED: &str = "x-forwarded-for";

/// The headers in which a proxy names its caller.
const BY_PROXIES: [&str; 2] = [FORWARDED, "forwarded"];

/// The trusted proxies: addresses and networks (`127.0.0.1, 10.0.0.0/8`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(Vec<IpNet>);

impl FromStr for Proxies {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let networks = text.split([',', ' ']).map(str::trim).filter(|part| !part.is_empty());
        let read = |part: &str| part.parse().or_else(|_| part.parse::<IpAddr>().map(IpNet::from));
        networks.map(|part| read(part).map_err(|_| format!("`{part}` is no address or network"))).collect::<Result<_, _>>().map(Self)
    }
}

impl Proxies {
    /// Whether a request carries a proxy's header although no proxy is trusted. All callers of that proxy then count as
    /// one address.
    pub fn are_missing(&self, headers: &HeaderMap) -> bool {
        self.0.is_empty() && BY_PROXIES.iter().any(|name| headers.contains_key(*name))
    }

    /// Whether the address belongs to a trusted proxy.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Returns the caller's address: the last one in the chain of proxies that is not a trusted proxy.
    pub fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> Caller {
        let mut caller = peer.to_canonical();
        let lines: Vec<&str> = headers.get_all(FORWARDED).iter().filter_map(|value| value.to_str().ok()).collect();
        for said in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            if !self.trusts(caller) {
                break;
            }
            let Ok(said) = said.trim().parse::<IpAddr>() else { break };
            caller = said.to_canonical();
        }
        Caller(Some(caller))
    }
}

/// A network that the limits count as one caller: one IPv4 address, or the first 64 bits of an IPv6 address, which one customer
/// has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Network(IpAddr);

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
            address @ IpAddr::V4(_) => address,
        })
    }
}

/// The address that a request came from, if it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caller(pub Option<IpAddr>);

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |address| address.fmt(f))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(proxies: &str, peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED, line.parse().expect("a header"));
        }
        let proxies: Proxies = proxies.parse().expect("networks");
        proxies.caller(peer.parse().expect("an address"), &headers).to_string()
    }

    #[test]
    fn a_header_counts_only_from_a_trusted_proxy() {
        assert_eq!(called("", "192.0.2.9", &["203.0.113.1"]), "192.0.2.9");
        assert_eq!(called("10.0.0.0/8", "192.0.2.9", &["203.0.113.1"]), "192.0.2.9");
        assert_eq!(called("10.0.0.0/8", "10.1.2.3", &["203.0.113.1"]), "203.0.113.1");
        assert_eq!(called("10.0.0.0/8", "::ffff:10.1.2.3", &["203.0.113.1"]), "203.0.113.1");
        assert_eq!(called("fd00::/8, 10.0.0.1", "fd00::1", &["2001:db8::1"]), "2001:db8::1");
    }

    #[test]
    fn what_the_caller_wrote_himself_is_not_believed() {
        assert_eq!(called("10.0.0.0/8", "10.1.2.3", &["1.1.1.1, 203.0.113.1, 10.0.0.7"]), "203.0.113.1");
        assert_eq!(called("10.0.0.0/8", "10.1.2.3", &["1.1.1.1", "203.0.113.1"]), "203.0.113.1");
        assert_eq!(called("10.0.0.0/8", "10.1.2.3", &["nonsense"]), "10.1.2.3");
        assert_eq!(called("10.0.0.0/8", "10.1.2.3", &["10.0.0.2"]), "10.0.0.2");
    }

    #[test]
    fn a_proxy_that_is_not_trusted_is_noticed() {
        let headers = |name: &'static str| HeaderMap::from_iter([(name.parse().expect("a name"), "203.0.113.1".parse().expect("a value"))]);
        for name in ["x-forwarded-for", "forwarded"] {
            assert!(Proxies::default().are_missing(&headers(name)), "{name}");
            assert!(!"10.0.0.0/8".parse::<Proxies>().expect("a network").are_missing(&headers(name)), "{name}");
        }
        assert!(!Proxies::default().are_missing(&headers("accept")));
    }

    #[test]
    fn a_wrong_network_is_named() {
        for wrong in ["10.0.0.0/33", "ten", "10.0.0.0/x", "::1/129"] {
            assert_eq!(wrong.parse::<Proxies>(), Err(format!("`{wrong}` is no address or network")));
        }
    }
}
