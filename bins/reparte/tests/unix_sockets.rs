//! Servers on Unix sockets, and the subcommands that call them.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread;

use common::{reparte, run};
use rustix::process::Signal;
use test_support::{Running, TestDirectory, until};
use xmlrpc_client::ServerProxy;

/// A server's function: marks that it has begun, and waits until it may end.
const HELD: &str = "\
read task; echo $task >> \"$0/begun\"; until test -e \"$0/go\"; do sleep 0.05; done; echo \"$task!\"";

/// Starts `reparte serve` on a Unix socket. Returns its URL too.
fn serve(socket: &str, arguments: &[&str]) -> (Running, String) {
    let url = format!("unix:{socket}");
    let running = Running::start(reparte(&[&["serve", &*url], arguments].concat()));
    assert_eq!(running.line_after("listening on "), url);
    (running, url)
}

fn cat(socket: &str) -> (Running, String) {
    serve(socket, &["--function", "f", "--", "cat"])
}

fn mode(path: &str) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_run_over_two_servers_outlives_one_that_is_killed() {
    let files = TestDirectory::for_sockets();
    let directory = files.directory().to_str().unwrap();
    let held = ["--function", "f", "--workers", "2", "--", "sh", "-c", HELD];
    let held = [&held[..], &[directory]].concat();
    let (first, first_url) = serve(&files.path("1.sock"), &held);
    let (_second, second_url) = serve(&files.path("2.sock"), &held);
    // One by its URL, and the other by a file.
    let hosts = files.write("hosts", &format!("2/{second_url}\n"), 0o600);
    let tasks: String = (0..40).map(|n| format!("{n}\n")).collect();
    let tasks_file = files.write("tasks", &tasks, 0o600);
    let flags = [
        "--servers",
        &*hosts,
        "--function",
        "f",
        "--tasks",
        &*tasks_file,
    ];
    let first_twice = format!("2/{first_url}");
    let running = Running::start(reparte(&[&["run", &*first_twice], &flags[..]].concat()));
    let begun = || fs::read_to_string(files.path("begun")).unwrap_or_default();
    until("both servers have their calls", || {
        begun().lines().count() == 4
    });
    first.kill();
    fs::write(files.path("go"), "").unwrap();
    let ended = running.end();
    let results: String = (0..40).map(|n| format!("{n}!\n")).collect();
    ended.expect(&results);
    ended.expect_told(&first_url);
    // The killed one has left its file, which the next server replaces.
    assert!(Path::new(&files.path("1.sock")).exists());
    let (third, third_url) = cat(&files.path("1.sock"));
    run(&["call", &third_url, "f", "text"]).expect("text\n");
    drop(third);
}

#[test]
fn call_methods_and_status_take_a_socket() {
    let files = TestDirectory::for_sockets();
    let socket = files.path("s");
    let (server, url) = cat(&socket);
    assert_eq!(mode(&socket), 0o600);
    run(&["call", &url, "f", "text"]).expect("text\n");
    run(&["call", &format!("{url}:/RPC2"), "f", "text"]).expect("text\n");
    let methods = run(&["methods", &url]);
    methods.expect_code(0);
    assert!(methods.stdout.contains('f'), "{methods:?}");
    let status = run(&["status", &format!("3/{url}")]);
    status.expect_code(0);
    let row = status.stdout.lines().nth(1).unwrap();
    assert!(row.starts_with(&url) && row.contains(" up "), "{row}");
    for (path, expected) in [("/health", "ok"), ("/", "<html"), ("/metrics", "# TYPE")] {
        let mut stream = UnixStream::connect(&socket).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.contains(expected), "{answer}");
    }
    server.signal(Signal::TERM);
    let ended = server.end();
    ended.expect_code(0);
    #[cfg(target_os = "linux")]
    {
        let line = format!("uid:{} \"POST /", rustix::process::getuid().as_raw());
        assert!(ended.stderr.contains(&line), "{ended:?}");
    }
    assert!(!Path::new(&socket).exists());
    let down = run(&["status", &url]);
    down.expect_code(4);
    assert!(down.stdout.contains(" down "), "{down:?}");
}

#[test]
fn a_call_is_cancelled_over_the_socket() {
    let files = TestDirectory::for_sockets();
    let directory = files.directory().to_str().unwrap();
    let held = ["--function", "f", "--", "sh", "-c", HELD, directory];
    let (_server, url) = serve(&files.path("s"), &held);
    let proxy = ServerProxy::new(&url).unwrap();
    thread::scope(|scope| {
        let calling = ServerProxy::new(&url).unwrap();
        let called =
            scope.spawn(move || calling.attempt().call_id("a-1").call::<String>("f", ("x",)));
        until("the call has begun", || {
            fs::exists(files.path("begun")).unwrap()
        });
        let is_cancelled: bool = proxy.call("reparte.cancel", ("a-1",)).unwrap();
        assert!(is_cancelled);
        called.join().unwrap().unwrap_err();
    });
}

#[test]
fn a_live_server_is_not_replaced_and_no_other_file_is() {
    let files = TestDirectory::for_sockets();
    let socket = files.path("s");
    let (_server, url) = cat(&socket);
    let second = run(&["serve", &url, "--function", "g", "--", "cat"]);
    second.expect_error(3, &[&url, "another program listens there"]);
    run(&["call", &url, "f", "text"]).expect("text\n");
    let other = files.write("other", "precious", 0o600);
    let refused = run(&[
        "serve",
        &format!("unix:{other}"),
        "--function",
        "g",
        "--",
        "cat",
    ]);
    refused.expect_error(3, &["no socket"]);
    assert_eq!(fs::read(&other).unwrap(), b"precious");
}

#[test]
fn the_mode_and_the_owner_are_told() {
    let files = TestDirectory::for_sockets();
    let socket = files.path("s");
    // The group of this process, by its name.
    let group = std::process::Command::new("id")
        .arg("-gn")
        .output()
        .unwrap();
    let owner = format!(":{}", String::from_utf8(group.stdout).unwrap().trim());
    let flags = ["--socket-mode", "660", "--socket-owner", &*owner];
    let program = ["--function", "f", "--", "cat"];
    let (_server, url) = serve(&socket, &[&flags[..], &program].concat());
    assert_eq!(mode(&socket), 0o660);
    run(&["call", &url, "f", "text"]).expect("text\n");
}

#[test]
fn flags_that_do_not_fit_the_address_are_told() {
    let files = TestDirectory::for_sockets();
    let url = format!("unix:{}", files.path("s"));
    for (address, flags, expected) in [
        ("9000", &["--socket-mode", "660"][..], "give unix:/path"),
        ("9000", &["--socket-owner", "root"], "give unix:/path"),
        (&*url, &["--socket-mode", "rw"], "octal"),
        (
            &*url,
            &["--socket-owner", "no-such-one"],
            "no user no-such-one",
        ),
        (
            &*url,
            &["--tls-cert", "c", "--tls-key", "k"],
            "leave it out",
        ),
        ("unix:s", &[], "unix:/run/server.sock"),
    ] {
        let program = ["--function", "f", "--", "cat"];
        let ended = run(&[&["serve", address], flags, &program].concat());
        ended.expect_code(2);
        assert!(
            ended.stderr.contains(expected),
            "{address} {flags:?} {ended:?}"
        );
    }
    assert!(!Path::new(&files.path("s")).exists());
}

#[test]
fn a_token_is_asked_for_on_a_socket_too() {
    let files = TestDirectory::for_sockets();
    let token = files.write("token", "correct-horse-battery", 0o600);
    let flags = ["--token-file", &*token, "--function", "f", "--", "cat"];
    let (_server, url) = serve(&files.path("s"), &flags);
    run(&["call", &url, "f", "x"]).expect_code(8);
    run(&["call", "--token-file", &token, &url, "f", "x"]).expect("x\n");
}
