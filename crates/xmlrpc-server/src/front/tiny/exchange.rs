//! The exchanges with tiny_http: a request that the relay passes on, and its answer.
//!
//! tiny_http knows the request's bytes. The rest is here: who sent it, and which body its head
//! has declared.
//!
//! | an exchange | becomes | by |
//! | --- | --- | --- |
//! | open | taken | tiny_http's request, which names it |
//! | taken | answered | the responder's answer |
//! | taken | awaits the body | the responder, which finds nothing wrong with the head alone, and answers "100 Continue" |

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::front::body_framing::BodyFraming;
use crate::front::peer::Peer;

/// A request that the relay passes on.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) peer: Peer,
    /// The address to which the client is connected.
    pub(crate) local: IpAddr,
    /// The framing that the head declares.
    pub(crate) framing: BodyFraming,
    /// The body is passed on with the head. Otherwise the head alone is judged.
    pub(crate) has_body: bool,
    /// The connection ends behind the answer.
    pub(crate) is_last: bool,
    progress: AtomicU8,
    /// The bytes of the answer, head and body, once there is one.
    length: AtomicU64,
}

/// The progress of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// tiny_http has not handed the request over. If it answers, it has refused it by itself.
    Open,
    Taken,
    Answered,
    AwaitsBody,
}

impl Exchange {
    pub(crate) fn new(
        peer: Peer,
        local: IpAddr,
        framing: BodyFraming,
        has_body: bool,
        is_last: bool,
    ) -> Self {
        Exchange {
            peer,
            local,
            framing,
            has_body,
            is_last,
            progress: AtomicU8::new(0),
            length: AtomicU64::new(0),
        }
    }

    /// Notes that the responder answers with so many bytes, before it writes any. The relay
    /// reads both after the answer's first byte, which orders the two.
    pub(crate) fn set_answer(&self, progress: Progress, length: usize) {
        self.length.store(length as u64, Ordering::SeqCst);
        self.progress.store(progress as u8, Ordering::SeqCst);
    }

    /// Returns the length of the responder's answer, or `None` if the answer is tiny_http's
    /// own.
    pub(crate) fn answer_length(&self) -> Option<u64> {
        match self.progress() {
            Progress::Open | Progress::Taken => None,
            Progress::Answered | Progress::AwaitsBody => Some(self.length.load(Ordering::SeqCst)),
        }
    }

    pub(crate) fn progress(&self) -> Progress {
        match self.progress.load(Ordering::SeqCst) {
            0 => Progress::Open,
            1 => Progress::Taken,
            2 => Progress::Answered,
            _ => Progress::AwaitsBody,
        }
    }
}

/// The open exchanges of a server, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Exchanges(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    by_number: HashMap<u64, Arc<Exchange>>,
    last: u64,
}

impl Exchanges {
    /// Enters an exchange, which leaves when the guard is dropped.
    pub(crate) fn enter(&self, exchange: Exchange) -> Entered<'_> {
        let exchange = Arc::new(exchange);
        let mut open = self.lock();
        open.last += 1;
        let number = open.last;
        open.by_number.insert(number, Arc::clone(&exchange));
        Entered {
            exchanges: self,
            number,
            exchange,
        }
    }

    /// Returns the exchange of this number, and notes that tiny_http has handed it over.
    pub(crate) fn take(&self, number: u64) -> Option<Arc<Exchange>> {
        let exchange = Arc::clone(self.lock().by_number.get(&number)?);
        let taken = Progress::Taken as u8;
        exchange.progress.store(taken, Ordering::SeqCst);
        Some(exchange)
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // No code that could panic runs under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An exchange among the open ones, until this is dropped.
#[derive(Debug)]
pub(crate) struct Entered<'a> {
    exchanges: &'a Exchanges,
    pub(crate) number: u64,
    pub(crate) exchange: Arc<Exchange>,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.exchanges.lock().by_number.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use super::*;

    #[test]
    fn an_exchange_is_open_until_it_is_taken_and_answered() {
        let exchanges = Exchanges::default();
        let enter = || {
            let local = Ipv4Addr::LOCALHOST;
            let peer = Peer::Address(SocketAddr::from((local, 1)));
            let exchange = Exchange::new(peer, local.into(), BodyFraming::Undeclared, false, true);
            exchanges.enter(exchange)
        };
        let (first, second) = (enter(), enter());
        assert_ne!(first.number, second.number);
        assert_eq!(first.exchange.progress(), Progress::Open);
        assert_eq!(first.exchange.answer_length(), None);
        let taken = exchanges.take(first.number).unwrap();
        assert!(Arc::ptr_eq(&taken, &first.exchange));
        assert_eq!(first.exchange.progress(), Progress::Taken);
        assert_eq!(first.exchange.answer_length(), None);
        assert_eq!(second.exchange.progress(), Progress::Open);
        for progress in [Progress::AwaitsBody, Progress::Answered] {
            taken.set_answer(progress, 7);
            assert_eq!(first.exchange.progress(), progress);
            assert_eq!(first.exchange.answer_length(), Some(7));
        }
        let number = first.number;
        drop(first);
        assert!(exchanges.take(number).is_none());
        assert!(exchanges.take(second.number).is_some());
    }
}
