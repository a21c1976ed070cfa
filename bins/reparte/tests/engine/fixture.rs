//! Parts of the tests: workers, runs, and what they have executed.

use std::collections::HashMap;
use std::fs;
use std::io::Write as _;

use test_support::{Ended, RedisServer, Running};

use crate::common::reparte;

/// Starts a worker whose program is a shell's, with the argument as `$1`.
pub(crate) fn worker(server: &RedisServer, slots: &str, script: &str) -> Running {
    let (url, engine) = (server.url(), ["serve", "--engine"]);
    let function = ["--function", "f", "--workers", slots];
    let program = ["--", "sh", "-c", script, "sh", "{}"];
    let all = [&engine[..], &[&*url], &function, &program].concat();
    let running = Running::start(reparte(&all));
    running.line_after("taking tasks of f");
    running
}

/// Starts a run over these tasks, each a line.
pub(crate) fn start_run(server: &RedisServer, tasks: &str, arguments: &[&str]) -> Running {
    let url = server.url();
    let all = [&["run", "--engine", &*url, "--function", "f"], arguments].concat();
    let mut running = Running::interactive(reparte(&all));
    let _ = running.stdin().write_all(tasks.as_bytes());
    running
}

pub(crate) fn numbers(count: u32) -> String {
    (0..count).map(|n| format!("{n}\n")).collect()
}

/// Sets the lease, in milliseconds, as the queue's first worker would.
pub(crate) fn set_lease(server: &RedisServer, millis: &str) {
    server.command(&["SET", "rp:{f}:lease", millis]);
}

/// Counts how often each argument is in a file of lines.
pub(crate) fn executions(path: &str) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for line in fs::read_to_string(path).unwrap_or_default().lines() {
        *counts.entry(line.to_owned()).or_default() += 1;
    }
    counts
}

#[track_caller]
pub(crate) fn check_all(ended: &Ended, count: u32) {
    assert_eq!(ended.stdout, numbers(count), "{}", ended.stderr);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
}
