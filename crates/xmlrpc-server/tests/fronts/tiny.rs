//! The tiny front's own behaviour: giant lengths, chunks, connections that end.

use std::thread;
use std::time::Duration;

use xmlrpc_server::front::tiny;
use xmlrpc_wire::Value;

use crate::client::{Client, call, document, post, status};
use crate::server::{Front, Held, Server, listener, service};

const GIANT: &str = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: 10000000000000\r\n\r\n<?xml";

/// Until 0.2.0 each of these held a thread and two descriptors, and the 64th ended the server:
/// a web page can post them.
#[test]
fn giant_lengths_cost_nothing_that_stays() {
    let server = Server::start(Front::Tiny, service());
    let clients: Vec<_> = (0..200)
        .map(|_| {
            let mut client = Client::connect(server.address);
            client.send(GIANT);
            client
        })
        .collect();
    for mut client in clients {
        assert_eq!(client.answer().status, 413);
        assert!(client.is_closed());
    }
    assert!(server.runs());
    assert_eq!(call(server.address, "cuad", (7,)), Ok(Value::Int(49)));
}

#[test]
fn aborted_posts_leave_the_server_answering() {
    let server = Server::start(Front::Tiny, service());
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n",
        17 << 20
    );
    for _ in 0..100 {
        let mut client = Client::connect(server.address);
        client.send(&head).send(" ".repeat(10_000));
    }
    assert!(server.runs());
    assert_eq!(call(server.address, "cuad", (7,)), Ok(Value::Int(49)));
}

#[test]
fn giant_lengths_after_the_stop_abort_nothing() {
    let (service, held) = Held::new();
    let server = Server::start(Front::Tiny, service);
    let mut late = [0; 2].map(|_| Client::connect(server.address));
    let mut busy = Client::connect(server.address);
    busy.send(post(&document("held", ())));
    held.wait();
    server.stop.stop();
    for client in &mut late {
        // It is closed already, or will be.
        let _ = client.try_send(GIANT);
    }
    held.release();
    busy.answer().value().unwrap();
    server.ended().unwrap();
}

/// tiny_http's own reading of a name or a value differs, and it would close the connection
/// before the body has been passed on.
#[test]
fn fields_that_tiny_http_cannot_read_are_refused_or_dropped() {
    let server = Server::start(Front::Tiny, service());
    let body = document("echo", ("x".repeat(1_000_000).as_str(),));
    for (line, expected) in [
        (&b"X-User: Jos\xe9"[..], 200),
        (b"\x0bTiny-Exchange: 1", 400),
        (b"Tiny-Exchange: 1", 200),
        (b"no colon", 400),
        (b"Reparte-Call: \xe9", 400),
    ] {
        let length = body.len();
        let head = format!("Content-Type: text/xml\r\nContent-Length: {length}\r\n\r\n");
        let request = [
            &b"POST / HTTP/1.1\r\nHost: localhost\r\n"[..],
            line,
            b"\r\n",
            head.as_bytes(),
            &body,
        ]
        .concat();
        assert_eq!(
            status(server.address, request),
            expected,
            "{}",
            line.escape_ascii()
        );
    }
}

#[test]
fn a_chunked_body_is_refused() {
    let server = Server::start(Front::Tiny, service());
    let chunked = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(status(server.address, chunked), 411);
}

#[test]
fn a_late_body_is_awaited_without_a_word() {
    let server = Server::start(Front::Tiny, service());
    let body = document("cuad", (7,));
    let length = body.len();
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: {length}\r\n\r\n"
    );
    let mut client = Client::connect(server.address);
    client.send(head);
    // Until the front waits for the body.
    thread::sleep(Duration::from_millis(100));
    assert_eq!(client.send(body).answer().value(), Ok(Value::Int(49)));
}

#[test]
fn a_client_that_says_nothing_is_closed_in_time() {
    let mut options = tiny::Options::default();
    options.head_timeout = Duration::from_millis(50);
    let server = Server::tiny(service(), options);
    assert!(Client::connect(server.address).is_closed());
    assert!(Client::connect(server.address).send("POST").is_closed());

    let mut options = tiny::Options::default();
    options.body_timeout = Duration::from_millis(50);
    let server = Server::tiny(service(), options);
    let half = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: 9\r\n\r\n<?xml";
    assert_eq!(status(server.address, half), 408);
}

#[test]
fn a_client_that_never_reads_loses_its_connection() {
    let mut options = tiny::Options::default();
    options.write_timeout = Duration::from_millis(50);
    let server = Server::tiny(service(), options);
    let mut client = Client::connect(server.address);
    let long = post(&document("echo", ("x".repeat(4_000_000).as_str(),)));
    while client.try_send(&long).is_ok() {}
    assert_eq!(call(server.address, "cuad", (7,)), Ok(Value::Int(49)));
}

#[test]
fn at_the_limit_of_connections_an_idle_one_leaves() {
    let mut options = tiny::Options::default();
    options.connections = 2;
    let server = Server::tiny(service(), options);
    let mut idle = Client::connect(server.address);
    assert_eq!(idle.call("cuad", (6,)), Ok(Value::Int(36)));
    for _ in 0..10 {
        assert_eq!(call(server.address, "cuad", (7,)), Ok(Value::Int(49)));
    }
    let mut others = [0; 2].map(|_| Client::connect(server.address));
    assert_eq!(others[1].call("cuad", (8,)), Ok(Value::Int(64)));
    assert!(idle.is_closed());
}

#[test]
fn many_clients_share_one_address() {
    let server = tiny::Server::new(listener(), service()).unwrap();
    let address = server.address();
    let clients: Vec<_> = (0..100)
        .map(|n| thread::spawn(move || (n, call(address, "cuad", (n,)))))
        .collect();
    for client in clients {
        let (n, answer) = client.join().unwrap();
        assert_eq!(answer, Ok(Value::Int(n * n)));
    }
}
