//! The page of a run: alive at an address, and frozen in a file.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod common;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use common::files::Files;
use common::server::Local;
use common::{PATIENCE, Running, reparte, run, until};
use rustix::process::Signal;
use serde_json::Value;
use xmlrpc_server::Service;

/// A server whose function `held` waits for its word, and fails for `bad`.
struct Held {
    server: Local,
    word: Sender<()>,
    called: Receiver<()>,
}

impl Held {
    fn new() -> Self {
        let (word, words) = channel::<()>();
        let (call, called) = channel();
        let (words, call) = (Mutex::new(words), Mutex::new(call));
        let mut service = Service::new();
        let held = move |text: String| {
            let _ = call.lock().unwrap().send(());
            words.lock().unwrap().recv_timeout(PATIENCE).unwrap();
            match &*text {
                "bad" => Err(xmlrpc_wire::Fault::new(7, "</script><b>no</b>")),
                _ => Ok(text),
            }
        };
        service.register("held", held).unwrap();
        Held {
            server: Local::new(service),
            word,
            called,
        }
    }
}

/// A run over these tasks with more flags, on one slot.
fn start(held: &Held, files: &Files, tasks: &str, flags: &[&str]) -> Running {
    let tasks = files.write("tasks", tasks, 0o600);
    let server = format!("1/{}", held.server.address);
    let mut all = vec!["run", &server, "--function", "held", "--tasks", &tasks];
    all.extend(flags);
    Running::start(reparte(&all))
}

/// The page's address, once it is served.
fn page(run: &Running) -> String {
    let url = run.line_after("the page of the run: http://");
    url.trim_end_matches('/').to_owned()
}

/// Sends a request's lines, and gives the answer whole.
fn ask(address: &str, lines: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = format!(
        "{}\r\nConnection: close\r\n\r\n",
        lines.replace('\n', "\r\n")
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn get(address: &str, path: &str) -> String {
    let answer = ask(address, &format!("GET {path} HTTP/1.1\nHost: {address}"));
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    answer
}

fn data(address: &str, since: &str) -> Value {
    let answer = get(address, &format!("/run.json{since}"));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("application/json"), "{head}");
    serde_json::from_str(body).unwrap()
}

#[test]
fn the_page_tells_of_the_run_while_it_is_on() {
    let (held, files) = (Held::new(), Files::new("page"));
    let run = start(
        &held,
        &files,
        "one\nbad\nthree\n",
        &["--page", "127.0.0.1:0"],
    );
    let address = page(&run);
    held.called.recv_timeout(PATIENCE).unwrap();
    until("a call runs", || {
        data(&address, "")["running"] != serde_json::json!([])
    });
    let before = data(&address, "");
    assert_eq!(before["function"], "held");
    assert_eq!(
        (&before["over"], &before["next"]),
        (&Value::Null, &Value::from(0))
    );
    let command = before["command"].as_str().unwrap();
    assert!(command.starts_with("reparte run 1/127.0.0.1:"), "{command}");

    held.word.send(()).unwrap();
    held.word.send(()).unwrap();
    until("two calls have ended", || data(&address, "")["next"] == 2);
    let all = data(&address, "?since=0");
    let row = |n: usize| all["ended"].as_array().unwrap()[6 * n..6 * n + 6].to_vec();
    assert_eq!((&row(0)[1], &row(0)[5]), (&Value::from(0), &Value::from(0)));
    assert_eq!((&row(1)[1], &row(1)[5]), (&Value::from(1), &Value::from(1)));
    assert_eq!(
        data(&address, "?since=1")["ended"]
            .as_array()
            .unwrap()
            .len(),
        6
    );
    let error = all["errors"][0]["text"].as_str().unwrap();
    assert!(error.contains("</script>"), "{error}");
    assert_eq!(all["account"]["servers"][0]["failures"]["fault"], 1);

    held.word.send(()).unwrap();
    // Who looks on is let see the end.
    until("the run is over", || !data(&address, "")["over"].is_null());
    run.end().expect_code(5);
    assert!(
        TcpStream::connect(&address).is_err(),
        "the page outlives its run"
    );
}

#[test]
fn the_page_is_for_its_own_machine_and_can_only_be_read() {
    let (held, files) = (Held::new(), Files::new("page rules"));
    let run = start(&held, &files, "one\n", &["--page", "0"]);
    let address = page(&run);
    let html = get(&address, "/");
    assert!(html.contains("script-src 'self'"), "{html}");
    for part in html
        .split(['"', '\''])
        .filter(|part| part.ends_with(".js") || part.ends_with(".css"))
    {
        get(&address, &format!("/{part}"));
    }
    for (lines, status) in [
        ("GET / HTTP/1.1\nHost: evil.example", 403),
        ("GET /run.json HTTP/1.1\nHost: evil.example", 403),
        (
            "GET /run.json HTTP/1.1\nHost: localhost\nOrigin: http://evil.example",
            403,
        ),
        ("GET /other HTTP/1.1\nHost: localhost", 404),
        (
            "POST /run.json HTTP/1.1\nHost: localhost\nContent-Length: 0",
            404,
        ),
        ("PUT / HTTP/1.1\nHost: localhost\nContent-Length: 0", 405),
        ("POST / HTTP/1.1\nHost: localhost\nContent-Length: 0", 415),
    ] {
        let answer = ask(&address, lines);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{lines}: {answer}"
        );
    }
    let call = "<methodCall><methodName>held</methodName></methodCall>";
    let length = call.len();
    let answer = ask(
        &address,
        &format!(
            "POST / HTTP/1.0\nHost: localhost\nContent-Type: text/xml\nContent-Length: {length}\n\n{call}"
        ),
    );
    assert!(answer.contains("is not supported"), "{answer}");
    drop(run);
}

#[test]
fn the_report_is_one_document_that_needs_nothing_else() {
    let (held, files) = (Held::new(), Files::new("report"));
    let report = files.path("run.html");
    for _ in 0..3 {
        held.word.send(()).unwrap();
    }
    let run = start(&held, &files, "one\nbad\nthree\n", &["--report", &report]);
    run.end().expect_code(5);
    let page = fs::read_to_string(&report).unwrap();
    let server = format!("http://{}", held.server.address);
    for (at, _) in page.match_indices("http") {
        let rest = &page[at..];
        let is_text = rest.starts_with("http-equiv=") || rest.starts_with(&server);
        assert!(is_text, "{}", &rest[..rest.len().min(80)]);
    }
    for loads in [
        " src=",
        "<link rel=\"stylesheet\"",
        "@import",
        "url(",
        "<b>no",
    ] {
        assert!(!page.contains(loads), "{loads}");
    }
    let (_, rest) = page.split_once("id=\"data\">").unwrap();
    let (json, _) = rest.split_once("</script>").unwrap();
    let data: Value = serde_json::from_str(json).unwrap();
    assert_eq!(
        (&data["account"]["done"], &data["account"]["failed"]),
        (&Value::from(2), &Value::from(1))
    );
    assert_eq!(data["over"]["verdict"], "the run is over");
    // Without a script, it says the same.
    let (_, rest) = page.split_once("<noscript>").unwrap();
    let (plain, _) = rest.split_once("</noscript>").unwrap();
    assert!(plain.contains("2 of 3 tasks done, 1 failed"), "{plain}");
    assert!(plain.contains("&lt;b&gt;no"), "{plain}");
    // Nothing but the tasks is beside it.
    assert_eq!(fs::read_dir(files.directory()).unwrap().count(), 2);
}

#[test]
fn a_run_that_is_ended_early_is_reported_too() {
    let (held, files) = (Held::new(), Files::new("early"));
    let report = files.write("run.html", "an older one", 0o600);
    let run = start(&held, &files, "one\ntwo\nthree\n", &["--report", &report]);
    held.called.recv_timeout(PATIENCE).unwrap();
    run.signal(Signal::INT);
    run.line_after("stopping:");
    // A second call may have been made before the end came.
    held.word.send(()).unwrap();
    held.word.send(()).unwrap();
    run.end().expect_code(6);
    let page = fs::read_to_string(&report).unwrap();
    assert!(page.contains("the run was ended early"), "{page}");
}

#[test]
fn what_cannot_be_is_told_before_the_run() {
    let (held, files) = (Held::new(), Files::new("page errors"));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let (tasks, nowhere) = (
        files.write("tasks", "one\n", 0o600),
        files.path("no/run.html"),
    );
    let directory = files.directory().display().to_string();
    for (flags, code, texts) in [
        (
            ["--page", "0.0.0.0:0"],
            2,
            &["--page", "127.0.0.1:", "ssh -L"][..],
        ),
        (["--page", "nonsense"], 2, &["--page", "localhost:9000"]),
        (
            ["--page", &taken],
            3,
            &["--page", "another program listens there"],
        ),
        (
            ["--report", &nowhere],
            2,
            &["--report", "a directory that you may write to"],
        ),
        (
            ["--report", &directory],
            2,
            &["--report", "is a directory", "run.html"],
        ),
    ] {
        let server = &held.server.address;
        let all = [
            "run",
            server,
            "--function",
            "held",
            "--tasks",
            &tasks,
            flags[0],
            flags[1],
        ];
        run(&all).expect_error(code, texts);
    }
    assert!(held.called.try_recv().is_err(), "a task was sent");
}

#[test]
#[ignore = "needs what tests/peers/install installs"]
fn a_browser_shows_a_run_and_its_report() {
    // Debian's own Python, as for the other page.
    let mut look = Command::new("/usr/bin/python3");
    look.arg(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/peers/run_page.py"
    ))
    .args([env!("CARGO_BIN_EXE_reparte"), env!("CARGO_TARGET_TMPDIR")]);
    let ended = Running::start(look).end();
    assert_eq!(ended.expect_code(0).stdout, "ok\n");
}
