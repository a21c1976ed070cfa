//! The stream of a socket: TCP's, or a Unix socket's.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
#[cfg(unix)]
use std::path::Path;
use std::time::Duration;

use ureq::unversioned::transport::ShutdownHandle;

/// A connected stream. It is read and written through a shared reference, as those in it.
#[derive(Debug)]
pub(super) enum Stream {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Stream {
    pub(super) fn connect(address: &SocketAddr, timeout: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(address, timeout)?;
        stream.set_nodelay(true)?;
        Ok(Stream::Tcp(stream))
    }

    /// Connects to a Unix socket. A server that has no room for another connection is waited
    /// for as long as `timeout`.
    #[cfg(unix)]
    pub(super) fn connect_unix(path: &Path, timeout: Duration) -> io::Result<Self> {
        use rustix::net::sockopt::{Timeout, set_socket_timeout};
        use rustix::net::{
            AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with,
        };

        // A program that another thread starts meanwhile does not get the socket.
        #[cfg(target_os = "linux")]
        let flags = SocketFlags::CLOEXEC;
        #[cfg(not(target_os = "linux"))]
        let flags = SocketFlags::empty();
        let address = SocketAddrUnix::new(path)?;
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        #[cfg(not(target_os = "linux"))]
        rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
        // On Linux the time-out of writes is that of the connect too.
        set_socket_timeout(&socket, Timeout::Send, Some(timeout))?;
        connect(&socket, &address).map_err(|error| match error {
            rustix::io::Errno::AGAIN => io::ErrorKind::TimedOut.into(),
            error => io::Error::from(error),
        })?;
        Ok(Stream::Unix(socket.into()))
    }

    pub(super) fn set_read_timeout(&self, timeout: Duration) -> io::Result<()> {
        match self {
            Stream::Tcp(stream) => stream.set_read_timeout(Some(timeout)),
            #[cfg(unix)]
            Stream::Unix(stream) => stream.set_read_timeout(Some(timeout)),
        }
    }

    pub(super) fn set_write_timeout(&self, timeout: Duration) -> io::Result<()> {
        match self {
            Stream::Tcp(stream) => stream.set_write_timeout(Some(timeout)),
            #[cfg(unix)]
            Stream::Unix(stream) => stream.set_write_timeout(Some(timeout)),
        }
    }

    /// Returns whether the other side closes a new connection within this time, before it has
    /// been asked anything.
    pub(super) fn closes_within(&self, time: Duration) -> io::Result<bool> {
        self.set_read_timeout(time)?;
        let mut stream = self;
        Ok(match stream.read(&mut [0]) {
            Ok(bytes) => bytes == 0,
            Err(error) => !matches!(
                error.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
            ),
        })
    }

    /// Returns whether a kept connection is open. A server that has sent anything since its
    /// last response, even the end of the connection, does not expect another request on it.
    #[cfg(unix)]
    pub(super) fn is_open_and_silent(&self) -> bool {
        use rustix::net::{RecvFlags, recv};

        let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
        let received = match self {
            Stream::Tcp(stream) => recv(stream, &mut [0; 1], flags),
            Stream::Unix(stream) => recv(stream, &mut [0; 1], flags),
        };
        matches!(received, Err(error) if error == rustix::io::Errno::AGAIN)
    }

    #[cfg(not(unix))]
    pub(super) fn is_open_and_silent(&self) -> bool {
        let Stream::Tcp(stream) = self;
        let peeked = stream
            .set_nonblocking(true)
            .and_then(|()| stream.peek(&mut [0]));
        let is_silent = peeked.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
        is_silent && stream.set_nonblocking(false).is_ok()
    }
}

impl Read for &Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => (&mut &*stream).read(buffer),
            #[cfg(unix)]
            Stream::Unix(stream) => (&mut &*stream).read(buffer),
        }
    }
}

impl Write for &Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => (&mut &*stream).write(bytes),
            #[cfg(unix)]
            Stream::Unix(stream) => (&mut &*stream).write(bytes),
        }
    }

    /// Does nothing: a socket has no buffer on this side.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl ShutdownHandle for Stream {
    fn shutdown(&self) {
        // One that the other side has shut down already is no failure.
        let _ = match self {
            Stream::Tcp(stream) => stream.shutdown(Shutdown::Both),
            #[cfg(unix)]
            Stream::Unix(stream) => stream.shutdown(Shutdown::Both),
        };
    }
}
