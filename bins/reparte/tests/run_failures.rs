//! `reparte run`: tasks that fail, results that are wrong, and the flags that decide on both.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::fs;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use common::functions::{Held, next, service};
use common::named_pipe::{Reader, pipe};
use common::reparte;
use rustix::process::Signal;
use test_support::{Ended, LocalServer, Running, TestDirectory};
use xmlrpc_server::Service;
use xmlrpc_wire::Fault;

/// Starts a run over tasks that are in a file.
fn start(files: &TestDirectory, tasks: &[u8], arguments: &[&str]) -> Running {
    let path = files.path("tasks");
    fs::write(&path, tasks).unwrap();
    Running::start(reparte(&[&["run", "--tasks", &*path], arguments].concat()))
}

/// Runs `check`, which fails for what is no digit, over the tasks of a file.
fn run_check(server: &LocalServer, tasks: &str, arguments: &[&str]) -> Ended {
    let flags = ["run", &*server.address, "--function", "check", "-q"];
    common::run(&[&flags[..], &["--tasks", tasks], arguments].concat())
}

/// The program of `--verify` ran on after a run that ended at once.
#[test]
fn a_check_does_not_outlive_its_run() {
    let server = LocalServer::start(service());
    for is_killed in [false, true] {
        let files = TestDirectory::new("verify outlives");
        let pipe = pipe(&files, "pipe");
        // It starts another program, which holds the pipe too.
        let script = format!(
            "#!/bin/sh\nexec 3>'{pipe}'; echo started >&3; trap '' TERM; sleep 1000 & wait\n"
        );
        let check = files.write("check", &script, 0o700);
        let flags = [&*server.address, "--function", "echo", "--verify", &check];
        let run = start(&files, b"1\n", &flags);
        let reader = Reader::open(&pipe);
        if is_killed {
            run.kill();
        } else {
            run.signal(Signal::TERM);
            run.line_after("stopping");
            run.signal_again(Signal::TERM);
            run.end().expect_code(143);
        }
        reader.all_dead();
    }
}

#[test]
fn failed_tasks_are_in_a_file_that_can_be_run() {
    let files = TestDirectory::new("failed");
    let server = LocalServer::start(service());
    // Lines that keep their bytes: not UTF-8, with a carriage return before their end, with
    // blanks, and with a mark that a file's beginning loses.
    let lines = b"\xef\xbb\xbf\xef\xbb\xbfmark\n7\n\n  two words \r\nend\r\r\n\xff\xfe\n8\nlast";
    let kept: &[u8] = b"\xef\xbb\xbf\xef\xbb\xbfmark\n  two words \nend\r\r\n\xff\xfe\nlast\n";
    let (tasks, failed) = (files.path("tasks"), files.path("failed"));
    fs::write(&tasks, lines).unwrap();
    fs::write(&failed, "an older file").unwrap();
    run_check(&server, &tasks, &["--failed", &failed]).expect_code(5);
    assert_eq!(
        fs::read(&failed).unwrap().escape_ascii().to_string(),
        kept.escape_ascii().to_string()
    );
    // The file can be read and written in the same run.
    run_check(&server, &failed, &["--failed", &failed]).expect_code(5);
    assert_eq!(fs::read(&failed).unwrap(), kept);
    // Nothing is left beside it.
    assert_eq!(fs::read_dir(files.directory()).unwrap().count(), 2);
}

#[test]
fn a_run_without_failed_tasks_empties_their_file() {
    let files = TestDirectory::new("none failed");
    let server = LocalServer::start(service());
    let tasks = files.write("tasks", "7\n8\n", 0o600);
    let failed = files.write("failed", "old\n", 0o600);
    run_check(&server, &tasks, &["--failed", &failed]).expect("7\n8\n");
    assert_eq!(fs::read_to_string(&failed).unwrap(), "");
    let nowhere = files.path("no folder/file");
    let refused = run_check(&server, &tasks, &["--failed", &nowhere]);
    refused.expect_error(2, &["--failed", "name a file in a folder that is there"]);
}

/// A run that ends early has tasks that neither failed nor were done: its input is all that
/// names them.
#[test]
fn a_run_that_ends_early_keeps_its_own_tasks() {
    let files = TestDirectory::new("own tasks");
    let server = LocalServer::start(service());
    let (here, nobody) = (format!("1/{}", server.address), nobody());
    let lines = "1\nno\n2\nno\n3\nno\n4\n";
    let tasks = files.path("tasks");
    for (flags, code) in [
        (&[&*nobody, "--wait-for-servers", "1"][..], 4),
        (&[&*here, "--halt", "1"], 5),
        (&[&*here, "--halt", "2", "--max-in-flight", "1"], 5),
    ] {
        let all = [&["--function", "check", "--failed", &*tasks], flags].concat();
        let ended = start(&files, lines.as_bytes(), &all).end();
        ended.expect_code(code);
        ended.expect_told("stays as it was");
        assert_eq!(fs::read_to_string(&tasks).unwrap(), lines);
        assert_eq!(fs::read_dir(files.directory()).unwrap().count(), 1);
    }
    // In a file of its own, what has failed is there all the same.
    let failed = files.path("failed");
    let flags = [
        &*here,
        "--function",
        "check",
        "--halt",
        "1",
        "--failed",
        &failed,
    ];
    start(&files, lines.as_bytes(), &flags).end().expect_code(5);
    assert!(fs::read_to_string(&failed).unwrap().starts_with("no\n"));
}

#[test]
fn a_line_that_is_too_long_keeps_the_tasks_that_have_it() {
    let files = TestDirectory::new("long task");
    let server = LocalServer::start(service());
    let lines = format!("1\n{}\n", "x".repeat((16 << 20) + 1));
    let tasks = files.path("tasks");
    let flags = [&*server.address, "--function", "check", "--failed", &tasks];
    let ended = start(&files, lines.as_bytes(), &flags).end();
    ended.expect_code(5);
    ended.expect_told("line 2 is too long to be kept");
    ended.expect_told("stays as it was");
    assert_eq!(fs::metadata(&tasks).unwrap().len(), lines.len() as u64);
}

#[test]
fn an_interrupted_run_writes_its_failed_tasks() {
    let files = TestDirectory::new("failed interrupted");
    let (server, held, called) = Held::serve();
    let address = format!("1/{}", server.address);
    let failed = files.path("failed");
    let flags = [&*address, "--function", "hold", "--failed", &failed, "-q"];
    let running = start(&files, b"\xff\n1\n2\n3\n", &flags);
    assert_eq!(next(&called), "1");
    running.signal(Signal::INT);
    running.line_after("waits for the 1 that run");
    held.release("1");
    let ended = running.end();
    ended.expect_code(6);
    ended.expect_told("tasks that were read and not run: 3 to 4");
    assert_eq!(fs::read(&failed).unwrap(), b"\xff\n");
}

/// The recipe of the guide: with a journal, the same command tries the failed tasks again, and
/// prints all results in order.
#[test]
fn with_a_journal_the_same_command_tries_failed_tasks_again() {
    let files = TestDirectory::new("failed journal");
    let is_mended = Arc::new(AtomicBool::new(false));
    let calls = Arc::new(AtomicUsize::new(0));
    let mut service = Service::new();
    let (mended, count) = (Arc::clone(&is_mended), Arc::clone(&calls));
    let odd = move |n: String| {
        count.fetch_add(1, SeqCst);
        let is_odd = n.ends_with(['1', '3', '5', '7', '9']);
        match is_odd || mended.load(SeqCst) {
            true => Ok(n),
            false => Err(Fault::application("even")),
        }
    };
    service.register("odd", odd).unwrap();
    let server = LocalServer::start(service);
    let (journal, failed) = (files.path("journal"), files.path("failed"));
    let flags = [
        &*server.address,
        "--function",
        "odd",
        "--journal",
        &journal,
        "--failed",
        &failed,
        "-q",
    ];
    let first = start(&files, b"1\n2\n3\n4\n5\n", &flags).end();
    first.expect_code(5);
    assert_eq!(first.stdout, "1\n\n3\n\n5\n");
    assert_eq!(fs::read_to_string(&failed).unwrap(), "2\n4\n");
    is_mended.store(true, SeqCst);
    calls.store(0, SeqCst);
    let again = start(&files, b"1\n2\n3\n4\n5\n", &flags).end();
    again.expect("1\n2\n3\n4\n5\n");
    assert_eq!(calls.load(SeqCst), 2, "only the failed ones");
    assert_eq!(fs::read_to_string(&failed).unwrap(), "");
}

#[test]
fn so_many_failed_tasks_end_the_run() {
    let files = TestDirectory::new("halt");
    let server = LocalServer::start(service());
    let address = format!("1/{}", server.address);
    // A third fails: a half is never reached, a quarter at the twentieth, the fourth at 11.
    let lines: String = (1..=60)
        .map(|n| match n % 3 {
            2 => format!("no {n}\n"),
            _ => format!("{n}\n"),
        })
        .collect();
    for (halt, ended) in [("4", Some(11)), ("25%", Some(20)), ("50%", None)] {
        let flags = [&*address, "--function", "check", "--halt", halt, "-q"];
        let run = start(&files, lines.as_bytes(), &flags).end();
        run.expect_code(5);
        match ended {
            // The call that was on its way at that moment ends too.
            Some(ended) => {
                let printed = run.stdout.lines().count();
                assert!((ended..=ended + 1).contains(&printed), "{halt}: {printed}");
                run.expect_told(&format!("not run: {} to ", printed + 1));
                run.expect_told("error: ended by --halt: ");
                run.expect_told("with --journal FILE");
            }
            None => run.expect_told("error: 20 of 60 tasks failed"),
        }
    }
    let bad = common::run(&["run", "localhost:1", "--function", "f", "--halt", "0%"]);
    bad.expect_error(2, &["--halt", "a share from 1% to 100%"]);
}

/// A service whose `double` is wrong for the numbers that `lies` names.
fn double(lies: fn(i32) -> bool) -> Service {
    let mut service = Service::new();
    let double = move |n: i32| match lies(n) {
        true => 2 * n + 1,
        false => 2 * n,
    };
    service.register("double", double).unwrap();
    service
}

/// Writes a program of the shell, and returns its path.
fn script(files: &TestDirectory, name: &str, text: &str) -> String {
    files.write(name, &format!("#!/bin/sh\n{text}\n"), 0o700)
}

/// The check of `double`.
const IS_DOUBLE: &str = "read -r line && read -r result || exit 1
    [ \"$result\" -eq $((2 * line)) ] && exit 0
    echo \"$line twice is not $result\" >&2; exit 1";

#[test]
fn a_wrong_result_counts_against_its_server() {
    let files = TestDirectory::new("verify");
    let honest = LocalServer::start(double(|_| false));
    let liar = LocalServer::start(double(|n| n % 2 == 0));
    let check = script(&files, "check", IS_DOUBLE);
    let flags = [
        "--function",
        "double",
        "--arg-type",
        "int",
        "--verify",
        &check,
    ];
    let servers = [&*honest.address, &*liar.address];
    let ended = start(
        &files,
        b"1\n2\n3\n4\n5\n6\n",
        &[&servers, &flags[..]].concat(),
    )
    .end();
    ended.expect("2\n4\n6\n8\n10\n12\n");
    ended.expect_told(&format!("; in quarantine: {}", liar.address));
    ended.expect_told("twice is not");
    // Alone, it leaves its tasks undone.
    let ended = start(&files, b"1\n2\n3\n", &[&servers[1..], &flags].concat()).end();
    ended.expect_code(4);
    ended.expect_told("every server has given a wrong answer");
}

#[test]
fn a_check_reads_the_line_and_the_result() {
    let files = TestDirectory::new("verify input");
    let server = LocalServer::start(service());
    let seen = files.path("seen");
    let check = script(&files, "check", &format!("cat > '{seen}'"));
    let called = [&*server.address, "--function", "echo", "--verify", &check];
    for (flags, task, expected) in [
        (&[][..], " a line \r\n", " a line \n a line \n"),
        (
            &["--json"],
            "[\"two\\nlines\\n\"]\n",
            "[\"two\\nlines\\n\"]\ntwo\nlines\n\n",
        ),
        (&["--json"], "[[1, \"x\"]]\n", "[[1, \"x\"]]\n[1,\"x\"]\n"),
        (&["--arg-type", "double"], "1e3\n", "1e3\n1000\n"),
    ] {
        let ended = start(&files, task.as_bytes(), &[&called[..], flags].concat()).end();
        ended.expect_code(0);
        assert_eq!(fs::read_to_string(&seen).unwrap(), expected);
    }
}

#[test]
fn a_check_that_gives_no_verdict_blames_no_server() {
    let files = TestDirectory::new("verify fails");
    let server = LocalServer::start(service());
    let mark = files.path("mark");
    let run = |text: &str| {
        let check = script(&files, "check", text);
        let flags = ["--function", "echo", "--verify", &*check];
        let address = format!("1/{}", server.address);
        let ended = start(&files, b"1\n2\n3\n", &[&[&*address], &flags[..]].concat()).end();
        let _ = fs::remove_file(check);
        ended.expect_told("  up     ");
        assert!(!ended.stderr.contains("quarantine"), "{}", ended.stderr);
        ended
    };
    // It dies once, and is asked again.
    let once = format!("[ -e '{mark}' ] && exit 0; : > '{mark}'; kill -9 $$");
    run(&once).expect("1\n2\n3\n");
    // It is there for the first result alone.
    let ended = run("rm -- \"$0\"");
    ended.expect_code(2);
    assert_eq!(ended.stdout.lines().next(), Some("1"));
    for told in ["can't be started", "1 of ", "--verify"] {
        ended.expect_told(told);
    }
    // It is not there at all, which is found before the run.
    for name in [&*files.path("none"), "no-such-program-at-all", "sh -c true"] {
        let flags = [&*server.address, "--function", "echo", "--verify", name];
        let ended = start(&files, b"1\n", &flags).end();
        ended.expect_error(2, &["--verify", name, "without arguments"]);
    }
}

#[test]
fn a_check_is_ended_with_its_call() {
    let files = TestDirectory::new("verify hangs");
    let server = LocalServer::start(service());
    let check = script(&files, "check", "sleep 1000 & wait");
    let flags = [
        &*server.address,
        "--function",
        "echo",
        "--verify",
        &check,
        "--timeout",
        "0.5",
        "--retries",
        "0",
    ];
    start(&files, b"1\n", &flags).end().expect_code(5);
}

/// An address at which nothing listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

#[test]
fn a_run_waits_for_its_servers_as_long_as_is_said() {
    let files = TestDirectory::new("waits");
    let address = nobody();
    let flags = [&*address, "--function", "echo", "--wait-for-servers", "1"];
    let ended = start(&files, b"1\n", &flags).end();
    ended.expect_code(4);
    ended.expect_told("down for 1 s");
    // The server comes after more than the 5 s that are waited for by default.
    let flags = [&*address, "--function", "echo", "--wait-for-servers", "60"];
    let running = start(&files, b"1\n", &flags);
    thread::sleep(Duration::from_secs(6));
    let listener = TcpListener::bind(&address).unwrap();
    let server = xmlrpc_server::front::hyper::Server::builder(listener, service());
    let server = server.start().unwrap();
    running.end().expect("1\n");
    server.stop();
    server.wait().unwrap();
}

#[test]
fn a_task_that_takes_too_long_is_tried_again_if_that_is_asked_for() {
    let files = TestDirectory::new("time-outs");
    let (server, _held, called) = Held::serve();
    let flags = [
        &*server.address,
        "--function",
        "hold",
        "--timeout",
        "1.5",
        "--retries",
        "2",
    ];
    for (more, calls) in [(&[][..], 1), (&["--retry-time-outs"], 3)] {
        let ended = start(&files, b"1\n", &[&flags[..], more].concat()).end();
        ended.expect_code(5);
        ended.expect_told("timed out");
        assert_eq!(called.try_iter().count(), calls, "{}", ended.stderr);
    }
}
