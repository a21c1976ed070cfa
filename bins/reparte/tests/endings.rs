//! `reparte serve`: nothing that a call starts outlives it.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::io::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use common::named_pipe::{Reader, pipe};
use common::server::serve;
use common::{reparte, run};
use rustix::process::Signal;
use test_support::{Running, TestDirectory};
use xmlrpc_client::{Error, ServerProxy};

/// A program that starts another, tells so through the pipe `{}`, which both hold open,
/// and waits for it.
const FAMILY: &str = "exec 3>\"$1\"; echo started >&3; sleep 1000 & wait";

/// A script like `FAMILY` that ignores SIGTERM.
const STUBBORN: &str = "trap '' TERM; exec 3>\"$1\"; echo started >&3; sleep 1000 & wait";

/// A script like `FAMILY` that ends, and leaves its child running, with its output or without.
const LEAVES: &str = "exec 3>\"$1\"; echo started >&3; sleep 1000 & echo done";
const LEAVES_APART: &str =
    "exec 3>\"$1\"; echo started >&3; sleep 1000 >/dev/null 2>&1 & echo done";

/// Time that a stopped server gives its calls by default.
const UNLESS_TOLD: Duration = Duration::from_secs(10);

fn family(flags: &[&str], script: &str) -> (Running, String) {
    let program = ["--", "sh", "-c", script, "sh", "{}"];
    serve(&[&["--function", "f"], flags, &program].concat())
}

fn call(url: &str, pipe: &str) -> Running {
    Running::start(reparte(&["call", url, "f", pipe]))
}

#[test]
fn a_client_that_goes_ends_all() {
    for script in [FAMILY, STUBBORN] {
        let files = TestDirectory::new("gone");
        let pipe = pipe(&files, "pipe");
        let (_server, url) = family(&[], script);
        let client = call(&url, &pipe);
        let reader = Reader::open(&pipe);
        drop(client);
        reader.all_dead();
    }
}

#[test]
fn a_call_that_is_cancelled_ends_all() {
    let files = TestDirectory::new("cancelled");
    let pipe = pipe(&files, "pipe");
    let (_server, url) = family(&[], FAMILY);
    let server = ServerProxy::new(&url).unwrap();
    thread::scope(|scope| {
        let called = scope.spawn(|| {
            server
                .attempt()
                .call_id("mine")
                .call::<String>("f", (&*pipe,))
        });
        let reader = Reader::open(&pipe);
        assert!(server.call::<bool>("reparte.cancel", ("mine",)).unwrap());
        reader.all_dead();
        assert!(matches!(
            called.join().unwrap(),
            Err(Error::Http(_) | Error::Fault(_))
        ));
    });
}

#[test]
fn a_call_that_is_late_ends_all() {
    for script in [FAMILY, STUBBORN] {
        let files = TestDirectory::new("late");
        let pipe = pipe(&files, "pipe");
        let (_server, url) = family(&["--max-seconds", "0.5"], script);
        let client = call(&url, &pipe);
        Reader::open(&pipe).all_dead();
        client.end().expect_error(5, &["ended after 0.5 s"]);
    }
}

#[test]
fn a_client_that_gives_up_in_time_ends_all() {
    let files = TestDirectory::new("deadline");
    let pipe = pipe(&files, "pipe");
    let (_server, url) = family(&[], FAMILY);
    let client = Running::start(reparte(&["call", &url, "f", &pipe, "--timeout", "0.5"]));
    Reader::open(&pipe).all_dead();
    client.end().expect_code(4);
}

#[test]
fn what_a_program_leaves_behind_ends_with_it() {
    for (script, is_held) in [(LEAVES, true), (LEAVES_APART, false)] {
        let files = TestDirectory::new("left");
        let pipe = pipe(&files, "pipe");
        let (_server, url) = family(&["--output-grace", "0.2"], script);
        let client = call(&url, &pipe);
        Reader::open(&pipe).all_dead();
        match is_held {
            true => client.end().expect_error(5, &["holds its standard output"]),
            false => client.end().expect("done\n"),
        }
    }
}

#[test]
fn one_signal_lets_a_call_finish() {
    let files = TestDirectory::new("drain");
    let (pipe, go) = (pipe(&files, "pipe"), pipe(&files, "go"));
    let script = "echo started >\"$1\"; cat \"${1%pipe}go\"; echo done";
    let (server, url) = family(&[], script);
    let client = call(&url, &pipe);
    Reader::open(&pipe).all_dead();
    server.signal(Signal::TERM);
    server.line_after("stopping: running calls have 10 s");
    std::fs::write(&go, "").unwrap();
    client.end().expect("done\n");
    let served = server.end();
    served.expect_code(0);
    assert!(
        served.stderr.contains("\"POST /RPC2 HTTP/1.1\" 200 -"),
        "{}",
        served.stderr
    );
}

#[test]
fn one_signal_ends_what_does_not_finish() {
    let files = TestDirectory::new("stop");
    let pipe = pipe(&files, "pipe");
    let (server, url) = family(&["--grace", "0.2"], STUBBORN);
    let client = call(&url, &pipe);
    let reader = Reader::open(&pipe);
    let stopped = Instant::now();
    server.signal(Signal::INT);
    server.line_after("stopping: running calls have 0.2 s");
    // The server ends after its programs, not before.
    server.end().expect_code(0);
    assert!(stopped.elapsed() < UNLESS_TOLD, "{:?}", stopped.elapsed());
    reader.all_dead();
    client.end().expect_code(4);
}

#[test]
fn two_signals_end_all_at_once() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let files = TestDirectory::new("twice");
        let pipe = pipe(&files, "pipe");
        let (server, url) = family(&[], STUBBORN);
        let client = call(&url, &pipe);
        let reader = Reader::open(&pipe);
        server.signal(signal);
        server.line_after("once more to end at once");
        server.signal_again(signal);
        server.end().expect_code(code);
        reader.all_dead();
        client.end().expect_code(4);
    }
}

/// A server that is killed has no time to end its programs: its guard does.
#[test]
fn a_server_that_is_killed_takes_its_programs_with_it() {
    for script in [FAMILY, STUBBORN] {
        let files = TestDirectory::new("killed");
        let pipe = pipe(&files, "pipe");
        let (server, url) = family(&[], script);
        let client = call(&url, &pipe);
        let reader = Reader::open(&pipe);
        server.kill();
        reader.all_dead();
        client.end().expect_code(4);
    }
}

/// The guard of a server.
#[cfg(target_os = "linux")]
fn guard_of(server: &Running) -> rustix::process::Pid {
    let path = format!("/proc/{0}/task/{0}/children", server.id());
    let guard = std::fs::read_to_string(path).unwrap();
    let name = || std::fs::read_to_string(format!("/proc/{}/comm", guard.trim()));
    test_support::until("it has its name", || name().unwrap() == "program-guard\n");
    let number = guard.trim().parse().unwrap();
    rustix::process::Pid::from_raw(number).unwrap()
}

/// A guard that is stopped does not learn which groups have ended. So it is killed, before it
/// kills what has their numbers later.
#[cfg(target_os = "linux")]
#[test]
fn a_guard_that_does_not_read_is_given_up() {
    let (server, url) = family(&[], "exit 1");
    let guard = guard_of(&server);
    let folder = format!("/proc/{}", guard.as_raw_nonzero());
    rustix::process::kill_process(guard, Signal::STOP).unwrap();
    let is_stopped = || {
        std::fs::read_to_string(format!("{folder}/stat"))
            .unwrap()
            .contains(") T ")
    };
    test_support::until("it is stopped", is_stopped);
    // The server's end of the guard's pipe is filled.
    let own = std::fs::read_dir(format!("/proc/{}/fd", server.id())).unwrap();
    let link = |path: &std::path::Path| std::fs::read_link(path).ok();
    let of_guard = link(format!("{folder}/fd/0").as_ref());
    let mut own = own.flatten().map(|entry| entry.path());
    let pipe = own.find(|path| link(path) == of_guard).unwrap();
    let pipe = std::fs::File::options().write(true).open(pipe).unwrap();
    rustix::io::ioctl_fionbio(&pipe, true).unwrap();
    for length in [4096, 1] {
        while (&pipe).write(&vec![b'\n'; length]).is_ok() {}
    }
    drop(pipe);
    run(&["call", &url, "f", "x"]).expect_code(5);
    server.line_after("the guard has gone");
    test_support::until("the guard is killed", || !std::fs::exists(&folder).unwrap());
    run(&["call", &url, "f", "x"]).expect_code(5);
}

/// Without its guard a server goes on, and says what that means.
#[cfg(target_os = "linux")]
#[test]
fn a_server_without_its_guard_goes_on() {
    let (server, url) = family(&[], "echo $1");
    run(&["call", &url, "f", "x"]).expect("x\n");
    let guard = guard_of(&server);
    rustix::process::kill_process(guard, Signal::KILL).unwrap();
    run(&["call", &url, "f", "x"]).expect("x\n");
    run(&["call", &url, "f", "x"]).expect("x\n");
    server.line_after("the guard has gone");
}

/// Descriptors that a process has open.
#[cfg(target_os = "linux")]
fn descriptors(id: u32) -> usize {
    std::fs::read_dir(format!("/proc/{id}/fd")).unwrap().count()
}

/// Processes whose parent is this one, zombies among them.
#[cfg(target_os = "linux")]
fn children(id: u32) -> usize {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    // `number (name) state parent ...`, where a name may have anything in it.
    let parent = |entry: std::fs::DirEntry| {
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let (_, rest) = stat.rsplit_once(") ")?;
        rest.split(' ').nth(1)?.parse::<u32>().ok()
    };
    processes
        .filter_map(parent)
        .filter(|&parent| parent == id)
        .count()
}

#[cfg(target_os = "linux")]
#[test]
fn no_zombie_and_no_descriptor_is_left() {
    let script = "case $1 in ok) echo $1;; fail) exit 1;; much) yes;; *) sleep 1000;; esac";
    // Time enough for the quick ones on a busy machine.
    let (server, url) = family(&["--max-seconds", "3"], script);
    let id = server.id();
    run(&["call", &url, "f", "ok"]).expect("ok\n");
    let (before, children_before) = (descriptors(id), children(id));
    for _ in 0..5 {
        run(&["call", &url, "f", "ok"]).expect("ok\n");
        run(&["call", &url, "f", "fail"]).expect_code(5);
        run(&["call", &url, "f", "much"]).expect_code(5);
    }
    run(&["call", &url, "f", "late"]).expect_code(5);
    run(&["call", &url, "f", "late", "--timeout", "0.1"]).expect_code(4);
    // The guard is a child too.
    test_support::until("no child is left", || children(id) <= children_before);
    // The last connection is seen to close a moment later.
    test_support::until("no descriptor is left", || descriptors(id) <= before);
}
