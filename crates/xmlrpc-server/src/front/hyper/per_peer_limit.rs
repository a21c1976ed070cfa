//! The limit on the connections of one peer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::front::peer::{Peer, PeerKey};

/// The numbers of connections, by peer, and their limit.
#[derive(Debug, Clone)]
pub(crate) struct PerPeerLimit {
    max: usize,
    /// No number in it is 0.
    counts: Arc<Mutex<HashMap<PeerKey, usize>>>,
}

/// A connection that counts until this is dropped.
#[derive(Debug)]
pub(crate) struct PeerConnection {
    limit: PerPeerLimit,
    /// `None` for this machine, which is not counted.
    peer: Option<PeerKey>,
}

impl PerPeerLimit {
    /// Returns a limit of `max` connections, at least 1.
    pub(crate) fn new(max: usize) -> Self {
        PerPeerLimit {
            max: max.max(1),
            counts: Arc::default(),
        }
    }

    /// Counts a connection; any number of this machine's are let in. Returns `None` if the
    /// peer has as many as it may.
    pub(crate) fn enter(&self, peer: Peer) -> Option<PeerConnection> {
        let peer = (!peer.is_of_this_machine()).then(|| peer.key());
        if let Some(peer) = peer {
            let mut counts = self.lock();
            let count = counts.entry(peer).or_default();
            if *count >= self.max {
                return None;
            }
            *count += 1;
        }
        Some(PeerConnection {
            limit: self.clone(),
            peer,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PeerKey, usize>> {
        // No code that could panic runs under the lock.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for PeerConnection {
    fn drop(&mut self) {
        let Some(peer) = self.peer else {
            return;
        };
        let mut counts = self.limit.lock();
        if let Some(count) = counts.get_mut(&peer) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    fn peer(address: &str) -> Peer {
        Peer::Address(SocketAddr::new(address.parse().unwrap(), 1))
    }

    #[test]
    fn a_peer_has_its_share_and_no_more() {
        let limit = PerPeerLimit::new(2);
        let enter = |text: &str| limit.enter(peer(text));
        let first = enter("10.0.0.1");
        let second = enter("::ffff:10.0.0.1");
        assert!(first.is_some() && second.is_some());
        assert!(enter("10.0.0.1").is_none());
        let other = enter("10.0.0.2");
        assert!(other.is_some());
        drop(first);
        assert!(enter("10.0.0.1").is_some());
        drop((second, other));
        assert!(limit.lock().is_empty());
    }

    #[test]
    fn a_network_is_one_peer_and_this_machine_none() {
        let limit = PerPeerLimit::new(1);
        let enter = |text: &str| limit.enter(peer(text));
        let _one = enter("2001:db8:0:1::1").unwrap();
        assert!(enter("2001:db8:0:1:ffff::2").is_none());
        assert!(enter("2001:db8:0:2::1").is_some());
        let own = ["127.0.0.1", "127.0.0.1", "::1", "::1"].map(enter);
        assert!(own.iter().all(Option::is_some));
    }
}
