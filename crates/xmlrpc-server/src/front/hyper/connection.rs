//! One connection: its requests, one after the other.

use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use ::hyper::server::conn::http1;
use ::hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::super::gate::Gate;
use super::again::again;
use super::exchange;
use super::impatient::Impatient;
use super::places::{Guest, Places};
use super::pool::Pool;
use super::strict::Strict;
use super::tcp::Tcp;
use super::unless::{unless, unless_stopped};
use crate::{Service, Token};

/// Bytes that a head may have, and that are read ahead of a body; no client of ours
/// sends 1 KiB.
pub(super) const HEAD: usize = 64 * 1024;

/// What a connection that is to end gets if it has no call at hand: it may have the last
/// bytes of a request to read, or of an answer to write.
const LAST_BYTES: Duration = Duration::from_secs(1);

/// What all connections share.
pub(super) struct Shared {
    pub(super) service: Arc<Service>,
    pub(super) pool: Pool,
    pub(super) places: Places,
    pub(super) head_timeout: Duration,
    pub(super) body_timeout: Duration,
    pub(super) write_timeout: Duration,
    pub(super) deadline: Duration,
    pub(super) gate: Gate,
    pub(super) token: Option<Token>,
    #[cfg(feature = "tls")]
    pub(super) tls: Option<super::tls::Tls>,
}

/// The two ends of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    pub(super) peer: SocketAddr,
    pub(super) here: IpAddr,
}

/// Serves one connection to its end.
pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    shared: Arc<Shared>,
    mut stopping: watch::Receiver<bool>,
) {
    // An answer is written in one piece or a few; none of them is to wait for an
    // acknowledgement. If it can't be set, it is only slower.
    let _ = stream.set_nodelay(true);
    let guest = Guest::new(&shared.places);
    // The state and the buffers for HTTP take some 16 KiB: not for a client that says
    // nothing.
    if has_spoken(&stream, &shared, &guest, &mut stopping).await {
        // The address of a connection that its peer has reset may be gone already.
        let Ok(here) = stream.local_addr() else {
            return;
        };
        let here = here.ip();
        let ends = Ends { peer, here };
        again(Box::pin(open(stream, ends, &shared, &guest, stopping))).await;
    }
}

/// Waits for a client's first byte.
async fn has_spoken(
    stream: &TcpStream,
    shared: &Shared,
    guest: &Guest<'_>,
    stopping: &mut watch::Receiver<bool>,
) -> bool {
    let mut first = [0];
    let spoken = pin!(timeout(shared.head_timeout, stream.peek(&mut first)));
    matches!(unless_over(guest, stopping, spoken).await, Some(Ok(Ok(1))))
}

/// Lays TLS over the connection, where it is asked for.
async fn open(
    stream: TcpStream,
    ends: Ends,
    shared: &Shared,
    guest: &Guest<'_>,
    stopping: watch::Receiver<bool>,
) {
    #[cfg(feature = "tls")]
    if let Some(tls) = &shared.tls {
        let mut stopping = stopping;
        let shaken = pin!(timeout(shared.head_timeout, tls.accept(stream)));
        match unless_over(guest, &mut stopping, shaken).await {
            Some(Ok(Ok(stream))) => speak(stream, ends, shared, guest, stopping).await,
            Some(Ok(Err(error))) => log::debug!("{}: {error}", ends.peer),
            Some(Err(_)) | None => {}
        }
        return;
    }
    speak(stream, ends, shared, guest, stopping).await;
}

/// Speaks HTTP on a connection.
async fn speak(
    stream: impl AsyncRead + AsyncWrite + Tcp + Unpin,
    ends: Ends,
    shared: &Shared,
    guest: &Guest<'_>,
    mut stopping: watch::Receiver<bool>,
) {
    let stream = Strict::new(Impatient::new(stream, guest, shared.write_timeout));
    let service = service_fn(async |request| {
        Ok::<_, Infallible>(exchange::answer(request, ends, shared, guest).await)
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(shared.head_timeout)
            .max_header_size(HEAD)
            .max_buf_size(HEAD)
            .serve_connection(TokioIo::new(stream), service)
    );
    let ended = match unless_over(guest, &mut stopping, connection.as_mut()).await {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            match timeout(LAST_BYTES, connection.as_mut()).await {
                Ok(ended) => ended,
                Err(_) if guest.has_call() => connection.await,
                Err(_) => Ok(()),
            }
        }
    };
    if let Err(error) = ended {
        log::debug!("{}: {error}", ends.peer);
    }
}

/// The future's output, unless the connection is to end before: the server stops, or
/// another connection needs its place.
async fn unless_over<F: Future>(
    guest: &Guest<'_>,
    stopping: &mut watch::Receiver<bool>,
    future: Pin<&mut F>,
) -> Option<F::Output> {
    let leave = pin!(guest.asked_to_leave());
    let ended = unless(leave, pin!(unless_stopped(stopping, future))).await;
    ended.flatten()
}
