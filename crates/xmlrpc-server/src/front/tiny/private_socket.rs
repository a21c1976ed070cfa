//! The socket on which tiny_http listens: no other process, and no web page, reaches it.

#[cfg(not(unix))]
mod loopback;
#[cfg(unix)]
mod unix;

#[cfg(unix)]
pub(crate) use unix::{PrivateSocket, Stream};

#[cfg(not(unix))]
pub(crate) use loopback::{PrivateSocket, Stream};
