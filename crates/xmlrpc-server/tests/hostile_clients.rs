//! The memory of a server under hostile clients, and its answers to others meanwhile. The test
//! process is the server's.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use xmlrpc_server::Service;
use xmlrpc_server::front::{hyper, tiny};

const MIB: usize = 1 << 20;
const CLIENTS: usize = 64;
const ANSWER: usize = 16 * MIB;
const PATIENCE: Duration = Duration::from_secs(60);
const CALL: &str = "<methodCall><methodName>long</methodName></methodCall>";

/// The most memory that this process has had since the last reset, in bytes.
fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.unwrap().trim().trim_end_matches(" kB");
    kib.parse::<usize>().unwrap() * 1024
}

fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn call(address: SocketAddr) -> TcpStream {
    let mut stream = connect(address).unwrap();
    let length = CALL.len();
    let head = format!(
        "POST / HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: {length}\r\n\r\n{CALL}"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// Returns whether the server refuses a call for its memory, once it has answered.
fn is_refused(stream: &mut TcpStream) -> bool {
    let mut begin = [0; 13];
    stream.read_exact(&mut begin).unwrap();
    match &begin[9..12] {
        b"503" => {
            let mut rest = String::new();
            stream.read_to_string(&mut rest).unwrap();
            assert!(rest.to_lowercase().contains("retry-after: 1"), "{rest}");
            true
        }
        b"200" => false,
        _ => panic!("{}", begin.escape_ascii()),
    }
}

fn service() -> Service {
    let mut service = Service::new();
    service.register("long", || "a".repeat(ANSWER)).unwrap();
    service
}

/// A server, and its answer to GET /health: the tiny front has no pages.
#[derive(Clone, Copy)]
struct Server {
    address: SocketAddr,
    health: &'static [u8],
}

/// Returns some times of GET /health in their order, or the first answer that is not the server's
/// usual one.
fn health(server: Server) -> Result<Vec<Duration>, String> {
    let time = || {
        let start = Instant::now();
        let mut stream = connect(server.address).map_err(|error| error.to_string())?;
        let request = b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n";
        let mut begin = [0; 12];
        let asked = stream.write_all(request);
        let answered = asked.and_then(|()| stream.read_exact(&mut begin));
        match answered.is_ok() && &begin[9..] == server.health {
            true => Ok(start.elapsed()),
            false => Err(format!("{answered:?}: {}", begin.escape_ascii())),
        }
    };
    let mut times = (0..21).map(|_| time()).collect::<Result<Vec<_>, _>>()?;
    times.sort_unstable();
    Ok(times)
}

/// Checks the times of GET /health, some milliseconds. On a machine that does other work too, most
/// of them may be longer.
#[track_caller]
fn check_health(times: Result<Vec<Duration>, String>) {
    let times = times.expect("/health is always answered");
    assert!(times[5] < Duration::from_millis(100), "{times:?}");
    assert!(times[10] < Duration::from_secs(1), "{times:?}");
}

/// The most bytes that a client of this test holds itself.
const PIECE: usize = 64 * 1024;

/// Returns the head of a request that declares this length.
fn head(length: usize) -> String {
    format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n\
         Content-Length: {length}\r\n\r\n"
    )
}

/// Writes some bytes again and again, up to `length` in all. Does not mind a server that has
/// closed the connection.
fn send(stream: &mut TcpStream, bytes: impl AsRef<[u8]>, mut length: usize) {
    let bytes = bytes.as_ref();
    while length > 0 {
        let piece = &bytes[..bytes.len().min(length)];
        if stream.write_all(piece).is_err() {
            break;
        }
        length -= piece.len();
    }
}

fn send_once(stream: &mut TcpStream, text: &str) {
    send(stream, text, text.len());
}

/// Writes a byte at a time for two seconds, which is longer than the others need.
fn drip(stream: &mut TcpStream) {
    for _ in 0..200 {
        send(stream, b"x", 1);
        thread::sleep(Duration::from_millis(10));
    }
}

/// Makes a connection hold the most of the server's memory that it can.
type Attack = fn(&mut TcpStream);

/// All kinds of hostile clients, and what they go on to do once all hold what they can.
const KINDS: [(Attack, Attack); 8] = [
    // They say nothing.
    (|_| (), |_| ()),
    // A head comes byte by byte.
    (|_| (), drip),
    // A body is declared, and does not come.
    (|stream| send_once(stream, &head(ANSWER)), |_| ()),
    // A body comes byte by byte.
    (|stream| send_once(stream, &head(ANSWER)), drip),
    // A body lacks its last byte.
    (
        |stream| {
            send_once(stream, &head(ANSWER));
            send(stream, [b' '; PIECE], ANSWER - 1);
        },
        |_| (),
    ),
    // Chunks have no end.
    (
        |stream| {
            let head = head(0).replace("Content-Length: 0", "Transfer-Encoding: chunked");
            send_once(stream, &head);
            let chunk = format!("{PIECE:x}\r\n{}\r\n", " ".repeat(PIECE));
            send(stream, &chunk, 200 * chunk.len());
        },
        |_| (),
    ),
    // A document is deep and long.
    (
        |stream| {
            send_once(stream, &head(ANSWER));
            let begin = "<methodCall><methodName>long</methodName><params><param>";
            send_once(stream, begin);
            let tags = "<value><array><data>".repeat(PIECE / 20);
            send(stream, tags, ANSWER - begin.len());
        },
        |_| (),
    ),
    // An answer is not taken.
    (
        |stream| send_once(stream, &format!("{}{CALL}", head(CALL.len()))),
        |_| (),
    ),
];

/// Serves 64 clients of all kinds at once, and /health meanwhile. Then serves a call.
fn check_all_kinds(server: Server) {
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = peak();
    let step = Barrier::new(CLIENTS + 1);
    let times = thread::scope(|scope| {
        for (attack, and_then) in KINDS.iter().cycle().take(CLIENTS) {
            let step = &step;
            scope.spawn(move || {
                // A panic before the last step would let the others wait for ever.
                let mut stream = connect(server.address);
                if let Ok(stream) = &mut stream {
                    attack(stream);
                }
                step.wait();
                if let Ok(stream) = &mut stream {
                    and_then(stream);
                }
                // The connection stays until the server has been looked at.
                step.wait();
                stream.unwrap();
            });
        }
        let during = health(server);
        step.wait();
        let after = health(server);
        step.wait();
        [during, after]
    });
    for time in times {
        check_health(time);
    }
    // With the 64 KiB or less of each client.
    let used = peak() - before;
    assert!(used <= (256 + 64) * MIB, "{} MiB", used / MIB);
    let start = Instant::now();
    while is_refused(&mut call(server.address)) {
        assert!(start.elapsed() < PATIENCE);
        thread::sleep(Duration::from_millis(10));
    }
}

/// Makes 64 calls whose answers nobody takes. Then takes them, and makes another.
fn check_unread_answers(server: Server) {
    // The high-water mark begins at what is in memory now.
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = peak();
    let mut streams: Vec<_> = (0..CLIENTS).map(|_| call(server.address)).collect();
    let refused = streams.iter_mut().map(is_refused).filter(|is| *is).count();
    assert!((1..=CLIENTS - 12).contains(&refused), "{refused}");
    check_health(health(server));
    let used = peak() - before;
    assert!(used <= (256 + 64) * MIB, "{} MiB", used / MIB);
    drop(streams);
    let start = Instant::now();
    while is_refused(&mut call(server.address)) {
        assert!(start.elapsed() < PATIENCE);
        thread::sleep(Duration::from_millis(10));
    }
}

/// The threshold from which glibc gives freed memory back at once. Without it, each thread keeps
/// some tens of MiB of what it has freed.
const THRESHOLD: &str = "MALLOC_MMAP_THRESHOLD_";

#[test]
fn hostile_clients_stay_within_the_budget() {
    if std::env::var_os(THRESHOLD).is_none() {
        let mut again = Command::new(std::env::current_exe().unwrap());
        let again = again.env(THRESHOLD, MIB.to_string()).output().unwrap();
        assert!(again.status.success(), "{again:?}");
        return;
    }
    let listener = || TcpListener::bind("127.0.0.1:0").unwrap();
    let mut options = hyper::Options::default();
    options.workers = 2;
    let front = hyper::Server::builder(listener(), service()).options(options);
    let front = front.start().unwrap();
    check(Server {
        address: front.address(),
        health: b"200",
    });
    drop(front);
    let front = tiny::Server::new(listener(), service()).unwrap();
    check(Server {
        address: front.address(),
        health: b"404",
    });
}

fn check(server: Server) {
    check_unread_answers(server);
    check_all_kinds(server);
}
