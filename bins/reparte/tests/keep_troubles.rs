//! `--keep`: processes that die, answer nonsense, or can't be started.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use common::kept_worker::{WORKER, ask, fault, kept, run_over, worker};
use common::named_pipe::{Reader, pipe};
use rustix::process::{Pid, Signal, kill_process};
use test_support::{Ended, TestDirectory, until};

/// The reasons of a call's failure, and whether its process stays.
const TROUBLES: &[(&str, &str, bool)] = &[
    ("fault no such thing", "no such thing", true),
    ("bytes", "no UTF-8: with --base64 the result is bytes", true),
    ("bell", "the character U+0007", true),
    (
        "exit 3",
        "the program failed (exit status: 3): its error output ends: bye",
        false,
    ),
    (
        "exit 0",
        "the program ended without an answer (exit status: 0): its error output ends: bye",
        false,
    ),
    ("killed", "the program failed (signal: 9 (SIGKILL))", false),
    (
        "two",
        "wrote more than one answer for one task (if it prints more than answers, see --results-fd)",
        false,
    ),
    ("nonsense", "wrote a line that begins with !", false),
    ("floods", "its result was longer than 1000 bytes", false),
    ("long 1001", "its result was longer than 1000 bytes", false),
    ("closes", "it had closed its output of results", false),
];

#[test]
fn trouble_fails_its_call_alone() {
    let (server, proxy) = worker(&["--max-output", "1000"], &[]);
    assert_eq!(ask(&proxy, "long 1000").len(), 1000);
    let mut pid = ask(&proxy, "pid");
    for (task, reason, stays) in TROUBLES {
        let (code, text) = fault(&proxy, task);
        assert_eq!(code, 1, "{task}: {text}");
        assert!(text.contains(reason), "{task}: {text}");
        let next = ask(&proxy, "pid");
        assert_eq!(next == pid, *stays, "{task}");
        pid = next;
    }
    let ended = server.interrupt();
    ended.expect_code(0);
    ended.expect_told("warn: f: the program failed (exit status: 3): bye");
}

#[test]
fn trouble_of_a_run_fails_its_task_alone() {
    let flags = ["--local", "1", "--max-output", "1000", "--keep", "--"];
    let arguments = [&flags[..], &["python3", "-c", WORKER]].concat();
    let tasks: String = TROUBLES
        .iter()
        .map(|(task, ..)| format!("{task}\nhello\n"))
        .collect();
    let ended = run_over(&tasks, &arguments);
    ended.expect_code(5);
    for (at, (task, reason, _)) in TROUBLES.iter().enumerate() {
        ended.expect_told(&format!("task {} ({task}) failed: local: ", 2 * at + 1));
        ended.expect_told(reason);
    }
    assert_eq!(ended.stdout, "\nHELLO\n".repeat(TROUBLES.len()));
}

#[test]
fn a_process_that_is_killed_in_a_call_or_between_two_is_replaced() {
    let files = TestDirectory::new("killed worker");
    let pipe = pipe(&files, "pipe");
    let (server, proxy) = worker(&[], &[]);
    let pid = ask(&proxy, "pid");
    let kill = |pid: &str| {
        let pid = Pid::from_raw(pid.parse().unwrap()).unwrap();
        kill_process(pid, Signal::KILL).unwrap();
    };
    std::thread::scope(|scope| {
        let call = scope.spawn(|| fault(&proxy, &format!("waits {pipe}|/no/such/file")));
        let reader = Reader::open(&pipe);
        kill(&pid);
        reader.all_dead();
        let (_, text) = call.join().unwrap();
        assert!(text.contains("signal: 9 (SIGKILL)"), "{text}");
    });
    let second = ask(&proxy, "pid");
    assert_ne!(pid, second);
    kill(&second);
    until("the process is dead", || {
        let state = Command::new("ps")
            .args(["-o", "stat=", "-p", &second])
            .output();
        let state = String::from_utf8(state.unwrap().stdout).unwrap();
        state.is_empty() || state.starts_with('Z')
    });
    assert_ne!(ask(&proxy, "pid"), second);
    let ended = server.interrupt();
    ended.expect_told("between two calls");
}

#[test]
fn output_between_two_calls_is_no_answer() {
    let (server, proxy) = worker(&[], &[]);
    let first = ask(&proxy, "pid");
    assert_eq!(ask(&proxy, "babbles hello"), "hello");
    std::thread::sleep(Duration::from_millis(600));
    assert_ne!(ask(&proxy, "pid"), first);
    let ended = server.interrupt();
    ended.expect_told("since it wrote output without a task");
}

/// The process answers one task, and is of no use to the next one before it has read that: it was
/// the next task that failed.
#[cfg(target_os = "linux")]
#[test]
fn trouble_between_two_tasks_is_the_programs_and_fails_neither() {
    let check = |between: &str, told: &str| {
        let script = format!(
            "read -r x; echo \"$x\"; read -r x; echo \"$x\"; {between}; sleep 2; read -r x; \
             echo \"wrong $x\"; sleep 1000"
        );
        let program = ["--local", "1", "--keep", "--", "sh", "-c", &script];
        let ended = run_over("1\n2\n3\n4\n", &program);
        ended.expect("1\n2\n3\n4\n");
        ended.expect_told(told);
        ended.expect_told("it is started again");
    };
    std::thread::scope(|scope| {
        for (between, told) in [
            // A line, and a part of one, that come once the next task is written.
            ("sleep 1; echo late", "since it wrote output "),
            ("sleep 1; printf late", "since it wrote output "),
            (
                "sleep 1; exec <&-",
                "since it had closed its standard input",
            ),
            (
                "sleep 1; exec >&-",
                "since it had closed its output of results",
            ),
            // Before it is written, or just after.
            ("exec <&-", "since it had closed its standard input"),
            ("exec >&-", "since it had closed its output of results"),
            ("kill -9 $$", "between two calls"),
        ] {
            scope.spawn(move || check(between, told));
        }
    });
}

/// Runs a script that stays over three tasks, and returns the end of the run.
#[cfg(target_os = "linux")]
fn run_three(script: &str) -> Ended {
    let program = ["--keep", "--local", "1", "--", "sh", "-c", script];
    run_over("1\n2\n3\n", &program)
}

/// Checks that each of three tasks fails over each of these scripts, and that this is told.
#[cfg(target_os = "linux")]
#[track_caller]
fn check_all_fail(scripts: &[&str], told: &[&str]) {
    for script in scripts {
        let ended = run_three(script);
        ended.expect_code(5);
        told.iter().for_each(|text| ended.expect_told(text));
        assert_eq!(ended.stdout, "\n\n\n", "{script}");
    }
}

/// A banner was the answer to the first task, and each answer that of the task before, if the program
/// slept at the right time. A run waited for ten minutes, as for a machine that may come back.
#[cfg(target_os = "linux")]
#[test]
fn a_program_that_speaks_before_its_first_task_can_not_be_kept() {
    let scripts = [
        "echo ready; while read -r x; do echo \"$x\"; done",
        "echo ready; sleep 0.3; while read -r x; do echo \"$x\"; done",
        "sleep 0.3; echo ready; while read -r x; do sleep 0.2; echo \"$x\"; done",
    ];
    check_all_fail(&scripts, &["--results-fd", "3 of 3 tasks failed"]);
}

/// The line was delivered as the result of the process's first task.
#[cfg(target_os = "linux")]
#[test]
fn a_line_beside_the_answer_is_no_result() {
    let busy = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done";
    let scripts = [
        &format!("while read -r x; do echo working; {busy}; echo \"$x\"; done"),
        &format!("while read -r x; do echo \"$x\"; {busy}; echo done; done"),
        "while read -r x; do echo working; sleep 0.3; echo \"$x\"; done",
    ];
    check_all_fail(&scripts, &["more than one answer", "--results-fd"]);
}

/// All later results were those of the tasks before.
#[cfg(target_os = "linux")]
#[test]
fn a_line_that_comes_later_moves_no_answer_to_another_task() {
    let ended = run_three(
        "while read -r x; do test \"$x\" = 2 && { echo warning; sleep 0.3; }; echo \"$x\"; done",
    );
    ended.expect("1\nwarning\n3\n");
    ended.expect_told("its answer before may be none");
    // Nothing follows that would show it.
    let ended = run_three(
        "while read -r x; do test \"$x\" = 3 && { echo warning; sleep 0.3; }; echo \"$x\"; done",
    );
    ended.expect("1\n2\nwarning\n");
    ended.expect_told("wrote 2 bytes after its last answer");
}

/// The line was the task's result.
#[cfg(target_os = "linux")]
#[test]
fn a_line_before_a_crash_is_no_result() {
    check_all_fail(
        &["read -r x; echo loading; sleep 0.2; exit 3"],
        &["exit status: 3"],
    );
}

/// The answer was thrown away at the time limit, and the task ran again.
#[test]
fn an_answer_counts_at_the_time_limit() {
    let script = "while read -r x; do echo \"$x\"; sleep 6; done";
    let program = [
        "--timeout",
        "1",
        "--keep",
        "--local",
        "1",
        "--keep-grace",
        "1",
        "--",
    ];
    let ended = run_over("1\n", &[&program[..], &["sh", "-c", script]].concat());
    ended.expect("1\n");
    assert_eq!(ended.stderr, "");
}

/// The machine lacks something that the program needs, until it is there.
#[test]
fn a_program_that_dies_at_its_start_is_the_machines_trouble() {
    let files = TestDirectory::new("module");
    let module = files.path("module");
    let script = "test -e \"$0\" || { echo no module >&2; exit 1; }; \
                  while read -r x; do echo \"$x\"; done";
    let program = ["--", "sh", "-c", script, &module];
    let (server, proxy) = kept(&[], &program);
    for _ in 0..5 {
        let (code, text) = fault(&proxy, "hello");
        assert_eq!(code, -32050, "{text}");
        assert!(text.contains("can't run the program"), "{text}");
        if cfg!(target_os = "linux") {
            assert!(text.contains("no module"), "{text}");
        }
    }
    fs::write(&module, "").unwrap();
    until("the program runs", || {
        proxy
            .call::<String>("f", ("hello",))
            .is_ok_and(|answer| answer == "hello")
    });
    let ended = server.interrupt();
    let told = ended.stderr.matches("it is started again, after pauses");
    assert_eq!(told.count(), 1, "{}", ended.stderr);
}

#[test]
fn a_program_that_can_not_run_ends_a_run() {
    let files = TestDirectory::new("unfit kept");
    let program = files.write("program", "#!/no/such/interpreter\n", 0o700);
    let ended = run_over("1\n2\n", &["--keep", "--local", "1", "--", &program]);
    ended.expect_error(4, &["local", "can't start the program", "0 of 2 tasks"]);
    let dies = [
        "--keep",
        "--local",
        "1",
        "--",
        "sh",
        "-c",
        "echo no >&2; exit 1",
    ];
    let ended = run_over("1\n2\n", &dies);
    ended.expect_error(4, &["local", "can't run the program", "0 of 2 tasks"]);
}

/// A worker in Python without `flush=True` had the run wait for an hour, and the message at its end
/// advised less work.
#[test]
fn an_answer_that_is_not_flushed_is_told() {
    let script = "while read -r x; do :; done";
    let flags = ["--keep", "--local", "2", "--timeout", "3.5", "--", "sh"];
    let ended = run_over("1\n2\n", &[&flags[..], &["-c", script]].concat());
    ended.expect_code(5);
    let remedy = "if it has written its answer, have it flush the line";
    assert_eq!(ended.stderr.matches(remedy).count(), 2, "{}", ended.stderr);
    #[cfg(target_os = "linux")]
    {
        let told = "warn: sh: has read its first task and waits for another one";
        assert_eq!(ended.stderr.matches(told).count(), 1, "{}", ended.stderr);
    }
}

/// The first task of each process kills it.
#[test]
fn starts_are_spaced_while_processes_die() {
    let files = TestDirectory::new("spaced");
    let starts = files.path("starts");
    let script = "echo start >>\"$0\"; read -r x; exit 3";
    let (server, proxy) = kept(&[], &["--", "sh", "-c", script, &starts]);
    let began = Instant::now();
    for _ in 0..4 {
        let (_, text) = fault(&proxy, "x");
        assert!(text.contains("exit status: 3"), "{text}");
    }
    // 0.1, 0.2 and 0.4 s.
    assert!(began.elapsed() >= Duration::from_millis(700));
    let ended = server.interrupt();
    let told = ended.stderr.matches("it is started again, after pauses");
    assert_eq!(told.count(), 1, "{}", ended.stderr);
    assert_eq!(fs::read_to_string(&starts).unwrap().lines().count(), 4);
}

/// A run over a server whose processes die, beside a good one.
#[test]
fn a_machine_that_lacks_a_module_takes_no_tasks_of_a_run() {
    let dies = ["--", "sh", "-c", "echo no module >&2; exit 1"];
    let (_bad, bad) = kept(&[], &dies);
    let (_good, good) = worker(&[], &[]);
    let input = "a\n".repeat(30);
    let ended = run_over(&input, &["--function", "f", &bad.address, &good.address]);
    ended.expect_code(0);
    assert_eq!(ended.stdout, "A\n".repeat(30));
}
