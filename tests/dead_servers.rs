//! Servers that die in the middle of a run of clnt_processes: every result arrives, once and
//! in order.

mod common;

use std::process::Command;

use common::{program, run, server};
use rustix::process::Signal;
use test_support::{Ended, Running};

/// Numbers of 25 digits: a few milliseconds each, even in unoptimised code.
const HARD: [&str; 4] = ["--base", "1000000000000000000000007", "--count", "1500"];

fn faultless() -> String {
    let run = run("clnt_processes", &[&["--local", "1"], &HARD[..]].concat());
    run.expect_code(0).results().to_owned()
}

/// Starts the client over `servers`, and waits until `first` has answered some calls.
fn in_the_middle(servers: &[&str], first: &Running) -> Running {
    let mut client: Command = program("clnt_processes");
    client.args(servers).args(HARD);
    let client = Running::start(client);
    for _ in 0..10 {
        first.line_after("\" 200 -");
    }
    client
}

#[track_caller]
fn check_account(ended: &Ended, dead: &str) {
    assert!(
        ended
            .stderr
            .contains("1500 tasks: 1500 done, 0 failed, 0 lost"),
        "{}",
        ended.stderr
    );
    let died = ended
        .stderr
        .lines()
        .find_map(|line| line.split_once("died: "));
    let (_, names) = died.unwrap_or_else(|| panic!("nobody died: {}", ended.stderr));
    assert!(names.contains(dead), "{names}");
}

#[test]
fn one_of_two_servers_killed_costs_no_result() {
    let (first, first_address) = server("serv_processes", &["--workers", "1"]);
    let (_second, second_address) = server("serv_processes", &["--workers", "1"]);
    let client = in_the_middle(&[&first_address, &second_address], &first);
    first.kill();
    let ended = client.end();
    assert_eq!(ended.expect_code(0).results(), faultless());
    check_account(&ended, &first_address);
}

#[test]
fn a_server_that_comes_back_works_again() {
    let (first, address) = server("serv_processes", &["--workers", "1"]);
    let client = in_the_middle(&[&address], &first);
    first.kill();
    client.line_after("down, and tried again");
    let again = common::start("serv_processes", &[&address, "--workers", "1"]);
    let ended = client.end();
    assert_eq!(ended.expect_code(0).results(), faultless());
    check_account(&ended, &format!("{address} (came back)"));
    again.interrupt().expect_code(0);
}

#[test]
fn with_every_server_gone_what_was_had_is_printed_and_each_is_named() {
    let (first, first_address) = server("serv_processes", &["--workers", "1"]);
    let (second, second_address) = server("serv_processes", &["--workers", "1"]);
    let client = in_the_middle(&[&first_address, &second_address], &first);
    first.kill();
    second.kill();
    let ended = client.end();
    ended.expect_code(4);
    let had = ended.stdout.lines().count();
    assert!((10..1500).contains(&had), "{had} results");
    let all = faultless();
    let mut all = all.lines();
    let in_order = ended
        .stdout
        .lines()
        .all(|line| all.any(|other| other == line));
    assert!(
        in_order,
        "not the faultless run's, in its order: {}",
        ended.stdout
    );
    assert!(
        ended
            .stderr
            .contains("no result for: 10000000000000000000000"),
        "{}",
        ended.stderr
    );
    assert!(!ended.stdout.contains("Tiempo"));
    for address in [first_address, second_address] {
        let error = ended
            .stderr
            .lines()
            .find(|line| line.trim_start().starts_with(&address) && line.contains("unreachable: "));
        assert!(
            error.is_some(),
            "no last error of {address}: {}",
            ended.stderr
        );
    }
}

#[test]
fn a_server_ends_cleanly_at_either_signal() {
    for signal in [Signal::INT, Signal::TERM] {
        for name in ["serv_trivial", "serv_lineal", "serv_processes"] {
            let (serv, _) = server(name, &[]);
            serv.signal(signal);
            let ended = serv.end();
            ended.expect_code(0);
            assert_eq!(ended.stdout, "");
        }
    }
}
