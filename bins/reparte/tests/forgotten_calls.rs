//! `reparte run` and `serve` over a network that forgets a connection while its call runs: the
//! answer goes nowhere, and neither side is told.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
#[cfg(target_os = "linux")]
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use common::named_pipe::{Reader, pipe};
use common::reparte;
use common::server::serve;
#[cfg(target_os = "linux")]
use test_support::NetworkNamespace;
use test_support::{Running, TestDirectory};

/// A relay to a server. It drops the answer to the first call of `f`, and keeps both connections
/// open, whose keepalive is therefore answered. It ends with the test's process.
fn relay(server: String) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let server = TcpStream::connect(&server).unwrap();
            let forgets = Arc::new(AtomicBool::new(false));
            let (forgotten, counted) = (Arc::clone(&forgets), Arc::clone(&counted));
            let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || {
                copy(from, to, |request| {
                    let name = b"<methodName>f<";
                    if request.windows(name.len()).any(|part| part == name) {
                        forgets.store(counted.fetch_add(1, SeqCst) == 0, SeqCst);
                    }
                    true
                });
            });
            thread::spawn(move || copy(server, client, |_| !forgotten.load(SeqCst)));
        }
    });
    (address, calls)
}

/// Copies the parts of which `passes` is true, until the connection ends.
fn copy(mut from: TcpStream, mut to: TcpStream, passes: impl Fn(&[u8]) -> bool) {
    let mut part = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut part) {
        if passes(&part[..length]) && to.write_all(&part[..length]).is_err() {
            return;
        }
    }
}

/// The client's machine vanishes: the server ends the program, which nobody waits for.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs root, iproute2 and nftables"]
fn the_program_of_a_vanished_client_is_ended() {
    let namespace = NetworkNamespace::new();
    let files = TestDirectory::new("vanished");
    let pipe = pipe(&files, "pipe");
    let script = "exec 3>\"$1\"; echo started >&3; sleep 1000 & wait";
    let mut command = std::process::Command::new(namespace.through()[0]);
    command.args(&namespace.through()[1..]);
    command.args([env!("CARGO_BIN_EXE_reparte"), "serve", "--keepalive", "2"]);
    let address = format!("{}:0", namespace.host);
    command.args([&*address, "--without-token", "--function", "f", "--"]);
    command.args(["sh", "-c", script, "sh", "{}"]);
    let server = Running::start(command);
    let client = Running::start(reparte(&["call", &server.address(), "f", &pipe]));
    let reader = Reader::open(&pipe);
    namespace.cut();
    let cut = Instant::now();
    reader.all_dead();
    // The program has two seconds after SIGTERM, which it doesn't need.
    let ended = cut.elapsed();
    assert!(ended < Duration::from_secs(10), "{ended:?}");
    drop(client);
}

#[test]
fn a_call_that_its_server_no_longer_knows_is_made_again() {
    let files = TestDirectory::new("forgotten");
    let account = files.path("account");
    // Long enough for the heartbeat to see the call.
    let program = ["--", "sh", "-c", "sleep 2.5; echo \"$1\"", "sh", "{}"];
    let (_server, server) = serve(&[&["--function", "f", "--workers", "1"], &program[..]].concat());
    let (address, calls) = relay(server);
    let arguments = ["run", &address, "--function", "f", "--account", &account];
    let mut run = Running::interactive(reparte(&arguments));
    run.stdin().write_all(b"one\ntwo\n").unwrap();
    // The time-out of a call is an hour.
    run.end().expect("one\ntwo\n");
    assert_eq!(calls.load(SeqCst), 3);
    let account = std::fs::read_to_string(account).unwrap();
    assert!(account.contains("no longer knows the call"), "{account}");
}
