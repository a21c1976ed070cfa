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
use xmlrpc_client::{HttpProxy, Options, ServerProxy, Value};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Bytes of a head, just below the limit.
const HEAD: usize = 63 * 1024;

/// Bytes of what has no limit of its own but the response's.
const MANY: usize = 1 << 20;

/// The end of a call.
const CALL_END: &[u8] = b"</methodCall>";

const OK: &[u8] = b"HTTP/1.1 200 OK\r\n";

/// An answer, and the number of bytes that are written at a time.
type Answer = (Vec<u8>, usize);

/// Reads a request that ends in `end` from each connection, answers with what comes over the
/// channel, and hangs up.
fn server(end: &'static [u8]) -> (SocketAddr, Sender<Answer>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (answers, next) = mpsc::channel::<Answer>();
    thread::spawn(move || {
        for (answer, step) in next {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = read_request(&mut stream, end);
            stream.set_nodelay(true).unwrap();
            for piece in answer.chunks(step) {
                if stream.write_all(piece).is_err() {
                    break;
                }
            }
            let _ = stream.shutdown(std::net::Shutdown::Write);
            // Until the client has read it, or has had enough.
            let _ = stream.read(&mut [0]);
        }
    });
    (address, answers)
}

fn read_request(stream: &mut TcpStream, end: &[u8]) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    while !bytes.ends_with(end) {
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
    let (address, answers) = server(CALL_END);
    let proxy = ServerProxy::builder(&address.to_string()).options(options());
    let proxy = proxy.build().unwrap();
    for (name, largest, make) in shapes {
        Proportion::of(name)
            .clock(Clock::Process)
            .bytes_per_byte(4)
            .check(largest, make, |answer| {
                answers.send((answer.clone(), answer.len())).unwrap();
                let _ = proxy.call::<Value>("f", ());
            });
    }
}

/// Packed responses, whose limit is that of the document.
#[cfg(feature = "gzip")]
#[test]
fn a_packed_response_costs_in_proportion_to_its_bytes() {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    type Shape = (&'static str, usize, fn(usize) -> Vec<u8>);
    let shapes: [Shape; 5] = [
        // 1 byte unpacks to a thousand: the larger one is just below the limit.
        ("a bomb", 1000, |size| gzip(&vec![b'<'; size << 10])),
        ("a bomb beyond the limit", 128 << 10, |size| {
            repeated(&gzip(&[b'<'; 100_000]), size)
        }),
        ("members without content", 128 << 10, |size| {
            repeated(&gzip(b""), size)
        }),
        ("blocks without content", MANY / 2, |size| {
            let header = b"\x1f\x8b\x08\0\0\0\0\0\0\xff";
            [&header[..], &repeated(b"\0\0\0\xff\xff", size)].concat()
        }),
        ("no gzip at all", MANY / 2, |size| {
            repeated(b"<methodResponse>", size)
        }),
    ];
    let (address, answers) = server(CALL_END);
    let mut options = options();
    options.gzip = true;
    options.limits.bytes = MANY;
    let proxy = ServerProxy::builder(&address.to_string()).options(options);
    let proxy = proxy.build().unwrap();
    for (name, largest, make) in shapes {
        let make = |size| {
            let head = b"Content-Encoding: gzip\r\n\r\n";
            [OK, &head[..], &make(size)].concat()
        };
        // The body, packed and unpacked, and what the latter took while it grew.
        Proportion::of(name)
            .clock(Clock::Process)
            .fixed_bytes(5 * MANY)
            .check(largest, make, |answer| {
                answers.send((answer.clone(), answer.len())).unwrap();
                let _ = proxy.call::<Value>("f", ());
            });
    }
}

/// The answer of a proxy to CONNECT. Some shapes are written byte by byte; the client may read
/// many bytes at once nevertheless.
#[test]
fn an_answer_to_connect_costs_in_proportion_to_its_bytes() {
    type Shape = (&'static str, usize, usize, fn(usize) -> Vec<u8>);
    let shapes: [Shape; 6] = [
        ("a field, byte by byte", 1, HEAD, |size| {
            [OK, b"A: ", &repeated(b"a", size)[..], b"\r\n\r\n"].concat()
        }),
        ("fields, byte by byte", 1, HEAD / 12, |size| {
            [OK, &repeated(b"A: b\r\n", size)[..], b"\r\n"].concat()
        }),
        ("empty lines, byte by byte", 1, HEAD, |size| {
            repeated(b"\r\n", size)
        }),
        ("interim responses", MANY, MANY, |size| {
            repeated(b"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n", size)
        }),
        ("a head beyond the limit", MANY, MANY, |size| {
            [OK, &repeated(b"A: b\r\n", size)[..]].concat()
        }),
        ("another protocol", MANY, MANY, |size| {
            repeated(b"SSH-2.0-x\r\n", size)
        }),
    ];
    let (address, answers) = server(b"\r\n\r\n");
    let mut options = options();
    options.proxy = Some(HttpProxy::new(&address.to_string()).unwrap());
    let far = ServerProxy::builder("far.invalid:9000").options(options);
    let far = far.build().unwrap();
    for (name, step, largest, make) in shapes {
        Proportion::of(format!("to CONNECT: {name}"))
            .clock(Clock::Process)
            .bytes_per_byte(4)
            .check(largest, make, |answer| {
                answers.send((answer.clone(), step)).unwrap();
                let _ = far.check_reachable();
            });
    }
}

fn options() -> Options {
    let mut options = Options::default();
    options.response_timeout = Duration::from_secs(10);
    options.connect_timeout = Duration::from_secs(10);
    options.keep_alive = false;
    options
}
