//! `reparte run`: a failed task, and another server that is to confirm its failure.

#![cfg(unix)]

mod common;

use std::io::{BufRead as _, BufReader, Write as _};

use common::reparte;
use common::server::serve;
use test_support::Running;

/// A server on which the task `bad` fails, and its address.
fn server() -> (Running, String) {
    let program = r#"test "$0" != bad && echo "$0""#;
    serve(&["--function", "f", "--", "sh", "-c", program, "{}"])
}

#[test]
fn a_server_that_never_answered_is_not_waited_for() {
    let (_good, good) = server();
    let run = ["run", &good, "127.0.0.1:1", "--function", "f"];
    let mut run = Running::interactive(reparte(&run));
    let mut input = run.stdin();
    writeln!(input, "1").expect("the run reads it");
    let mut line = String::new();
    let mut output = BufReader::new(run.stdout());
    output.read_line(&mut line).expect("it is text");
    assert_eq!(line, "1\n");
    writeln!(input, "bad").expect("the run reads it");
    drop(input);
    let ended = run.end();
    ended.expect_code(5);
    assert!(
        !ended.stderr.contains("wait for another server"),
        "{ended:?}"
    );
}

#[test]
fn a_server_that_went_away_is_waited_for_and_that_is_told() {
    let (_good, good) = server();
    let (away, away_address) = server();
    let run = ["run", &good, &away_address, "--function", "f"];
    let flags = ["--outage", "8", "--quiet"];
    let mut run = Running::interactive(reparte(&[&run[..], &flags].concat()));
    let mut input = run.stdin();
    writeln!(input, "1\n2\n3\n4").expect("the run reads it");
    let mut output = BufReader::new(run.stdout());
    for n in 1..=4 {
        let mut line = String::new();
        output.read_line(&mut line).expect("it is text");
        assert_eq!(line, format!("{n}\n"));
    }
    away.kill();
    writeln!(input, "bad").expect("the run reads it");
    drop(input);
    let told = run.line_after("the tasks that are left wait for another server, since ");
    let expected = format!("{away_address} is down; these tasks end in ");
    assert!(told.starts_with(&expected), "{told}");
    run.end().expect_code(5);
}
