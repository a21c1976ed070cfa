//! Bad arguments, busy ports, unreachable servers: one line that says what to do, and a
//! documented exit code.

mod common;

use std::net::TcpListener;

use common::{run, server};
use test_support::Running;

/// Runs a program that must fail with `code` and with one line that has all of `texts`.
#[track_caller]
fn check(name: &str, arguments: &[&str], code: i32, texts: &[&str]) {
    let ended = run(name, arguments);
    ended.expect_code(code);
    assert_eq!(ended.stdout, "");
    let lines: Vec<&str> = ended
        .stderr
        .lines()
        .filter(|line| line.starts_with("error: "))
        .collect();
    let [line] = lines.as_slice() else {
        panic!("not one error but: {}", ended.stderr);
    };
    for text in texts {
        assert!(line.contains(text), "no {text:?} in: {line}");
    }
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
}

#[test]
fn bad_arguments_are_named() {
    for (name, arguments, texts) in [
        (
            "serv_trivial",
            &["--nada"][..],
            &["--nada", "serv_trivial --help"][..],
        ),
        ("serv_trivial", &["9000"], &["9000", "serv_trivial --help"]),
        (
            "serv_lineal",
            &["--workers", "0"],
            &["--workers takes a number from 1 to 1024", "\"0\""],
        ),
        ("serv_lineal", &["--bind"], &["bind", "serv_lineal --help"]),
        (
            "serv_trivial",
            &["--max-digits", "9"],
            &["--max-digits", "serv_trivial --help"],
        ),
        (
            "serv_lineal",
            &["--max-digits", "1001"],
            &["--max-digits takes a number from 1 to 1000, not 1001"],
        ),
        (
            "serv_processes",
            &["--max-digits", "0"],
            &["--max-digits takes a number from 1 to 1000, not 0"],
        ),
        (
            "serv_lineal",
            &["--max-seconds", "x"],
            &["--max-seconds takes a number of seconds above 0", "\"x\""],
        ),
        (
            "serv_processes",
            &["--max-seconds", "-1"],
            &["--max-seconds takes a number of seconds above 0", "not -1"],
        ),
        (
            "serv_processes",
            &["--max-seconds", "0"],
            &["--max-seconds takes a number of seconds above 0", "not 0"],
        ),
        (
            "serv_processes",
            &["--max-seconds", "inf"],
            &["--max-seconds takes a number of seconds above 0", "not inf"],
        ),
        (
            "serv_lineal",
            &["--bind", "9000x"],
            &["9000x", "localhost:9000"],
        ),
        ("serv_processes", &["70000"], &["70000", "localhost:9000"]),
        ("serv_processes", &["nada"], &["nada", "localhost:9000"]),
        ("serv_processes", &["9000", "9001"], &["9001"]),
        (
            "serv_processes",
            &["9000", "--bind", "127.0.0.1:9001"],
            &["give the address once"],
        ),
        ("clnt_trivial", &["http://localhost:x"], &["localhost:x"]),
        ("clnt_trivial", &["--base", "1"], &["--base"]),
        (
            "clnt_lineal",
            &["--base", "x"],
            &["--base takes a whole number", "\"x\""],
        ),
        (
            "clnt_lineal",
            &["--base", "-1"],
            &["--base takes a whole number", "\"-1\""],
        ),
        (
            "clnt_lineal",
            &["--base", &"1".repeat(1_001)],
            &["--base takes a whole number of up to 1000 digits"],
        ),
        (
            "clnt_lineal",
            &["--count", "1.5"],
            &["--count takes a whole number", "\"1.5\""],
        ),
        (
            "clnt_processes",
            &["--local", "1", "--base", &"9".repeat(1_000)],
            &["1000 digits"],
        ),
        (
            "clnt_processes",
            &["--local", "x"],
            &["--local takes a number of servers"],
        ),
        (
            "clnt_processes",
            &["localhost"],
            &["localhost", "clnt_processes --help"],
        ),
        (
            "clnt_processes",
            &["0/localhost:9000"],
            &["0/localhost:9000"],
        ),
        ("clnt_processes", &["localhost:0x10"], &["localhost:0x10"]),
    ] {
        check(name, arguments, 2, texts);
    }
}

#[test]
fn a_busy_port_is_reported_with_the_remedy() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for name in ["serv_trivial", "serv_lineal", "serv_processes"] {
        check(
            name,
            &["--bind", &address],
            3,
            &[&address, "another program listens there"],
        );
    }
}

#[test]
fn other_machines_are_served_only_with_an_explicit_flag() {
    check(
        "serv_processes",
        &["0.0.0.0:0"],
        2,
        &["0.0.0.0:0", "--without-token"],
    );
    check(
        "serv_processes",
        &["--bind", "[::]:0"],
        2,
        &["[::]:0", "--without-token"],
    );
    check(
        "serv_lineal",
        &["--bind", "0.0.0.0:0"],
        2,
        &["0.0.0.0:0", "serv_processes"],
    );
    let serv = common::start("serv_processes", &["0.0.0.0:0", "--without-token"]);
    let address = serv.line_after("listening on http://");
    let port = address.rsplit_once(':').expect("it has a port").1;
    let clnt = run("clnt_processes", &[&format!("127.0.0.1:{port}")]);
    assert_eq!(clnt.expect_code(0).results(), common::TEN);
    serv.interrupt().expect_code(0);
}

#[test]
fn a_name_that_does_not_resolve_is_reported() {
    let nowhere = "no-such-host.invalid:9000";
    check(
        "serv_processes",
        &[nowhere],
        2,
        &["no-such-host.invalid", "does not resolve"],
    );
    check(
        "clnt_trivial",
        &[&format!("http://{nowhere}")],
        4,
        &["no-such-host.invalid"],
    );
}

#[test]
fn a_refused_connection_is_reported_with_the_address() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let url = format!("http://{address}");
    check("clnt_trivial", &[&url], 4, &[&address]);
    check("clnt_lineal", &[&url], 4, &[&address]);
    check("clnt_processes", &[&address], 4, &["every server"]);
}

#[test]
fn a_server_of_another_function_is_reported() {
    let (_serv, trivial) = server("serv_trivial", &[]);
    let (_serv, lineal) = server("serv_lineal", &[]);
    let no_such = "method \"factoriz_sum\" is not supported";
    check(
        "clnt_lineal",
        &[&format!("http://{trivial}")],
        5,
        &[no_such],
    );
    check("clnt_trivial", &[&format!("http://{lineal}")], 5, &["cuad"]);
    check(
        "clnt_trivial",
        &[&format!("http://{lineal}/otra")],
        5,
        &["404"],
    );
    let ended = run("clnt_processes", &[&trivial]);
    ended.expect_code(4);
    assert!(ended.stderr.contains(no_such), "{}", ended.stderr);
    let error = "error: 0 of 10 numbers have a result";
    assert!(ended.stderr.contains(error), "{}", ended.stderr);
    // Beside a server that has the function, it costs nothing.
    let ended = run("clnt_processes", &[&trivial, &lineal]);
    assert_eq!(ended.expect_code(0).results(), common::TEN);
    let out = format!("out: {trivial}");
    assert!(ended.stderr.contains(&out), "{}", ended.stderr);
}

/// The error that ended a program is shown with every log filter.
#[test]
fn the_log_cannot_hide_an_error_or_an_address() {
    for selected in ["off", "nonsense", "xmlrpc_server=debug"] {
        let mut serv = common::program("serv_lineal");
        serv.args(["--bind", "127.0.0.1:0"])
            .env("RUST_LOG", selected);
        let serv = Running::start(serv);
        let address = serv.line_after("listening on http://");
        let mut clnt = common::program("clnt_trivial");
        clnt.arg(format!("http://{address}"))
            .env("RUST_LOG", selected);
        let ended = Running::start(clnt).end();
        ended.expect_code(5);
        assert!(ended.stderr.contains("error: fault"), "{}", ended.stderr);
    }
}

#[test]
fn the_options_of_the_numbers_may_come_in_either_order() {
    let (_serv, address) = server("serv_lineal", &[]);
    // 2^128, which is beyond two words.
    let large = "340282366920938463463374607431768211456";
    for options in [
        ["--base", large, "--count", "1"],
        ["--count", "1", "--base", large],
    ] {
        let mut arguments = vec![address.as_str()];
        arguments.extend(options);
        let ended = run("clnt_lineal", &arguments);
        assert_eq!(ended.expect_code(0).results().lines().count(), 1);
    }
}

/// A closed output does not make a failed run a success.
#[test]
fn a_run_that_fails_keeps_its_code_without_a_reader() {
    let (_serv, address) = server("serv_trivial", &[]);
    let mut clnt = common::program("clnt_processes");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    clnt.arg(&address).stdout(writer);
    let ended = clnt.output().unwrap();
    assert_eq!(ended.status.code(), Some(4));
}
