//! The peers of a server, told apart by their addresses.

use std::net::{IpAddr, Ipv6Addr};

/// Returns the address that stands for a peer: that of an IPv4 client or of this machine, or
/// of an IPv6 network of 64 bits, which is one customer's, who may use any address in it.
pub(crate) fn peer_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            let network = address.to_bits() >> 64 << 64;
            Ipv6Addr::from_bits(network).into()
        }
        address => address,
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
            let found = peer_of(address.parse().unwrap());
            assert_eq!(found.to_string(), peer, "{address}");
        }
    }
}
