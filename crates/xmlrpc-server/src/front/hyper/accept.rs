//! The loop that takes connections, and the end of it all.

use std::io::{self, ErrorKind};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::super::descriptors;
use super::super::gate::Gate;
use super::super::throttle::Throttle;
use super::connection::{self, Shared};
use super::options::Options;
use super::peers::Peers;
use super::places::Places;
use super::pool::Pool;
use super::unless::unless_stopped;
use crate::call_table::SlotsGuard;
use crate::error::{Error, system};
use crate::{Service, Stop};

/// Descriptors that connections leave to the rest of the process, or half of them if
/// there are few.
const RESERVE: usize = 64;

/// How long to leave a listener alone that has no descriptor or memory to accept with:
/// the next try would fail at once, and again.
const PAUSE: Duration = Duration::from_millis(100);

/// What accepts connections.
pub(crate) struct Acceptor {
    listener: TcpListener,
    shared: Arc<Shared>,
    peers: Peers,
    grace: Duration,
    /// What the front adds to the workers that the service reports, until it ends.
    _slots: SlotsGuard,
}

impl Acceptor {
    /// Makes an acceptor of a non-blocking listener, on the runtime of the caller.
    pub(crate) fn new(
        listener: std::net::TcpListener,
        service: Arc<Service>,
        options: Options,
    ) -> Result<Self, Error> {
        let listener = TcpListener::from_std(listener).map_err(system("set up the listener"))?;
        let workers = options.workers.max(1);
        let cap = cap(options.connections, descriptors::limit());
        let pool = Pool::new(Arc::clone(&service), workers, options.queue);
        Ok(Acceptor {
            listener,
            peers: Peers::new(options.connections_per_peer),
            grace: options.grace,
            _slots: service.calls().add_slots(workers),
            shared: Arc::new(Shared {
                pool: pool.map_err(system("start the watcher's thread"))?,
                service,
                places: Places::new(cap),
                head_timeout: options.head_timeout,
                body_timeout: options.body_timeout,
                write_timeout: options.write_timeout,
                deadline: options.deadline,
                gate: Gate::new(&options.hosts, options.token.is_some()),
                token: options.token,
                #[cfg(feature = "tls")]
                tls: options.tls,
            }),
        })
    }

    /// Accepts and serves until the stop, then waits for the connections to end, at most
    /// for the grace.
    pub(crate) async fn run(self, stop: Stop) {
        let (stopped, mut stopping) = watch::channel(false);
        let _hook = stop.hook(move || {
            stopped.send_replace(true);
        });
        let Acceptor {
            listener,
            shared,
            peers,
            grace,
            _slots,
        } = self;
        tokio::spawn(tick());
        let mut throttle = Throttle::default();
        let mut greedy = Throttle::default();
        loop {
            match unless_stopped(&mut stopping, pin!(listener.accept())).await {
                None => break,
                Some(Ok((stream, peer))) => {
                    let Some(counted) = peers.enter(peer.ip()) else {
                        greedy.too_many(peer.ip());
                        continue;
                    };
                    let place = unless_stopped(&mut stopping, pin!(shared.places.take())).await;
                    let Some(Some(place)) = place else {
                        break;
                    };
                    let (shared, stopping) = (Arc::clone(&shared), stopping.clone());
                    tokio::spawn(async move {
                        connection::serve(stream, peer, shared, stopping).await;
                        drop((place, counted));
                    });
                }
                Some(Err(error)) => {
                    throttle.accept_failed(&error);
                    if !is_of_one_connection(&error) {
                        let _ = unless_stopped(&mut stopping, pin!(sleep(PAUSE))).await;
                    }
                }
            }
        }
        drop(listener);
        // An error where the time is up.
        let _ = timeout(grace, shared.places.wait_for_none()).await;
    }
}

/// Ends never, and sees to it that there is a timer earlier than those of the calls. One
/// that is the earliest wakes the thread that waits for timers, and each call has two.
async fn tick() {
    loop {
        sleep(Duration::from_secs(1)).await;
    }
}

/// How many connections there may be: what is asked for, and no more than leaves the
/// reserve.
fn cap(asked: usize, descriptors: Option<usize>) -> u32 {
    let room = descriptors.map_or(usize::MAX, |all| all - RESERVE.min(all / 2));
    u32::try_from(asked.min(room).max(1)).unwrap_or(u32::MAX)
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_to_the_rest_of_the_process() {
        for (asked, descriptors, expected) in [
            (10_000, Some(1024), 960),
            (10_000, Some(20_000), 10_000),
            (10_000, Some(64), 32),
            (10_000, None, 10_000),
            (0, Some(1024), 1),
            (usize::MAX, None, u32::MAX),
        ] {
            assert_eq!(cap(asked, descriptors), expected, "{asked} {descriptors:?}");
        }
    }
}
