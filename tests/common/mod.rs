//! The built programs, run as a person runs them: with arguments and signals.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "a module of every test file, each of which uses its part"
)]

use std::process::Command;

use test_support::{Ended, Running};

/// The article's ten results, in order.
pub const TEN: &str = "\
50914
22604
64521003
5916347
1216614982
1305026
142374
23434252232441
1722855693
1802634787124
";

/// Returns the command of one of the six programs.
pub fn program(name: &str) -> Command {
    let path = match name {
        "serv_trivial" => env!("CARGO_BIN_EXE_serv_trivial"),
        "clnt_trivial" => env!("CARGO_BIN_EXE_clnt_trivial"),
        "serv_lineal" => env!("CARGO_BIN_EXE_serv_lineal"),
        "clnt_lineal" => env!("CARGO_BIN_EXE_clnt_lineal"),
        "serv_processes" => env!("CARGO_BIN_EXE_serv_processes"),
        "clnt_processes" => env!("CARGO_BIN_EXE_clnt_processes"),
        other => panic!("there is no program {other}"),
    };
    let mut command = Command::new(path);
    for variable in ["RUST_LOG", "RUST_LOG_STYLE", "RUST_BACKTRACE"] {
        command.env_remove(variable);
    }
    command
}

/// Runs one of the six programs to its end.
pub fn run(name: &str, arguments: &[&str]) -> Ended {
    start(name, arguments).end()
}

/// Starts one of the six programs.
pub fn start(name: &str, arguments: &[&str]) -> Running {
    let mut command = program(name);
    command.args(arguments);
    Running::start(command)
}

/// Starts one of the three servers on a port that the system chooses. Returns its address too.
pub fn server(name: &str, arguments: &[&str]) -> (Running, String) {
    let mut all = vec!["--bind", "127.0.0.1:0"];
    all.extend(arguments);
    let running = start(name, &all);
    let address = running.address();
    (running, address)
}

/// Returns the number of access lines, after checking that each has the article's form.
#[track_caller]
pub fn access_lines(stderr: &str) -> usize {
    let lines = stderr.lines().filter(|line| line.contains(" - - ["));
    lines
        .inspect(|line| {
            let form = line
                .strip_prefix("127.0.0.1 - - [")
                .and_then(|rest| rest.split_once("] "));
            let (date, request) = form.unwrap_or_else(|| panic!("not an access line: {line}"));
            let shape: String = date
                .chars()
                .map(|c| match c {
                    '0'..='9' => '0',
                    'a'..='z' | 'A'..='Z' => 'a',
                    other => other,
                })
                .collect();
            assert_eq!(shape, "00/aaa/0000 00:00:00", "{line}");
            let served = request
                .strip_prefix("\"POST /RPC2 HTTP/1.")
                .and_then(|rest| rest.strip_suffix("\" 200 -"));
            assert!(matches!(served, Some("0" | "1")), "{line}");
        })
        .count()
}
