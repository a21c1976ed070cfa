//! A limit on the rate of refusals: on their lines in the log, and on guesses of a token.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::front::peer::{Peer, PeerKey};

/// The refusals of a peer that are within its allowance, if it had none for long.
const BURST: u32 = 20;

/// The time in which the allowance grows by one refusal.
const PERIOD: Duration = Duration::from_millis(500);

/// The most peers with an allowance of their own. Those beyond share one.
const MAX_PEERS: usize = 1024;

/// The allowances of the peers that were refused lately.
///
/// A refusal within its peer's allowance is answered at once, and has a line in the log. One
/// beyond it has no line, and is counted. The count is logged with the peer's next line, when
/// the peer has had no refusal for some time, and at the server's end.
#[derive(Debug, Default)]
pub(crate) struct RefusalThrottle {
    peers: Mutex<HashMap<Option<PeerKey>, Allowance>>,
}

/// The allowance of one peer.
#[derive(Debug)]
struct Allowance {
    /// The time at which the allowance is whole again.
    whole_at: Instant,
    /// The refusals without a line since the last line.
    without_line: u64,
}

impl RefusalThrottle {
    /// Counts a refusal. Returns whether it is within the allowance of its peer.
    pub(crate) fn admit(&self, peer: Peer, now: Instant) -> bool {
        let mut ended = Vec::new();
        let mut peers = self.lock();
        let peer = peer.key();
        if !peers.contains_key(&Some(peer)) && peers.len() >= MAX_PEERS {
            peers.retain(|&peer, allowance| {
                let is_kept = allowance.whole_at > now;
                if !is_kept {
                    ended.push((peer, allowance.without_line));
                }
                is_kept
            });
        }
        let key = (peers.contains_key(&Some(peer)) || peers.len() < MAX_PEERS).then_some(peer);
        let allowance = peers.entry(key).or_insert(Allowance {
            whole_at: now,
            without_line: 0,
        });
        let used_until = allowance.whole_at.max(now) + PERIOD;
        let is_within = used_until <= now + PERIOD * BURST;
        if is_within {
            allowance.whole_at = used_until;
            ended.push((key, std::mem::take(&mut allowance.without_line)));
        } else {
            allowance.without_line += 1;
        }
        drop(peers);
        ended.into_iter().for_each(log_without_line);
        is_within
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Option<PeerKey>, Allowance>> {
        // No code that could panic runs under the lock.
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RefusalThrottle {
    fn drop(&mut self) {
        for (peer, allowance) in self.lock().drain() {
            log_without_line((peer, allowance.without_line));
        }
    }
}

/// Logs how many refusals of a peer had no line, if there were any.
fn log_without_line((peer, count): (Option<PeerKey>, u64)) {
    let peer = peer.map_or("other peers".to_owned(), |peer| peer.to_string());
    if count > 0 {
        log::warn!("{peer}: {count} more requests were refused, too many for a line each");
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, SocketAddr};

    use super::*;

    fn peer(ip: IpAddr) -> Peer {
        Peer::Address(SocketAddr::new(ip, 1))
    }

    fn admitted(throttle: &RefusalThrottle, peer: &str, count: u32, now: Instant) -> usize {
        let peer = self::peer(peer.parse().unwrap());
        (0..count).filter(|_| throttle.admit(peer, now)).count()
    }

    #[test]
    fn a_peer_has_a_burst_and_then_one_refusal_each_period() {
        let throttle = RefusalThrottle::default();
        let start = Instant::now();
        assert_eq!(admitted(&throttle, "10.0.0.1", 1000, start), 20);
        assert_eq!(admitted(&throttle, "10.0.0.2", 3, start), 3);
        let later = start + PERIOD * 3;
        assert_eq!(admitted(&throttle, "10.0.0.1", 1000, later), 3);
        let whole = later + PERIOD * BURST;
        assert_eq!(admitted(&throttle, "10.0.0.1", 1000, whole), 20);
    }

    #[test]
    fn the_refusals_without_a_line_are_counted_until_the_next_line() {
        let throttle = RefusalThrottle::default();
        let start = Instant::now();
        admitted(&throttle, "10.0.0.1", BURST + 7, start);
        let without_line = || {
            let peers = throttle.lock();
            peers.values().map(|a| a.without_line).sum::<u64>()
        };
        assert_eq!(without_line(), 7);
        admitted(&throttle, "10.0.0.1", 1, start + PERIOD);
        assert_eq!(without_line(), 0);
    }

    #[test]
    fn peers_beyond_the_limit_share_an_allowance_until_others_are_forgotten() {
        let throttle = RefusalThrottle::default();
        let start = Instant::now();
        for number in 0..MAX_PEERS as u32 {
            let peer = peer(number.to_be_bytes().into());
            assert!(throttle.admit(peer, start));
        }
        assert_eq!(admitted(&throttle, "10.0.0.1", 15, start), 15);
        assert_eq!(admitted(&throttle, "10.0.0.2", 15, start), 5);
        assert_eq!(throttle.lock().len(), MAX_PEERS + 1);
        let later = start + PERIOD;
        assert_eq!(admitted(&throttle, "10.0.0.2", 30, later), 20);
        assert!(throttle.lock().len() <= 2);
    }
}
