//! Hostile and broken clients. The server still answers after each.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use xmlrpc_wire::{Limits, Value};

use crate::client::{Client, call, document, post, request, status};
use crate::server::{Front, PATIENCE, Server, Settings, service};

on_both_fronts! {
    a_request_that_is_no_call_has_its_status
    bad_lengths_are_refused
    twenty_giant_lengths_leave_the_server_answering
    a_giant_length_is_survived_whatever_else_is_wrong
    a_refusal_is_framed
    half_a_body_then_a_close_is_survived
    bodies_that_never_come_hold_up_nobody
    bodies_that_stop_give_way_to_others
    a_head_that_never_ends_holds_up_nobody
    two_hundred_idle_connections_hold_up_nobody
    clients_that_leave_before_the_answer_are_survived
    a_long_head_is_431
}

fn still_answers(address: SocketAddr) {
    assert_eq!(call(address, "cuad", (7,)), Ok(Value::Int(49)));
}

fn a_request_that_is_no_call_has_its_status(front: Front) {
    let server = Server::start(front, service());
    let body = document("cuad", (7,));
    for (request, statuses) in [
        (request("POST /RPC3 HTTP/1.1", &body), &[404][..]),
        (request("POST /RPC2/ HTTP/1.1", &body), &[404]),
        (
            b"DELETE / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
            &[405],
        ),
        (
            b"GET /index.html HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n\r\n"
                .to_vec(),
            &[404],
        ),
        (request("PUT /RPC2 HTTP/1.1", &body), &[405]),
        (request("post /RPC2 HTTP/1.1", &body), &[405]),
        (
            b"POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n\r\n".to_vec(),
            &[411],
        ),
        (b"POST /RPC2 HTTP/1.0\r\n\r\n".to_vec(), &[411]),
        (b"garbage\r\n\r\n".to_vec(), &[400]),
        (b"\0\x01\x02\r\n\r\n".to_vec(), &[400]),
        (b"POST\r\n\r\n".to_vec(), &[400]),
        (b"POST /RPC2 HTTP/1.1\r\nno colon\r\n\r\n".to_vec(), &[400]),
        (b"POST /RPC2 HTTP/9.9\r\n\r\n".to_vec(), &[400, 505]),
        (b"POST /RPC2 HTTP/1.1\r\n\r\n".to_vec(), &[400]),
        (
            b"POST /a\xf1o HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".to_vec(),
            &[400, 404],
        ),
        // HTTP/2's preface, and TLS: both wait for an answer of their own protocol.
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), &[400, 505]),
        (
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
            &[400],
        ),
    ] {
        let found = status(server.address, &request);
        assert!(
            statuses.contains(&found),
            "{found}: {}",
            request.escape_ascii()
        );
        still_answers(server.address);
    }
}

fn bad_lengths_are_refused(front: Front) {
    let server = Server::start(front, service());
    for (length, statuses) in [
        ("16777217", &[413][..]),
        ("10000000000000", &[413]),
        ("9223372036854775807", &[413]),
        ("18446744073709551615", &[413, 431]),
        ("18446744073709551616", &[400, 413]),
        ("99999999999999999999999999999999", &[400, 413]),
        ("-1", &[400]),
        ("+5", &[400]),
        ("+10000000000000", &[400]),
        ("5, 5", &[400]),
        ("0x5", &[400]),
        ("5 5", &[400]),
        ("", &[400]),
        ("5\r\nContent-Length: 6", &[400]),
        ("6\r\nContent-Length: 6", &[400]),
        ("6\r\nContent-Length: 10000000000000", &[400]),
        ("10000000000000\r\nContent-Length: 6", &[400, 413]),
    ] {
        let request = format!(
            "POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: {length}\r\n\r\nabcdef"
        );
        let found = status(server.address, request);
        assert!(statuses.contains(&found), "{length}: {found}");
        still_answers(server.address);
    }
}

fn twenty_giant_lengths_leave_the_server_answering(front: Front) {
    let server = Server::start(front, service());
    let mut clients: Vec<_> = (0..20)
        .map(|_| {
            let mut client = Client::connect(server.address);
            client
                .send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: 10000000000000\r\n\r\n<?xml");
            client
        })
        .collect();
    for client in &mut clients {
        assert_eq!(client.answer().status, 413);
    }
    still_answers(server.address);
    drop(clients);
    still_answers(server.address);
    assert!(server.runs());
}

fn a_giant_length_is_survived_whatever_else_is_wrong(front: Front) {
    let server = Server::start(front, service());
    let length = "Content-Length: 10000000000000";
    for (head, statuses) in [
        (
            format!(
                "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n{length}\r\n\r\n"
            ),
            &[405][..],
        ),
        (format!("POST /x HTTP/1.0\r\n{length}\r\n\r\n"), &[404]),
        (
            format!("POST / HTTP/1.0\r\nConnection: close\r\n{length}\r\n\r\n"),
            &[413],
        ),
        (
            format!(
                "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nExpect: 100-continue\r\n{length}\r\n\r\n"
            ),
            &[413],
        ),
        (
            format!(
                "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nExpect: x\r\n{length}\r\n\r\n"
            ),
            &[413, 417],
        ),
        (
            format!(
                "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nConnection: upgrade\r\nUpgrade: h2c\r\n{length}\r\n\r\n"
            ),
            &[413],
        ),
        (
            format!(
                "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n{length}\r\n\r\n0\r\n\r\n"
            ),
            &[400],
        ),
        (format!("PRI * HTTP/2.0\r\n{length}\r\n\r\n"), &[400, 505]),
    ] {
        let mut client = Client::connect(server.address);
        client.send(&head);
        let found = client.answer().status;
        assert!(statuses.contains(&found), "{found}: {head}");
        drop(client);
        still_answers(server.address);
    }
}

fn a_refusal_is_framed(front: Front) {
    let server = Server::start(front, service());
    let giant =
        "Host: localhost\r\nContent-Type: text/xml\r\nContent-Length: 10000000000000\r\n\r\n";
    let mut client = Client::connect(server.address);
    let answer = client.send(format!("POST / HTTP/1.1\r\n{giant}")).answer();
    assert_eq!(answer.status, 413);
    assert!(
        answer.head.to_lowercase().contains("connection: close"),
        "{answer:?}"
    );
    for line in ["PUT / HTTP/1.1", "DELETE /RPC2 HTTP/1.1"] {
        for rest in [
            giant,
            "Host: localhost\r\nContent-Type: text/xml\r\nContent-Length: 0\r\n\r\n",
        ] {
            let mut client = Client::connect(server.address);
            let answer = client.send(format!("{line}\r\n{rest}")).answer();
            assert_eq!(answer.status, 405);
            let allowed = match front {
                Front::Tiny => "POST",
                Front::Hyper => "GET, HEAD, POST",
            };
            assert!(answer.has_header("allow", allowed), "{answer:?}");
        }
    }
}

fn half_a_body_then_a_close_is_survived(front: Front) {
    let server = Server::start(front, service());
    for length in [10, 2000, 10_000_000] {
        let mut client = Client::connect(server.address);
        client.send(format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: {length}\r\n\r\n<?xml"
        ));
        drop(client);
        still_answers(server.address);
    }
}

fn bodies_that_never_come_hold_up_nobody(front: Front) {
    let server = Server::start(front, service());
    let _waiting: Vec<_> = [10, 2000, 10_000_000]
        .into_iter()
        .cycle()
        .take(12)
        .map(|length| {
            let mut client = Client::connect(server.address);
            client.send(format!(
                "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: {length}\r\n\r\n<?xml"
            ));
            still_answers(server.address);
            client
        })
        .collect();
    let stopped = Instant::now();
    server.stop.stop();
    server.ended().unwrap();
    assert!(
        stopped.elapsed() < Settings::default().grace,
        "{:?}",
        stopped.elapsed()
    );
}

/// A few clients that sent half of a body held all memory until the end of `body_timeout`.
fn bodies_that_stop_give_way_to_others(front: Front) {
    const LENGTH: usize = 256 * 1024;
    let mut service = service();
    let mut limits = Limits::default();
    limits.bytes = LENGTH;
    service.set_limits(limits);
    let settings = Settings {
        memory: 16 * LENGTH,
        body_timeout: Duration::from_secs(60 * 60),
        ..Settings::default()
    };
    let server = Server::with(front, service, &settings);
    let mut body = document("cuad", (7,));
    body.resize(LENGTH, b' ');
    let long_call = post(&body);
    let is_answered = || {
        let mut client = Client::connect(server.address);
        // A server that refuses it may close before all has come.
        let _ = client.try_send(&long_call);
        let answer = client.try_answer().filter(|answer| answer.status != 503);
        answer.is_some_and(|answer| answer.value() == Ok(Value::Int(49)))
    };
    let started = Instant::now();
    let mut holders = Vec::new();
    loop {
        let mut holder = Client::connect(server.address);
        let _ = holder.try_send(&long_call[..long_call.len() - LENGTH / 2 + 1]);
        holders.push(holder);
        if !is_answered() {
            break;
        }
        assert!(started.elapsed() < 3 * PATIENCE, "{}", holders.len());
    }
    while !is_answered() {
        assert!(started.elapsed() < 3 * PATIENCE, "{}", holders.len());
        // As a client does that is told to come again.
        thread::sleep(Duration::from_millis(100));
    }
}

fn a_head_that_never_ends_holds_up_nobody(front: Front) {
    let server = Server::start(front, service());
    let mut client = Client::connect(server.address);
    client.send("POST /RPC2 HTTP/1.1\r\n");
    for _ in 0..300 {
        if client
            .try_send(format!("X: {}\r\n", "x".repeat(1000)))
            .is_err()
        {
            break;
        }
    }
    still_answers(server.address);
    assert!(
        client
            .try_answer()
            .is_none_or(|answer| answer.status == 431)
    );
}

fn two_hundred_idle_connections_hold_up_nobody(front: Front) {
    let server = Server::start(front, service());
    let _idle: Vec<_> = (0..200).map(|_| Client::connect(server.address)).collect();
    for _ in 0..3 {
        still_answers(server.address);
    }
    server.stop.stop();
    server.ended().unwrap();
}

fn clients_that_leave_before_the_answer_are_survived(front: Front) {
    let server = Server::start(front, service());
    let call = post(&document("echo", ("a".repeat(1_000_000).as_str(),)));
    for _ in 0..20 {
        Client::connect(server.address).send(&call);
    }
    still_answers(server.address);
}

fn a_long_head_is_431(front: Front) {
    let server = Server::start(front, service());
    let head = |length| {
        let filler = "x".repeat(length);
        format!("POST / HTTP/1.1\r\nHost: localhost\r\nX: {filler}\r\n\r\n")
    };
    assert_eq!(status(server.address, head(60_000)), 411);
    let mut client = Client::connect(server.address);
    let _ = client.try_send(head(70_000));
    assert!(
        client
            .try_answer()
            .is_none_or(|answer| answer.status == 431)
    );
    // It is not read to its end.
    let mut client = Client::connect(server.address);
    assert!(client.try_send(head(256 << 20)).is_err());
    still_answers(server.address);
}
