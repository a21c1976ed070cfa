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

    // Without any one of the files, nobody is let in.
    let (start, _) = call.split_once(" --keys ").unwrap();
    let call = format!(
        "{start} --token-file {directory}/token --ca {directory}/ca.pem \
         --tls-cert {directory}/client.pem --tls-key {directory}/client.key"
    );
    typed(&files, &call).end().expect("HELLO\n");
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
    let own = [
        "maquina1/server.key",
        "192.0.2.11/server.key",
        "maquina1/token",
    ];
    let all = [
        "maquina1/server.pem",
        "maquina1/ca.pem",
        "ca.pem",
        "client.pem",
    ];
    let own = own.into_iter().chain(["ca.key", "client.key", "token"]);
    let modes = own.map(|name| (name, 0o600));
    for (name, mine) in modes.chain(all.map(|name| (name, 0o644))) {
        // Where the umask takes more away, that is as well.
        assert_eq!(mode(&directory.join(name)) & !mine, 0, "{name}");
    }
    assert_eq!(mode(&directory.join("maquina1")), 0o700);
    let count = |path: &Path| fs::read_dir(path).unwrap().count();
    assert_eq!(
        (count(directory), count(&directory.join("maquina1"))),
        (7, 4)
    );
    let key = |host: &str| fs::read(directory.join(host).join("server.key")).unwrap();
    assert_ne!(key("maquina1"), key("192.0.2.11"), "a key a host");
}

/// To add one, all had to be made anew.
#[test]
fn a_host_is_added_to_an_authority_that_is_there() {
    let files = TestDirectory::new("keys added");
    let keys = files.path("keys");
    run(&["keys", &keys, "--host", "maquina1"]).expect_code(0);
    let token = fs::read(files.directory().join("keys/token")).unwrap();
    let added = run(&["keys", &keys, "--host", "maquina2,127.0.0.1", "--days", "2"]);
    added.expect_code(0);
    assert!(added.stdout.contains(": maquina2/."), "{}", added.stdout);
    // A newcomer had to guess the path that the folder has on its machine.
    let copied = format!("  scp -r '{keys}/maquina2' maquina2:keys\n");
    assert!(added.stdout.contains(&copied), "{}", added.stdout);
    assert!(added.stdout.contains("the machine itself --keys keys:"));
    let folder = files.path("keys/maquina2");
    let serve = ["serve", "127.0.0.1:0", "--keys", &folder, "--function", "f"];
    let server = Running::start(common::reparte(&[&serve[..], &["--", "cat"]].concat()));
    let url = format!("https://{}", server.address());
    run(&["call", &url, "f", "hello", "--keys", &keys]).expect("hello\n");
    // The advice was to give a token.
    let tasks = files.write("tasks", "hello\n", 0o600);
    let over = ["run", &*url, "--function", "f", "--tasks", &tasks];
    run(&over).expect_error(4, &["name the authority of their certificates with --ca"]);
    // The client's files are not the server's.
    run(&["call", &url, "f", "hello", "--keys", &folder])
        .expect_error(2, &["maquina2", "there is no client.pem"]);
    assert_eq!(
        fs::read(files.directory().join("keys/token")).unwrap(),
        token
    );
    run(&["keys", &keys, "--host", "maquina2"]).expect_error(2, &["maquina2", "remove that one"]);
    run(&["keys", &keys, "--host", "a", "--host", "a,b"]).expect_error(2, &["named twice"]);
    // An authority without its key, or with that of another one, vouches for nobody.
    let other = files.path("other");
    run(&["keys", &other]).expect_code(0);
    fs::copy(files.path("other/ca.key"), files.path("keys/ca.key")).unwrap();
    run(&["keys", &keys, "--host", "maquina3"]).expect_error(2, &["ca.key", "make all anew"]);
    fs::remove_file(files.path("keys/ca.key")).unwrap();
    run(&["keys", &keys, "--host", "maquina3"]).expect_error(2, &["no ca.key", "make all anew"]);
    assert!(!files.directory().join("keys/maquina3").exists());
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

/// The error named a file and a flag that nobody had given.
#[test]
fn the_directory_of_another_side_is_told() {
    let files = TestDirectory::new("keys sides");
    let keys = files.path("keys");
    run(&["keys", &keys, "--host", "maquina2", "--host", "maquina1"]).expect_code(0);
    let host = format!("{keys}/maquina1");
    let serve = |keys: &str| {
        let address = ["serve", "127.0.0.1:0", "--function", "f", "--keys", keys];
        run(&[&address[..], &["--", "cat"]].concat())
    };
    let remedy = format!("name the folder of this host in it, such as --keys {host}");
    serve(&keys).expect_error(2, &["there is no server.pem", &remedy]);
    let call = |keys: &str| run(&["call", "https://localhost:1", "f", "--keys", keys]);
    let remedy = format!("a client has the directory above it: --keys {keys}");
    call(&host).expect_error(2, &["there is no client.pem", &remedy]);
    let nothing = files.path("");
    for ended in [serve(&nothing), call(&nothing)] {
        ended.expect_error(2, &["--keys", "that `reparte keys` has made"]);
    }
    let socket = format!("unix:{}", files.path("s"));
    let socket = ["serve", &socket, "--function", "f", "--keys", &host];
    let ended = run(&[&socket[..], &["--", "cat"]].concat());
    ended.expect_error(2, &["--keys", "speak no TLS", "--token-file"]);
}

#[test]
fn what_could_not_be_called_is_refused() {
    let files = TestDirectory::new("keys bad");
    let bad = files.path("bad");
    for (flag, value, text) in [
        ("--host", "año", "--host maquina1"),
        ("--host", "bad host", "--host maquina1"),
        ("--host", "maquina1:9000", "--host maquina1"),
        ("--host", "maquina1,", "--host maquina1"),
        ("--days", "0", "from 1 to 36500"),
        ("--port", "0", "from 1 to 65535"),
        ("--port", "-1", "from 1 to 65535"),
    ] {
        run(&["keys", &bad, flag, value]).expect_error(2, &[flag, value, text]);
        assert!(!Path::new(&bad).exists());
    }
}
