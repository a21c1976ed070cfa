//! `reparte serve`: a result is all of a program's output, as a shell's `$(...)` has it.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use common::run;
use common::server::serve;
use test_support::TestDirectory;
use xmlrpc_client::ServerProxy;

/// Scripts of bash whose output comes, in part or whole, from a process that outlives them.
const SCRIPTS: [&str; 8] = [
    // A log beside the output.
    "exec > >(tee /dev/null); echo \"a $1\"; seq 100",
    "echo \"hi $1\" > >(sed s/h/H/)",
    "exec > >(sort); echo b; echo \"$1\"; echo a",
    // More than a pipe holds.
    "exec > >(cat); head -c 200000 /dev/zero | tr '\\0' x; echo \"$1\"",
    // A double fork, a background job, a daemon in a session of its own.
    "echo soon; ( (sleep 0.02; echo \"late $1\") & )",
    "echo soon; sleep 0.03 && echo \"slept $1\" &",
    "echo \"soon $1\"; setsid sh -c 'sleep 0.02; echo daemon' &",
    // Both at a time, and the error output through a process too.
    "exec > >(sed 's/^/> /') 2> >(cat >&2); echo \"out $1\"; echo err >&2",
];

/// The scripts of `tee`, `sed`, a double fork and a background job lost the most results.
const HARDEST: [usize; 4] = [0, 1, 4, 5];

/// Calls each script through a server, and compares the bytes with those of a shell.
fn compare_with_a_shell(calls_of: impl Fn(usize) -> usize, threads: usize) {
    for (number, script) in SCRIPTS.into_iter().enumerate() {
        let calls_of_each = calls_of(number);
        let program = ["--", "bash", "-c", script, "bash", "{}"];
        let (_server, url) =
            serve(&[&["--function", "f", "--workers", "4"], &program[..]].concat());
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let server = ServerProxy::new(&url).unwrap();
                    loop {
                        let number = next.fetch_add(1, Relaxed);
                        if number >= calls_of_each {
                            break;
                        }
                        let argument = number.to_string();
                        let result: String = server.call("f", (&*argument,)).unwrap();
                        assert_eq!(result, in_a_shell(script, &argument), "{script}");
                    }
                });
            }
        });
    }
}

/// Returns what a shell's `$(...)` has of a script.
fn in_a_shell(script: &str, argument: &str) -> String {
    let substitute = "result=$(bash -c \"$1\" bash \"$2\"); printf %s \"$result\"";
    let output = Command::new("bash")
        .args(["-c", substitute, "bash", script, argument])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn results_are_those_of_a_shell() {
    let calls_of = |number| if HARDEST.contains(&number) { 200 } else { 25 };
    compare_with_a_shell(calls_of, 4);
}

#[test]
#[ignore = "takes minutes: it makes ten thousand calls"]
fn ten_thousand_results_are_those_of_a_shell() {
    compare_with_a_shell(|_| 10_000 / SCRIPTS.len(), 4);
}

/// A shell drops all line ends behind the output, and a result loses one: it keeps its empty lines.
#[test]
fn a_result_keeps_its_empty_lines() {
    let (_server, url) = serve(&["--function", "f", "--", "printf", "a\\n\\n\\n"]);
    let server = ServerProxy::new(&url).unwrap();
    assert_eq!(server.call::<String>("f", ("x",)).unwrap(), "a\n\n");
}

/// A file that a process of the program writes is whole too, as long as that process holds one
/// of the program's outputs.
#[test]
fn a_process_that_is_left_may_finish() {
    let files = TestDirectory::new("left to finish");
    let log = files.path("log");
    let script = "exec 2> >(sleep 0.2; cat > \"$1\"); echo done; echo told >&2";
    let (_server, url) = serve(&["--function", "f", "--", "bash", "-c", script, "bash", "{}"]);
    run(&["call", &url, "f", &log]).expect("done\n");
    assert_eq!(std::fs::read_to_string(log).unwrap(), "told\n");
}

/// A daemon that keeps standard output open may write more: there is no result then.
#[test]
fn output_that_is_held_is_a_fault_and_not_a_result() {
    for script in [
        "sleep 1000 & echo done",
        "( (sleep 1000) & ); echo done",
        "setsid sleep 9 & echo done",
    ] {
        let grace = ["--output-grace", "0.3"];
        let program = ["--", "sh", "-c", script];
        let (_server, url) = serve(&[&["--function", "f"], &grace[..], &program].concat());
        let begun = Instant::now();
        let held = run(&["call", &url, "f", "x"]);
        held.expect_error(5, &["still holds its standard output", "--output-grace"]);
        assert!(begun.elapsed() < Duration::from_secs(5), "{script}");
    }
}
