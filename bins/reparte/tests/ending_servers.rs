//! Servers that know when they end: `reparte serve --until`, and what a run makes of it.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::fs;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use common::functions::{Held, next};
use common::server::serve;
use common::{reparte, run};
use serde_json::Value as Json;
use test_support::{Running, TestDirectory, until};

fn status(address: &str) -> Json {
    let ended = run(&["status", "--json", address]);
    ended.expect_code(0);
    let servers: Json = serde_json::from_str(&ended.stdout).unwrap();
    servers[0].clone()
}

/// A server of `cat`, with the variable in which Slurm tells the end of a job.
fn in_a_job(end: &str, flags: &[&str]) -> Command {
    let arguments = [&["serve", "127.0.0.1:0", "--function", "f"], flags].concat();
    let mut command = reparte(&[&arguments[..], &["--", "cat"]].concat());
    command.env("SLURM_JOB_END_TIME", end);
    command
}

#[test]
fn a_server_tells_how_much_time_it_has_left() {
    let (_server, address) = serve(&["--until", "+2h", "--function", "f", "--", "cat"]);
    let seconds = status(&address)["seconds_left"].as_u64().unwrap();
    assert!((7000..=7200).contains(&seconds), "{seconds}");
    let ended = run(&["status", &address]);
    assert!(
        ended.stdout.contains(&format!("{address}: ends in 1 h 5")),
        "{}",
        ended.stdout
    );
    let (_other, address) = serve(&["--function", "f", "--", "cat"]);
    assert!(status(&address)["seconds_left"].is_null());
}

#[test]
fn a_server_in_a_slurm_job_ends_with_it_unless_told_otherwise() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let end = (now.as_secs() + 3600).to_string();
    for (variable, flags, most) in [
        (&*end, &[][..], Some(3600)),
        (&end, &["--until", "+10m"], Some(600)),
        ("1000", &[], None),
        ("UNLIMITED", &[], None),
    ] {
        let server = Running::start(in_a_job(variable, flags));
        let left = status(&server.address())["seconds_left"].as_u64();
        assert_eq!(left.is_some(), most.is_some(), "{variable} {flags:?}");
        assert!(
            left.zip(most)
                .is_none_or(|(left, most)| left <= most && left + 200 > most),
            "{left:?} of {most:?}"
        );
    }
}

#[test]
fn an_end_that_is_no_time_to_come_is_refused() {
    for text in ["yesterday", "2020-01-01T00:00:00Z", "+0s", "2h"] {
        run(&[
            "serve",
            "0",
            "--until",
            text,
            "--function",
            "f",
            "--",
            "cat",
        ])
        .expect_error(2, &["--until", "give"]);
    }
}

#[test]
fn an_announcement_has_the_end() {
    let files = TestDirectory::new("announced end");
    let directory = files.path("servers");
    fs::create_dir(&directory).unwrap();
    let flags = [
        "--announce",
        &*directory,
        "--without-token",
        "--function",
        "f",
    ];
    let (_server, _) = serve(&[&flags[..], &["--until", "@32503680000", "--", "cat"]].concat());
    let mut files = fs::read_dir(&directory).unwrap();
    let path = files.next().unwrap().unwrap().path();
    let told: Json = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(told["ends"], 32_503_680_000_u64);
}

/// A run of two tasks on the servers of a file, which tells what servers do.
fn start_run(files: &TestDirectory, hosts: &str, function: &str, flags: &[&str]) -> Running {
    let tasks = files.write("tasks", "1\n2\n", 0o600);
    let flags = [
        &["run", "--servers", hosts, "--function", function][..],
        &["--tasks", &tasks, "--hedge", "off"],
        flags,
    ]
    .concat();
    let mut command = reparte(&flags);
    command.env("RUST_LOG", "info");
    Running::start(command)
}

#[test]
fn a_server_whose_time_is_over_gets_no_call_and_the_run_waits_for_another() {
    let files = TestDirectory::new("ending server");
    let (ending, ending_held, ending_called) =
        Held::serve_until(SystemTime::now() + Duration::from_millis(1));
    let hosts = files.write("hosts", &format!("1/{}\n", ending.address), 0o600);
    let account = files.path("account");
    let running = start_run(&files, &hosts, "hold", &["--account", &account]);
    // Nothing was known of its end yet.
    assert_eq!(next(&ending_called), "1");
    running.line_after("would not end in the time that it has left");
    ending_held.release("1");
    let rest = running.line_after("waits for a server, since ");
    assert_eq!(rest, "none has enough time left for a call");
    assert!(ending_called.try_recv().is_err());
    let (other, other_held, other_called) = Held::serve();
    fs::write(
        &hosts,
        format!("1/{}\n1/{}\n", ending.address, other.address),
    )
    .unwrap();
    assert_eq!(next(&other_called), "2");
    other_held.release("2");
    running.end().expect("1\n2\n");
    let account: Json = serde_json::from_str(&fs::read_to_string(account).unwrap()).unwrap();
    assert_eq!(account["servers"][0]["state"], "ending", "{account}");
}

/// Its end broke the call, which counted as an attempt and as a death.
#[test]
fn a_call_that_the_known_end_of_its_server_breaks_is_made_elsewhere_without_blame() {
    let files = TestDirectory::new("ended server");
    let begun = files.path("begun");
    let program = format!("touch '{begun}'; exec sleep 600");
    let (server, address) = serve(&[
        "--until",
        "+8s",
        "--grace",
        "0.1",
        "--function",
        "f",
        "--",
        "sh",
        "-c",
        &program,
    ]);
    let hosts = files.write("hosts", &format!("1/{address}\n"), 0o600);
    let account = files.path("account");
    // One attempt, and no more.
    let flags = ["--retries", "0", "--account", &account];
    let running = start_run(&files, &hosts, "f", &flags);
    until("the call has begun", || fs::exists(&begun).unwrap());
    server.end().expect_code(0);
    let (_other, other) = serve(&["--function", "f", "--", "cat"]);
    fs::write(&hosts, format!("1/{address}\n1/{other}\n")).unwrap();
    let ended = running.end();
    ended.expect("1\n2\n");
    assert!(!ended.stderr.contains("died"), "{}", ended.stderr);
    let account: Json = serde_json::from_str(&fs::read_to_string(account).unwrap()).unwrap();
    assert_eq!(account["servers"][0]["state"], "ended", "{account}");
    assert_eq!(account["servers"][0]["deaths"], 0, "{account}");
}
