//! Signals in the middle of a run of clnt_processes: the results so far are printed, and the
//! numbers without a result are named.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod common;

use std::io::{ErrorKind, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

use common::{TEN, program, run, server};
use rustix::process::Signal;
use test_support::{Ended, Running};

/// Numbers of 25 digits, many more of them than any test waits for.
const FIRST: u128 = 1_000_000_000_000_000_000_000_007;
const COUNT: u128 = 4_000_000_000;

fn client(servers: &[&str]) -> Command {
    client_from(FIRST, servers)
}

fn client_from(first: u128, servers: &[&str]) -> Command {
    let mut client = program("clnt_processes");
    client.args(servers);
    client.args(["--base", &first.to_string(), "--count", &COUNT.to_string()]);
    client
}

/// Starts the client over `servers`, and waits until `first` has answered some calls.
fn in_the_middle(servers: &[&str], first: &Running) -> Running {
    let client = Running::start(client(servers));
    wait_for_answers(first);
    client
}

fn wait_for_answers(server: &Running) {
    for _ in 0..10 {
        server.line_after("\" 200 -");
    }
}

/// Checks that every number either has its result printed, in order, or is named as missing.
/// Returns the rest of the error message.
#[track_caller]
fn check_nothing_is_lost(ended: &Ended) -> &str {
    check_nothing_is_lost_from(FIRST, ended)
}

#[track_caller]
fn check_nothing_is_lost_from(start: u128, ended: &Ended) -> &str {
    ended.expect_code(6);
    let told = |text: &str| {
        let found = ended.stderr.lines().find_map(|line| line.split_once(text));
        found.unwrap_or_else(|| panic!("no {text:?} in: {}", ended.stderr))
    };
    let (_, named) = told("no result for: ");
    let named = named.split(", ").map(|run| {
        let (first, last) = run.split_once(" to ").unwrap_or((run, run));
        (
            first.parse::<u128>().unwrap(),
            last.parse::<u128>().unwrap(),
        )
    });
    let mut expected = Vec::new();
    let mut next = start;
    for (first, last) in named {
        expected.extend((next..first).map(|n| factorizar::factor(n).sum().to_string()));
        next = last + 1;
    }
    assert_eq!(next, start + COUNT, "{}", ended.stderr);
    assert_eq!(ended.stdout.lines().collect::<Vec<_>>(), expected);
    assert!(!expected.is_empty());
    let (_, error) = told("error: ");
    assert!(ended.stderr.contains(", 0 lost"), "{}", ended.stderr);
    let had = expected.len();
    let start = format!("{had} of {COUNT} numbers have a result: ended by a signal");
    let rest = error.strip_prefix(&start);
    rest.unwrap_or_else(|| panic!("not {start:?} but {error:?}"))
}

/// Ctrl-C once lost every result of the run: results were printed only at its end.
#[test]
fn a_signal_prints_the_results_so_far_and_names_the_missing() {
    let (first, first_address) = server("serv_processes", &["--workers", "1"]);
    let (_second, second_address) = server("serv_lineal", &[]);
    for signal in [Signal::INT, Signal::TERM] {
        let client = in_the_middle(&[&first_address, &second_address], &first);
        client.signal(signal);
        assert_eq!(check_nothing_is_lost(&client.end()), "");
    }
    // The servers are free again.
    let after = run("clnt_processes", &[&first_address, &second_address]);
    assert_eq!(after.expect_code(0).results(), TEN);
}

#[test]
fn failures_before_the_signal_are_reported() {
    // Ten numbers of 24 digits, then longer ones. A lone server is believed.
    let first = 10_u128.pow(24) - 10;
    let (server, address) = server("serv_lineal", &["--max-digits", "24"]);
    let client = Running::start(client_from(first, &[&address]));
    (0..3).for_each(|_| wait_for_answers(&server));
    client.signal(Signal::INT);
    let ended = client.end();
    let rest = check_nothing_is_lost_from(first, &ended);
    for part in [" failed before", &address, "takes 24 at most"] {
        assert!(rest.contains(part), "no {part:?} in: {rest}");
    }
}

#[test]
fn a_hung_server_does_not_delay_the_end() {
    let (hung, address) = server("serv_processes", &["--workers", "1"]);
    let client = in_the_middle(&[&address], &hung);
    hung.signal(Signal::STOP);
    client.signal(Signal::INT);
    assert_eq!(check_nothing_is_lost(&client.end()), "");
}

#[test]
fn local_servers_end_with_the_process() {
    let mut client = client(&["--local", "2"]);
    client.env("RUST_LOG", "xmlrpc_server::access=info");
    let client = Running::start(client);
    wait_for_answers(&client);
    client.signal(Signal::INT);
    assert_eq!(check_nothing_is_lost(&client.end()), "");
}

/// Returns a standard output that is full, and the other end, which keeps it open.
fn blocked() -> (Stdio, UnixStream) {
    let (mut writer, reader) = UnixStream::pair().unwrap();
    writer.set_nonblocking(true).unwrap();
    let full = loop {
        if let Err(error) = writer.write(&[b'x'; 4096]) {
            break error;
        }
    };
    assert_eq!(full.kind(), ErrorKind::WouldBlock);
    writer.set_nonblocking(false).unwrap();
    (OwnedFd::from(writer).into(), reader)
}

#[test]
fn a_second_signal_ends_the_program_at_once() {
    for (second, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let (server, address) = server("serv_processes", &["--workers", "1"]);
        let (stdout, _reader) = blocked();
        let client = Running::start_into(client(&[&address]), stdout);
        wait_for_answers(&server);
        client.signal(Signal::INT);
        client.line_after("stopping: ");
        client.signal_again(second);
        client.end().expect_code(code);
    }
}
