//! Servers of `nap`, `work` and `moody`: this test program, started again as their process.

use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use xmlrpc_server::front::hyper;
use xmlrpc_server::{Context, Service};
use xmlrpc_wire::Fault;

use test_support::{PATIENCE, Running};

/// The test that becomes the server when the environment variables below are set.
const NAME: &str = "nap_server::is_a_server";
const ADDRESS: &str = "PROMISES_ADDRESS";
const WORKERS: &str = "PROMISES_WORKERS";

/// The number that kills the server in `work`.
pub(crate) const DEADLY: i32 = 13;

/// Starts a server in its own process. Returns its address too.
pub(crate) fn start(workers: usize) -> (Running, String) {
    start_at("127.0.0.1:0", workers, &[])
}

/// Starts a server at an address, through the command `through` if that is not empty.
pub(crate) fn start_at(address: &str, workers: usize, through: &[&str]) -> (Running, String) {
    let this = std::env::current_exe().expect("a program knows its own path");
    let mut command = match through {
        [] => Command::new(this),
        [program, arguments @ ..] => {
            let mut command = Command::new(program);
            command.args(arguments).arg(this);
            command
        }
    };
    command
        .args(["--exact", NAME, "--ignored", "--nocapture"])
        .env(ADDRESS, address)
        .env(WORKERS, workers.to_string());
    let running = Running::start(command);
    let address = running.line_after("listening on http://");
    (running, address)
}

/// The number of naps that have begun.
static NAPS: AtomicI32 = AtomicI32::new(0);

/// Returns `n` after `ms` milliseconds. Stops when nobody waits any longer.
fn nap(call: &Context, ms: i32, n: i32) -> i32 {
    NAPS.fetch_add(1, SeqCst);
    let end = Instant::now() + Duration::from_millis(u64::try_from(ms).unwrap_or(0));
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() || call.is_cancelled() {
            return n;
        }
        thread::sleep(left.min(Duration::from_millis(50)));
    }
}

/// Naps like [`nap`], but aborts the process at [`DEADLY`].
fn work(call: &Context, ms: i32, n: i32) -> i32 {
    if n == DEADLY {
        std::process::abort();
    }
    nap(call, ms, n)
}

/// Returns `n`, or fails in `percent` of its calls.
fn moody(percent: i32, n: i32) -> Result<i32, Fault> {
    static CALLS: AtomicI32 = AtomicI32::new(0);
    // Failures are spread evenly, not at random.
    match CALLS.fetch_add(37, SeqCst).rem_euclid(100) < percent {
        true => Err(Fault::new(75, "in a bad mood")),
        false => Ok(n),
    }
}

#[test]
#[ignore = "a server that other tests start"]
fn is_a_server() {
    let Ok(address) = std::env::var(ADDRESS) else {
        return;
    };
    let address: SocketAddr = address.parse().unwrap();
    let workers = std::env::var(WORKERS).unwrap();
    let mut service = Service::new();
    service.register("nap", nap).unwrap();
    service.register("naps", || NAPS.load(SeqCst)).unwrap();
    service.register("work", work).unwrap();
    service.register("moody", moody).unwrap();
    let mut options = hyper::Options::default();
    options.workers = workers.parse().unwrap();
    options.without_token = true;
    // The port of a server that was killed just now may stay taken for a moment.
    let deadline = Instant::now() + PATIENCE;
    let listener = loop {
        match TcpListener::bind(address) {
            Ok(listener) => break listener,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
        thread::sleep(Duration::from_millis(5));
    };
    eprintln!("listening on http://{}", listener.local_addr().unwrap());
    let builder = hyper::Server::builder(listener, service).options(options);
    builder.start().unwrap().wait().unwrap();
}
