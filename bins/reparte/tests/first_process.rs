//! `reparte serve` as the first process of a container: a namespace of processes.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::fs;
use std::process::Command;
use std::time::Instant;

use common::named_pipe::{Reader, pipe};
use common::run;
use rustix::process::{Pid, Signal, kill_process};
use test_support::{PATIENCE, Running, TestDirectory};

/// The server as the first process, and its address where it has one.
fn start(arguments: &[&str]) -> Running {
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--kill-child", "--mount-proc", "--"]);
    command.args([env!("CARGO_BIN_EXE_reparte"), "serve", "127.0.0.1:0"]);
    command.args(["--function", "f"]).args(arguments);
    Running::start(command)
}

fn address(server: &Running) -> String {
    server.line_after("listening on http://")
}

/// The first process, as it is called outside.
fn first(server: &Running) -> Pid {
    let id = server.id();
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    Pid::from_raw(children.trim().parse().unwrap()).unwrap()
}

#[test]
#[ignore = "needs root, for a namespace of processes"]
fn the_ends_of_what_programs_leave_are_taken() {
    const LEAVES: &str =
        "sleep 1000 >/dev/null 2>&1 & grep -l '^State:.Z' /proc/[0-9]*/status | wc -l";
    let server = start(&["--", "sh", "-c", LEAVES]);
    let url = address(&server);
    let zombies = || run(&["call", &url, "f", ""]).stdout;
    let began = Instant::now();
    zombies();
    zombies();
    // Of three calls or more, each of which has left a process that was ended.
    while zombies().trim() != "0" {
        assert!(began.elapsed() < PATIENCE, "{} stay", zombies());
    }
}

#[test]
#[ignore = "needs root, for a namespace of processes"]
fn a_signal_reaches_the_server() {
    const WAITS: &str = "exec 3>\"$1\"; echo started >&3; read line < \"$2\"; echo \"$line\"";
    let files = TestDirectory::new("first signal");
    let (pipe, gate) = (pipe(&files, "pipe"), pipe(&files, "gate"));
    let server = start(&["--", "sh", "-c", WAITS, "sh", "{}", &gate]);
    let call = common::reparte(&["call", &address(&server), "f", &pipe]);
    let call = Running::start(call);
    let reader = Reader::open(&pipe);
    kill_process(first(&server), Signal::TERM).unwrap();
    server.line_after("stopping");
    fs::write(&gate, "answered\n").unwrap();
    call.end().expect("answered\n");
    reader.all_dead();
    server.end().expect_code(0);
}

#[test]
#[ignore = "needs root, for a namespace of processes"]
fn the_exit_code_is_the_servers() {
    start(&["--", "no such program"]).end().expect_code(2);
}
