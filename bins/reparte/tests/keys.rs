//! `reparte keys`.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::env;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use common::run;
use test_support::{Running, TestDirectory};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A command that was printed, as a shell runs it where the person is.
fn typed(files: &TestDirectory, command: &str) -> Running {
    let directory = Path::new(env!("CARGO_BIN_EXE_reparte")).parent().unwrap();
    let path = env::var("PATH").unwrap();
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &format!("exec {command}")])
        .current_dir(files.directory())
        .env("PATH", format!("{}:{path}", directory.display()))
        .env_remove("RUST_LOG");
    Running::start(shell)
}

/// The commands in what was printed: those that begin so, with their continued lines.
fn commands(printed: &str) -> Vec<String> {
    let blocks = printed.split("\n\n").map(str::trim);
    let commands = blocks.filter(|block| block.starts_with("reparte "));
    commands.map(str::to_owned).collect()
}

/// Makes keys, and runs the commands that are printed, exactly; on another port where the
/// one that was free has been taken meanwhile.
fn check(name: &str, directory: &str, hosts: &[&str]) {
    let files = TestDirectory::new(name);
    let (server, printed) = loop {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port().to_string();
        drop(free);
        let path = files.path(directory);
        let mut arguments = vec!["keys", directory, "--port", &port];
        arguments.extend(hosts.iter().flat_map(|host| ["--host", host]));
        let mut command = common::reparte(&arguments);
        command.current_dir(files.directory());
        let made = Running::start(command).end();
        made.expect_code(0);
        let commands = commands(&made.stdout);
        let [serve, ..] = commands.as_slice() else {
            panic!("no commands in: {}", made.stdout);
        };
        let server = typed(&files, serve);
        let line = server.line_after("");
        if line.starts_with("listening on https://") {
            break (server, commands);
        }
        assert!(line.contains("another program listens"), "{line}");
        fs::remove_dir_all(path).unwrap();
    };
    let [_, call, spread, status] = printed.as_slice() else {
        panic!("not four commands: {printed:?}");
    };
    typed(&files, call).end().expect("HELLO\n");
    fs::write(files.path("lines.txt"), "one\ntwo\n").unwrap();
    typed(&files, spread).end().expect("ONE\nTWO\n");
    let status = typed(&files, status).end();
    status.expect_code(0);
    assert!(status.stdout.contains("  up  "), "{}", status.stdout);

    // Without any one of them, nobody is let in.
    for flag in ["--token-file", "--ca", "--tls-cert"] {
        let end = if flag == "--tls-cert" {
            "--tls-key"
        } else {
            flag
        };
        let mut words: Vec<&str> = call
            .split_whitespace()
            .filter(|&word| word != "\\")
            .collect();
        for flag in [flag, end] {
            if let Some(at) = words.iter().position(|&word| word == flag) {
                words.drain(at..at + 2);
            }
        }
        let refused = typed(&files, &words.join(" ")).end();
        assert!(!refused.status.success(), "without {flag}: {refused:?}");
        assert_eq!(refused.stdout, "");
    }
    server.signal(rustix::process::Signal::INT);
    server.end().expect_code(0);
}

#[test]
fn the_printed_commands_work_as_they_are() {
    check("keys default", "keys", &[]);
}

#[test]
fn the_printed_commands_work_for_other_machines() {
    check("keys hosts", "keys.of-hosts", &["127.0.0.1", "maquina1"]);
}

#[test]
fn secrets_are_for_their_owner_alone() {
    let files = TestDirectory::new("keys modes");
    let directory = files.path("it's quoted");
    let made = run(&[
        "keys",
        &directory,
        "--host",
        "maquina1",
        "--host",
        "192.0.2.11",
    ]);
    made.expect_code(0);
    for part in ["'\\''", "serve 0.0.0.0:9000 ", "https://maquina1:9000 "] {
        assert!(
            made.stdout.contains(part),
            "no {part:?} in: {}",
            made.stdout
        );
    }
    let directory = Path::new(&directory);
    assert_eq!(mode(directory), 0o700);
    for (name, mine) in [
        ("server.key", 0o600),
        ("client.key", 0o600),
        ("token", 0o600),
        ("ca.pem", 0o644),
        ("server.pem", 0o644),
        ("client.pem", 0o644),
    ] {
        // Where the umask takes more away, that is as well.
        assert_eq!(mode(&directory.join(name)) & !mine, 0, "{name}");
    }
    let names: Vec<_> = fs::read_dir(directory).unwrap().collect();
    assert_eq!(names.len(), 6, "{names:?}");
}

#[test]
fn nothing_is_overwritten() {
    let files = TestDirectory::new("keys twice");
    let directory = files.path("keys");
    run(&["keys", &directory]).expect_code(0);
    let token = fs::read(files.directory().join("keys/token")).unwrap();
    run(&["keys", &directory]).expect_error(2, &["keys", "name another"]);
    assert_eq!(
        fs::read(files.directory().join("keys/token")).unwrap(),
        token
    );
    // Not even an empty directory, which others may have opened.
    run(&["keys", &files.path("")]).expect_error(2, &["name another"]);
    run(&["keys", &files.path("a/b")]).expect_error(2, &["the directory above it"]);
}

#[test]
fn what_could_not_be_called_is_refused() {
    let files = TestDirectory::new("keys bad");
    let bad = files.path("bad");
    for (flag, value, text) in [
        ("--host", "año", "--host maquina1"),
        ("--host", "bad host", "--host maquina1"),
        ("--host", "maquina1:9000", "--host maquina1"),
        ("--port", "0", "from 1 to 65535"),
        ("--port", "-1", "from 1 to 65535"),
    ] {
        run(&["keys", &bad, flag, value]).expect_error(2, &[flag, value, text]);
        assert!(!Path::new(&bad).exists());
    }
}
