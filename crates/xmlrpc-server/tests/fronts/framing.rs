//! Requests whose end could be read in two ways, and requests in pieces.

use xmlrpc_wire::Value;

use crate::client::{Client, call, document, post};
use crate::server::{Front, Server, service};

/// Returns a call with these headers in place of its length.
fn framed(headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n{headers}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

#[test]
fn what_has_two_ends_is_refused_and_nothing_behind_it_is_read() {
    let server = Server::start(Front::Hyper, service());
    let body = document("cuad", (7,));
    let length = body.len();
    for headers in [
        format!("Content-Length: {length}\r\nContent-Length: {length}"),
        format!("Content-Length: {length}\r\nContent-Length: 0"),
        format!("Content-Length: {length}\r\nTransfer-Encoding: chunked"),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {length}"),
        format!("Transfer-Encoding: identity\r\nContent-Length: {length}"),
        format!("Content-Length: +{length}"),
        format!("Content-Length: {length}, {length}"),
        format!("Content-Length: {length}\nX: y"),
        format!("Content-Length: {length}\r\n folded: y"),
        format!("Content-Length: {length}\rX: y"),
        format!("X: \0\r\nContent-Length: {length}"),
    ] {
        let mut client = Client::connect(server.address);
        let next = post(&document("cuad", (8,)));
        client.send([framed(&headers, &body), next].concat());
        let answer = client.answer();
        assert_eq!(answer.status, 400, "{headers:?}: {answer:?}");
        assert!(client.is_closed());
    }
    assert_eq!(call(server.address, "cuad", (7,)), Ok(Value::Int(49)));
}

#[test]
fn a_body_in_chunks_is_the_last_of_its_connection() {
    let server = Server::start(Front::Hyper, service());
    let body = document("cuad", (7,));
    let (first, second) = body.split_at(20);
    let mut chunks = Vec::new();
    for chunk in [first, second] {
        chunks.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunks.extend_from_slice(chunk);
        chunks.extend_from_slice(b"\r\n");
    }
    chunks.extend_from_slice(b"0\r\n\r\n");
    let mut client = Client::connect(server.address);
    let next = post(&document("cuad", (8,)));
    client.send([framed("Transfer-Encoding: chunked", &chunks), next].concat());
    let answer = client.answer();
    assert_eq!(answer.value(), Ok(Value::Int(49)));
    assert!(answer.has_header("connection", "close"), "{answer:?}");
    assert!(client.is_closed());
}

#[test]
fn requests_that_come_together_or_byte_by_byte_are_all_answered() {
    let server = Server::start(Front::Hyper, service());
    let long = "x".repeat(10_000);
    let mut all = Vec::new();
    for n in 0..5 {
        all.extend_from_slice(b"\r\n");
        all.extend(post(&document("cuad", (n,))));
        all.extend(post(&document("echo", (long.as_str(),))));
    }
    for piece in [1, 7, 4096, all.len()] {
        let mut client = Client::connect(server.address);
        let mut sent = 0;
        for chunk in all.chunks(piece).take(20_000) {
            client.send(chunk);
            sent += chunk.len();
        }
        client.send(&all[sent..]);
        for n in 0..5 {
            assert_eq!(client.answer().value(), Ok(Value::Int(n * n)), "{piece}");
            assert_eq!(client.answer().value(), Ok(Value::String(long.clone())));
        }
    }
}
