//! A run that a signal ends.

use std::fs;

use rustix::process::Signal;
use test_support::TestDirectory;

use crate::common::functions::{Held, next};
use crate::start;

#[test]
fn a_run_that_is_interrupted_waits_for_its_calls_and_is_resumed() {
    let files = TestDirectory::new("resumed");
    let (server, held, called) = Held::serve();
    let address = format!("1/{}", server.address);
    let journal = files.path("journal");
    let flags = [
        &*address,
        "--function",
        "hold",
        "--journal",
        &journal,
        "--output",
        "jsonl",
    ];
    held.release("1");
    let running = start(&files, "1\n2\n3\n", &flags);
    assert_eq!((&*next(&called), &*next(&called)), ("1", "2"));
    running.signal(Signal::INT);
    running.line_after("waits for the 1 that run");
    held.release("2");
    let ended = running.end();
    ended.expect_code(6);
    assert_eq!(ended.stdout.lines().count(), 2);
    assert!(
        ended
            .stderr
            .contains("the same command goes on where it was"),
        "{}",
        ended.stderr
    );

    held.release("3");
    let resumed = start(&files, "1\n2\n3\n", &flags).end();
    resumed.expect_code(0);
    assert!(
        resumed.stdout.starts_with(&ended.stdout),
        "{}",
        resumed.stdout
    );
    assert!(
        resumed.stderr.contains("3 done (2 from the journal)"),
        "{}",
        resumed.stderr
    );
    assert_eq!(next(&called), "3");
    assert!(called.try_recv().is_err());

    start(&files, "1\nother\n", &flags).end().expect_code(7);
}

#[test]
fn a_second_signal_does_not_wait() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let files = TestDirectory::new("twice");
        let (server, _held, called) = Held::serve();
        let running = start(&files, "1\n", &[&server.address, "--function", "hold"]);
        next(&called);
        running.signal(signal);
        running.line_after("once more to end at once");
        running.signal_again(signal);
        running.end().expect_code(code);
    }
}

/// A second Ctrl-C lost the account and the list of the tasks that were not run.
#[test]
fn a_second_signal_writes_what_there_is() {
    let files = TestDirectory::new("twice, written");
    let (server, held, called) = Held::serve();
    let (account, failed) = (files.path("account"), files.write("failed", "old\n", 0o600));
    let address = format!("1/{}", server.address);
    let flags = [&*address, "--function", "hold", "--output", "jsonl"];
    let written = ["--account", &account, "--failed", &failed];
    held.release("1");
    let running = start(&files, "1\n2\n3\n", &[&flags[..], &written].concat());
    assert_eq!((&*next(&called), &*next(&called)), ("1", "2"));
    running.signal(Signal::INT);
    running.line_after("once more to end at once");
    running.signal_again(Signal::INT);
    let ended = running.end();
    ended.expect_code(130);
    assert_eq!(ended.stdout.lines().count(), 1);
    for text in [
        "tasks that were cancelled: 2\n",
        "tasks that were read and not run: 3\n",
        "3 tasks: 1 done, 0 failed, 1 cancelled, 1 not run, 0 lost;",
        "error: ended by a signal: 1 of 3 tasks have their result; with --journal FILE",
    ] {
        ended.expect_told(text);
    }
    let account = fs::read_to_string(&account).unwrap();
    assert!(account.contains("\"cancelled\":1"), "{account}");
    // No task has failed.
    assert_eq!(fs::read_to_string(&failed).unwrap(), "");
}

#[test]
fn without_a_journal_an_interrupted_run_says_how_to_have_one() {
    let files = TestDirectory::new("no journal");
    let (server, held, called) = Held::serve();
    let address = format!("1/{}", server.address);
    let running = start(&files, "1\n2\n", &[&address, "--function", "hold", "-q"]);
    next(&called);
    running.signal(Signal::TERM);
    running.line_after("stopping");
    held.release("1");
    let ended = running.end();
    ended.expect_code(6);
    assert_eq!(ended.stdout, "1\n");
    assert!(
        ended.stderr.contains("with --journal FILE"),
        "{}",
        ended.stderr
    );
}
