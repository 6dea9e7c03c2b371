//! Where a request came from, through the proxies that are trusted.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use ipnet::IpNet;
use muster_domain::client::ClientAddress;

/// Networks of proxies whose forwarding headers count.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<IpNet>);

/// What proxies and the connection say of the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub address: ClientAddress,
    /// Whether it speaks https, to us or to a trusted proxy.
    pub is_https: bool,
}

impl TrustedProxies {
    /// Trusts proxies in these networks.
    #[must_use]
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// The other end of a request.
    #[must_use]
    pub fn peer(&self, request: &HttpRequest) -> Peer {
        // Only a connection that was never accepted has no address.
        let socket = request.peer_addr().map_or(IpAddr::from([0, 0, 0, 0]), |address| address.ip());
        self.resolve(socket, request.headers())
    }

    fn resolve(&self, socket: IpAddr, headers: &HeaderMap) -> Peer {
        if !self.trusts(socket) {
            return Peer { address: ClientAddress::new(socket), is_https: false };
        }
        let is_https = headers.get("x-forwarded-proto").is_some_and(|scheme| scheme.as_bytes().eq_ignore_ascii_case(b"https"));
        Peer { address: ClientAddress::new(self.forwarded(socket, headers)), is_https }
    }

    /// Reads the chain from the right: each proxy wrote down whom it heard, and the first that is not ours is the client.
    fn forwarded(&self, socket: IpAddr, headers: &HeaderMap) -> IpAddr {
        let hops: Vec<_> =
            headers.get_all("x-forwarded-for").filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).collect();
        let mut client = socket;
        for hop in hops.into_iter().rev() {
            let Some(address) = hop_address(hop.trim()) else { break };
            client = address;
            if !self.trusts(address) {
                break;
            }
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// An address as proxies write it, with or without a port.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let plain = hop.parse().ok();
    plain.or_else(|| hop.parse::<std::net::SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;

    fn resolve(trusted: &str, socket: &str, forwarded: &[&str]) -> Peer {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(HeaderName::from_static("x-forwarded-for"), HeaderValue::from_str(value).unwrap());
        }
        headers.insert(HeaderName::from_static("x-forwarded-proto"), HeaderValue::from_static("https"));
        TrustedProxies::new(vec![trusted.parse().unwrap()]).resolve(socket.parse().unwrap(), &headers)
    }

    fn address(text: &str) -> ClientAddress {
        ClientAddress::new(text.parse().unwrap())
    }

    #[test]
    fn strangers_can_not_forge_an_address() {
        let peer = resolve("10.0.0.0/8", "192.0.2.1", &["198.51.100.9"]);
        assert_eq!(peer, Peer { address: address("192.0.2.1"), is_https: false });
    }

    #[test]
    fn the_chain_is_read_from_the_right() {
        let peer = resolve("10.0.0.0/8", "10.0.0.1", &["203.0.113.66, 198.51.100.9", "10.0.0.2"]);
        assert_eq!(peer, Peer { address: address("198.51.100.9"), is_https: true });
        assert_eq!(resolve("10.0.0.0/8", "10.0.0.1", &["198.51.100.9:443"]).address, address("198.51.100.9"));
        assert_eq!(resolve("10.0.0.0/8", "10.0.0.1", &["198.51.100.9, nonsense"]).address, address("10.0.0.1"));
        assert_eq!(resolve("10.0.0.0/8", "::ffff:10.0.0.1", &["198.51.100.9"]).address, address("198.51.100.9"));
    }

    proptest! {
        #[test]
        fn no_header_makes_the_reader_panic(chain in "[ -~]{0,80}") {
            let _ = resolve("10.0.0.0/8", "10.0.0.1", &[&chain]);
        }
    }
}
