//! `reparte run -- PROGRAM`: tasks for a program of this machine, without a server.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::collections::BTreeSet;
use std::io::Write as _;

use common::named_pipe::{Reader, pipe};
use common::server::serve;
use common::{reparte, signal_in_turn};
use rustix::process::Signal;
use test_support::{Ended, Running, TestDirectory};

/// Runs the command over lines of input.
fn run_over(input: &str, arguments: &[&str]) -> Ended {
    let mut running = Running::interactive(reparte(&[&["run", "--quiet"], arguments].concat()));
    // A command with a bad argument ends before it reads.
    let _ = running.stdin().write_all(input.as_bytes());
    running.end()
}

#[test]
fn a_program_needs_no_server() {
    for (arguments, output) in [
        (
            &["--", "sh", "-c", "echo got $1", "sh", "{}"][..],
            "got a\ngot b c\n",
        ),
        (&["--local", "2", "--", "tr", "a-z", "A-Z"], "A\nB C\n"),
        (
            &["--base64", "--output", "jsonl", "--", "printf", "\\377"],
            "/w==",
        ),
        (&["--json", "--", "cat"], "[\"a\"]"),
    ] {
        let is_json = arguments.contains(&"--json");
        let input = if is_json {
            "[\"[\\\"a\\\"]\"]\n"
        } else {
            "a\nb c\n"
        };
        let ended = run_over(input, arguments);
        ended.expect_code(0);
        match output.ends_with('\n') {
            true => assert_eq!(ended.stdout, output),
            false => assert!(ended.stdout.contains(output), "{}", ended.stdout),
        }
    }
}

/// The kinds of failure, each of one task: the others have their results.
#[test]
fn a_task_that_fails_is_blamed_alone() {
    const SCRIPT: &str = "case $1 in \
        bad) echo no >&2; exit 3;; \
        dies) kill -9 $$;; \
        bytes) printf '\\377';; \
        hangs) sleep 1000;; \
        ignores) trap \"\" TERM; sleep 1000; sleep 1000;; \
        stops) kill -STOP $$;; \
        floods) yes;; \
        *) echo $1;; esac";
    let flags = [
        "--timeout",
        "1",
        "--output",
        "tsv",
        "--",
        "sh",
        "-c",
        SCRIPT,
        "sh",
        "{}",
    ];
    for (task, reason) in [
        (
            "bad",
            "the program failed (exit status: 3): its error output ends: no",
        ),
        ("dies", "the program failed (signal: 9 (SIGKILL))"),
        ("bytes", "no UTF-8: with --base64 the result is bytes"),
        (
            "hangs",
            "the program was ended after 1 s: give it less work, or raise --timeout",
        ),
        ("ignores", "timed out: the program was ended after 1 s"),
        ("stops", "timed out: the program was ended after 1 s"),
        ("floods", "printed more than 4194304 bytes"),
    ] {
        let ended = run_over(&format!("one\n{task}\ntwo\n"), &flags);
        ended.expect_code(5);
        ended.expect_told(&format!("task 2 ({task}) failed: local: "));
        ended.expect_told(reason);
        let lines: Vec<&str> = ended.stdout.lines().collect();
        assert!(lines[1].starts_with("1\tone\tone\t\tlocal\t"), "{lines:?}");
        assert!(
            lines[2].starts_with(&format!("2\t{task}\t\t")) && lines[2].ends_with("\t1"),
            "one call: {lines:?}"
        );
        assert!(lines[3].starts_with("3\ttwo\ttwo\t\tlocal\t"), "{lines:?}");
    }
}

#[test]
fn words_that_do_not_fit_are_told_before_any_task() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    for (arguments, told) in [
        (
            &["--", "no-such-program"][..],
            "no program no-such-program on the PATH",
        ),
        (&["--", "{}"], "{} can't be in the name of the program"),
        // A user of GNU parallel quotes the whole command.
        (
            &["--", "echo {} | wc -c"],
            "-- sh -c 'echo \"$1\" | wc -c' sh {}",
        ),
        (&[file, "--", "cat"], "give --servers "),
        (&["localhost:9", "--", "cat"], "--function is missing"),
        (
            &["--retry-faults", "3", "--", "cat"],
            "and 3 is a server: name the function",
        ),
        (
            &["--base64", "localhost:9", "--function", "f"],
            "<PROGRAM [ARG|{}]>",
        ),
        (&["localhost:9"], "--function, or a program"),
        (&["--", "."], "is a directory, and no program"),
    ] {
        run_over("1\n", arguments).expect_error(2, &[told]);
    }
}

/// The flags of servers had no effect there, and nobody was told.
#[test]
fn flags_of_servers_are_refused_where_there_are_none() {
    for flag in [
        "--token-file=x",
        "--keys=x",
        "--ca=x",
        "--proxy=http://127.0.0.1:9",
        "--dialect=apache",
        "--keepalive=5",
        "--max-answer=10",
    ] {
        let name = flag.split('=').next().unwrap();
        let ended = run_over("1\n", &[flag, "--", "cat"]);
        ended.expect_error(2, &[name, "is for servers, and the run has none"]);
        assert!(!ended.stderr.contains(flag), "{}", ended.stderr);
    }
}

/// An argument that is no value of a flag got the remedy of that flag.
#[test]
fn the_remedy_of_a_flag_is_told_if_that_is_given() {
    let ended = run_over("1\n", &["localhost:9", "--", "cat"]);
    assert!(!ended.stderr.contains("--retry-faults"), "{}", ended.stderr);
    let ended = run_over("1\n", &["--retry-faults", "3", "--", "cat"]);
    ended.expect_told("the value of --retry-faults needs a =");
}

/// The machine is to blame, and not the tasks.
#[test]
fn a_program_that_no_machine_can_start_ends_the_run() {
    let files = TestDirectory::new("unfit");
    let program = files.write("program", "#!/no/such/interpreter\n", 0o700);
    let ended = run_over("1\n2\n", &["--", &program, "{}"]);
    ended.expect_error(4, &["local", "can't start the program", "0 of 2 tasks"]);
    // No server is there that could refuse.
    ended.expect_told("error: this machine can't run the program: 0 of 2");
}

/// Each task of the first pair waits for the other, so that both places are at work.
#[test]
fn this_machine_works_beside_servers() {
    const MEET: &str = ": >\"$1\"; until test -e \"$2\"; do sleep 0.01; done";
    let files = TestDirectory::new("beside");
    let (one, two) = (files.path("one"), files.path("two"));
    let server = [
        "--function",
        "f",
        "--workers",
        "1",
        "--",
        "sh",
        "-c",
        MEET,
        "sh",
        &one,
        &two,
    ];
    let (_server, url) = serve(&server);
    let local = [
        "--local", "1", "--output", "tsv", "--", "sh", "-c", MEET, "sh", &two, &one,
    ];
    let ended = run_over("1\n2\n", &[&["--function", "f", &url][..], &local].concat());
    ended.expect_code(0);
    let places: BTreeSet<&str> = ended.stdout.lines().skip(1).map(place).collect();
    assert_eq!(places.len(), 2, "{}", ended.stdout);
    assert!(places.contains("local"), "{places:?}");
}

/// Returns the server of a line of the output.
fn place(line: &str) -> &str {
    line.split('\t').nth(4).unwrap()
}

#[test]
fn nothing_outlives_a_run_that_is_killed() {
    const FAMILY: &str = "exec 3>\"$1\"; echo started >&3; sleep 1000 & wait";
    for signals in [&[Signal::KILL][..], &[Signal::INT, Signal::INT]] {
        let files = TestDirectory::new("killed run");
        let pipe = pipe(&files, "pipe");
        let arguments = ["run", "--", "sh", "-c", FAMILY, "sh", "{}"];
        let mut running = Running::interactive(reparte(&arguments));
        writeln!(running.stdin(), "{pipe}").unwrap();
        let reader = Reader::open(&pipe);
        signal_in_turn(&running, signals);
        reader.all_dead();
    }
}

/// A machine that has no room for a program from the start was waited for without end.
#[test]
fn a_machine_without_room_ends_the_run() {
    let mut shell = std::process::Command::new("sh");
    let script = "ulimit -n 9; exec \"$0\" run --wait-for-servers 0.3 --local 1 -- cat";
    shell.args(["-c", script, env!("CARGO_BIN_EXE_reparte")]);
    let mut running = Running::interactive(shell);
    running.stdin().write_all(b"1\n").unwrap();
    let ended = running.end();
    ended.expect_code(4);
    ended.expect_told("no program could be started for ");
    ended.expect_told("ulimit -n");
}

#[test]
fn a_journal_is_of_one_program() {
    let files = TestDirectory::new("program journal");
    let journal = files.path("journal");
    let (counted, log) = (["--journal", &journal], files.path("log"));
    let program = ["--", "sh", "-c", "echo $1 >>$0; echo $1", &log, "{}"];
    let arguments = [&counted[..], &program].concat();
    for input in ["1\n2\n", "1\n2\n3\n"] {
        let ended = run_over(input, &arguments);
        ended.expect_code(0);
        assert_eq!(ended.stdout, input);
    }
    assert_eq!(std::fs::read_to_string(&log).unwrap().lines().count(), 3);
    let other = [&counted[..], &["--", "cat"]].concat();
    run_over("1\n", &other).expect_error(7, &["cat (string)"]);
}
