//! The page of a run: alive at an address, and frozen in a file.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod common;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
use std::process::Command;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use common::foreign::{Answer, Foreign};
use common::named_pipe::pipe;
use common::{reparte, run};
use rustix::process::Signal;
use serde_json::Value;
use test_support::{LocalServer, PATIENCE, Running, TestDirectory, until};
use xmlrpc_server::Service;

/// A server whose function `held` waits for its word, and fails for `bad`.
struct Held {
    server: LocalServer,
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
            server: LocalServer::start(service),
            word,
            called,
        }
    }
}

/// A run over these tasks with more flags, on one slot.
fn start(held: &Held, files: &TestDirectory, tasks: &str, flags: &[&str]) -> Running {
    let tasks = files.write("tasks", tasks, 0o600);
    let server = format!("1/{}", held.server.address);
    let mut all = vec!["run", &server, "--function", "held", "--tasks", &tasks];
    all.extend(flags);
    Running::start(reparte(&all))
}

/// The data in a report.
fn data_of(page: &str) -> Value {
    let (_, rest) = page.split_once("id=\"data\">").unwrap();
    let (json, _) = rest.split_once("</script>").unwrap();
    serde_json::from_str(json).unwrap()
}

/// Returns the part of a report that browsers without scripts show.
fn plain(page: &str) -> &str {
    let (_, rest) = page.split_once("<noscript>").unwrap();
    rest.split_once("</noscript>").unwrap().0
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
    let (held, files) = (Held::new(), TestDirectory::new("page"));
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
    until("the failed task is told", || {
        data(&address, "")["failed"]["next"] == 1
    });
    let failed = &data(&address, "?since=2&failed=0")["failed"]["tasks"][0];
    assert_eq!(
        (&failed["task"], &failed["input"], &failed["attempts"]),
        (&Value::from(2), &Value::from("bad"), &Value::from(1))
    );
    assert_eq!(failed["error"]["kind"], "fault");
    let later = &data(&address, "?failed=1")["failed"]["tasks"];
    assert_eq!(*later, serde_json::json!([]));

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
    let (held, files) = (Held::new(), TestDirectory::new("page rules"));
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
    let (held, files) = (Held::new(), TestDirectory::new("report"));
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
    let data = data_of(&page);
    assert_eq!(
        (&data["account"]["done"], &data["account"]["failed"]),
        (&Value::from(2), &Value::from(1))
    );
    assert_eq!(data["over"]["text"], "Done, but 1 of 3 tasks failed");
    // Without a script, it says the same.
    let plain = plain(&page);
    assert!(plain.contains("Done, but 1 of 3 tasks failed"), "{plain}");
    assert!(plain.contains("2 of 3 tasks done, 1 failed"), "{plain}");
    assert!(plain.contains("&lt;b&gt;no"), "{plain}");
    // Nothing but the tasks is beside it.
    assert_eq!(fs::read_dir(files.directory()).unwrap().count(), 2);
}

/// Waits for a server whose state is this, and gives the data that say so.
fn data_of_server(address: &str, state: &str) -> Value {
    let mut seen = Value::Null;
    until("a server's state is shown", || {
        seen = data(address, "");
        let servers = seen["account"]["servers"].as_array().unwrap();
        servers.iter().any(|server| server["state"] == state)
    });
    seen
}

#[test]
fn a_suspected_server_is_shown_with_its_reason() {
    let (held, files) = (Held::new(), TestDirectory::new("suspected"));
    let mut broken = Service::new();
    let missing = |_: String| Err::<String, _>(xmlrpc_wire::Fault::new(1, "no module <numpy>"));
    broken.register("held", missing).unwrap();
    let broken = LocalServer::start(broken);
    let (first, second) = (
        format!("1/{}", broken.address),
        format!("1/{}", held.server.address),
    );
    let tasks = files.write("tasks", "1\n2\n3\n4\n5\n6\n", 0o600);
    let report = files.path("run.html");
    let flags = ["--function", "held", "--tasks", &tasks, "--page", "0"];
    let all = [
        &["run", &first, &second][..],
        &flags,
        &["--report", &report],
    ]
    .concat();
    let run = Running::start(reparte(&all));
    let address = page(&run);
    let seen = data_of_server(&address, "suspected");
    let server = &seen["account"]["servers"][0];
    let error = server["last_error"].as_str().unwrap();
    assert!(error.contains("no module <numpy>"), "{seen}");
    let meaning = seen["meanings"]["suspected"].as_str().unwrap();
    assert!(meaning.contains("on trial"), "{seen}");
    assert_eq!(seen["waits"], Value::Null, "a server is up: {seen}");
    let row = format!("{}</th><td>suspected</td>", first.trim_start_matches("1/"));
    let reason = format!("{meaning}; fault 1: no module &lt;numpy&gt;");
    let shows = |html: &str| {
        let html = plain(html);
        assert!(html.contains(&row) && html.contains(&reason), "{html}");
    };
    shows(&get(&address, "/"));
    (0..6).for_each(|_| held.word.send(()).unwrap());
    until("the run is over", || !data(&address, "")["over"].is_null());
    run.end().expect_code(0);
    shows(&fs::read_to_string(&report).unwrap());
}

/// Checks what is shown of a run that waits for these servers. `ends`: it ends if that lasts.
fn waits_for(servers: &[&str], why: &str, cause: &str, ends: bool) {
    let files = TestDirectory::new("waits");
    let tasks = files.write("tasks", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", 0o600);
    let flags = ["--function", "f", "--tasks", &tasks, "--page", "0"];
    let waits = ["--wait-for-servers", "600"];
    let run = Running::start(reparte(&[&["run"], servers, &flags, &waits].concat()));
    let address = page(&run);
    // The reason may change with the first answers.
    let mut seen = Value::Null;
    until("it says that it waits", || {
        seen = data(&address, "");
        seen["waits"] == why
    });
    assert_eq!(seen["account"]["waiting"]["cause"], cause, "{seen}");
    let html = get(&address, "/");
    let html = plain(&html);
    assert!(html.contains("<p>Waits for a server, "), "{html}");
    assert!(html.contains(&format!(" so far: {why}")), "{html}");
    let is_limited = html.contains("; the run ends in 5");
    assert_eq!(is_limited, ends, "{html}");
    run.interrupt();
}

#[test]
fn a_run_that_waits_is_shown_with_its_reason() {
    let busy = Foreign::serve(|_| Answer::Status(503, "Retry-After: 60"));
    let useless = Foreign::serve(|_| Answer::Status(502, ""));
    let mut broken = Service::new();
    let missing = |_: String| Err::<String, _>(xmlrpc_wire::Fault::new(1, "no module <numpy>"));
    broken.register("f", missing).unwrap();
    let broken = LocalServer::start(broken);
    let away = "127.0.0.1:1";
    let broken_too = format!("{} is busy; {} is suspected", busy.address, broken.address);
    let away_too = format!("{} is busy; {away} is down", busy.address);
    let cases: [(&[&str], &str, &str, bool); 6] = [
        (&[&busy.address], "every one is busy", "busy", false),
        (&[&useless.address], "none gives a result", "outage", true),
        (&[away], "none answers", "outage", true),
        // The broken server answers: the run does not end.
        (
            &[&broken.address, away],
            "none gives a result",
            "outage",
            false,
        ),
        (
            &[&broken.address, &busy.address],
            &broken_too,
            "busy",
            false,
        ),
        (&[&busy.address, away], &away_too, "busy", false),
    ];
    thread::scope(|scope| {
        for (servers, why, cause, ends) in cases {
            scope.spawn(move || waits_for(servers, why, cause, ends));
        }
    });
}

#[test]
fn a_run_that_is_ended_early_is_reported_too() {
    let (held, files) = (Held::new(), TestDirectory::new("early"));
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
    assert!(
        plain(&page).contains("Ended early: ended by a signal"),
        "{page}"
    );
    // It stays as private as it was.
    let mode = fs::metadata(&report).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_run_of_which_more_was_to_come_is_not_done() {
    let (held, files) = (Held::new(), TestDirectory::new("more to come"));
    let report = files.path("run.html");
    let server = format!("1/{}", held.server.address);
    let run = reparte(&["run", &server, "--function", "held", "--report", &report]);
    let mut run = Running::interactive(run);
    let mut input = run.stdin();
    input.write_all(b"one\n").unwrap();
    held.called.recv_timeout(PATIENCE).unwrap();
    run.signal(Signal::INT);
    run.line_after("stopping:");
    held.word.send(()).unwrap();
    run.end().expect_code(6);
    drop(input);
    let page = fs::read_to_string(&report).unwrap();
    let data = data_of(&page);
    let account = &data["account"];
    assert_eq!(
        (&account["done"], &account["tasks"], &data["expected"]),
        (&Value::from(1), &Value::from(1), &Value::Null)
    );
    assert_eq!(data["over"]["well"], false);
    let text = data["over"]["text"].as_str().unwrap();
    assert!(
        text.contains("ended by a signal") && text.contains("more were to come"),
        "{text}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_whose_input_cannot_be_read_is_not_done() {
    let (held, files) = (Held::new(), TestDirectory::new("unreadable"));
    let report = files.path("run.html");
    let server = &held.server.address;
    // It can be opened, and the first byte can't be read.
    let tasks = "/proc/self/mem";
    let flags = ["--function", "held", "--tasks", tasks, "--report", &report];
    run(&[&["run", server][..], &flags].concat()).expect_code(2);
    let over = &data_of(&fs::read_to_string(&report).unwrap())["over"];
    assert_eq!(over["well"], false);
    let text = over["text"].as_str().unwrap();
    assert!(text.contains("can't be read any further"), "{text}");
}

#[test]
fn the_passwords_of_addresses_are_not_in_the_report() {
    let (held, files) = (Held::new(), TestDirectory::new("passwords"));
    let report = files.path("run.html");
    let tasks = files.write("tasks", "one\n", 0o600);
    held.word.send(()).unwrap();
    let server = format!("1/any:TOKEN@{}", held.server.address);
    let flags = ["--function", "held", "--tasks", &tasks, "--report", &report];
    run(&[&["run", &server][..], &flags].concat()).expect_code(0);
    let page = fs::read_to_string(&report).unwrap();
    assert!(!page.contains("TOKEN"), "{page}");
    let shown = format!("reparte run 1/...@{} ", held.server.address);
    assert!(page.contains(&shown), "{page}");
}

#[test]
fn what_is_no_regular_file_is_written_to_and_not_replaced() {
    let (held, files) = (Held::new(), TestDirectory::new("not regular"));
    let (fifo, target) = (pipe(&files, "fifo"), files.write("target", "older", 0o600));
    let link = files.path("link");
    symlink("target", &link).unwrap();
    held.word.send(()).unwrap();
    let reader = {
        let fifo = fifo.clone();
        thread::spawn(move || fs::read_to_string(fifo).unwrap())
    };
    let flags = ["--report", &fifo, "--account", &link];
    start(&held, &files, "one\n", &flags).end().expect_code(0);
    assert!(fs::metadata(&fifo).unwrap().file_type().is_fifo());
    assert_eq!(data_of(&reader.join().unwrap())["account"]["done"], 1);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let account = fs::read_to_string(target).unwrap();
    assert!(
        account.starts_with('{') && account.ends_with("}\n"),
        "{account}"
    );
    // The pipe, the link, its target and the tasks.
    assert_eq!(fs::read_dir(files.directory()).unwrap().count(), 4);
}

#[test]
fn a_link_to_nothing_is_told_before_the_run() {
    let (held, files) = (Held::new(), TestDirectory::new("to nothing"));
    let link = files.path("link");
    symlink("nothing", &link).unwrap();
    for flag in ["--report", "--account"] {
        let server = &held.server.address;
        run(&["run", server, "--function", "held", flag, &link]).expect_error(2, &[flag, "link"]);
    }
}

#[test]
fn older_files_stay_until_there_are_newer_ones() {
    let (held, files) = (Held::new(), TestDirectory::new("older"));
    let account = files.write("account", "older", 0o600);
    let report = files.write("report", "older", 0o600);
    let flags = ["--account", &account, "--report", &report];
    let stays = || {
        for file in [&account, &report] {
            assert_eq!(fs::read_to_string(file).unwrap(), "older");
        }
    };
    let server = &held.server.address;
    let nowhere = ["--function", "held", "--tasks", "/nonexistent/tasks"];
    run(&[&["run", server][..], &nowhere, &flags].concat()).expect_error(2, &["--tasks"]);
    stays();
    let killed = start(&held, &files, "one\n", &flags);
    held.called.recv_timeout(PATIENCE).unwrap();
    killed.signal(Signal::KILL);
    killed.end();
    stays();
}

#[test]
fn an_account_that_cannot_be_written_hides_neither_the_report_nor_the_failed_tasks() {
    let (held, files) = (Held::new(), TestDirectory::new("unwritten"));
    let (fifo, report) = (pipe(&files, "fifo"), files.path("run.html"));
    let flags = ["--account", &fifo, "--report", &report];
    // Both ends, so as to wait for nobody; once it is opened there, nobody reads it.
    let both = fs::OpenOptions::new().read(true).write(true).open(&fifo);
    let run = start(&held, &files, "bad\n", &flags);
    held.called.recv_timeout(PATIENCE).unwrap();
    drop(both.unwrap());
    held.word.send(()).unwrap();
    let ended = run.end();
    ended.expect_code(1);
    for told in [
        "error: can't write the output: --account ",
        "error: 1 of 1 tasks failed",
    ] {
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
    }
    assert_eq!(
        data_of(&fs::read_to_string(&report).unwrap())["account"]["failed"],
        1
    );
}

#[test]
fn what_cannot_be_is_told_before_the_run() {
    let (held, files) = (Held::new(), TestDirectory::new("page errors"));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let (tasks, nowhere) = (
        files.write("tasks", "one\n", 0o600),
        files.path("no/run.html"),
    );
    let directory = files.directory().display().to_string();
    let new_directory = files.path("new/");
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
            &["--report", "a folder that is there"],
        ),
        (
            ["--report", &directory],
            2,
            &["--report", "is a directory", "name a file"],
        ),
        (
            ["--report", &new_directory],
            2,
            &["--report", "new/", "a folder that is there"],
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
