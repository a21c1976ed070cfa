//! `reparte status`.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;

use common::named_pipe::{Reader, pipe};
use common::server::{python, serve};
use common::terminal::OnTerminal;
use common::{reparte, run};
use rustix::process::Signal;
use serde_json::Value as Json;
use test_support::{Running, TestDirectory};

fn cat() -> (Running, String) {
    serve(&["--function", "f", "--workers", "3", "--", "cat"])
}

fn json(arguments: &[&str]) -> Vec<Json> {
    let ended = run(&[&["status", "--json"], arguments].concat());
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

/// The columns of a table's line that begins with `first`.
fn columns<'t>(table: &'t str, first: &str) -> Vec<&'t str> {
    let line = table.lines().find(|line| line.starts_with(first));
    let line = line.unwrap_or_else(|| panic!("no line {first:?} in: {table}"));
    line.split("  ")
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
        .collect()
}

#[test]
fn each_server_has_a_line_and_what_is_wrong_is_told() {
    let (_server, url) = cat();
    let up = run(&["status", &url]);
    up.expect_code(0);
    let columns_of = |table: &str, first: &str| columns(table, first).join("|");
    assert_eq!(
        columns_of(&up.stdout, "SERVER"),
        "SERVER|STATE|VERSION|SLOTS|BUSY|WAIT|TRIP|FUNCTIONS"
    );
    let row = columns_of(&up.stdout, &url);
    assert!(
        row.starts_with(&format!("{url}|up|{}|3|0|0|", env!("CARGO_PKG_VERSION"))),
        "{row}"
    );
    assert!(row.ends_with(" ms|f"), "{row}");
    assert_eq!(up.stdout.lines().count(), 2);

    let some = run(&["status", &url, "localhost:1"]);
    some.expect_code(4);
    assert!(some.stdout.contains(&url));
    assert_eq!(
        columns_of(&some.stdout, "localhost:1"),
        "localhost:1|down|-|-|-|-|-|-"
    );
    assert!(
        some.stdout.contains("nothing listens at localhost:1"),
        "{}",
        some.stdout
    );
}

#[test]
fn what_a_server_works_on_is_shown() {
    let files = TestDirectory::new("status busy");
    let pipe = pipe(&files, "pipe");
    let script = "exec 3>\"$1\"; echo started >&3; sleep 1000";
    let program = [
        "--function",
        "f",
        "--workers",
        "1",
        "--",
        "sh",
        "-c",
        script,
        "sh",
        "{}",
    ];
    let (_server, url) = serve(&program);
    let _running = Running::start(reparte(&["call", &url, "f", &pipe]));
    let _reader = Reader::open(&pipe);
    let _waiting = Running::start(reparte(&["call", &url, "f", &pipe]));
    test_support::until("a call waits", || json(&[&url])[0]["waiting"] == 1);

    let [server] = &json(&[&url])[..] else {
        panic!("not one server")
    };
    for (member, value) in [
        ("server", Json::from(url.as_str())),
        ("state", "up".into()),
        ("error", Json::Null),
        ("version", env!("CARGO_PKG_VERSION").into()),
        ("slots", 1.into()),
        ("busy", 1.into()),
        ("waiting", 1.into()),
        ("functions", vec!["f"].into()),
    ] {
        assert_eq!(server[member], value, "{server}");
    }
    assert!(server["round_trip_ms"].as_f64().unwrap() > 0.0);
    assert!(!server["instance"].as_str().unwrap().is_empty());
    let calls = server["calls"].as_array().unwrap();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0]["method"], "f");
    assert!(
        calls[0]["age_ms"].as_u64() >= calls[1]["age_ms"].as_u64(),
        "{server}"
    );

    let table = run(&["status", &url]).stdout;
    assert_eq!(columns(&table, &url)[3..6], ["1", "1", "1"], "{table}");
    let call = format!("{url}: f for ");
    assert_eq!(
        table.lines().filter(|line| line.starts_with(&call)).count(),
        2,
        "{table}"
    );
}

#[test]
fn foreign_servers_are_shown_with_what_they_tell() {
    let Some((_telling, telling)) = python(&["introspection"]) else {
        return;
    };
    let Some((_mute, mute)) = python(&[]) else {
        return;
    };
    let both = run(&["status", &telling, &mute]);
    both.expect_code(0);
    for (server, functions) in [(&telling, "echo, kind"), (&mute, "(it does not tell)")] {
        let row = columns(&both.stdout, server);
        assert_eq!(row[1..6], ["up", "-", "-", "-", "-"], "{row:?}");
        assert_eq!(row.last(), Some(&functions), "{row:?}");
    }
    let told = json(&[&telling, &mute]);
    assert_eq!(told[0]["functions"], Json::from(vec!["echo", "kind"]));
    for (server, member) in [
        (0, "instance"),
        (0, "calls"),
        (1, "functions"),
        (1, "slots"),
    ] {
        assert_eq!(told[server][member], Json::Null);
    }
}

#[test]
fn servers_come_from_a_file_too() {
    let (_one, one) = cat();
    let (_two, two) = cat();
    let files = TestDirectory::new("status hosts");
    let hosts = format!("# all\n\n  2/{one}   # the fast one\r\nhttp://{two}/RPC2\n");
    let hosts = files.write("hosts.txt", &hosts, 0o600);
    let told = json(&["--servers", &hosts]);
    let servers: Vec<_> = told
        .iter()
        .map(|server| server["server"].as_str())
        .collect();
    assert_eq!(servers, [Some(&*one), Some(&*two)]);
    // Beside an argument, and each one once.
    assert_eq!(json(&["--servers", &hosts, &one, "localhost:1"]).len(), 3);

    let bad = files.write("bad.txt", "localhost:1\n\nlocalhost\n", 0o600);
    let none = files.write("none.txt", "# none yet\n", 0o600);
    for (arguments, texts) in [
        (
            &["--servers", &*bad][..],
            &["bad.txt, line 3", "localhost:9000"][..],
        ),
        (
            &["--servers", &none],
            &["none.txt", "names no server", "localhost:9000"],
        ),
        (
            &["--servers", "/nonexistent"],
            &["--servers", "/nonexistent", "text file"],
        ),
        (&["0/localhost:1"], &["0/localhost:1", "is none"]),
    ] {
        run(&[&["status"], arguments].concat()).expect_error(2, texts);
    }
}

#[test]
fn who_is_silent_is_not_waited_for() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = silent
        .local_addr()
        .map(|at| (at.to_string(), silent))
        .unwrap();
    let ended = run(&["status", &silent.0, "--timeout", "0.2"]);
    ended.expect_code(4);
    assert_eq!(columns(&ended.stdout, &silent.0)[1], "busy");
    assert!(ended.stdout.contains("timed out"), "{}", ended.stdout);
}

#[test]
fn who_refuses_is_named() {
    let files = TestDirectory::new("status token");
    let token = files.write("token", "correct-horse-battery\n", 0o600);
    let (_server, url) = serve(&["--token-file", &token, "--function", "f", "--", "cat"]);
    let refused = run(&["status", &url]);
    refused.expect_code(4);
    assert_eq!(columns(&refused.stdout, &url)[1], "refuses");
    run(&["status", &url, "--token-file", &token]).expect_code(0);
    let elsewhere = format!("http://{url}/elsewhere");
    let other = run(&["status", &elsewhere, "--token-file", &token]);
    other.expect_code(4);
    assert_eq!(columns(&other.stdout, &url)[1], "unknown");
    assert!(other.stdout.contains("HTTP status 404"), "{}", other.stdout);
    assert!(other.stdout.contains("may take calls"), "{}", other.stdout);
    // What stands before an @ may be a password.
    let in_url = run(&["status", &format!("http://any:correct-horse-battery@{url}")]);
    in_url.expect_code(0);
    assert!(!in_url.stdout.contains("horse"), "{}", in_url.stdout);
}

#[test]
fn watching_goes_on_and_sees_a_server_go() {
    let (server, url) = cat();
    let mut watching = Running::interactive(reparte(&["status", &url, "--watch"]));
    let mut lines = BufReader::new(watching.stdout())
        .lines()
        .map(Result::unwrap);
    let mut block = || {
        lines
            .by_ref()
            .take_while(|line| !line.is_empty())
            .collect::<Vec<_>>()
    };
    let first = block();
    // The time, the head, the server.
    assert_eq!(first.len(), 3, "{first:?}");
    assert_eq!(columns(&first[2], &url)[1], "up");
    assert!(!first.concat().contains('\u{1b}'), "{first:?}");
    drop(server);
    while columns(&block()[2], &url)[1] != "down" {}
}

/// A server that was seen to answer its status at any time is silent if it does not; of another
/// one nobody knows if it is at work.
#[test]
fn watching_sees_a_server_fall_silent() {
    let (server, url) = cat();
    let flags = ["status", &url, "--watch", "--json", "--timeout", "0.3"];
    let mut watching = Running::interactive(reparte(&flags));
    let lines = BufReader::new(watching.stdout())
        .lines()
        .map(Result::unwrap);
    let mut states = lines.map(|line| {
        let told: Vec<Json> = serde_json::from_str(&line).unwrap();
        told[0]["state"].as_str().unwrap().to_owned()
    });
    assert_eq!(states.next().unwrap(), "up");
    server.signal(Signal::STOP);
    let last = states.find(|state| state != "up").unwrap();
    server.signal(Signal::CONT);
    assert_eq!(last, "silent");
    server.signal(Signal::STOP);
    let stopped = run(&["status", &url, "--timeout", "0.3"]);
    server.signal(Signal::CONT);
    stopped.expect_code(4);
    assert_eq!(columns(&stopped.stdout, &url)[1], "busy");
    assert!(
        stopped.stdout.contains("else it hangs"),
        "{}",
        stopped.stdout
    );
}

#[test]
fn watching_as_json_is_a_line_each_time() {
    let (_server, url) = cat();
    let mut watching = Running::interactive(reparte(&["status", &url, "--watch", "--json"]));
    let lines = BufReader::new(watching.stdout())
        .lines()
        .map(Result::unwrap);
    for line in lines.take(2) {
        let told: Vec<Json> = serde_json::from_str(&line).unwrap();
        assert_eq!(told[0]["state"], "up");
    }
}

#[test]
fn watching_on_a_terminal_draws_in_one_place() {
    let (_server, url) = cat();
    let mut watching = OnTerminal::start(reparte(&["status", &url, "--watch"]));
    let drawn = watching.drawn(|drawn| drawn.matches("\u{1b}[H").count() == 2);
    let first = drawn.split("\u{1b}[H").nth(1).unwrap();
    assert!(
        first.contains(&url) && first.contains("\u{1b}[K\r\n"),
        "{first:?}"
    );
    assert!(first.ends_with("\u{1b}[J"), "{first:?}");
}

#[test]
fn watching_on_a_terminal_that_is_too_small_is_cut() {
    let servers = ["localhost:1", "localhost:2", "localhost:3"];
    let command = reparte(&[&["status", "--watch"], &servers[..]].concat());
    let mut watching = OnTerminal::start(command);
    watching.resize(5);
    // The time, two lines of the table's seven, this, and where the cursor stays.
    let drawn = watching.drawn(|drawn| drawn.ends_with("... and 5 more\u{1b}[K\r\n\u{1b}[J"));
    let last = drawn.rsplit("\u{1b}[H").next().unwrap();
    assert_eq!(last.matches("\r\n").count(), 4, "{last:?}");
}

#[test]
fn a_reader_that_leaves_ends_the_watch() {
    let (_server, url) = cat();
    let mut watching = Running::interactive(reparte(&["status", &url, "--watch"]));
    let mut line = String::new();
    BufReader::new(watching.stdout())
        .read_line(&mut line)
        .unwrap();
    let ended = watching.end();
    ended.expect_code(0);
    assert!(ended.stderr.is_empty(), "{}", ended.stderr);
}

#[test]
fn a_proxy_is_asked_and_its_password_not_shown() {
    let proxy = "http://me:secret@127.0.0.1:1";
    let down = run(&["status", "localhost:9", "--proxy", proxy]);
    let told = format!("{}{}", down.expect_code(4).stdout, down.stderr);
    assert!(
        told.contains("nothing listens at 127.0.0.1:1, the proxy"),
        "{told}"
    );
    let bad = run(&[
        "status",
        "localhost:9",
        "--proxy",
        "ftp://me:secret@127.0.0.1",
    ]);
    assert!(bad.expect_code(2).stderr.contains("--proxy"), "{bad:?}");
    let local = ["run", "--function", "f", "--local", "1", "--proxy", proxy];
    let local = run(&local);
    assert!(local.expect_code(2).stderr.contains("--proxy"), "{local:?}");
    for ended in [down, bad, local] {
        assert!(!format!("{ended:?}").contains("secret"), "{ended:?}");
    }
}
