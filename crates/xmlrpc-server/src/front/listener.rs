//! A listening socket of a server.

use std::net::TcpListener;
#[cfg(unix)]
use std::os::unix::net::UnixListener;
use std::path::Path;

use crate::error::{Error, system};
use crate::front::listen::listen;
use crate::front::listen_address::ListenAddress;
#[cfg(unix)]
use crate::front::socket_file::SocketFile;
#[cfg(unix)]
use crate::front::unix_socket::UnixSocket;

/// The beginning of the address of a Unix socket.
const UNIX: &str = "unix:";

/// The longest path of a Unix socket on Linux, in bytes.
const MAX_SOCKET_PATH: usize = 107;

/// A listening socket of a server: TCP's, or a Unix socket.
///
/// A `TcpListener` and, on Unix, a `UnixListener` convert into one.
///
/// ```
/// use xmlrpc_server::front::Listener;
///
/// let listener = Listener::bind("localhost:0")?;
/// assert!(!listener.address()?.is_open());
/// # Ok::<(), xmlrpc_server::Error>(())
/// ```
#[derive(Debug)]
pub struct Listener(pub(crate) Socket);

/// A listening socket by its kind.
#[derive(Debug)]
pub(crate) enum Socket {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix {
        /// The socket's file, if this is to remove it. It is dropped before the socket: until
        /// then no other file can have its number.
        file: Option<SocketFile>,
        listener: UnixListener,
    },
}

impl Listener {
    /// Listens on an address as a person writes it: those of
    /// [`listen`](crate::front::listen()), or `unix:/path` for a Unix socket whose owner alone
    /// may connect (see `UnixSocket`).
    ///
    /// # Errors
    ///
    /// [`Error::BadAddress`], [`Error::CantListen`] and [`Error::CantListenOnSocket`].
    pub fn bind(address: &str) -> Result<Self, Error> {
        match Listener::unix_path(address)? {
            None => listen(address).map(Listener::from),
            #[cfg(unix)]
            Some(path) => UnixSocket::new(path).listen(),
            #[cfg(not(unix))]
            Some(_) => Err(Error::BadAddress {
                address: address.to_owned(),
                reason: "this system has no Unix sockets".to_owned(),
            }),
        }
    }

    /// Returns the path of an address such as `unix:/run/server.sock`, or `None` if the address is
    /// of another form.
    ///
    /// # Errors
    ///
    /// [`Error::BadAddress`] if no URL could name the socket.
    pub fn unix_path(address: &str) -> Result<Option<&Path>, Error> {
        match socket_path(address) {
            None => Ok(None),
            Some(Ok(path)) => Ok(Some(Path::new(path))),
            Some(Err(reason)) => Err(Error::BadAddress {
                address: address.to_owned(),
                reason: reason.to_owned(),
            }),
        }
    }

    /// Returns the address on which it listens.
    ///
    /// # Errors
    ///
    /// [`Error::System`] if the system doesn't tell it.
    pub fn address(&self) -> Result<ListenAddress, Error> {
        match &self.0 {
            Socket::Tcp(listener) => listener.local_addr().map(ListenAddress::Tcp),
            #[cfg(unix)]
            Socket::Unix { listener, .. } => listener.local_addr().map(|address| {
                let path = address.as_pathname().unwrap_or("".as_ref());
                ListenAddress::Unix(path.to_owned())
            }),
        }
        .map_err(system("learn the listener's address"))
    }

    /// Sets whether accepting blocks.
    pub(crate) fn set_nonblocking(&self, nonblocking: bool) -> Result<(), Error> {
        match &self.0 {
            Socket::Tcp(listener) => listener.set_nonblocking(nonblocking),
            #[cfg(unix)]
            Socket::Unix { listener, .. } => listener.set_nonblocking(nonblocking),
        }
        .map_err(system("set up the listener"))
    }
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Listener(Socket::Tcp(listener))
    }
}

#[cfg(unix)]
impl UnixSocket {
    /// Listens on the socket. Nobody can connect before the file has its mode and its owner.
    ///
    /// # Errors
    ///
    /// [`Error::CantListenOnSocket`].
    pub fn listen(&self) -> Result<Listener, Error> {
        let listening = self.bind_and_listen();
        let (file, listener) = listening.map_err(|source| Error::CantListenOnSocket {
            path: self.path().to_owned(),
            source,
        })?;
        Ok(Listener(Socket::Unix {
            file: Some(file),
            listener,
        }))
    }
}

#[cfg(unix)]
impl From<UnixListener> for Listener {
    /// Takes a socket of the caller's, whose file the server leaves where it is.
    fn from(listener: UnixListener) -> Self {
        Listener(Socket::Unix {
            file: None,
            listener,
        })
    }
}

/// Returns the path of a Unix socket, if the address is one's: such a path as clients can name
/// in a URL.
fn socket_path(address: &str) -> Option<Result<&str, &'static str>> {
    let path = address.strip_prefix(UNIX)?;
    // `unix:///socket` is written too.
    let path = path.strip_prefix("//").unwrap_or(path);
    Some(if !path.starts_with('/') {
        Err("after unix: comes the whole path of a socket, as in unix:/run/server.sock")
    } else if path.len() > MAX_SOCKET_PATH {
        Err("the path of a Unix socket has 107 bytes at most")
    } else if path.contains(":/") {
        Err("no URL can name it: what follows :/ there is the path of HTTP; choose another")
    } else if path.contains(|c: char| c.is_whitespace() || c.is_control()) {
        Err("no URL can name it: it has a space or a control character; choose another")
    } else {
        Ok(path)
    })
}

#[cfg(all(test, unix))]
mod tests;
