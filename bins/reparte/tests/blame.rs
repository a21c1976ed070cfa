//! `reparte run`: who is to blame for what goes wrong, over real sockets.
//!
//! One bad task costs no server, one bad machine costs no task, and a gap of the network costs
//! neither.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::fs;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use common::foreign::{Answer, Foreign};
use common::reparte;
use common::server::serve;
use serde_json::Value as Json;
use test_support::{Ended, LocalServer, PATIENCE, Running, TestDirectory};
use xmlrpc_server::front::hyper::{Options, Server};
use xmlrpc_server::{Context, Service};

/// Starts a run of `f` over the lines of a text.
fn start(files: &TestDirectory, tasks: &str, arguments: &[&str]) -> Running {
    let path = files.path("tasks");
    fs::write(&path, tasks).unwrap();
    let flags = ["run", "--tasks", &*path, "--function", "f"];
    Running::start(reparte(&[&flags, arguments].concat()))
}

fn numbers(to: u32) -> String {
    (1..=to).map(|n| format!("{n}\n")).collect()
}

/// Runs `f` to the end, and returns its account too.
fn account(files: &TestDirectory, tasks: &str, arguments: &[&str]) -> (Ended, Json) {
    let path = files.path("account");
    let ended = start(files, tasks, &[arguments, &["--account", &path]].concat()).end();
    let text = fs::read_to_string(&path).unwrap();
    (ended, serde_json::from_str(&text).unwrap())
}

#[track_caller]
fn expect_not_told(ended: &Ended, texts: &[&str]) {
    for text in texts {
        assert!(
            !ended.stderr.contains(text),
            "{text:?} in: {}",
            ended.stderr
        );
    }
}

/// Words that blame a server.
const BLAME: [&str; 6] = [
    "died",
    "quarantine",
    "; out",
    "on trial",
    "suspected",
    "every server",
];

/// A service whose `f` takes a time for its argument, or until the call is cancelled.
fn timed(time: fn(&str) -> Duration) -> Service {
    let mut service = Service::new();
    let f = move |call: &Context, argument: String| {
        let end = Instant::now() + time(&argument);
        while Instant::now() < end && !call.is_cancelled() {
            thread::sleep(
                Duration::from_millis(5).min(end.saturating_duration_since(Instant::now())),
            );
        }
        argument
    };
    service.register("f", f).unwrap();
    service
}

fn with_workers(service: Service, workers: usize) -> LocalServer {
    let mut options = Options::default();
    options.workers = workers;
    LocalServer::with(service, options)
}

#[test]
fn two_slow_tasks_fail_at_their_limit_and_cost_nobody_else_time() {
    let files = TestDirectory::new("slow tasks");
    let time = |argument: &str| match argument {
        "20" | "40" => Duration::from_secs(20),
        _ => Duration::from_millis(100),
    };
    let server = with_workers(timed(time), 2);
    let began = Instant::now();
    let (ended, account) = account(&files, &numbers(60), &[&server.address, "--timeout", "1"]);
    let took = began.elapsed();
    ended.expect_code(5);
    let expected = numbers(60).replace("20\n", "\n").replace("40\n", "\n");
    assert_eq!(ended.stdout, expected, "{}", ended.stderr);
    ended.expect_told("2 of 60 tasks failed");
    ended.expect_told("limit of 1 s");
    expect_not_told(&ended, &BLAME);
    assert_eq!(account["executions"], 60);
    // 58 of 0.1 s, and two of 1 s, on two workers: 3.9 s.
    assert!(took < Duration::from_secs(8), "{took:?} {}", ended.stderr);
}

/// A server in the test's process that goes away, and comes back at its address.
struct Returning(JoinHandle<Server>);

impl Returning {
    /// A server that goes `after` this time, for this time, with its connections.
    fn serve(after: Duration, gap: Duration) -> (String, Self) {
        let start = |address: &str| {
            let listener = bind(address);
            let mut options = Options::default();
            options.workers = 2;
            options.grace = Duration::from_millis(1);
            let service = timed(|_| Duration::from_millis(50));
            Server::builder(listener, service)
                .options(options)
                .start()
                .unwrap()
        };
        let server = start("127.0.0.1:0");
        let address = server.address().to_string();
        let at = address.clone();
        let thread = thread::spawn(move || {
            thread::sleep(after);
            server.stop();
            // Calls that were running are cut off.
            let _ = server.wait();
            thread::sleep(gap);
            start(&at)
        });
        (address, Returning(thread))
    }

    fn end(self) {
        let server = self.0.join().unwrap();
        server.stop();
        let _ = server.wait();
    }
}

/// Binds an address whose last owner may have gone just now.
fn bind(address: &str) -> TcpListener {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match TcpListener::bind(address) {
            Ok(listener) => return listener,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_gap_of_nine_seconds_is_waited_for_and_told() {
    let files = TestDirectory::new("gap");
    let (address, server) = Returning::serve(Duration::from_millis(500), Duration::from_secs(9));
    let ended = start(&files, &numbers(100), &[&address, "--quiet"]).end();
    ended.expect(&numbers(100));
    ended.expect_told("waits for a server, since none answers; the run ends in ");
    ended.expect_told("servers take calls again");
    server.end();
}

#[test]
fn a_server_that_hangs_up_on_what_it_does_not_know_is_foreign() {
    for slots in ["", "1/"] {
        let files = TestDirectory::new("foreign");
        let server = Foreign::serve_all(|method, _| match method {
            "f" => Answer::Echo,
            _ => Answer::HangUp,
        });
        let address = format!("{slots}{}", server.address);
        let ended = start(&files, &numbers(6), &[&address]).end();
        ended.expect(&numbers(6));
        expect_not_told(&ended, &BLAME);
    }
}

#[test]
fn a_host_that_is_short_of_descriptors_fails_no_task() {
    let files = TestDirectory::new("descriptors");
    let this = env!("CARGO_BIN_EXE_reparte");
    let script = format!(
        "ulimit -n 40; exec '{this}' serve 127.0.0.1:0 --function f --workers 16 -- \
         sh -c 'sleep 0.1; echo $1' sh {{}}"
    );
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &script]).env_remove("RUST_LOG");
    let short = Running::start(command);
    let first = short.address();
    let program = ["--", "sh", "-c", "sleep 0.1; echo $1", "sh", "{}"];
    let (_good, second) = serve(&[&["--function", "f"], &program[..]].concat());
    for servers in [&[&*first, &*second][..], &[&*first]] {
        let ended = start(&files, &numbers(150), servers).end();
        ended.expect(&numbers(150));
    }
}

#[test]
fn a_server_that_is_always_busy_is_told_also_quietly() {
    let files = TestDirectory::new("busy");
    let busy = Arc::new(AtomicBool::new(true));
    let is_busy = Arc::clone(&busy);
    let server = Foreign::serve(move |_| match is_busy.load(SeqCst) {
        true => Answer::Status(503, "Retry-After: 1"),
        false => Answer::Echo,
    });
    let flags = [
        &*server.address,
        "--quiet",
        "--outage",
        "2",
        "--wait-for-servers",
        "2",
    ];
    let running = start(&files, "1\n", &flags);
    running.line_after("waits for a server, since every one is busy");
    // It has a reason to wait, so the limits of an outage don't count.
    thread::sleep(Duration::from_secs(2));
    busy.store(false, SeqCst);
    running.end().expect("1\n");
}
