//! How many connections each peer has.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The counts.
#[derive(Debug, Clone)]
pub(super) struct Peers {
    most: usize,
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A connection that is counted until this is dropped.
#[derive(Debug)]
pub(super) struct Counted {
    peers: Peers,
    peer: Option<IpAddr>,
}

impl Peers {
    pub(super) fn new(most: usize) -> Self {
        Peers {
            most: most.max(1),
            counts: Arc::default(),
        }
    }

    /// Counts a connection, unless there are as many as there may be.
    pub(super) fn enter(&self, peer: IpAddr) -> Option<Counted> {
        let peer = group(peer);
        if let Some(peer) = peer {
            let mut counts = self.lock();
            let count = counts.entry(peer).or_default();
            if *count >= self.most {
                return None;
            }
            *count += 1;
        }
        Some(Counted {
            peers: self.clone(),
            peer,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        // No code that could panic runs under the lock.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let Some(peer) = self.peer else {
            return;
        };
        let mut counts = self.peers.lock();
        if let Some(count) = counts.get_mut(&peer) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&peer);
            }
        }
    }
}

/// What counts as one peer; `None` for this machine.
fn group(peer: IpAddr) -> Option<IpAddr> {
    match peer.to_canonical() {
        peer if peer.is_loopback() => None,
        IpAddr::V6(peer) => {
            // A network of 64 bits is one customer's; its addresses are for the asking.
            let network = peer.to_bits() >> 64 << 64;
            Some(Ipv6Addr::from_bits(network).into())
        }
        peer => Some(peer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_has_its_share_and_no_more() {
        let peers = Peers::new(2);
        let enter = |text: &str| peers.enter(text.parse().unwrap());
        let first = enter("10.0.0.1");
        let second = enter("::ffff:10.0.0.1");
        assert!(first.is_some() && second.is_some());
        assert!(enter("10.0.0.1").is_none());
        let other = enter("10.0.0.2");
        assert!(other.is_some());
        drop(first);
        assert!(enter("10.0.0.1").is_some());
        drop((second, other));
        assert!(peers.lock().is_empty());
    }

    #[test]
    fn a_network_is_one_peer_and_this_machine_none() {
        let peers = Peers::new(1);
        let enter = |text: &str| peers.enter(text.parse().unwrap());
        let _one = enter("2001:db8:0:1::1").unwrap();
        assert!(enter("2001:db8:0:1:ffff::2").is_none());
        assert!(enter("2001:db8:0:2::1").is_some());
        let own = ["127.0.0.1", "127.0.0.1", "::1", "::1"].map(enter);
        assert!(own.iter().all(Option::is_some));
    }
}
