//! The socket of a connection, TCP's or a Unix socket, and the listener that accepts it.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

#[cfg(unix)]
use tokio::io::Interest;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};

use crate::error::{Error, system};
use crate::front::hyper::tcp;
use crate::front::listener;
use crate::front::peer::Peer;
#[cfg(unix)]
use crate::front::socket_file::SocketFile;

/// A listener that belongs to a runtime.
#[derive(Debug)]
pub(crate) enum ListeningSocket {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix {
        /// It is dropped before the socket.
        _file: Option<SocketFile>,
        listener: UnixListener,
    },
}

impl ListeningSocket {
    /// Hands a non-blocking listener to the runtime that the caller has entered.
    pub(crate) fn new(listener: listener::Listener) -> Result<Self, Error> {
        match listener.0 {
            listener::Socket::Tcp(listener) => {
                TcpListener::from_std(listener).map(ListeningSocket::Tcp)
            }
            #[cfg(unix)]
            listener::Socket::Unix { file, listener } => {
                let listener = UnixListener::from_std(listener);
                listener.map(|listener| ListeningSocket::Unix {
                    _file: file,
                    listener,
                })
            }
        }
        .map_err(system("set up the listener"))
    }

    /// Accepts a connection.
    pub(crate) async fn accept(&self) -> io::Result<(Socket, Peer)> {
        match self {
            ListeningSocket::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                Ok((Socket::Tcp(stream), Peer::Address(peer)))
            }
            #[cfg(unix)]
            ListeningSocket::Unix { listener, .. } => {
                let (stream, _) = listener.accept().await?;
                let user = stream.peer_cred().ok().map(|peer| peer.uid());
                Ok((Socket::Unix(stream), Peer::User(user)))
            }
        }
    }
}

/// The socket of a connection.
#[derive(Debug)]
pub(crate) enum Socket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Socket {
    /// Sets the socket's own options.
    pub(crate) fn set_up(&self, keepalive: Option<Duration>) {
        let stream = match self {
            Socket::Tcp(stream) => stream,
            #[cfg(unix)]
            Socket::Unix(_) => return,
        };
        // An answer is written in one piece or a few, and none of them should wait for an
        // acknowledgement. If this fails, answers are only slower.
        let _ = stream.set_nodelay(true);
        if let Some(time) = keepalive {
            // If this fails, a client that has vanished is noticed at the call's deadline.
            let _ = tcp::set_keepalive(stream, time);
        }
    }

    /// Waits for a first byte, and leaves it unread. Returns 0 at the end of the stream.
    pub(crate) async fn peek(&self) -> io::Result<usize> {
        let mut first = [0];
        match self {
            Socket::Tcp(stream) => stream.peek(&mut first).await,
            #[cfg(unix)]
            Socket::Unix(stream) => {
                use rustix::net::{RecvFlags, recv};

                let peek = || {
                    let (_, length) = recv(stream, &mut first, RecvFlags::PEEK)?;
                    Ok(length)
                };
                stream.async_io(Interest::READABLE, peek).await
            }
        }
    }

    /// Returns the address to which the client has connected: for a Unix socket, the loopback
    /// address, since clients call it `localhost`.
    pub(crate) fn local_ip(&self) -> io::Result<IpAddr> {
        match self {
            Socket::Tcp(stream) => Ok(stream.local_addr()?.ip()),
            #[cfg(unix)]
            Socket::Unix(_) => Ok(Ipv4Addr::LOCALHOST.into()),
        }
    }
}

/// A stream over a socket.
pub(crate) trait OverSocket {
    /// Returns the socket under the stream.
    fn socket(&self) -> &Socket;

    /// Acknowledges what has come, at once.
    ///
    /// A client that writes a request in pieces may hold the last one back until those
    /// before are acknowledged (Nagle's algorithm), for which the system would take 40 ms and
    /// more.
    fn acknowledge(&self) {
        match self.socket() {
            Socket::Tcp(stream) => tcp::acknowledge(stream),
            #[cfg(unix)]
            Socket::Unix(_) => {}
        }
    }
}

impl OverSocket for Socket {
    fn socket(&self) -> &Socket {
        self
    }
}

#[cfg(feature = "tls")]
impl OverSocket for tokio_rustls::server::TlsStream<Socket> {
    fn socket(&self) -> &Socket {
        self.get_ref().0
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut *self {
            Socket::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            #[cfg(unix)]
            Socket::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut *self {
            Socket::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
            #[cfg(unix)]
            Socket::Unix(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Socket::Tcp(stream) => Pin::new(stream).poll_flush(context),
            #[cfg(unix)]
            Socket::Unix(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Socket::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
            #[cfg(unix)]
            Socket::Unix(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut *self {
            Socket::Tcp(stream) => Pin::new(stream).poll_write_vectored(context, pieces),
            #[cfg(unix)]
            Socket::Unix(stream) => Pin::new(stream).poll_write_vectored(context, pieces),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Socket::Tcp(stream) => stream.is_write_vectored(),
            #[cfg(unix)]
            Socket::Unix(stream) => stream.is_write_vectored(),
        }
    }
}
