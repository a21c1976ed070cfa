//! The accept loop, and the end of a server.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::call_table::SlotsGuard;
use crate::error::{Error, system};
use crate::front::accept_error::{PAUSE, is_of_one_connection};
use crate::front::cross_site::CrossSitePolicy;
use crate::front::descriptor_limit::max_connections;
use crate::front::hyper::connection::serve_connection;
use crate::front::hyper::connection_limit::ConnectionLimit;
use crate::front::hyper::options::Options;
use crate::front::hyper::per_peer_limit::PerPeerLimit;
use crate::front::hyper::race::run_until_stopped;
use crate::front::hyper::shared::Shared;
use crate::front::hyper::socket::ListeningSocket;
use crate::front::hyper::workers::Workers;
use crate::front::listener::Listener;
use crate::front::log_throttle::LogThrottle;
use crate::front::memory_budget::MemoryBudget;
use crate::front::refusal_throttle::RefusalThrottle;
use crate::service::Service;
use crate::stop::Stop;

/// A server before its accept loop runs.
pub(crate) struct Acceptor {
    listener: ListeningSocket,
    shared: Arc<Shared>,
    per_peer_limit: PerPeerLimit,
    grace: Duration,
    _slots: SlotsGuard,
}

impl Acceptor {
    /// Returns an acceptor of a non-blocking listener, which belongs to the runtime that the
    /// caller has entered.
    pub(crate) fn new(
        listener: Listener,
        service: Arc<Service>,
        options: Options,
    ) -> Result<Self, Error> {
        let listener = ListeningSocket::new(listener)?;
        let slots = options.workers.max(1);
        let max_connections = max_connections(options.connections, 1);
        let least = service.limits().bytes.saturating_mul(2);
        let memory = MemoryBudget::new(options.memory, least);
        let workers = Workers::new(
            Arc::clone(&service),
            slots,
            options.queue,
            options.inline_slots(),
            Arc::clone(&memory),
        );
        Ok(Acceptor {
            listener,
            per_peer_limit: PerPeerLimit::new(options.connections_per_peer),
            grace: options.grace,
            _slots: service.calls().add_slots(slots),
            shared: Arc::new(Shared {
                workers: workers.map_err(system("start the watcher's thread"))?,
                service,
                memory,
                connection_limit: ConnectionLimit::new(
                    u32::try_from(max_connections).unwrap_or(u32::MAX),
                ),
                cross_site: CrossSitePolicy::new(&options.hosts, options.token.is_some()),
                refusal_throttle: RefusalThrottle::default(),
                token: options.token,
                head_timeout: options.head_timeout,
                body_timeout: options.body_timeout,
                write_timeout: options.write_timeout,
                tcp_keepalive: options.tcp_keepalive,
                deadline: options.deadline,
                #[cfg(feature = "tls")]
                tls: options.tls,
            }),
        })
    }

    /// Accepts and serves until the stop. Then closes the listener, and waits until the
    /// connections have ended, at most for the grace.
    pub(crate) async fn run(self, stop: Stop) {
        let (stopped, mut stopping) = watch::channel(false);
        let _hook = stop.hook(move || {
            stopped.send_replace(true);
        });
        let Acceptor {
            listener,
            shared,
            per_peer_limit,
            grace,
            _slots,
        } = self;
        tokio::spawn(tick());
        let mut accept_failures = LogThrottle::default();
        let mut peers_over_limit = LogThrottle::default();
        loop {
            match run_until_stopped(&mut stopping, pin!(listener.accept())).await {
                None => break,
                Some(Ok((stream, peer))) => {
                    // Before the place: a peer over its limit must not make an idle
                    // connection of another leave.
                    let Some(counted) = per_peer_limit.enter(peer) else {
                        if let Some(unsaid) = peers_over_limit.event(Instant::now()) {
                            log::warn!(
                                "{peer} has too many connections ({unsaid} more since the last line)"
                            );
                        }
                        continue;
                    };
                    let acquired = pin!(shared.connection_limit.acquire());
                    let Some(Some(permit)) = run_until_stopped(&mut stopping, acquired).await
                    else {
                        break;
                    };
                    let (shared, stopping) = (Arc::clone(&shared), stopping.clone());
                    tokio::spawn(async move {
                        serve_connection(stream, peer, shared, stopping).await;
                        drop((permit, counted));
                    });
                }
                Some(Err(error)) => {
                    accept_failures.accept_failed(&error);
                    if !is_of_one_connection(&error) {
                        let _ = run_until_stopped(&mut stopping, pin!(sleep(PAUSE))).await;
                    }
                }
            }
        }
        drop(listener);
        // An error if the grace has passed.
        let _ = timeout(grace, shared.connection_limit.wait_until_unused()).await;
    }
}

/// Never ends. Keeps a timer that is earlier than the two of each call: a new timer that is
/// the earliest wakes the thread that waits for timers.
async fn tick() {
    loop {
        sleep(Duration::from_secs(1)).await;
    }
}
