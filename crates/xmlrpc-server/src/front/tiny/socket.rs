//! The blocking socket of a connection, TCP's or a Unix socket, and the listener that accepts it.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
#[cfg(unix)]
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

use crate::front::listener;
use crate::front::peer::Peer;
#[cfg(unix)]
use crate::front::socket_file::SocketFile;

/// The longest time for which a stop tries to wake the accept loop, which is awake already
/// where that takes any time.
const WAKE_TIMEOUT: Duration = Duration::from_millis(200);

/// A blocking listener.
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

/// Wakes the thread that waits for a connection, for the last time.
#[derive(Debug)]
pub(crate) enum Waker {
    Tcp(SocketAddr),
    #[cfg(unix)]
    Unix(UnixListener),
}

impl ListeningSocket {
    /// Returns a listener that blocks.
    pub(crate) fn new(listener: listener::Listener) -> Self {
        match listener.0 {
            listener::Socket::Tcp(listener) => ListeningSocket::Tcp(listener),
            #[cfg(unix)]
            listener::Socket::Unix { file, listener } => ListeningSocket::Unix {
                _file: file,
                listener,
            },
        }
    }

    /// Accepts a connection.
    pub(crate) fn accept(&self) -> io::Result<(Socket, Peer)> {
        match self {
            ListeningSocket::Tcp(listener) => {
                let (stream, peer) = listener.accept()?;
                Ok((Socket::Tcp(stream), Peer::Address(peer)))
            }
            #[cfg(unix)]
            ListeningSocket::Unix { listener, .. } => {
                let (stream, _) = listener.accept()?;
                let peer = Peer::User(user_of(&stream));
                Ok((Socket::Unix(stream), peer))
            }
        }
    }

    /// Returns a waker of the thread that accepts.
    pub(crate) fn waker(&self) -> io::Result<Waker> {
        match self {
            ListeningSocket::Tcp(listener) => listener.local_addr().map(Waker::Tcp),
            #[cfg(unix)]
            ListeningSocket::Unix { listener, .. } => listener.try_clone().map(Waker::Unix),
        }
    }
}

/// Returns the number of the user who runs the client, if the system tells it.
#[cfg(unix)]
fn user_of(stream: &UnixStream) -> Option<u32> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        let peer = rustix::net::sockopt::socket_peercred(stream).ok()?;
        Some(peer.uid.as_raw())
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    {
        let _ = stream;
        None
    }
}

impl Waker {
    /// Makes the thread that accepts return.
    pub(crate) fn wake(&self) {
        match self {
            // It waits for a connection, and this is one.
            Waker::Tcp(address) => {
                let _ = TcpStream::connect_timeout(address, WAKE_TIMEOUT);
            }
            #[cfg(unix)]
            Waker::Unix(listener) => {
                // On Linux this ends the wait, wherever the socket's file is by now.
                let _ = rustix::net::shutdown(listener, rustix::net::Shutdown::Both);
                #[cfg(not(target_os = "linux"))]
                if let Ok(address) = listener.local_addr() {
                    let _ = UnixStream::connect_addr(&address);
                }
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
    pub(crate) fn set_up(&self) {
        match self {
            // If this fails, answers are only slower.
            Socket::Tcp(stream) => drop(stream.set_nodelay(true)),
            #[cfg(unix)]
            Socket::Unix(_) => {}
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

    pub(crate) fn set_read_timeout(&self, time: Duration) -> io::Result<()> {
        match self {
            Socket::Tcp(stream) => stream.set_read_timeout(Some(time)),
            #[cfg(unix)]
            Socket::Unix(stream) => stream.set_read_timeout(Some(time)),
        }
    }

    pub(crate) fn set_write_timeout(&self, time: Duration) -> io::Result<()> {
        match self {
            Socket::Tcp(stream) => stream.set_write_timeout(Some(time)),
            #[cfg(unix)]
            Socket::Unix(stream) => stream.set_write_timeout(Some(time)),
        }
    }

    pub(crate) fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        match self {
            Socket::Tcp(stream) => stream.shutdown(how),
            #[cfg(unix)]
            Socket::Unix(stream) => stream.shutdown(how),
        }
    }
}

impl Read for &Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => { stream }.read(buffer),
            #[cfg(unix)]
            Socket::Unix(stream) => { stream }.read(buffer),
        }
    }
}

impl Write for &Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => { stream }.write(bytes),
            #[cfg(unix)]
            Socket::Unix(stream) => { stream }.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Socket::Tcp(stream) => { stream }.flush(),
            #[cfg(unix)]
            Socket::Unix(stream) => { stream }.flush(),
        }
    }
}
