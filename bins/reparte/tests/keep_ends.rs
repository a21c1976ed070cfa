//! `--keep`: the ends of calls that are late or cancelled, and of processes with their servers.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::fs;
use std::io::Write as _;
use std::time::Duration;

use common::kept_worker::{ask, fault, is_alive, kept, run_over, worker};
use common::named_pipe::{Reader, pipe};
use common::{reparte, signal_in_turn};
use rustix::process::Signal;
use test_support::{Running, TestDirectory};

#[test]
fn a_stubborn_process_is_killed_at_its_time_limit() {
    let files = TestDirectory::new("stubborn worker");
    let pipe = pipe(&files, "pipe");
    let (_server, proxy) = worker(&["--max-seconds", "2"], &[]);
    assert_eq!(ask(&proxy, "hello"), "HELLO");
    std::thread::scope(|scope| {
        let call = scope.spawn(|| fault(&proxy, &format!("stubborn {pipe}")));
        Reader::open(&pipe).all_dead();
        let (_, text) = call.join().unwrap();
        assert!(text.contains("ended after 2 s"), "{text}");
        assert!(text.contains("--max-seconds"), "{text}");
    });
    assert_eq!(ask(&proxy, "hello"), "HELLO");
}

#[test]
fn a_run_ends_a_process_at_its_time_out() {
    let flags = ["--local", "1", "--timeout", "2", "--keep", "--"];
    let script = "read -r x; echo warm; while read -r x; do sleep 1000; done";
    let arguments = [&flags[..], &["sh", "-c", script]].concat();
    let ended = run_over("1\n2\n", &arguments);
    ended.expect_code(5);
    assert_eq!(ended.stdout, "warm\n\n");
    ended.expect_told("task 2 (2) failed: local: timed out: the program was ended after 2 s");
}

/// The answer to the call of a client that has gone is never the next call's.
#[test]
fn a_late_answer_is_dropped_and_its_process_stays() {
    let files = TestDirectory::new("late");
    let (pipe, path) = (pipe(&files, "pipe"), files.path("go on"));
    let (server, proxy) = worker(&["--keep-grace", "60"], &[]);
    let pid = ask(&proxy, "pid");
    let task = format!("waits {pipe}|{path}");
    let client = Running::start(reparte(&["call", &proxy.address, "f", &task]));
    let reader = Reader::open(&pipe);
    drop(client);
    std::thread::scope(|scope| {
        let next = scope.spawn(|| ask(&proxy, "pid"));
        // The next call has to wait for the process.
        std::thread::sleep(Duration::from_millis(300));
        fs::write(&path, "").unwrap();
        assert_eq!(next.join().unwrap(), pid);
    });
    drop(reader);
    assert_eq!(ask(&proxy, "hello"), "HELLO");
    drop(server);
}

#[test]
fn a_process_that_does_not_finish_a_cancelled_call_is_ended() {
    let files = TestDirectory::new("grace");
    let pipe = pipe(&files, "pipe");
    let (server, proxy) = worker(&["--keep-grace", "0.3"], &[]);
    let task = format!("stubborn {pipe}");
    let client = Running::start(reparte(&["call", &proxy.address, "f", &task]));
    let reader = Reader::open(&pipe);
    drop(client);
    assert_eq!(ask(&proxy, "hello"), "HELLO");
    reader.all_dead();
    let ended = server.interrupt();
    ended.expect_told("after a cancelled call, the program was ended at its time limit");
}

#[test]
fn a_stopped_server_closes_the_input_of_its_processes() {
    let files = TestDirectory::new("stopped");
    let ends = files.path("ends");
    let (server, proxy) = worker(&["--workers", "2"], &[&ends]);
    assert_eq!(ask(&proxy, "hello"), "HELLO");
    let pid = ask(&proxy, "pid");
    let ended = server.interrupt();
    ended.expect_code(0);
    assert_eq!(fs::read_to_string(&ends).unwrap(), "ended\n".repeat(2));
    assert!(!is_alive(&pid));
    assert!(!ended.stderr.contains("warn"), "{}", ended.stderr);
}

/// A worker that goes on at the end of its input, and has a child.
const LINGERS: &str = "trap '' TERM; exec 3>\"$1\"; echo started >&3; sleep 1000 & \
                       while read -r x; do echo \"$x\"; done; wait";

#[test]
fn nothing_outlives_a_server_however_it_ends() {
    for signals in [
        &[Signal::TERM][..],
        &[Signal::HUP],
        &[Signal::KILL],
        &[Signal::INT, Signal::INT],
    ] {
        let files = TestDirectory::new("outlives");
        let pipe = pipe(&files, "pipe");
        let program = ["--", "sh", "-c", LINGERS, "sh", &pipe];
        let (server, proxy) = kept(&["--keep-grace", "1"], &program);
        let reader = Reader::open(&pipe);
        assert_eq!(ask(&proxy, "hello"), "hello");
        for (at, &signal) in signals.iter().enumerate() {
            match at {
                0 => server.signal(signal),
                _ => {
                    server.line_after("stopping: ");
                    server.signal_again(signal);
                }
            }
        }
        reader.all_dead();
        drop(server);
    }
}

/// A second signal does not wait for the grace.
#[test]
fn nothing_outlives_a_run_that_is_stopped() {
    for signals in [&[Signal::KILL][..], &[Signal::INT, Signal::INT]] {
        let files = TestDirectory::new("killed kept run");
        let pipe = pipe(&files, "pipe");
        // A process is started before the run watches for signals, and has its task after that.
        let script = "read -r x; exec 3>\"$1\"; echo started >&3; sleep 1000";
        let arguments = [
            "run", "--keep", "--local", "1", "--", "sh", "-c", script, "sh", &pipe,
        ];
        let mut running = Running::interactive(reparte(&arguments));
        let mut stdin = running.stdin();
        writeln!(stdin, "1").unwrap();
        let reader = Reader::open(&pipe);
        signal_in_turn(&running, signals);
        reader.all_dead();
    }
}
