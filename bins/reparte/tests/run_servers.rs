//! `reparte run`: servers that come, go, fail and hang, and a run that is cut short.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

use common::functions::{Held, next, service};
use common::named_pipe::{Reader, pipe};
use common::reparte;
use common::server::serve;
use rustix::process::Signal;
use serde_json::Value as Json;
use test_support::{LocalServer, Running, TestDirectory};
use xmlrpc_server::Service;
use xmlrpc_wire::{Fault, encode_fault};

/// A server that hangs up in a call; it knows no `reparte.status`, and says so.
fn that_hangs_up() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut request = String::new();
            let mut part = [0; 4096];
            while !request.contains("</methodCall>") {
                match connection.read(&mut part) {
                    Ok(count) if count > 0 => {
                        request.push_str(std::str::from_utf8(&part[..count]).unwrap());
                    }
                    _ => break,
                }
            }
            if request.contains("reparte.status") {
                let fault = encode_fault(&Fault::new(-32601, "no such method"));
                let length = fault.len();
                let head = format!(
                    "HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {length}\r\n\r\n"
                );
                connection.write_all(head.as_bytes()).unwrap();
                connection.write_all(&fault).unwrap();
            }
        }
    });
    address
}

/// A program that ends when its server does.
const WITH_ITS_SERVER: &str = "exec tail --pid=$PPID -f /dev/null";

fn start(files: &TestDirectory, tasks: &str, arguments: &[&str]) -> Running {
    let path = files.path("tasks");
    fs::write(&path, tasks).unwrap();
    let flags = [&["run", "--tasks", &*path], arguments].concat();
    Running::start(reparte(&flags))
}

#[test]
fn servers_come_and_go_with_their_file() {
    let files = TestDirectory::new("hosts");
    let (first, first_held, first_called) = Held::serve();
    let (second, second_held, second_called) = Held::serve();
    let hosts = files.write("hosts", &format!("1/{} # alone\n", first.address), 0o600);
    let running = start(
        &files,
        "1\n2\n3\n4\n",
        &["--servers", &hosts, "--function", "hold", "--hedge", "off"],
    );
    assert_eq!(next(&first_called), "1");
    // A file that names nothing changes nothing.
    fs::write(&hosts, "# soon\n").unwrap();
    running.line_after("the servers stay as they were: --servers: ");
    fs::write(
        &hosts,
        format!("1/{}\n1/{}\n", first.address, second.address),
    )
    .unwrap();
    assert_eq!(next(&second_called), "2");
    assert_eq!(running.line_after(" joins"), "");
    // A further slot for the second, and none for the first.
    fs::write(&hosts, format!("2/{}\n", second.address)).unwrap();
    second_held.release("2");
    let mut rest = [next(&second_called), next(&second_called)];
    rest.sort_unstable();
    assert_eq!(rest, ["3", "4"]);
    for task in ["1", "2", "3", "4"] {
        first_held.release(task);
        second_held.release(task);
    }
    let ended = running.end();
    ended.expect("1\n2\n3\n4\n");
    assert!(first_called.try_recv().is_err());
    assert!(ended.stderr.contains("  left  "), "{}", ended.stderr);
    // Each of them once: another number of calls is no coming and going.
    let changes = ended.stderr.lines().filter(|line| {
        let last = line.rsplit(' ').next();
        matches!(last, Some("joins" | "leaves"))
    });
    let expected = [
        format!("{} joins", second.address),
        format!("{} leaves", first.address),
    ];
    assert_eq!(changes.collect::<Vec<_>>(), expected);
}

#[test]
fn a_quiet_run_does_not_tell_who_joins() {
    let files = TestDirectory::new("quiet hosts");
    let (first, first_held, first_called) = Held::serve();
    let (second, second_held, second_called) = Held::serve();
    let hosts = files.write("hosts", &format!("1/{}\n", first.address), 0o600);
    let flags = [
        "--servers",
        &*hosts,
        "--function",
        "hold",
        "--hedge",
        "off",
        "-q",
    ];
    let running = start(&files, "1\n2\n", &flags);
    assert_eq!(next(&first_called), "1");
    fs::write(
        &hosts,
        format!("1/{}\n1/{}\n", first.address, second.address),
    )
    .unwrap();
    assert_eq!(next(&second_called), "2");
    first_held.release("1");
    second_held.release("2");
    let ended = running.end();
    ended.expect("1\n2\n");
    assert_eq!(ended.stderr, "");
}

#[test]
fn arguments_and_a_file_name_servers_together() {
    let files = TestDirectory::new("both");
    let (one, other) = (LocalServer::start(service()), LocalServer::start(service()));
    let hosts = files.write("hosts", &other.address, 0o600);
    let running = start(
        &files,
        "7\n",
        &[&one.address, "--servers", &hosts, "--function", "echo"],
    );
    let ended = running.end();
    ended.expect("7\n");
    for server in [one, other] {
        assert!(ended.stderr.contains(&server.address), "{}", ended.stderr);
    }
}

#[test]
fn a_run_that_is_interrupted_waits_for_its_calls_and_is_resumed() {
    let files = TestDirectory::new("resumed");
    let (server, held, called) = Held::serve();
    let address = format!("1/{}", server.address);
    let journal = files.path("journal");
    let flags = [
        &*address,
        "--function",
        "hold",
        "--journal",
        &journal,
        "--output",
        "jsonl",
    ];
    held.release("1");
    let running = start(&files, "1\n2\n3\n", &flags);
    assert_eq!((&*next(&called), &*next(&called)), ("1", "2"));
    running.signal(Signal::INT);
    running.line_after("waits for the 1 that run");
    held.release("2");
    let ended = running.end();
    ended.expect_code(6);
    assert_eq!(ended.stdout.lines().count(), 2);
    assert!(
        ended
            .stderr
            .contains("the same command goes on where it was"),
        "{}",
        ended.stderr
    );

    held.release("3");
    let resumed = start(&files, "1\n2\n3\n", &flags).end();
    resumed.expect_code(0);
    assert!(
        resumed.stdout.starts_with(&ended.stdout),
        "{}",
        resumed.stdout
    );
    assert!(
        resumed.stderr.contains("3 done (2 from the journal)"),
        "{}",
        resumed.stderr
    );
    assert_eq!(next(&called), "3");
    assert!(called.try_recv().is_err());

    start(&files, "1\nother\n", &flags).end().expect_code(7);
}

#[test]
fn a_second_signal_does_not_wait() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let files = TestDirectory::new("twice");
        let (server, _held, called) = Held::serve();
        let running = start(&files, "1\n", &[&server.address, "--function", "hold"]);
        next(&called);
        running.signal(signal);
        running.line_after("once more to end at once");
        running.signal_again(signal);
        running.end().expect_code(code);
    }
}

/// A second Ctrl-C lost the account and the list of the tasks that were not run.
#[test]
fn a_second_signal_writes_what_there_is() {
    let files = TestDirectory::new("twice, written");
    let (server, held, called) = Held::serve();
    let (account, failed) = (files.path("account"), files.write("failed", "old\n", 0o600));
    let address = format!("1/{}", server.address);
    let flags = [&*address, "--function", "hold", "--output", "jsonl"];
    let written = ["--account", &account, "--failed", &failed];
    held.release("1");
    let running = start(&files, "1\n2\n3\n", &[&flags[..], &written].concat());
    assert_eq!((&*next(&called), &*next(&called)), ("1", "2"));
    running.signal(Signal::INT);
    running.line_after("once more to end at once");
    running.signal_again(Signal::INT);
    let ended = running.end();
    ended.expect_code(130);
    assert_eq!(ended.stdout.lines().count(), 1);
    for text in [
        "tasks that were cancelled: 2\n",
        "tasks that were read and not run: 3\n",
        "3 tasks: 1 done, 0 failed, 1 cancelled, 1 not run, 0 lost;",
        "error: ended by a signal: 1 of 3 tasks have their result; with --journal FILE",
    ] {
        ended.expect_told(text);
    }
    let account = fs::read_to_string(&account).unwrap();
    assert!(account.contains("\"cancelled\":1"), "{account}");
    // No task has failed.
    assert_eq!(fs::read_to_string(&failed).unwrap(), "");
}

#[test]
fn without_a_journal_an_interrupted_run_says_how_to_have_one() {
    let files = TestDirectory::new("no journal");
    let (server, held, called) = Held::serve();
    let address = format!("1/{}", server.address);
    let running = start(&files, "1\n2\n", &[&address, "--function", "hold", "-q"]);
    next(&called);
    running.signal(Signal::TERM);
    running.line_after("stopping");
    held.release("1");
    let ended = running.end();
    ended.expect_code(6);
    assert_eq!(ended.stdout, "1\n");
    assert!(
        ended.stderr.contains("with --journal FILE"),
        "{}",
        ended.stderr
    );
}

#[test]
fn when_no_server_is_left_what_was_had_is_printed() {
    let files = TestDirectory::new("gone");
    let script = "test $1 != 2 || kill -9 $PPID; echo got $1";
    let (_server, address) = serve(&[
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
    ]);
    let running = start(
        &files,
        "1\n2\n3\n",
        &[
            &address,
            "--function",
            "f",
            "--max-in-flight",
            "1",
            "--outage",
            "2",
        ],
    );
    let ended = running.end();
    ended.expect_code(4);
    assert_eq!(ended.stdout, "got 1\n");
    for part in [
        "tasks that were read and not run: 2",
        "every server has been down for 2 s",
        "1 of ",
        "--journal FILE",
    ] {
        assert!(
            ended.stderr.contains(part),
            "no {part:?} in: {}",
            ended.stderr
        );
    }
}

#[test]
fn a_killed_server_costs_no_result() {
    let files = TestDirectory::new("killed");
    let started = pipe(&files, "started");
    let program = format!("echo started > '{started}'; {WITH_ITS_SERVER}");
    let (dying, address) = serve(&["--function", "hold", "--", "sh", "-c", &program]);
    let (server, held, called) = Held::serve();
    let addresses = [format!("1/{address}"), format!("1/{}", server.address)];
    let running = start(
        &files,
        "1\n2\n3\n4\n",
        &[
            &addresses[0],
            &addresses[1],
            "--function",
            "hold",
            "--output",
            "tsv",
        ],
    );
    let _started = Reader::open(&started);
    next(&called);
    dying.signal(Signal::KILL);
    for task in ["1", "2", "3", "4"] {
        held.release(task);
    }
    let ended = running.end();
    ended.expect_code(0);
    let rows: Vec<Vec<&str>> = ended
        .stdout
        .lines()
        .skip(1)
        .map(|line| line.split('\t').collect())
        .collect();
    let results: Vec<&str> = rows.iter().map(|row| row[2]).collect();
    assert_eq!(results, ["1", "2", "3", "4"]);
    assert!(rows.iter().all(|row| row[4] == server.address));
    assert!(
        rows.iter().any(|row| row[6] == "2"),
        "no second attempt: {rows:?}"
    );
    assert!(ended.stderr.contains("died: "), "{}", ended.stderr);
}

#[test]
fn a_task_is_tried_again_as_often_as_is_said() {
    let files = TestDirectory::new("retries");
    let (one, other) = (that_hangs_up(), that_hangs_up());
    for (retries, given_up) in [
        ("0", "given up after 1 calls"),
        ("1", "given up after 2 calls"),
    ] {
        let flags = [&*one, &*other, "--function", "f", "--retries", retries];
        let ended = start(&files, "1\n", &flags).end();
        ended.expect_code(5);
        assert!(ended.stderr.contains(given_up), "{}", ended.stderr);
    }
}

#[test]
fn faults_are_tried_again_if_that_is_asked_for() {
    let files = TestDirectory::new("faults");
    let failures = Arc::new(AtomicUsize::new(0));
    let mut service = Service::new();
    let count = Arc::clone(&failures);
    let second = move |text: String| match count.fetch_add(1, SeqCst) % 2 {
        0 => Err(Fault::application("not yet")),
        _ => Ok(text),
    };
    service.register("second", second).unwrap();
    let server = LocalServer::start(service);
    let flags = [&*server.address, "--function", "second"];
    start(&files, "1\n", &flags).end().expect_code(5);
    failures.store(0, SeqCst);
    let ended = start(&files, "1\n", &[&flags[..], &["--retry-faults"]].concat()).end();
    ended.expect("1\n");
    assert_eq!(failures.load(SeqCst), 2);
}

#[test]
fn a_call_that_takes_too_long_is_cancelled() {
    let files = TestDirectory::new("late");
    let (server, _held, called) = Held::serve();
    let flags = [
        &*server.address,
        "--function",
        "hold",
        "--timeout",
        "0.3",
        "--retries",
        "0",
    ];
    let ended = start(&files, "1\n", &flags).end();
    ended.expect_code(5);
    assert!(ended.stderr.contains("timed out"), "{}", ended.stderr);
    assert_eq!(next(&called), "1");
}

/// Returns the summary of a run whose first task hangs on one of two servers.
fn hedges(switch: &[&str]) -> Json {
    let files = TestDirectory::new("hedge");
    let (one, one_held, one_called) = Held::serve();
    let (other, other_held, other_called) = Held::serve();
    for quick in ["2", "3", "4"] {
        one_held.release(quick);
        other_held.release(quick);
    }
    let account = files.path("account");
    let servers = [format!("1/{}", one.address), format!("1/{}", other.address)];
    let flags = [
        &*servers[0],
        &*servers[1],
        "--function",
        "hold",
        "--account",
        &account,
    ];
    let running = start(&files, "slow\n2\n3\n4\n", &[&flags, switch].concat());
    let is_one = next(&one_called) == "slow";
    let (slow, quick, quick_called) = match is_one {
        true => (&one_held, &other_held, &other_called),
        false => (&other_held, &one_held, &one_called),
    };
    // The other server makes the other calls; the first of them has been seen perhaps.
    while next(quick_called) != "4" {}
    if switch == ["--hedge", "off"] {
        slow.release("slow");
    } else {
        assert_eq!(next(quick_called), "slow");
        quick.release("slow");
    }
    running.end().expect("slow\n2\n3\n4\n");
    let account: Json = serde_json::from_str(&fs::read_to_string(account).unwrap()).unwrap();
    account["hedges"].clone()
}

#[test]
fn a_slow_task_is_sent_twice_unless_that_is_switched_off() {
    assert_eq!(hedges(&[]), 1);
    assert_eq!(hedges(&["--hedge", "on"]), 1);
    assert_eq!(hedges(&["--hedge", "off"]), 0);
}

#[test]
fn a_token_and_keys_are_shown_to_the_servers() {
    let files = TestDirectory::new("secure");
    let keys = files.path("keys");
    common::run(&["keys", &keys]).expect_code(0);
    let file = |name: &str| format!("{keys}/{name}");
    let (token, ca) = (file("token"), file("ca.pem"));
    let (cert, key) = (file("client.pem"), file("client.key"));
    let (server_cert, server_key) = (file("server.pem"), file("server.key"));
    let (_server, address) = serve(&[
        "--function",
        "f",
        "--token-file",
        &token,
        "--tls-cert",
        &server_cert,
        "--tls-key",
        &server_key,
        "--tls-client-ca",
        &ca,
        "--",
        "echo",
        "got",
        "{}",
    ]);
    let url = format!("https://{address}");
    let all = [
        "--token-file",
        &token,
        "--ca",
        &ca,
        "--tls-cert",
        &cert,
        "--tls-key",
        &key,
    ];
    let called = [&*url, "--function", "f"];
    start(&files, "1\n", &[&called[..], &all].concat())
        .end()
        .expect("got 1\n");
    for (without, part) in [
        (0..2, "refused"),
        (2..4, "UnknownIssuer"),
        (4..8, "refused"),
    ] {
        let mut some = all.to_vec();
        some.drain(without);
        let ended = start(&files, "1\n", &[&called[..], &some].concat()).end();
        ended.expect_code(4);
        assert!(
            ended.stderr.contains(part),
            "no {part:?} in: {}",
            ended.stderr
        );
    }
}

/// A call of an hour on a machine that is wanted back held up the run's end.
#[test]
fn a_server_that_its_file_drops_loses_its_calls_to_others_at_once() {
    let files = TestDirectory::new("dropped hosts");
    let (first, _held, first_called) = Held::serve();
    let (second, second_held, second_called) = Held::serve();
    let text = |mark: &str| format!("{mark}1/{}\n1/{}\n", first.address, second.address);
    let hosts = files.write("hosts", &text(""), 0o600);
    let account = files.path("account");
    let flags = [
        "--servers",
        &*hosts,
        "--function",
        "hold",
        "--hedge",
        "off",
        "--retries",
        "0",
        "--account",
        &account,
    ];
    let running = start(&files, "1\n2\n", &flags);
    let (on_first, on_second) = (next(&first_called), next(&second_called));
    // With none left, nothing is dropped.
    let none = format!("!{}\n!2/{}\n", first.address, second.address);
    fs::write(&hosts, none).unwrap();
    running.line_after("the servers stay as they were: --servers: its file drops every server");
    fs::write(&hosts, text("!")).unwrap();
    running.line_after(&format!("{} is dropped", first.address));
    second_held.release(&on_second);
    assert_eq!(next(&second_called), on_first);
    second_held.release(&on_first);
    running.end().expect("1\n2\n");
    let account: Json = serde_json::from_str(&fs::read_to_string(account).unwrap()).unwrap();
    let dropped = &account["servers"][0];
    assert_eq!(
        (&dropped["state"], &dropped["deaths"]),
        (&"left".into(), &0.into())
    );
    assert_eq!(dropped["failures"], serde_json::json!({}), "{account}");
}
