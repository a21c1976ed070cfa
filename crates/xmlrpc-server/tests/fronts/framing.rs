//! Requests whose end could be read in two ways, and requests in pieces.

use std::net::Shutdown;
use std::time::{Duration, Instant};

use xmlrpc_wire::Value;

use crate::client::{Client, call, document, post, request, status};
use crate::server::{Front, Held, Server, service};

on_both_fronts! {
    what_has_two_ends_is_refused_and_nothing_behind_it_is_read
    requests_that_come_together_or_byte_by_byte_are_all_answered
    a_last_request_is_answered_after_the_writing_side_is_closed
    a_last_body_that_breaks_off_is_refused_at_once
    empty_lines_before_a_request_are_skipped_up_to_a_limit
    an_absolute_target_names_the_host
    a_client_of_http_1_0_gets_no_continue
}

/// Returns a call with these headers in place of its length.
fn framed(headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n{headers}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn what_has_two_ends_is_refused_and_nothing_behind_it_is_read(front: Front) {
    let server = Server::start(front, service());
    let body = document("cuad", (7,));
    let length = body.len();
    for headers in [
        format!("Content-Length: {length}\r\nContent-Length: {length}"),
        format!("Content-Length: {length}\r\nContent-Length: 0"),
        format!("Content-Length: {length}\r\nTransfer-Encoding: chunked"),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {length}"),
        format!("Transfer-Encoding: identity\r\nContent-Length: {length}"),
        format!("Content-Length: +{length}"),
        format!("Content-Length: {length}\u{c}"),
        format!("Content-Length: {length}, {length}"),
        format!("Content-Length: {length}\nX: y"),
        format!("Content-Length: {length}\r\n folded: y"),
        format!("Content-Length: {length}\rX: y"),
        format!("X: \0\r\nContent-Length: {length}"),
        format!("Host: localhost\r\nContent-Length: {length}"),
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

fn requests_that_come_together_or_byte_by_byte_are_all_answered(front: Front) {
    let server = Server::start(front, service());
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

/// Apache's "lite" transport, and `nc -N`, close their writing side behind a request.
fn a_last_request_is_answered_after_the_writing_side_is_closed(front: Front) {
    let (service, held) = Held::new();
    let server = Server::start(front, service);
    let body = document("held", ());
    let length = format!("Content-Length: {}", body.len());
    let mut chunks = format!("{:x}\r\n", body.len()).into_bytes();
    chunks.extend_from_slice(&body);
    chunks.extend_from_slice(b"\r\n0\r\n\r\n");
    let close = "Connection: close\r\n";
    let old = [
        format!("POST / HTTP/1.0\r\nContent-Type: text/xml\r\n{length}\r\n\r\n").as_bytes(),
        &body,
    ]
    .concat();
    let mut requests = vec![framed(&format!("{close}{length}"), &body), old];
    if front == Front::Hyper {
        requests.push(framed(
            &format!("{close}Transfer-Encoding: chunked"),
            &chunks,
        ));
    }
    for request in requests {
        let mut client = Client::connect(server.address);
        client.send(&request);
        client.shutdown(Shutdown::Write);
        held.wait();
        // The front has seen the end, and the function goes on.
        held.release();
        let answer = client.answer();
        assert_eq!(answer.value(), Ok(Value::from("released")), "{answer:?}");
        assert!(client.is_closed());
    }
}

/// The end of the stream is kept back behind a whole request alone. One whose chunks ended with
/// an empty line was taken for whole, and waited for the limit of time.
fn a_last_body_that_breaks_off_is_refused_at_once(front: Front) {
    let server = Server::start(front, service());
    let refused = match front {
        Front::Tiny => 411,
        Front::Hyper => 400,
    };
    for (headers, body, expected) in [
        ("Transfer-Encoding: chunked", &b"4\r\n\r\n\r\n"[..], refused),
        ("Transfer-Encoding: chunked", b"9\r\n<a>\r\n\r\n", refused),
        ("Transfer-Encoding: chunked", b"2\r\n  \r\n0\r\n", refused),
        ("Content-Length: 9", b"<a>\r\n\r\n", 400),
    ] {
        let mut client = Client::connect(server.address);
        let begin = Instant::now();
        client.send(framed(&format!("Connection: close\r\n{headers}"), body));
        client.shutdown(Shutdown::Write);
        let answer = client.answer();
        assert_eq!(answer.status, expected, "{}", body.escape_ascii());
        assert!(client.is_closed());
        // The limit is 30 s.
        assert!(begin.elapsed() < Duration::from_secs(5), "{front:?}");
    }
}

fn empty_lines_before_a_request_are_skipped_up_to_a_limit(front: Front) {
    let server = Server::start(front, service());
    for (lines, is_answered) in [(1, true), (8, true), (9, false), (30_000, false)] {
        let request = [
            "\r\n".repeat(lines).as_bytes(),
            &post(&document("cuad", (7,))),
        ]
        .concat();
        let mut client = Client::connect(server.address);
        let _ = client.try_send(request);
        match is_answered {
            true => assert_eq!(client.answer().value(), Ok(Value::Int(49)), "{lines}"),
            false => {
                let refused = client.try_answer();
                assert!(refused.is_none_or(|answer| answer.status == 400), "{lines}");
            }
        }
    }
}

fn an_absolute_target_names_the_host(front: Front) {
    let server = Server::start(front, service());
    for (line, expected) in [
        ("POST http://localhost:9000/RPC2 HTTP/1.1", 200),
        ("POST HTTP://127.0.0.1/RPC2?a=b HTTP/1.1", 200),
        ("POST http://localhost HTTP/1.1", 200),
        ("POST http://evil.example/RPC2 HTTP/1.1", 403),
        ("POST http://localhost/other HTTP/1.1", 404),
    ] {
        let request = request(line, &document("cuad", (7,)));
        assert_eq!(status(server.address, request), expected, "{line}");
    }
}

fn a_client_of_http_1_0_gets_no_continue(front: Front) {
    let server = Server::start(front, service());
    let body = document("cuad", (7,));
    for (version, is_asked) in [("1.0", false), ("1.1", true)] {
        let head = format!(
            "POST / HTTP/{version}\r\nHost: localhost\r\nContent-Type: text/xml\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let mut client = Client::connect(server.address);
        client.send(head);
        if is_asked {
            assert_eq!(client.head(), "HTTP/1.1 100 Continue\r\n\r\n");
        }
        client.send(&body);
        let answer = client.answer();
        assert_eq!(answer.value(), Ok(Value::Int(49)), "{version}: {answer:?}");
    }
}
