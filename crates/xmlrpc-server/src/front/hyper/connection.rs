//! One connection: its first byte, TLS, and its requests, one after the other.

use std::convert::Infallible;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use ::hyper::server::conn::http1;
use ::hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::front::hyper::checked_stream::CheckedStream;
use crate::front::hyper::connection_limit::TrackedConnection;
use crate::front::hyper::race::{run_until, run_until_stopped};
use crate::front::hyper::request;
use crate::front::hyper::self_wake::poll_self_waking;
use crate::front::hyper::shared::{Endpoints, Shared};
use crate::front::hyper::socket::{OverSocket, Socket};
use crate::front::hyper::write_timeout::WriteTimeout;
use crate::front::peer::Peer;
use crate::front::raw_head::MAX_HEAD;

/// The time that a closing connection without a call gets: it may have the last bytes of a
/// request to read, or of an answer to write.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Serves one connection to its end.
pub(crate) async fn serve_connection(
    stream: Socket,
    peer: Peer,
    shared: Arc<Shared>,
    mut stopping: watch::Receiver<bool>,
) {
    stream.set_up(shared.tcp_keepalive);
    let connection = TrackedConnection::new(&shared.connection_limit);
    // The state and the buffers for HTTP take some 16 KiB, which a client that says nothing
    // does not get.
    if has_sent(&stream, &shared, &connection, &mut stopping).await {
        // The address of a connection that its peer has reset may be gone already.
        let Ok(local) = stream.local_ip() else {
            return;
        };
        let endpoints = Endpoints { peer, local };
        let served = serve_stream(stream, endpoints, &shared, &connection, stopping);
        poll_self_waking(Box::pin(served)).await;
    }
}

/// Waits for a client's first byte. Returns whether it came in time.
async fn has_sent(
    stream: &Socket,
    shared: &Shared,
    connection: &TrackedConnection<'_>,
    stopping: &mut watch::Receiver<bool>,
) -> bool {
    let sent = pin!(timeout(shared.head_timeout, stream.peek()));
    matches!(
        run_until_closing(connection, stopping, sent).await,
        Some(Ok(Ok(1)))
    )
}

/// Serves a connection with TLS or without, as the server is set up.
async fn serve_stream(
    stream: Socket,
    endpoints: Endpoints,
    shared: &Shared,
    connection: &TrackedConnection<'_>,
    stopping: watch::Receiver<bool>,
) {
    #[cfg(feature = "tls")]
    if let Some(tls) = &shared.tls {
        let mut stopping = stopping;
        let handshake = pin!(timeout(shared.head_timeout, tls.accept(stream)));
        match run_until_closing(connection, &mut stopping, handshake).await {
            Some(Ok(Ok(stream))) => {
                serve_http(stream, endpoints, shared, connection, stopping).await;
            }
            Some(Ok(Err(error))) => log::debug!("{}: {error}", endpoints.peer),
            Some(Err(_)) | None => {}
        }
        return;
    }
    serve_http(stream, endpoints, shared, connection, stopping).await;
}

/// Serves HTTP on a stream.
async fn serve_http(
    stream: impl AsyncRead + AsyncWrite + OverSocket + Unpin,
    endpoints: Endpoints,
    shared: &Shared,
    connection: &TrackedConnection<'_>,
    mut stopping: watch::Receiver<bool>,
) {
    // Bytes pass the time limit first, and then the check of heads.
    let stream = CheckedStream::new(WriteTimeout::new(stream, connection, shared.write_timeout));
    let service = service_fn(async |request| {
        Ok::<_, Infallible>(request::answer(request, endpoints, shared, connection).await)
    });
    let mut http = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(shared.head_timeout)
            .max_header_size(MAX_HEAD)
            .max_buf_size(MAX_HEAD)
            .serve_connection(TokioIo::new(stream), service)
    );
    let ended = match run_until_closing(connection, &mut stopping, http.as_mut()).await {
        Some(ended) => ended,
        None => {
            http.as_mut().graceful_shutdown();
            match timeout(CLOSE_TIMEOUT, http.as_mut()).await {
                Ok(ended) => ended,
                // The answer to a running call is sent; the grace ends the wait.
                Err(_) if connection.is_in_call() => http.await,
                Err(_) => Ok(()),
            }
        }
    };
    if let Err(error) = ended {
        log::debug!("{}: {error}", endpoints.peer);
    }
}

/// Returns the output of `future`, or `None` if the connection has to close first: because
/// of a stop, or for a new connection.
async fn run_until_closing<F: Future>(
    connection: &TrackedConnection<'_>,
    stopping: &mut watch::Receiver<bool>,
    future: Pin<&mut F>,
) -> Option<F::Output> {
    let evicted = pin!(connection.evicted());
    let ended = run_until(evicted, pin!(run_until_stopped(stopping, future))).await;
    ended.flatten()
}
