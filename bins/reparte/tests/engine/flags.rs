//! Flags, functions that are built in, and an engine that refuses or is not there.

use std::io::Write as _;
use std::time::{Duration, Instant};

use test_support::{RedisServer, Running, TestDirectory};

use crate::common::{self, reparte};

#[test]
#[ignore = "needs redis-server"]
fn a_password_comes_from_a_file() {
    let server = RedisServer::start_with(&["--requirepass", "secret word"]);
    let files = TestDirectory::new("engine");
    let login = files.write("login", "secret word\n", 0o600);
    let url = server.url();
    let engine = [
        "--engine",
        &url,
        "--function",
        "f",
        "--engine-login",
        &login,
    ];
    let serve = [&["serve"], &engine[..], &["--", "cat"]].concat();
    let worker = Running::start(reparte(&serve));
    worker.line_after("taking tasks of f");
    let mut run = Running::interactive(reparte(&[&["run"], &engine[..]].concat()));
    run.stdin().write_all(b"a\n").unwrap();
    assert_eq!(run.end().stdout, "a\n");
    common::run(&[
        "run",
        "--engine",
        &url,
        "--function",
        "f",
        "--tasks",
        "/dev/null",
    ])
    .expect_error(8, &["--engine", "refuses"]);
    let shown = worker.interrupt().stderr;
    assert!(!shown.contains("secret"), "{shown}");
}

#[cfg(feature = "factoring")]
#[test]
#[ignore = "needs redis-server"]
fn a_builtin_function_is_served() {
    let server = RedisServer::start();
    let url = server.url();
    let engine = ["--engine", &*url, "--function", "factoriz_sum"];
    let worker = Running::start(reparte(&[&["serve"], &engine[..], &["--builtin"]].concat()));
    worker.line_after("taking tasks of factoriz_sum");
    let mut run = Running::interactive(reparte(&[&["run"], &engine[..]].concat()));
    run.stdin().write_all(b"12\n10403\nx\n").unwrap();
    let ended = run.end();
    assert_eq!(ended.stdout, "7\n204\n\n", "{}", ended.stderr);
    assert_eq!(ended.status.code(), Some(5), "{}", ended.stderr);
    assert_eq!(worker.interrupt().status.code(), Some(0));
}

#[cfg(feature = "factoring")]
#[test]
fn a_builtin_function_is_named_and_has_an_engine() {
    let engine = ["--engine", "redis://127.0.0.1:1"];
    let named = ["serve", "--function", "digits", "--builtin"];
    common::run(&[&named[..], &engine].concat())
        .expect_error(2, &["digits", "factoriz_sum", "factor"]);
    let known = ["serve", "--function", "factor", "--builtin"];
    for (more, text) in [
        (&[][..], "--engine"),
        (
            &["--engine", "redis://127.0.0.1:1", "--", "cat"],
            "--builtin",
        ),
        (&["--engine", "redis://127.0.0.1:1", "--keep"], "--keep"),
    ] {
        let ended = common::run(&[&known[..], more].concat());
        assert_eq!(ended.status.code(), Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(text), "{}", ended.stderr);
    }
}

#[test]
fn an_engine_that_is_not_there_is_told() {
    let began = Instant::now();
    let engine = ["--engine", "redis://127.0.0.1:1", "--function", "f"];
    let wait = ["--tasks", "/dev/null", "--wait-for-servers", "0.5"];
    common::run(&[&["run"], &engine[..], &wait].concat())
        .expect_error(4, &["--engine", "127.0.0.1:1"]);
    assert!(began.elapsed() >= Duration::from_millis(250));
    common::run(&[&["serve"], &engine[..], &["--", "cat"]].concat())
        .expect_error(4, &["--engine", "127.0.0.1:1"]);
    common::run(&[&["status"], &engine[..2]].concat())
        .expect_error(4, &["--engine", "127.0.0.1:1"]);
}

#[test]
fn flags_that_do_not_fit_an_engine_are_refused_by_name() {
    let run = ["run", "--engine", "redis://127.0.0.1:1", "--function", "f"];
    for (more, texts) in [
        (&["localhost:9000"][..], ["servers", "serve --engine"]),
        (&["--local", "1"], ["--local", "serve --engine"]),
        (&["--", "cat"], ["a program", "serve --engine"]),
        (&["--proxy", "http://localhost:1"], ["--proxy", "--engine"]),
        (&["--detach"], ["--journal", "required"]),
    ] {
        let ended = common::run(&[&run[..], more].concat());
        assert_eq!(ended.status.code(), Some(2), "{}", ended.stderr);
        for text in texts {
            assert!(ended.stderr.contains(text), "{}", ended.stderr);
        }
    }
    let files = TestDirectory::new("engine");
    let open = files.write("open", "secret", 0o644);
    let whole = files.write("whole", "a\nb\nc\n", 0o600);
    for (login, text) in [(&open, "chmod 600"), (&whole, "two")] {
        let all = [&run[..], &["--tasks", "/dev/null", "--engine-login", login]].concat();
        common::run(&all).expect_error(2, &["--engine-login", text]);
    }
    let url = "redis://user:secret@host";
    let ended = common::run(&["run", "--engine", url, "--function", "f"]);
    assert_eq!(ended.status.code(), Some(2));
    assert!(!ended.stderr.contains("secret"), "{}", ended.stderr);
}
