//! The tiny front's own behaviour: giant lengths, chunks.

use xmlrpc_server::Error;

use crate::client::{Client, call, document, status};
use crate::server::{Front, Held, Server, service};

/// tiny-http issue 252: each of these would abort the process if it were dropped.
#[test]
fn giant_lengths_end_it_at_the_cap_with_a_typed_error() {
    let server = Server::start(Front::Tiny, service());
    let giant = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: 10000000000000\r\n\r\n<?xml";
    for _ in 0..63 {
        assert_eq!(status(server.address, giant), 413);
    }
    assert!(server.runs());
    assert!(call(server.address, "cuad", (7,)).is_ok());
    assert_eq!(status(server.address, giant), 413);
    let error = server.ended().unwrap_err();
    assert!(
        matches!(error, Error::TooManyOverlong { count: 64 }),
        "{error}"
    );
    assert!(error.to_string().contains("64 requests"), "{error}");
}

#[test]
fn giant_lengths_after_the_stop_abort_nothing() {
    let (service, held) = Held::new();
    let server = Server::start(Front::Tiny, service);
    let giant = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: 10000000000000\r\n\r\n<?xml";
    let mut late = [0; 5].map(|_| Client::connect(server.address));
    let mut busy = Client::connect(server.address);
    busy.send(crate::client::post(&document("held", ())));
    held.wait();
    server.stop.stop();
    for client in &mut late[..2] {
        client.send(giant);
    }
    held.release();
    busy.answer().value().unwrap();
    server.ended().unwrap();
    for client in &mut late[2..] {
        client.send(giant);
    }
    drop(late);
}

#[test]
fn a_chunked_body_is_refused() {
    let server = Server::start(Front::Tiny, service());
    let chunked = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(status(server.address, chunked), 411);
}
