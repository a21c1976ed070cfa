//! Calls that nobody waits for any longer: they stop computing, and their worker answers the
//! next call.
#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]
#![allow(clippy::print_stderr, reason = "how a server says where it listens")]

mod common;

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use factorizar::{Unfinished, factor_with};
use factorizar_service::WorkLimits;
use rustix::process::Signal;
use test_support::{PATIENCE, Running};
use xmlrpc_client::{ErrorKind, FromValue, IntoParams, ServerProxy, Value};
use xmlrpc_server::front::{hyper, tiny};
use xmlrpc_server::{Context, Service};
use xmlrpc_wire::Fault;

/// The environment variable that makes this test program a server, with the front it names.
const FRONT: &str = "CALLED_OFF_FRONT";

/// The product of the two largest primes below 2^64: some milliseconds of the kernel's work.
const HARD: u128 = 18_446_744_073_709_551_557 * 18_446_744_073_709_551_533;

/// Factors the same number for ever, unless its control stops it.
fn endless(call: &Context) -> Result<String, Fault> {
    WorkLimits::default().within(call, |control| -> Result<String, Unfinished> {
        loop {
            factor_with(HARD, control)?;
        }
    })
}

#[test]
#[ignore = "a server that other tests start"]
fn is_a_server() {
    let Ok(front) = std::env::var(FRONT) else {
        return;
    };
    let mut service = Service::new();
    service.register("endless", endless).unwrap();
    service.register("alive", || true).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    eprintln!("listening on http://{}", listener.local_addr().unwrap());
    if front == "tiny" {
        let server = tiny::Server::new(listener, service).unwrap();
        server.wait().unwrap();
    } else {
        let mut options = hyper::Options::default();
        options.workers = 1;
        let builder = hyper::Server::builder(listener, service).options(options);
        builder.start().unwrap().wait().unwrap();
    }
}

/// Starts a server with one worker in its own process. Returns a client of it too.
fn start(front: &str) -> (Running, ServerProxy) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "is_a_server", "--ignored", "--nocapture"])
        .env(FRONT, front);
    let running = Running::start(command);
    let address = running.line_after("listening on http://");
    (running, ServerProxy::new(&address).unwrap())
}

fn call<R: FromValue>(proxy: &ServerProxy, method: &str, params: impl IntoParams) -> R {
    let attempt = proxy.attempt().deadline(Instant::now() + PATIENCE);
    attempt.call(method, params).unwrap()
}

/// Waits until the only worker computes.
fn wait_until_busy(proxy: &ServerProxy) {
    let started = Instant::now();
    loop {
        let Value::Struct(status) = call(proxy, "reparte.status", ()) else {
            panic!("a status is a struct");
        };
        if status.get("busy") == Some(&Value::Int(1)) {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "{status:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_deadline_ends_a_call() {
    for front in ["tiny", "hyper"] {
        let (_serv, proxy) = start(front);
        let attempt = proxy.attempt();
        let attempt = attempt.deadline(Instant::now() + Duration::from_millis(200));
        attempt.call::<String>("endless", ()).unwrap_err();
        assert!(call::<bool>(&proxy, "alive", ()), "{front}");
    }
}

#[test]
fn reparte_cancel_ends_a_call() {
    for front in ["tiny", "hyper"] {
        let (_serv, proxy) = start(front);
        let caller = ServerProxy::new(proxy.server()).unwrap();
        let called = thread::spawn(move || {
            let attempt = caller.attempt().call_id("un-nombre");
            attempt.call::<String>("endless", ())
        });
        wait_until_busy(&proxy);
        assert!(call::<bool>(&proxy, "reparte.cancel", ("un-nombre",)));
        assert!(call::<bool>(&proxy, "alive", ()), "{front}");
        assert!(called.join().unwrap().is_err(), "{front}");
    }
}

#[test]
fn a_client_that_disconnects_ends_its_call() {
    let (_serv, proxy) = start("hyper");
    let body = "<methodCall><methodName>endless</methodName></methodCall>";
    let mut stream = TcpStream::connect(proxy.server()).unwrap();
    let length = body.len();
    write!(
        stream,
        "POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: \
         {length}\r\n\r\n{body}"
    )
    .unwrap();
    wait_until_busy(&proxy);
    drop(stream);
    assert!(call::<bool>(&proxy, "alive", ()));
}

/// Runs `then` with a serv_processes whose call takes minutes.
fn with_a_long_call(flags: &[&str], then: impl FnOnce(Running)) {
    let arguments = [&["--workers", "1"], flags].concat();
    let (server, address) = common::server("serv_processes", &arguments);
    let proxy = ServerProxy::new(&address).unwrap();
    thread::scope(|scope| {
        // A thousand numbers of 39 digits, without a small factor.
        let called = scope.spawn(|| {
            let (p, q) = (
                14_142_135_623_730_950_533_u128,
                17_320_508_075_688_772_967_u128,
            );
            let (n, mut calls) = ((p * q).to_string(), proxy.multicall());
            for _ in 0..1000 {
                calls.add("factor", (n.clone(),));
            }
            calls.call().map(drop)
        });
        wait_until_busy(&proxy);
        then(server);
        let error = called.join().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MayHaveRun, "{error:?}");
    });
}

/// The default time that a stopped server gives its running calls.
const GRACE: Duration = Duration::from_secs(10);

#[test]
fn a_stopped_server_waits_for_its_calls_for_the_grace_period() {
    with_a_long_call(&["--grace", "0.2"], |server| {
        let stopped = Instant::now();
        server.signal(Signal::TERM);
        server.line_after("stopping: running calls have 0.2 s");
        server.end().expect_code(0);
        assert!(stopped.elapsed() < GRACE);
    });
    for bad in ["0", "-1", "x"] {
        let ended = common::run("serv_processes", &["0", "--grace", bad]);
        let stderr = &ended.expect_code(2).stderr;
        assert!(stderr.contains("--grace takes"), "{stderr}");
    }
}

#[test]
fn a_second_signal_ends_a_server_at_once() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        with_a_long_call(&[], |server| {
            let stopped = Instant::now();
            server.signal(signal);
            server.line_after("stopping: running calls have 10 s; once more");
            server.signal_again(signal);
            server.end().expect_code(code);
            assert!(stopped.elapsed() < GRACE);
        });
    }
}
