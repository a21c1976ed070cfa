//! The peers of a server, told apart by their addresses, or on a Unix socket by their users.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::context::Context;

/// The other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    /// The address of a TCP connection's other end.
    Address(SocketAddr),
    /// The user of a process of this machine, at the other end of a Unix socket; `None` where
    /// the system does not tell it.
    #[cfg_attr(not(unix), expect(dead_code, reason = "there are no Unix sockets"))]
    User(Option<u32>),
}

/// All connections that count as one peer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum PeerKey {
    /// The address of an IPv4 client or of this machine, or the network of 64 bits of an IPv6
    /// client, which is one customer's, who may use any address in it.
    Address(IpAddr),
    User(Option<u32>),
}

impl Peer {
    /// Returns what the peer's connections have in common.
    pub(crate) fn key(self) -> PeerKey {
        match self {
            Peer::Address(address) => PeerKey::Address(match address.ip().to_canonical() {
                IpAddr::V6(ip) if !ip.is_loopback() => {
                    Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into()
                }
                ip => ip,
            }),
            Peer::User(user) => PeerKey::User(user),
        }
    }

    /// Returns whether the peer is a process of this machine.
    #[cfg(feature = "hyper")]
    pub(crate) fn is_of_this_machine(self) -> bool {
        match self {
            Peer::Address(address) => address.ip().to_canonical().is_loopback(),
            Peer::User(_) => true,
        }
    }

    /// Returns a call's context with the peer in it.
    pub(crate) fn in_context(self, context: Context) -> Context {
        match self {
            Peer::Address(address) => context.with_peer(address),
            Peer::User(Some(user)) => context.with_peer_user(user),
            Peer::User(None) => context,
        }
    }
}

impl fmt::Display for Peer {
    /// Writes the address without its port, as an access log has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Peer::Address(address) => write!(f, "{}", address.ip().to_canonical()),
            Peer::User(user) => write_user(*user, f),
        }
    }
}

impl fmt::Display for PeerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PeerKey::Address(address) => write!(f, "{address}"),
            PeerKey::User(user) => write_user(*user, f),
        }
    }
}

fn write_user(user: Option<u32>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match user {
        Some(user) => write!(f, "uid:{user}"),
        None => f.write_str("unix"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_ipv6_is_one_peer() {
        for (address, peer) in [
            ("10.0.0.1", "10.0.0.1"),
            ("::ffff:10.0.0.1", "10.0.0.1"),
            ("2001:db8:0:1:ffff::2", "2001:db8:0:1::"),
            ("::1", "::1"),
            ("127.0.0.1", "127.0.0.1"),
        ] {
            let found = Peer::Address(SocketAddr::new(address.parse().unwrap(), 9)).key();
            assert_eq!(found.to_string(), peer, "{address}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_user_is_one_peer_of_this_machine() {
        let (one, unknown) = (Peer::User(Some(7)), Peer::User(None));
        assert_eq!(one.to_string(), "uid:7");
        assert_eq!(one.key().to_string(), "uid:7");
        assert_eq!(unknown.to_string(), "unix");
        assert_ne!(one.key(), unknown.key());
        assert_ne!(one.key(), Peer::User(Some(8)).key());
        #[cfg(feature = "hyper")]
        assert!(one.is_of_this_machine() && unknown.is_of_this_machine());
        assert_eq!(one.in_context(Context::new()).peer_user(), Some(7));
        assert_eq!(unknown.in_context(Context::new()).peer_user(), None);
    }
}
