//! The limit on the connections of one address. Connections of the server's own machine are not
//! counted, so the server runs in a network namespace. Needs root, iproute2 and curl.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Instant;

use xmlrpc_server::front::hyper;

use crate::remote_server::RemoteServer;
use test_support::PATIENCE;

/// The errors of a connection that the server has closed.
const CLOSED: [ErrorKind; 3] = [
    ErrorKind::BrokenPipe,
    ErrorKind::ConnectionReset,
    ErrorKind::UnexpectedEof,
];

/// Opens a connection. Returns it if the server answers on it.
fn connected(address: &str) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let asked = write!(stream, "GET /health HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let mut answer = [0; 12];
    match asked.and_then(|()| stream.read_exact(&mut answer)) {
        Ok(()) => {
            assert_eq!(&answer, b"HTTP/1.1 200", "{}", answer.escape_ascii());
            Some(stream)
        }
        Err(error) => {
            assert!(CLOSED.contains(&error.kind()), "{error}");
            None
        }
    }
}

#[test]
#[ignore = "needs root, iproute2 and curl"]
fn one_peer_has_its_share_of_the_connections_and_no_more() {
    let namespace = RemoteServer::start();
    let most = hyper::Options::default().connections_per_peer;
    let mut all: Vec<_> = (0..most)
        .map(|_| connected(&namespace.address).expect("within the share"))
        .collect();
    for _ in 0..3 {
        assert!(connected(&namespace.address).is_none());
    }
    // Another peer has a share of its own.
    namespace.sh(&format!(
        "curl -sSf -m 20 http://{}/health",
        namespace.address
    ));
    // A closed connection makes room for another, once the server has noticed.
    drop(all.pop());
    let left = Instant::now();
    while all.len() < most {
        assert!(left.elapsed() < PATIENCE, "the place is not given back");
        all.extend(connected(&namespace.address));
    }
    assert!(connected(&namespace.address).is_none());
}
