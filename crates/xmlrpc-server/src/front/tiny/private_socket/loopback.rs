//! A port of the loopback interface, where there are no Unix sockets: other processes of
//! this machine reach it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

pub(crate) type Stream = TcpStream;

#[derive(Debug)]
pub(crate) struct PrivateSocket(SocketAddr);

impl PrivateSocket {
    pub(crate) fn bind() -> io::Result<(Self, tiny_http::Listener)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        Ok((PrivateSocket(listener.local_addr()?), listener.into()))
    }

    pub(crate) fn connect(&self) -> io::Result<Stream> {
        let stream = TcpStream::connect(self.0)?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Nothing: a port is free again once its listener is closed.
    pub(crate) fn remove(&self) {}
}
