//! The cost of hostile requests: CPU time in proportion to their bytes, and bounded memory.
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cost_support::{Clock, PeakAlloc, Proportion, measure};
use flate2::Compression;
use flate2::write::GzEncoder;
use xmlrpc_server::front::{hyper, tiny};
use xmlrpc_server::{Service, Value};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const PATIENCE: Duration = Duration::from_secs(20);

/// The longest head, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// The longest body, in bytes, with its coding and without.
const MAX_BODY: usize = 1 << 20;

/// The bytes of thousands of requests.
const MANY: usize = 128 * 1024;

const GET: &[u8] = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
const POST: &[u8] = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n";

/// Returns `piece` until there are `size` bytes.
fn repeated(piece: &[u8], size: usize) -> Vec<u8> {
    piece.iter().copied().cycle().take(size).collect()
}

/// Connections at a time.
const CONNECTIONS: usize = 16;

/// The bytes that a front may keep after connections have closed: threads, private connections and
/// room for the next ones. It is an eighth of each document.
const KEPT: usize = CONNECTIONS * 16 * 1024;

/// Returns a server of each front, and their names.
fn servers() -> (hyper::Server, tiny::Server) {
    let mut service = Service::new();
    let mut limits = service.limits().clone();
    limits.bytes = MAX_BODY;
    service.set_limits(limits);
    service.register("f", |_: Value| true).unwrap();
    let service = Arc::new(service);
    let listener = || TcpListener::bind("127.0.0.1:0").unwrap();
    (
        hyper::Server::new(listener(), Arc::clone(&service)).unwrap(),
        tiny::Server::new(listener(), service).unwrap(),
    )
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Sends some bytes, and reads until the server closes.
fn exchange(address: SocketAddr, bytes: &[u8]) {
    let mut stream = connect(address);
    let mut answers = stream.try_clone().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut piece = [0; 4096];
            // It may refuse, and close with a reset.
            while answers.read(&mut piece).is_ok_and(|read| read > 0) {}
        });
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(Shutdown::Write);
    });
}

#[test]
fn a_request_costs_in_proportion_to_its_bytes() {
    type Shape = (&'static str, usize, fn(usize) -> Vec<u8>);
    let shapes: [Shape; 13] = [
        ("empty lines", MAX_HEAD - 2, |size| repeated(b"\r\n", size)),
        ("an empty line before each request", MANY, |size| {
            repeated(&[b"\r\n", GET].concat(), size)
        }),
        ("a target", MAX_HEAD, |size| {
            [b"GET /", &repeated(b"a", size)[..]].concat()
        }),
        ("a header", MAX_HEAD, |size| {
            [POST, b"X: ", &repeated(b"a", size)].concat()
        }),
        ("a header's name", MAX_HEAD, |size| {
            [POST, &repeated(b"a", size)[..]].concat()
        }),
        ("headers", MAX_HEAD, |size| {
            [POST, &repeated(b"a: b\r\n", size)[..]].concat()
        }),
        ("whole heads of one header", MAX_HEAD - 200, |size| {
            [POST, b"X: ", &repeated(b"a", size), b"\r\n\r\n"].concat()
        }),
        ("a head without an end", 4 << 20, |size| {
            [POST, &repeated(b"a: b\r\n", size)[..]].concat()
        }),
        ("whole requests", MANY, |size| repeated(GET, size)),
        ("empty bodies", MANY, |size| {
            repeated(&[POST, b"Content-Length: 0\r\n\r\n"].concat(), size)
        }),
        ("chunks of one byte", 2 * MANY, |size| {
            chunked(&repeated(b"1\r\n \r\n", size))
        }),
        ("a chunk's size", 1 << 20, |size| {
            chunked(&repeated(b"0", size))
        }),
        ("a trailer", 1 << 20, |size| {
            chunked(&[b"0\r\n", &repeated(b"a: b\r\n", size)[..]].concat())
        }),
    ];
    let (hyper, tiny) = servers();
    for (front, address) in [("hyper", hyper.address()), ("tiny", tiny.address())] {
        for (name, largest, make) in shapes {
            Proportion::of(format!("{front}: {name}"))
                .bytes_per_byte(4)
                .check(largest, make, |bytes| exchange(address, bytes));
        }
    }
}

#[test]
fn a_packed_body_costs_in_proportion_to_its_bytes() {
    type Shape = (&'static str, usize, fn(usize) -> Vec<u8>);
    let shapes: [Shape; 5] = [
        // 1 byte unpacks to a thousand: the second one is just below the limit.
        ("a bomb", 1000, |size| gzip(&vec![b'x'; size << 10])),
        ("a bomb beyond the limit", 128 << 10, |size| {
            repeated(&gzip(&[b'x'; 100_000]), size)
        }),
        ("members without content", 128 << 10, |size| {
            repeated(&gzip(b""), size)
        }),
        ("blocks without content", MAX_BODY / 2, |size| {
            let header = b"\x1f\x8b\x08\0\0\0\0\0\0\xff";
            [&header[..], &repeated(b"\0\0\0\xff\xff", size)].concat()
        }),
        ("no gzip at all", MAX_BODY / 2, |size| {
            repeated(b"<methodCall>", size)
        }),
    ];
    let (hyper, tiny) = servers();
    for (front, address) in [("hyper", hyper.address()), ("tiny", tiny.address())] {
        for (name, largest, make) in shapes {
            let make = |size| {
                let body = make(size);
                let length = body.len();
                let head = format!(
                    "Connection: close\r\nContent-Encoding: gzip\r\nContent-Length: {length}\r\n\r\n"
                );
                [POST, head.as_bytes(), &body].concat()
            };
            // The body, packed and unpacked, and what the latter took while it grew.
            Proportion::of(format!("{front}: {name}"))
                .fixed_bytes(5 * MAX_BODY)
                .check(largest, make, |bytes| exchange(address, bytes));
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn chunked(chunks: &[u8]) -> Vec<u8> {
    [POST, b"Transfer-Encoding: chunked\r\n\r\n", chunks].concat()
}

/// Heads that were handed on used to be kept: each read ends within the next head, which is
/// then never empty.
#[test]
fn a_connection_holds_no_head_that_has_been_answered() {
    let (hyper, tiny) = servers();
    for (address, last) in [(hyper.address(), "ok\n"), (tiny.address(), "/RPC2\n")] {
        check_memory(address, last.as_bytes());
    }
}

/// Checks the memory of one connection whose answers end with `last`.
fn check_memory(address: SocketAddr, last: &[u8]) {
    let head = [
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: ",
        &repeated(b"a", 8000)[..],
        b"\r\n\r\n",
    ]
    .concat();
    let (first, rest) = head.split_at(1);
    let cost = measure(Clock::Process, || {
        let mut stream = connect(address);
        stream.write_all(first).unwrap();
        for _ in 0..1000 {
            stream.write_all(&[rest, first].concat()).unwrap();
            let mut answer = Vec::new();
            while !answer.ends_with(last) {
                let mut piece = [0; 1024];
                let read = stream.read(&mut piece).unwrap();
                assert!(read > 0, "the server closes");
                answer.extend_from_slice(&piece[..read]);
            }
        }
    });
    assert!(cost.memory < 256 * 1024, "{cost:?}");
}

/// Bodies that never end, on many connections, take memory in proportion to what has been sent,
/// and none once the connections are closed.
#[test]
fn bodies_less_a_byte_hold_what_was_sent_and_nothing_after_their_connections() {
    const SENT: usize = CONNECTIONS * (MAX_BODY - 1);
    let (hyper, tiny) = servers();
    for (front, address) in [("hyper", hyper.address()), ("tiny", tiny.address())] {
        let cost = measure(Clock::Process, || {
            exchange(address, GET);
            let length = format!("Content-Length: {MAX_BODY}\r\n\r\n");
            let body = repeated(b" ", MAX_BODY - 1);
            let held = held_from_now();
            let mut open: Vec<TcpStream> = (0..CONNECTIONS).map(|_| connect(address)).collect();
            for stream in &mut open {
                for part in [POST, length.as_bytes(), &body] {
                    stream.write_all(part).unwrap();
                }
            }
            // The rest may be in the system's buffers.
            until(&held, |held| held >= SENT / 2, front);
            drop(open);
            until(&held, |held| held < KEPT, front);
        });
        // A buffer that grows is there twice.
        assert!(cost.memory < 3 * SENT, "{front}: {cost:?}, {SENT} sent");
    }
}

/// Hostile documents on many connections at once take memory in proportion to what has been
/// sent, and none once they are answered.
#[test]
fn hostile_documents_at_once_take_a_multiple_of_what_was_sent_and_nothing_after_it() {
    const SIZE: usize = MAX_BODY / 8;
    let shapes = [
        ("<array><data>", "<value/>", "</data></array>"),
        ("<struct>", "<member><name/><value/></member>", "</struct>"),
        ("", "<array><data><value>", ""),
        ("<base64>", "QUJD\n", "</base64>"),
    ];
    let (hyper, tiny) = servers();
    for (front, address) in [("hyper", hyper.address()), ("tiny", tiny.address())] {
        for shape in shapes {
            let cost = measure(Clock::Process, || {
                let request = document(shape, SIZE);
                exchange(address, &request);
                let held = held_from_now();
                std::thread::scope(|scope| {
                    for _ in 0..CONNECTIONS {
                        scope.spawn(|| exchange(address, &request));
                    }
                });
                until(&held, |held| held < KEPT, front);
            });
            // 40 bytes for each value of 8, in a vector that grows, beside the body.
            let most = 20 * CONNECTIONS * SIZE;
            assert!(cost.memory < most, "{front}, {shape:?}: {cost:?}, {most}");
        }
    }
}

/// Returns a call of about `size` bytes whose argument is some pieces between two ends.
fn document((start, piece, end): (&str, &str, &str), size: usize) -> Vec<u8> {
    // The comment is for the complete reader, which takes more memory.
    let head = "<!-- --><methodCall><methodName>f</methodName><params><param><value>";
    let tail = "</value></param></params></methodCall>";
    let pieces = piece.repeat(size / piece.len());
    let body = [head, start, &pieces, end, tail].concat();
    let length = body.len();
    let rest = format!("Connection: close\r\nContent-Length: {length}\r\n\r\n{body}");
    [POST, rest.as_bytes()].concat()
}

/// Returns what tells the bytes on the heap beyond those of now.
fn held_from_now() -> impl Fn() -> usize {
    let before = PeakAlloc.current_usage();
    move || PeakAlloc.current_usage().saturating_sub(before)
}

/// Waits until the bytes that are held fulfil a condition.
#[track_caller]
fn until(held: impl Fn() -> usize, is_so: impl Fn(usize) -> bool, name: &str) {
    let start = Instant::now();
    while !is_so(held()) {
        assert!(start.elapsed() < PATIENCE, "{name}: {} are held", held());
        std::thread::sleep(Duration::from_millis(1));
    }
}
