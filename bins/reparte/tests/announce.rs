//! Servers that announce themselves in a directory, and names that are looked up.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, SystemTime};

use common::server::serve;
use common::{reparte, run};
use rustix::process::Signal;
use serde_json::Value as Json;
use test_support::{Ended, PATIENCE, Running, TestDirectory, until};

/// A directory for announcements, and a token.
struct Shared {
    files: TestDirectory,
    directory: String,
    token: String,
}

impl Shared {
    fn new() -> Self {
        let files = TestDirectory::new("announce");
        let directory = files.path("servers");
        fs::create_dir(&directory).unwrap();
        let token = files.write("token", "correct-horse-battery", 0o600);
        Shared {
            files,
            directory,
            token,
        }
    }

    /// Starts a server of `f`, which puts `mark` before its argument, and announces it.
    fn serve(&self, mark: &str) -> (Running, String) {
        serve(&[
            "--announce",
            &self.directory,
            "--token-file",
            &self.token,
            "--function",
            "f",
            "--workers",
            "2",
            "--",
            "echo",
            mark,
            "{}",
        ])
    }

    fn run_command(&self) -> Vec<&str> {
        let (directory, token) = (&*self.directory, &*self.token);
        let run = ["run", "--function", "f", "--servers", directory];
        [&run[..], &["--token-file", token]].concat()
    }

    /// The path of a file with a task.
    fn task(&self) -> String {
        let task = self.files.path("task");
        fs::write(&task, "1\n").unwrap();
        task
    }

    /// Runs a task.
    fn run(&self, flags: &[&str]) -> Ended {
        let task = self.task();
        run(&[&self.run_command()[..], &["--tasks", &task], flags].concat())
    }

    /// The paths of the files that are there, whatever they are.
    fn paths(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.directory).unwrap();
        let mut paths: Vec<String> = entries
            .map(|entry| entry.unwrap().path().display().to_string())
            .collect();
        paths.sort();
        paths
    }

    fn only_file(&self) -> (String, Json) {
        let paths = self.paths();
        let [path] = &paths[..] else {
            panic!("not one file: {paths:?}");
        };
        let text = fs::read_to_string(path).unwrap();
        (path.clone(), serde_json::from_str(&text).unwrap())
    }
}

/// Returns the function that gives the run a task and returns its result. The run's input ends with
/// it.
fn results(running: &mut Running) -> impl FnMut(&str) -> String + use<> {
    let mut input = running.stdin();
    let mut output = BufReader::new(running.stdout());
    move |task| {
        writeln!(input, "{task}").unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        line
    }
}

#[test]
fn a_server_that_announces_itself_is_found_and_known_by_its_certificate() {
    let shared = Shared::new();
    let (server, address) = shared.serve("got");
    // In a shared directory an address of loopback is of no use to others, and nobody was told.
    let line = server.line_after("announced in ");
    let where_and_as_what = format!("{} as https://{address}", shared.directory);
    assert!(line.starts_with(&where_and_as_what), "{line}");
    assert!(
        line.contains("for programs of this machine alone"),
        "{line}"
    );
    let (path, told) = shared.only_file();
    assert!(path.ends_with(".reparte"), "{path}");
    assert_eq!(told["url"], format!("https://{address}"));
    assert_eq!(
        (&told["function"], &told["slots"]),
        (&"f".into(), &2.into())
    );
    shared.run(&[]).expect("got 1\n");
    // The status of the server has the instance that it has told.
    let flags = ["--token-file", &*shared.token, "--servers"];
    let status = [&["status", "--json"], &flags[..], &[&shared.directory]].concat();
    let ended = run(&status);
    ended.expect_code(0);
    let servers: Json = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(servers[0]["instance"], told["instance"], "{servers}");
    server.signal(Signal::TERM);
    server.end().expect_code(0);
    assert_eq!(shared.paths(), [""; 0]);
}

#[test]
fn a_server_with_another_certificate_gets_no_call() {
    let shared = Shared::new();
    let (_server, _) = shared.serve("got");
    let (path, mut told) = shared.only_file();
    told["certificate"] = format!("sha256:{}", "0".repeat(64)).into();
    fs::write(path, told.to_string()).unwrap();
    let ended = shared.run(&[]);
    ended.expect_code(4);
    assert!(ended.stderr.contains("another certificate"), "{ended:?}");
}

/// Returns the head of the first request of a run, which has a task. A connection may have no
/// request: one that is made ahead.
fn first_head(listener: TcpListener, shared: &Shared, command: &[&str]) -> Vec<String> {
    let task = shared.task();
    let running = Running::start(reparte(&[command, &["--tasks", &task]].concat()));
    let (sender, heads) = channel();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let sender = sender.clone();
            thread::spawn(move || {
                let lines = BufReader::new(stream).lines().map_while(Result::ok);
                let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
                if !head.is_empty() {
                    let _ = sender.send(head);
                }
            });
        }
    });
    let head = heads.recv_timeout(PATIENCE).expect("a run asks its server");
    drop(running);
    assert!(head[0].starts_with("POST "), "{head:?}");
    head
}

fn has_token(head: &[String]) -> bool {
    head.iter()
        .any(|line| line.to_lowercase().starts_with("authorization"))
}

/// Its own file could have come from anyone who once had the address.
#[test]
fn a_server_without_a_certificate_gets_no_token() {
    let shared = Shared::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let text = |url: &str| {
        format!(r#"{{"reparte":1,"url":"{url}","function":"f","slots":1,"instance":"i"}}"#)
    };
    let path = format!("{}/a.reparte", shared.directory);
    fs::write(&path, text(&url)).unwrap();
    let head = first_head(listener, &shared, &shared.run_command());
    assert!(!has_token(&head), "{head:?}");
    fs::write(&path, text(&format!("{url}/https://x"))).unwrap();
    let ended = shared.run(&["--wait-for-servers", "0.1"]);
    ended.expect_error(4, &["passed over", "no server of f has announced itself"]);
}

/// Whoever has an address that a lookup gives could read it.
#[test]
fn the_servers_of_a_name_get_no_token_without_consent() {
    let shared = Shared::new();
    let token = ["--token-file", &*shared.token];
    for consent in [&[][..], &["--token-in-clear"]] {
        for is_in_file in [false, true] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let name = format!("dns:{}", listener.local_addr().unwrap());
            let hosts = shared.files.path("hosts");
            fs::write(&hosts, &name).unwrap();
            let place = match is_in_file {
                true => &["--servers", &*hosts][..],
                false => &[&*name],
            };
            let command = [&["run", "--function", "f"], place, &token, consent].concat();
            let head = first_head(listener, &shared, &command);
            assert_eq!(has_token(&head), !consent.is_empty(), "{head:?}");
        }
    }
    let (_server, address) = serve(&["--function", "f", "--", "echo", "got", "{}"]);
    let port = address.rsplit(':').next().unwrap();
    let task = shared.task();
    let name = format!("dns:127.0.0.1:{port}");
    let command = ["run", &*name, "--function", "f", "--tasks", &*task];
    let told = "--token-in-clear";
    let ended = run(&command);
    assert!(!ended.stderr.contains(told), "{ended:?}");
    let ended = run(&[&command[..], &["--token-file", &*shared.token]].concat());
    ended.expect("got 1\n");
    assert_eq!(ended.stderr.matches(told).count(), 1, "{ended:?}");
}

#[test]
fn a_server_removes_the_files_of_those_killed_long_ago() {
    let shared = Shared::new();
    let hours_ago = |hours: u64| SystemTime::now() - Duration::from_secs(hours * 3600);
    let mut paths = Vec::new();
    for (name, hours) in [("a.reparte", 25), ("b.reparte", 23), ("c.txt", 25)] {
        let path = format!("{}/{name}", shared.directory);
        let file = fs::File::create(&path).unwrap();
        file.set_modified(hours_ago(hours)).unwrap();
        paths.push(path);
    }
    let (server, _) = shared.serve("got");
    until("the oldest is gone", || !fs::exists(&paths[0]).unwrap());
    server.signal(Signal::TERM);
    server.end().expect_code(0);
    assert_eq!(shared.paths(), paths[1..]);
}

#[test]
fn servers_join_a_run_as_they_announce_themselves_and_leave_it() {
    let shared = Shared::new();
    let mut running = Running::interactive(reparte(&shared.run_command()));
    running.line_after("waits 5 s for a server");
    let (first, first_address) = shared.serve("one");
    let mut result = results(&mut running);
    assert_eq!(result("1"), "one 1\n");
    let (_second, second_address) = shared.serve("two");
    running.line_after(&format!("{second_address} joins"));
    first.signal(Signal::TERM);
    running.line_after(&format!("{first_address} leaves"));
    first.end().expect_code(0);
    assert_eq!(result("2"), "two 2\n");
    drop(result);
    running.end().expect_code(0);
}

/// A server of a directory could be dropped by ending it alone.
#[test]
fn a_file_in_the_directory_drops_a_server() {
    let shared = Shared::new();
    let (_one, first) = shared.serve("one");
    let (_two, second) = shared.serve("two");
    let dropped = format!("{}/dropped", shared.directory);
    fs::write(&dropped, format!("# broken\n{first}\n")).unwrap();
    shared.run(&[]).expect_code(0);
    let mut running = Running::interactive(reparte(&shared.run_command()));
    let mut result = results(&mut running);
    assert_eq!(result("1"), "two 1\n");
    // Replaced in one step: an empty file would drop nobody for a moment.
    let new = format!("{dropped}.new");
    fs::write(&new, format!("https://{second}\n")).unwrap();
    fs::rename(&new, &dropped).unwrap();
    // In this order: the run ended when its last server was dropped.
    running.line_after(&format!("{first} joins"));
    running.line_after(&format!("{second} is dropped"));
    assert_eq!(result("2"), "one 2\n");
    drop(result);
    running.end().expect_code(0);
}

#[test]
fn a_server_that_died_is_not_taken() {
    let shared = Shared::new();
    let (dead, _) = shared.serve("dead");
    dead.kill();
    let (path, _) = shared.only_file();
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(21))
        .unwrap();
    let ended = shared.run(&["--wait-for-servers", "0.1"]);
    ended.expect_error(4, &["no server of f has announced itself", "--announce"]);
    let (_server, address) = shared.serve("alive");
    let ended = shared.run(&[]);
    ended.expect("alive 1\n");
    assert!(ended.stderr.contains(&address), "{ended:?}");
}

#[test]
fn a_file_that_is_gone_is_written_again() {
    let shared = Shared::new();
    let (_server, _) = shared.serve("got");
    let (path, told) = shared.only_file();
    fs::remove_file(&path).unwrap();
    until("the file is there again", || fs::exists(&path).unwrap());
    assert_eq!(shared.only_file(), (path, told));
}

#[test]
fn a_server_is_kept_young() {
    let shared = Shared::new();
    let (_server, _) = shared.serve("got");
    let (path, _) = shared.only_file();
    let old = SystemTime::now() - Duration::from_secs(3600);
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(old).unwrap();
    until("the file is touched", || {
        let touched = fs::metadata(&path).unwrap().modified().unwrap();
        touched > old + Duration::from_secs(3000)
    });
}

#[test]
fn functions_share_a_directory() {
    let shared = Shared::new();
    let (_server, _) = shared.serve("got");
    let token = ["--token-file", &*shared.token];
    let other = ["--announce", &*shared.directory, "--function", "g"];
    let (_other, _) = serve(&[&token[..], &other, &["--", "cat"]].concat());
    let ended = shared.run(&[]);
    ended.expect("got 1\n");
    assert!(ended.stderr.contains("1 done"), "{ended:?}");
}

#[test]
fn a_directory_that_others_write_is_no_place_for_announcements() {
    let shared = Shared::new();
    let open = fs::Permissions::from_mode(0o777);
    fs::set_permissions(&shared.directory, open).unwrap();
    let ended = shared.run(&[]);
    ended.expect_error(2, &["others may write it", "could have the token"]);
    let serve = ["serve", "0", "--announce", &*shared.directory];
    let ended = run(&[&serve[..], &["--function", "f", "--", "cat"]].concat());
    ended.expect_error(2, &["others may write it", "chmod"]);
    let missing = shared.files.path("missing");
    let serve = ["serve", "0", "--announce", &*missing, "--function", "f"];
    run(&[&serve[..], &["--", "cat"]].concat()).expect_error(2, &["mkdir -m 700"]);
    let socket = [
        "serve",
        "unix:/tmp/s",
        "--announce",
        &*missing,
        "--function",
        "f",
    ];
    run(&[&socket[..], &["--", "cat"]].concat()).expect_error(2, &["Unix socket"]);
}

#[test]
fn a_name_stands_for_all_its_addresses() {
    let (_server, address) = serve(&["--function", "f", "--", "echo", "got", "{}"]);
    let port = address.rsplit(':').next().unwrap();
    let files = TestDirectory::new("names");
    let task = files.write("task", "1\n2\n", 0o600);
    let name = format!("2/dns:localhost:{port}");
    let hosts = files.write("hosts", &format!("{name}  # all of them\n"), 0o600);
    for servers in [&[&*name][..], &["--servers", &hosts]] {
        let command = ["run", "--function", "f", "--tasks", &task];
        let ended = run(&[&command[..], servers].concat());
        ended.expect("got 1\ngot 2\n");
        assert!(ended.stderr.contains(&address), "{ended:?}");
    }
    let status = run(&["status", &name]);
    assert!(status.stdout.contains(&address), "{status:?}");
    let command = ["run", "--function", "f", "--tasks", &task];
    let nowhere = ["dns:no-such-name.invalid:9", "--wait-for-servers", "0.1"];
    let ended = run(&[&command[..], &nowhere].concat());
    ended.expect_error(4, &["can't be looked up", "no address"]);
    let wrong = run(&[&command[..], &["dns:a"]].concat());
    wrong.expect_error(2, &["dns:digits"]);
}
