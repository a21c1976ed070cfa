//! The question to a server that closes each connection without an answer: does it speak TLS?
//!
//! Many a server for TLS, such as Python's, says nothing to a request without. It answers the
//! beginning of a handshake.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use crate::transport::other_protocol::OtherProtocol;

/// The longest time for each step.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Returns true if the server at an address answers in TLS. Nothing is sent that is of a call.
pub(super) fn speaks_tls(address: SocketAddr) -> bool {
    first_bytes(address).is_some_and(|bytes| OtherProtocol::is_tls(&bytes))
}

fn first_bytes(address: SocketAddr) -> Option<[u8; 2]> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .ok()?
        // The handshake goes no further.
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let name = ServerName::IpAddress(address.ip().into());
    let mut handshake = ClientConnection::new(Arc::new(config), name).ok()?;
    let mut hello = Vec::new();
    handshake.write_tls(&mut hello).ok()?;

    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT).ok()?;
    stream.set_write_timeout(Some(TIMEOUT)).ok()?;
    stream.set_read_timeout(Some(TIMEOUT)).ok()?;
    stream.write_all(&hello).ok()?;
    let mut bytes = [0; 2];
    stream.read_exact(&mut bytes).ok()?;
    Some(bytes)
}
