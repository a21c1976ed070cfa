//! The memory of a server whose clients take no answers. The test process is the server's.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
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

fn call(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
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

/// Makes 64 calls whose answers nobody takes. Then takes them, and makes another.
fn check(address: SocketAddr) {
    // The high-water mark begins at what is in memory now.
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = peak();
    let mut streams: Vec<_> = (0..CLIENTS).map(|_| call(address)).collect();
    let refused = streams.iter_mut().map(is_refused).filter(|is| *is).count();
    assert!((1..=CLIENTS - 12).contains(&refused), "{refused}");
    let used = peak() - before;
    assert!(used <= (256 + 64) * MIB, "{} MiB", used / MIB);
    drop(streams);
    let start = Instant::now();
    while is_refused(&mut call(address)) {
        assert!(start.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The threshold from which glibc gives freed memory back at once. Without it, each thread keeps
/// some tens of MiB of what it has freed.
const THRESHOLD: &str = "MALLOC_MMAP_THRESHOLD_";

#[test]
fn unread_answers_stay_within_the_budget() {
    if std::env::var_os(THRESHOLD).is_none() {
        let mut again = Command::new(std::env::current_exe().unwrap());
        let again = again.env(THRESHOLD, MIB.to_string()).output().unwrap();
        assert!(again.status.success(), "{again:?}");
        return;
    }
    let listener = || TcpListener::bind("127.0.0.1:0").unwrap();
    let mut options = hyper::Options::default();
    options.workers = 2;
    let server = hyper::Server::builder(listener(), service()).options(options);
    let server = server.start().unwrap();
    check(server.address());
    drop(server);
    let server = tiny::Server::new(listener(), service()).unwrap();
    check(server.address());
}
