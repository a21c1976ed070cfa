//! Tasks that are tried again, and calls that take too long.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

use test_support::{LocalServer, TestDirectory};
use xmlrpc_server::Service;
use xmlrpc_wire::{Fault, encode_fault};

use crate::common::functions::{Held, next};
use crate::start;

/// A server that hangs up in a call; it knows no `reparte.status`, and says so.
fn that_hangs_up() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut request = String::new();
            let mut part = [0; 4096];
            while !request.contains("</methodCall>") {
                match connection.read(&mut part) {
                    Ok(count) if count > 0 => {
                        // The client may ask for TLS, too.
                        request.push_str(&String::from_utf8_lossy(&part[..count]));
                    }
                    _ => break,
                }
            }
            if request.contains("reparte.status") {
                let fault = encode_fault(&Fault::new(-32601, "no such method"));
                let length = fault.len();
                let head = format!(
                    "HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {length}\r\n\r\n"
                );
                connection.write_all(head.as_bytes()).unwrap();
                connection.write_all(&fault).unwrap();
            }
        }
    });
    address
}

#[test]
fn a_task_is_tried_again_as_often_as_is_said() {
    let files = TestDirectory::new("retries");
    let (one, other) = (that_hangs_up(), that_hangs_up());
    for (retries, given_up) in [
        ("0", "given up after 1 calls"),
        ("1", "given up after 2 calls"),
    ] {
        let flags = [&*one, &*other, "--function", "f", "--retries", retries];
        let ended = start(&files, "1\n", &flags).end();
        ended.expect_code(5);
        assert!(ended.stderr.contains(given_up), "{}", ended.stderr);
    }
}

#[test]
fn faults_are_tried_again_if_that_is_asked_for() {
    let files = TestDirectory::new("faults");
    let failures = Arc::new(AtomicUsize::new(0));
    let mut service = Service::new();
    let count = Arc::clone(&failures);
    let second = move |text: String| match count.fetch_add(1, SeqCst) % 2 {
        0 => Err(Fault::application("not yet")),
        _ => Ok(text),
    };
    service.register("second", second).unwrap();
    let server = LocalServer::start(service);
    let flags = [&*server.address, "--function", "second"];
    start(&files, "1\n", &flags).end().expect_code(5);
    failures.store(0, SeqCst);
    let ended = start(&files, "1\n", &[&flags[..], &["--retry-faults"]].concat()).end();
    ended.expect("1\n");
    assert_eq!(failures.load(SeqCst), 2);
}

#[test]
fn a_call_that_takes_too_long_is_cancelled() {
    let files = TestDirectory::new("late");
    let (server, _held, called) = Held::serve();
    let flags = [
        &*server.address,
        "--function",
        "hold",
        "--timeout",
        // A machine under load takes a part of it to make the call.
        "2",
        "--retries",
        "0",
    ];
    let ended = start(&files, "1\n", &flags).end();
    ended.expect_code(5);
    assert!(ended.stderr.contains("timed out"), "{}", ended.stderr);
    assert_eq!(next(&called), "1");
}
