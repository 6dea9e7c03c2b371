//! Who is at the other end of a connection.

use std::net::{IpAddr, Ipv6Addr};

/// The address a request came from, after trusted proxies were looked through.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// The address; an IPv4 address in IPv6 dress counts as IPv4.
    #[must_use]
    pub fn new(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }

    /// The address as a store holds it.
    #[must_use]
    pub const fn ip(self) -> IpAddr {
        self.0
    }

    /// What limits count by: one IPv4 address, or the /64 network that one IPv6 customer has to himself.
    #[must_use]
    pub fn network(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        }
    }
}

impl std::fmt::Debug for ClientAddress {
    /// Addresses are personal data: what is debugged ends in logs.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("ClientAddress(…)")
    }
}

/// Most bytes of a user agent that are kept.
const AGENT_BYTES: usize = 512;

/// What a request says of the program that sent it.
#[derive(Debug, Clone)]
pub struct Client {
    /// Where it came from.
    pub address: ClientAddress,
    /// What the program calls itself, cut to what is kept.
    pub user_agent: String,
    /// The push device a sign-in names.
    pub device_id: String,
}

impl Client {
    /// A client without a push device.
    #[must_use]
    pub fn new(address: ClientAddress, user_agent: &str) -> Self {
        let clean: String = user_agent.chars().filter(|c| !c.is_control()).collect();
        Self { address, user_agent: clean[..clean.floor_char_boundary(AGENT_BYTES)].to_owned(), device_id: String::new() }
    }

    /// Whether the program runs on a phone or tablet.
    #[must_use]
    pub fn is_mobile(&self) -> bool {
        let marks = ["Mobile", "Android", "iOS", "iPhone", "iPad"];
        !self.device_id.is_empty() || marks.iter().any(|mark| self.user_agent.contains(mark))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ipv6_counts_by_its_64_network() {
        let a = ClientAddress::new("2001:db8::1".parse().unwrap());
        let b = ClientAddress::new("2001:db8::ffff:1".parse().unwrap());
        let other = ClientAddress::new("2001:db8:0:1::1".parse().unwrap());
        assert_eq!(a.network(), b.network());
        assert_ne!(a.network(), other.network());
    }

    #[test]
    fn mapped_addresses_count_as_ipv4() {
        assert_eq!(ClientAddress::new("::ffff:192.0.2.1".parse().unwrap()), ClientAddress::new("192.0.2.1".parse().unwrap()));
    }

    #[test]
    fn a_long_user_agent_is_cut_between_characters() {
        let long = format!("a{}", "é".repeat(AGENT_BYTES));
        let client = Client::new(ClientAddress::new("192.0.2.1".parse().unwrap()), &long);
        assert_eq!(client.user_agent.len(), AGENT_BYTES - 1);
    }

    proptest! {
        #[test]
        fn no_user_agent_is_too_much(agent: String) {
            let client = Client::new(ClientAddress::new("192.0.2.1".parse().unwrap()), &agent);
            prop_assert!(client.user_agent.len() <= AGENT_BYTES);
            let _ = client.is_mobile();
        }
    }
}
