//! The cost of hostile responses: CPU time in proportion to their bytes, and bounded memory.

#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use cost_support::{Clock, PeakAlloc, Proportion};
use xmlrpc_client::{Options, ServerProxy, Value};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Bytes of a head, just below the limit.
const HEAD: usize = 63 * 1024;

/// Bytes of what has no limit of its own but the response's.
const MANY: usize = 1 << 20;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\n";

/// Answers each connection with the bytes that come over the channel, and hangs up.
fn server() -> (SocketAddr, Sender<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (answers, next) = mpsc::channel::<Vec<u8>>();
    thread::spawn(move || {
        for answer in next {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = read_request(&mut stream);
            let _ = stream.write_all(&answer);
            let _ = stream.shutdown(std::net::Shutdown::Write);
            // Until the client has read it, or has had enough.
            let _ = stream.read(&mut [0]);
        }
    });
    (address, answers)
}

fn read_request(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    while !bytes.ends_with(b"</methodCall>") {
        match stream.read(&mut part)? {
            0 => break,
            length => bytes.extend_from_slice(&part[..length]),
        }
    }
    Ok(())
}

fn repeated(piece: &[u8], size: usize) -> Vec<u8> {
    piece.repeat(size / piece.len())
}

#[test]
fn a_response_costs_in_proportion_to_its_bytes() {
    type Shape = (&'static str, usize, fn(usize) -> Vec<u8>);
    let shapes: [Shape; 13] = [
        ("empty lines", HEAD, |size| repeated(b"\r\n", size)),
        ("fields", HEAD / 4, |size| {
            [OK, &repeated(b"Server: a, b and c\r\n", size)[..], b"\r\n"].concat()
        }),
        ("fields that matter", HEAD / 4, |size| {
            [OK, &repeated(b"Location: /a, b, c\r\n", size)[..], b"\r\n"].concat()
        }),
        ("a field", HEAD, |size| {
            [OK, b"A: ", &repeated(b"a", size)[..], b"\r\n\r\n"].concat()
        }),
        ("a field without a colon", HEAD, |size| {
            [OK, &repeated(b"a", size)[..]].concat()
        }),
        ("folds", HEAD / 20, |size| {
            [
                OK,
                b"Location: a\r\n",
                &repeated(b" b\r\n", size)[..],
                b"\r\n",
            ]
            .concat()
        }),
        ("folds of blanks", HEAD, |size| {
            let blanks = repeated(b" \t", size);
            [OK, b"Location:\r\n", &blanks[..], b"\r\n\r\n"].concat()
        }),
        ("a head beyond the limit", MANY, |size| {
            [OK, &repeated(b"A: b\r\n", size)[..]].concat()
        }),
        ("interim responses", MANY, |size| {
            repeated(b"HTTP/1.1 100 Continue\r\nA: b\r\n\r\n", size)
        }),
        ("another protocol", MANY, |size| {
            repeated(b"SSH-2.0-x\r\n", size)
        }),
        ("chunks of a byte", MANY, |size| {
            let chunks = repeated(b"1\r\n<\r\n", size);
            [OK, b"Transfer-Encoding: chunked\r\n\r\n", &chunks[..]].concat()
        }),
        ("extensions of chunks", MANY, |size| {
            let extension = repeated(b"a", size);
            [OK, b"Transfer-Encoding: chunked\r\n\r\n1;", &extension[..]].concat()
        }),
        ("a page with an error's status", MANY, |size| {
            let page = repeated(b"<p>", size);
            [b"HTTP/1.1 500 Oops\r\n\r\n", &page[..]].concat()
        }),
    ];
    let (address, answers) = server();
    let mut options = Options::default();
    options.response_timeout = Duration::from_secs(10);
    options.keep_alive = false;
    let proxy = ServerProxy::builder(&address.to_string()).options(options);
    let proxy = proxy.build().unwrap();
    for (name, largest, make) in shapes {
        Proportion::of(name)
            .clock(Clock::Process)
            .bytes_per_byte(4)
            .check(largest, make, |answer| {
                answers.send(answer.clone()).unwrap();
                let _ = proxy.call::<Value>("f", ());
            });
    }
}
