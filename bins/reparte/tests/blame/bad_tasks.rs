//! One bad task, which costs no server.

use std::thread;
use std::time::{Duration, Instant};

use test_support::TestDirectory;

use crate::common::foreign::{Answer, Foreign};
use crate::common::server::serve;
use crate::fixture::{BLAME, account, expect_not_told, numbers};

/// Checks that of a hundred tasks only the fiftieth fails, with this answer, or only the last one.
#[track_caller]
fn one_bad_task(answer: fn() -> Answer, told: &str) {
    fails_alone(50, answer, told, &[]);
    fails_alone(50, answer, told, &["--retries", "0"]);
    fails_alone(100, answer, told, &[]);
}

/// Checks that of a hundred tasks only this one fails, with this answer, whatever the number of
/// servers, and that no server is blamed.
#[track_caller]
fn fails_alone(bad: u32, answer: fn() -> Answer, told: &str, flags: &[&str]) {
    for servers in [1, 2] {
        let files = TestDirectory::new("bad task");
        let answer = move |argument: &str| match argument == bad.to_string() {
            true => answer(),
            false => Answer::Echo,
        };
        let servers: Vec<_> = (0..servers).map(|_| Foreign::serve(answer)).collect();
        let addresses: Vec<&str> = servers.iter().map(|server| &*server.address).collect();
        let began = Instant::now();
        let (ended, account) = account(&files, &numbers(100), &[&addresses, flags].concat());
        ended.expect_code(5);
        let expected = numbers(100).replace(&format!("{bad}\n"), "\n");
        assert_eq!(ended.stdout, expected, "{}", ended.stderr);
        ended.expect_told(&format!("task {bad} ({bad}) failed: "));
        ended.expect_told(told);
        expect_not_told(&ended, &BLAME);
        // A gap of a proxy is told from a bad task by several answers, with results in between:
        // by its ten attempts and one call for each server at most.
        let most = if told == "502" { 99 + 10 + 2 } else { 104 };
        let executions = account["executions"].as_u64().unwrap();
        assert!(executions <= most, "{}", ended.stderr);
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn an_answer_with_a_control_character_is_one_bad_task() {
    let escape = || {
        let text = "<methodResponse><params><param><value>50\x1b[0m</value></param></params>";
        Answer::Document(format!("<?xml version=\"1.0\"?>{text}</methodResponse>").into())
    };
    one_bad_task(escape, "malformed");
}

#[test]
fn an_answer_that_is_no_document_is_one_bad_task() {
    one_bad_task(
        || Answer::Document(b"<html>sorry</html>".into()),
        "malformed",
    );
}

#[test]
fn an_answer_beyond_the_limit_is_one_bad_task() {
    let long = || {
        let text = "x".repeat(17 << 20);
        Answer::Document(
            format!(
                "<methodResponse><params><param><value>{text}</value></param></params>\
                 </methodResponse>"
            )
            .into(),
        )
    };
    one_bad_task(long, "malformed");
}

#[test]
fn a_status_is_one_bad_task() {
    let statuses: [(fn() -> Answer, _); 5] = [
        (|| Answer::Status(400, ""), "400"),
        (|| Answer::Status(403, ""), "403"),
        (|| Answer::Status(404, ""), "404"),
        (|| Answer::Status(413, ""), "413"),
        (|| Answer::Status(500, ""), "500"),
    ];
    let runs = statuses.map(|(answer, told)| thread::spawn(move || one_bad_task(answer, told)));
    // A last task with this status: see `a_last_task_that_is_answered_502...`.
    for flags in [&[][..], &["--retries", "0"]] {
        fails_alone(50, || Answer::Status(502, ""), "502", flags);
    }
    runs.into_iter().for_each(|run| run.join().unwrap());
}

/// The server answers before it has read the line, and the client has more of it to send.
#[test]
fn a_line_that_is_too_long_for_the_server_is_one_bad_task() {
    let program = ["--function", "f", "--", "wc", "-c"];
    let servers = [serve(&program), serve(&program)];
    let addresses = [&*servers[0].1, &*servers[1].1];
    // As XML it is five times as long: beyond the servers' 16 MiB.
    let long = format!("\n{}\n", "&".repeat(4_000_000));
    let tasks = numbers(20).replace("\n4\n", &long);
    for servers in [&addresses[..1], &addresses] {
        for flags in [&[][..], &["--retries", "0"]] {
            let files = TestDirectory::new("long line");
            let (ended, _) = account(&files, &tasks, &[servers, flags].concat());
            ended.expect_code(5);
            assert_eq!(ended.stdout.lines().count(), 20, "{}", ended.stderr);
            ended.expect_told("task 4 (&&&");
            ended.expect_told("HTTP status 413");
            ended.expect_told("1 of 20 tasks failed");
            expect_not_told(&ended, &BLAME);
        }
    }
}

#[test]
fn a_fault_of_a_library_is_one_bad_task() {
    let text = "the library has no such routine";
    one_bad_task(
        || Answer::Fault(-32601, "the library has no such routine"),
        text,
    );
    one_bad_task(|| Answer::Fault(7, "the library has no such routine"), text);
}
