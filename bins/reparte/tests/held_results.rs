//! The memory of a run whose first task takes long, while the others have large results.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::fs;
use std::process::{Command, Stdio};

use common::reparte;
use test_support::{Running, TestDirectory, until};

const MIB: usize = 1 << 20;
const RESULT: usize = 8 * MIB;
const TASKS: usize = 40;
/// Of both servers.
const SLOTS: usize = 4;

/// A server's function. The first and the last task wait until they may end; the others have
/// large results.
const PROGRAM: &str = "\
read task; echo $task >> \"$0/begun\"
case $task in
first | last) until test -e \"$0/$task\"; do sleep 0.05; done; echo $task;;
*) head -c 8388608 /dev/zero | tr '\\0' a;;
esac";

/// 312 MiB of results would wait for the first one.
#[test]
fn large_results_behind_a_slow_task_stay_within_the_limit() {
    let files = TestDirectory::new("held results");
    let directory = files.directory().to_str().unwrap().to_owned();
    let serve = || {
        let arguments = ["serve", "0", "--function", "f", "--workers", "2"];
        let output = ["--max-output", "16777216", "--"];
        let program = ["sh", "-c", PROGRAM, &directory];
        Running::start(reparte(&[&arguments[..], &output, &program].concat()))
    };
    let servers = [serve(), serve()];
    let [one, two] = servers
        .each_ref()
        .map(|server| server.line_after("listening on "));
    let tasks: String = (0..TASKS)
        .map(|n| match n {
            0 => "first\n".to_owned(),
            n if n == TASKS - 1 => "last\n".to_owned(),
            n => format!("{n}\n"),
        })
        .collect();
    let tasks = files.write("tasks", &tasks, 0o600);
    let results = fs::File::create(files.path("results")).unwrap();
    let mut counter = Command::new("wc");
    counter.arg("-c").stdin(Stdio::piped()).stdout(results);
    let mut counter = counter.spawn().unwrap();
    let flags = [
        "--function",
        "f",
        "--tasks",
        &*tasks,
        "--max-held",
        "33554432",
    ];
    let run = reparte(&[&["run", &*one, &*two], &flags[..]].concat());
    let run = Running::start_into(run, counter.stdin.take().unwrap());
    let begun = || fs::read_to_string(files.path("begun")).unwrap_or_default();
    // That happens once a slot is free and no task may begin.
    until("the first task has a second call", || {
        begun().lines().filter(|task| *task == "first").count() >= 2
    });
    let others = begun().lines().filter(|task| *task != "first").count();
    assert!((4..=4 + SLOTS).contains(&others), "{others} have begun");
    fs::write(files.path("first"), "").unwrap();
    until("only the last task is left", || {
        begun().lines().any(|task| task == "last")
    });
    let peak = run.peak_memory();
    assert!(peak <= 256 * MIB, "{} MiB", peak / MIB);
    fs::write(files.path("last"), "").unwrap();
    run.end().expect_code(0);
    counter.wait().unwrap();
    let counted = fs::read_to_string(files.path("results")).unwrap();
    let expected = (TASKS - 2) * (RESULT + 1) + "first\nlast\n".len();
    assert_eq!(counted.trim().parse::<usize>().unwrap(), expected);
}
