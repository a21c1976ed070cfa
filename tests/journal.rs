//! The flags `--journal` and `--verify` of clnt_processes, with real servers and signals.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod common;

use std::fs;
use std::process::Command;

use common::{TEN, program, run, server};
use reparte::{Call, Journal, Local, Repartidor};
use test_support::{Ended, LocalServer, Running, TestDirectory};
use xmlrpc_server::Service;

/// Numbers of 25 digits: a few milliseconds each, even in unoptimised code.
const HARD: [&str; 4] = ["--base", "1000000000000000000000007", "--count", "600"];

fn client(arguments: &[&str]) -> Ended {
    run("clnt_processes", arguments)
}

#[track_caller]
fn check_says(ended: &Ended, text: &str) {
    assert!(
        ended.stderr.contains(text),
        "no {text:?} in {}",
        ended.stderr
    );
}

/// Returns the number of executed calls in the summary on standard error.
#[track_caller]
fn executions(ended: &Ended) -> usize {
    let words: Vec<&str> = ended.stderr.split_whitespace().collect();
    let at = words
        .iter()
        .position(|word| word.starts_with("execution") && word.ends_with(','));
    words[at.expect("there is an account") - 1].parse().unwrap()
}

/// docs/journal.md shows the bytes of version 1. Other bytes need another version number.
#[test]
fn the_bytes_are_those_of_the_documentation() {
    let directory = TestDirectory::new("drawn");
    let path = directory.path("journal");
    let cuad = Local::new(|(n,): &(i32,), _: &Call| Ok(n * n));
    let mut repartidor = Repartidor::builder()
        .destinos([cuad])
        .journal(Journal::open(&path, "cuad").unwrap())
        .start()
        .unwrap();
    repartidor.enviar((7,)).unwrap();
    assert_eq!(repartidor.terminar().unwrap(), [49]);
    let drawn = include_str!("../docs/journal.md");
    let mut lines = drawn
        .lines()
        .skip_while(|line| !line.starts_with("A journal of"));
    lines.next();
    for bytes in fs::read(&path).unwrap().chunks(16) {
        let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let hex = hex.join(" ");
        let is_next = lines
            .by_ref()
            .any(|line| line.trim_start().starts_with(&hex));
        assert!(is_next, "docs/journal.md has no line with {hex}");
    }
}

#[test]
fn a_killed_client_continues_from_its_journal() {
    let directory = TestDirectory::new("killed");
    let journal = directory.path("journal");
    let (first, first_address) = server("serv_processes", &["--workers", "1"]);
    let (_second, second_address) = server("serv_processes", &["--workers", "1"]);
    let with_journal = [
        &[&*first_address, &second_address, "--journal", &journal],
        &HARD[..],
    ];
    let with_journal = with_journal.concat();
    let mut command: Command = program("clnt_processes");
    command.args(&with_journal);
    let killed = Running::start(command);
    for _ in 0..20 {
        first.line_after("\" 200 -");
    }
    let killed = killed.kill();
    assert_eq!(killed.stdout, "");
    let again = client(&with_journal);
    let faultless = client(&[&["--local", "1"], &HARD[..]].concat());
    assert_eq!(again.expect_code(0).results(), faultless.results());
    check_says(&again, " from the journal), 0 failed, 0 lost");
    assert!(executions(&again) < 600, "{}", again.stderr);
    let idle = client(&with_journal);
    assert_eq!(idle.expect_code(0).results(), faultless.results());
    assert_eq!(executions(&idle), 0);
}

#[test]
fn other_numbers_are_refused_and_the_first_is_named() {
    let directory = TestDirectory::new("other");
    let journal = directory.path("journal");
    let all = ["--local", "1", "--journal", &journal];
    assert_eq!(client(&all).expect_code(0).results(), TEN);
    let before = fs::read(&journal).unwrap();
    let other = client(&[&all[..], &["--base", "23434252232435"]].concat());
    other.expect_code(7);
    check_says(&other, "its first task has other arguments");
    let verified = client(&[&all[..], &["--verify"]].concat());
    verified.expect_code(7);
    check_says(
        &verified,
        "is of factoriz_sum (string) -> string, not of factor (string) -> [string]",
    );
    assert_eq!(fs::read(&journal).unwrap(), before);
    // The same numbers and more of them are accepted.
    let more = client(&[&all[..], &["--count", "12"]].concat());
    assert!(more.expect_code(0).results().starts_with(TEN));
    assert_eq!(executions(&more), 2);
}

#[test]
fn a_journal_in_use_is_refused() {
    let directory = TestDirectory::new("held");
    let journal = directory.path("journal");
    let (first, address) = server("serv_processes", &["--workers", "1"]);
    let mut command: Command = program("clnt_processes");
    command.args([&*address, "--journal", &journal]).args(HARD);
    let holder = Running::start(command);
    first.line_after("\" 200 -");
    let other = client(&[&["--local", "1", "--journal", &journal], &HARD[..]].concat());
    other.expect_code(7);
    check_says(&other, "is in use by another run");
    holder.end().expect_code(0);
}

#[test]
fn a_file_that_is_no_journal_is_left_unchanged() {
    let directory = TestDirectory::new("foreign");
    let diary = directory.path("diary");
    fs::write(&diary, "Dear diary").unwrap();
    let ended = client(&["--local", "1", "--journal", &diary]);
    ended.expect_code(7);
    check_says(&ended, "holds something else than a journal");
    assert_eq!(fs::read(&diary).unwrap(), b"Dear diary");
    let ended = client(&[
        "--local",
        "1",
        "--journal",
        &directory.path("no/such/folder"),
    ]);
    ended.expect_code(7);
    check_says(&ended, "can't open the journal");
}

/// `clnt_processes --journal j > j` destroyed the journal, with exit code 0.
#[test]
fn a_journal_that_is_the_output_is_refused() {
    let directory = TestDirectory::new("output");
    let journal = directory.path("journal");
    let arguments = ["--local", "1", "--journal", &journal];
    let before = {
        client(&arguments).expect_code(0);
        fs::read(&journal).unwrap()
    };
    let client_path = program("clnt_processes");
    let client_path = client_path.get_program().to_str().unwrap();
    for (redirection, left) in [(">>", &before[..]), ("2>>", &before), (">", &[])] {
        let script = format!("exec \"$0\" \"$@\" {redirection} '{journal}'");
        let mut shell = Command::new("sh");
        shell.args(["-c", &script, client_path]).args(arguments);
        let ended = Running::start(shell).end();
        ended.expect_code(7);
        if redirection != "2>>" {
            check_says(&ended, "are the same file");
            assert_eq!(fs::read(&journal).unwrap(), left, "{redirection}");
        }
    }
}

/// Runs the client in a shell after the command `first`, where it runs out of room. Then makes
/// room, and runs the client again.
fn with_little_room(first: &str, journal: &str, make_room: impl FnOnce()) {
    let client_path = program("clnt_processes");
    let client_path = client_path.get_program().to_str().unwrap();
    let arguments = [&["--local", "2", "--journal", journal], &HARD[..]].concat();
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{first}; exec \"$0\" \"$@\""), client_path]);
    shell.args(&arguments);
    let full = Running::start(shell).end();
    full.expect_code(7);
    check_says(&full, "can't write the journal");
    check_says(&full, "no result for: ");
    let had = full.stdout.lines().count();
    assert!((1..600).contains(&had), "{had} results\n{}", full.stderr);
    make_room();
    let again = client(&arguments);
    let faultless = client(&[&["--local", "2"], &HARD[..]].concat());
    assert_eq!(again.expect_code(0).results(), faultless.results());
    // The printed results are in the journal, and perhaps those that slots wrote at the end.
    let resumed = again.stderr.split_once("600 done (");
    let resumed = resumed.and_then(|(_, rest)| rest.split_once(" from the journal)"));
    let resumed: usize = resumed.unwrap().0.parse().unwrap();
    assert!((had..=had + 2).contains(&resumed), "{resumed} of {had}");
}

/// A write that fails half-way: the file may not grow beyond 8 kB.
#[test]
fn a_full_disk_ends_the_run_and_loses_nothing() {
    let directory = TestDirectory::new("full");
    let first = "ulimit -f 8";
    with_little_room(first, &directory.path("journal"), || {});
}

/// A write that fails on a file system that is really full.
#[test]
#[ignore = "needs root, to mount a file system"]
fn a_file_system_without_room_ends_the_run_and_loses_nothing() {
    let directory = TestDirectory::new("tmpfs");
    let mounted = directory.path("");
    let sh = |line: String| {
        let ran = Command::new("sh").args(["-c", &line]).output().unwrap();
        assert!(ran.status.success(), "this test needs root: {line}");
    };
    sh(format!("mount -t tmpfs -o size=8k tmpfs '{mounted}'"));
    let journal = directory.path("journal");
    let run = std::panic::catch_unwind(|| {
        with_little_room(":", &journal, || {
            sh(format!("mount -o remount,size=1m '{mounted}'"));
        });
    });
    sh(format!("umount '{mounted}'"));
    run.unwrap();
}

#[test]
fn factors_are_checked_and_their_sums_printed() {
    let ended = client(&["--local", "2", "--verify"]);
    assert_eq!(ended.expect_code(0).results(), TEN);
}

/// Starts a server of `factor` in this process.
fn factor(answer: impl Fn(String) -> Vec<String> + Send + Sync + 'static) -> LocalServer {
    let mut service = Service::new();
    service.register("factor", answer).unwrap();
    LocalServer::start(service)
}

#[test]
fn a_server_of_wrong_factors_is_named_and_its_work_done_elsewhere() {
    let liars = [
        factor(|_| vec!["2".to_owned(), "11717126116217".to_owned()]),
        factor(|n| vec![n]),
        factor(|_| Vec::new()),
    ];
    let all: Vec<&str> = liars.iter().map(|liar| &*liar.address).collect();
    let ended = client(&[&all[..], &["--local", "1", "--verify"]].concat());
    assert_eq!(ended.expect_code(0).results(), TEN);
    check_says(&ended, "; in quarantine: ");
    let alone = client(&[&all[..2], &["--verify", "--base", "12", "--count", "1"]].concat());
    alone.expect_code(4);
    assert_eq!(alone.stdout, "");
    check_says(&alone, "every server has given a wrong answer");
    check_says(&alone, "wrong: \"12\", given for 12, is no prime");
}

#[test]
fn a_server_without_factor_is_excluded_and_named() {
    let (_serv, address) = server("serv_trivial", &[]);
    let ended = client(&[&address, "--local", "1", "--verify"]);
    assert_eq!(ended.expect_code(0).results(), TEN);
    check_says(&ended, &format!("; out: {address}"));
    let alone = client(&[&address, "--verify"]);
    alone.expect_code(4);
    check_says(&alone, "every server refuses the calls of this run");
    check_says(&alone, "method \"factor\" is not supported");
}
