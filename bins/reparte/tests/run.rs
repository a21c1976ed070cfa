//! `reparte run`: tasks in, results out.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use common::functions::{Held, next, service};
use common::reparte;
use common::server::serve;
use common::terminal::OnTerminal;
use serde_json::{Value as Json, json};
use test_support::{Ended, LocalServer, PATIENCE, Running, TestDirectory};

/// Runs a function of a server over the lines of a text.
fn run(server: &LocalServer, tasks: &str, arguments: &[&str]) -> Ended {
    let all = [&["run", &*server.address, "--function"], arguments].concat();
    let mut running = Running::interactive(reparte(&all));
    // What fails early does not read it.
    let _ = running.stdin().write_all(tasks.as_bytes());
    running.end()
}

#[test]
fn the_articles_ten_results() {
    let files = TestDirectory::new("article");
    let numbers: Vec<String> = (23_434_252_232_434_u64..)
        .take(10)
        .map(|n| n.to_string())
        .collect();
    let tasks = files.write("numbers", &numbers.join("\n"), 0o600);
    let arguments = [
        "run",
        "--local",
        "2",
        "--function",
        "factoriz_sum",
        "--tasks",
        &tasks,
    ];
    let ended = common::run(&arguments);
    ended.expect(
        "50914\n22604\n64521003\n5916347\n1216614982\n1305026\n142374\n23434252232441\n\
         1722855693\n1802634787124\n",
    );
    assert!(
        ended.stderr.contains("10 tasks: 10 done, 0 failed, 0 lost"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_line_is_an_argument_of_the_type_that_is_asked_for() {
    let server = LocalServer::start(service());
    for (flags, tasks, expected) in [
        (&[][..], "7\n\n x \n", "string\nstring\n"),
        (&["--arg-type", "int"], "7\n-8\n", "int\nint\n"),
        (&["--arg-type", "double"], "7\n1e3", "double\ndouble\n"),
        (&["--arg-type", "boolean"], "true\n", "boolean\n"),
        (
            &["--arg-type", "datetime"],
            "19980717T14:08:55",
            "datetime\n",
        ),
        (&["--arg-type", "base64"], "aGk=\n", "base64\n"),
        (
            &["--arg-type", "json"],
            "[1, 2]\n\"x\"\n",
            "array\nstring\n",
        ),
        (&["--json"], "[0.5]\n[[]]\n", "double\narray\n"),
    ] {
        run(&server, tasks, &[&["kind"], flags].concat()).expect(expected);
    }
    run(&server, "[1, 0.5]\r\n[2, 0.25]\r\n", &["add", "--json"]).expect("1.5\n2.25\n");
}

#[test]
fn a_line_that_is_no_task_fails_alone_and_is_named() {
    let server = LocalServer::start(service());
    let ended = run(&server, "7\nseven\n9\n", &["echo", "--arg-type", "int"]);
    ended.expect_code(5);
    assert_eq!(ended.stdout, "7\n\n9\n");
    for part in [
        "task 2 (seven) failed",
        "line 2: \"seven\" is not a whole number",
        "1 of 3 tasks",
    ] {
        assert!(
            ended.stderr.contains(part),
            "no {part:?} in: {}",
            ended.stderr
        );
    }
}

#[test]
fn each_format_has_results_and_errors() {
    let server = LocalServer::start(service());
    let name = &server.address;
    let fault = format!("{name}: fault 1: no digit,\tor \"none\"");
    let tasks = "12\n\na,\"b\"\n";

    let ended = run(&server, tasks, &["check"]);
    ended.expect_code(5);
    assert_eq!(ended.stdout, "12\n\n");

    let ended = run(&server, tasks, &["check", "--output", "jsonl"]);
    ended.expect_code(5);
    let lines: Vec<Json> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let [first, second] = lines.as_slice() else {
        panic!("not two lines: {lines:?}");
    };
    assert!(first["seconds"].as_f64().unwrap() < PATIENCE.as_secs_f64());
    let members = json!({
        "task": 1, "input": "12", "result": "12", "server": name,
        "seconds": first["seconds"], "attempts": 1,
    });
    assert_eq!(*first, members);
    let error = json!({ "kind": "fault", "message": fault });
    assert_eq!(
        *second,
        json!({
            "task": 3, "input": "a,\"b\"", "error": error, "server": name,
            "seconds": second["seconds"], "attempts": 1,
        })
    );

    let ended = run(&server, tasks, &["check", "--output", "csv"]);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines[0], "task,input,result,error,server,seconds,attempts");
    assert!(lines[1].starts_with(&format!("1,12,12,,{name},0.")) && lines[1].ends_with(",1"));
    let quoted = fault.replace('"', "\"\"");
    let start = format!("3,\"a,\"\"b\"\"\",,\"{quoted}\",{name},0.");
    assert!(
        lines[2].starts_with(&start) && lines[2].ends_with(",1"),
        "{}",
        lines[2]
    );

    let ended = run(&server, tasks, &["check", "--output", "tsv"]);
    let lines: Vec<Vec<&str>> = ended
        .stdout
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    assert_eq!(lines[0].len(), 7);
    assert_eq!(lines[1][..5], ["1", "12", "12", "", name]);
    let escaped = fault.replace('\t', "\\t");
    assert_eq!(lines[2][..5], ["3", "a,\"b\"", "", &escaped, name]);
    assert!(lines[2][5].starts_with("0."), "{:?}", lines[2]);
}

#[test]
fn a_result_of_several_lines_is_one_field() {
    let server = LocalServer::start(service());
    let task = "[\"two\\nlines\\tand a \\\\\"]";
    let text = run(&server, task, &["echo", "--json"]);
    text.expect("two\nlines\tand a \\\n");
    let tsv = run(&server, task, &["echo", "--json", "--output", "tsv"]).stdout;
    let result = tsv.lines().nth(1).unwrap().split('\t').nth(2).unwrap();
    assert_eq!(result, "two\\nlines\\tand a \\\\");
    let csv = run(&server, task, &["echo", "--json", "--output", "csv"]).stdout;
    assert!(csv.contains(",\"two\nlines\tand a \\\","), "{csv}");
}

#[test]
fn results_come_out_while_the_input_is_still_open() {
    let server = LocalServer::start(service());
    let command = reparte(&["run", &server.address, "--function", "echo", "-q"]);
    let mut running = Running::interactive(command);
    let (mut input, mut output) = (running.stdin(), BufReader::new(running.stdout()));
    for task in ["first\n", "second\n", "third\n"] {
        input.write_all(task.as_bytes()).unwrap();
        let mut result = String::new();
        output.read_line(&mut result).unwrap();
        assert_eq!(result, task);
    }
    drop(input);
    running.end().expect_code(0);
}

#[test]
fn a_run_ends_when_its_reader_leaves() {
    let server = LocalServer::start(service());
    let command = reparte(&["run", &server.address, "--function", "echo"]);
    let mut running = Running::interactive(command);
    let (mut input, mut output) = (running.stdin(), BufReader::new(running.stdout()));
    let endless = std::thread::spawn(move || while input.write_all(b"again\n").is_ok() {});
    let mut result = String::new();
    output.read_line(&mut result).unwrap();
    assert_eq!(result, "again\n");
    drop(output);
    let ended = running.end();
    ended.expect_code(0);
    assert!(!ended.stderr.contains("error"), "{}", ended.stderr);
    endless.join().unwrap();
}

/// Starts a run of `hold` over these tasks, two calls at a time.
fn hold(files: &TestDirectory, server: &LocalServer, tasks: &str, arguments: &[&str]) -> Running {
    let tasks = files.write("tasks", tasks, 0o600);
    let address = format!("2/{}", server.address);
    let flags = ["run", &address, "--function", "hold", "--tasks", &tasks];
    Running::interactive(reparte(&[&flags, arguments].concat()))
}

#[test]
fn without_order_a_result_does_not_wait_for_an_earlier_one() {
    let files = TestDirectory::new("unordered");
    let (server, held, called) = Held::serve();
    let mut running = hold(&files, &server, "slow\nquick\n", &["--unordered"]);
    let mut calls = [next(&called), next(&called)];
    calls.sort_unstable();
    assert_eq!(calls, ["quick", "slow"]);
    held.release("quick");
    let mut output = BufReader::new(running.stdout());
    let mut result = String::new();
    output.read_line(&mut result).unwrap();
    assert_eq!(result, "quick\n");
    held.release("slow");
    output.read_line(&mut result).unwrap();
    assert_eq!(result, "quick\nslow\n");
    running.end().expect_code(0);
}

#[test]
fn in_order_no_more_tasks_are_in_flight_than_is_said() {
    let files = TestDirectory::new("in flight");
    let (server, held, called) = Held::serve();
    held.release("2");
    held.release("3");
    let running = hold(&files, &server, "1\n2\n3\n", &["--max-in-flight", "2"]);
    let mut calls = [next(&called), next(&called)];
    calls.sort_unstable();
    assert_eq!(calls, ["1", "2"]);
    // The second has ended, and waits to be printed behind the first.
    let short = std::time::Duration::from_millis(100);
    assert!(called.recv_timeout(short).is_err());
    held.release("1");
    assert_eq!(next(&called), "3");
    running.end().expect("1\n2\n3\n");
}

#[test]
fn the_account_is_a_table_and_a_file_unless_it_is_to_be_quiet() {
    let server = LocalServer::start(service());
    let files = TestDirectory::new("account");
    let path = files.path("account.json");
    let loud = run(&server, "1\n2\n", &["echo", "--account", &path]);
    assert!(loud.stderr.contains("executions  state"), "{}", loud.stderr);
    let account: Json = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!((&account["done"], &account["lost"]), (&json!(2), &json!(0)));
    assert_eq!(account["servers"][0]["name"], json!(server.address));
    for flag in ["--quiet", "-q"] {
        let quiet = run(&server, "1\n2\n", &["echo", flag, "--account", &path]);
        quiet.expect("1\n2\n");
        assert_eq!(quiet.stderr, "");
    }
}

#[test]
fn what_can_not_be_read_or_written_is_found_before_the_run() {
    let server = LocalServer::start(service());
    let files = TestDirectory::new("files");
    let nowhere = files.path("no folder/file");
    let folder = files.directory().display().to_string();
    let odd = files.write("odd", "no journal\n", 0o600);
    for (flag, path, code, part) in [
        ("--tasks", &nowhere, 2, "name a text file"),
        (
            "--account",
            &nowhere,
            2,
            "name a file in a folder that is there",
        ),
        ("--journal", &nowhere, 7, "in a folder that is there"),
        ("--journal", &folder, 7, "name a file that may be written"),
        ("--journal", &odd, 7, "odd"),
        ("--servers", &nowhere, 2, "name a text file"),
        ("--token-file", &nowhere, 2, "reparte keys"),
        ("--ca", &nowhere, 2, "name a file that exists"),
    ] {
        run(&server, "1\n", &["echo", flag, path]).expect_error(code, &[flag, part]);
    }
    let ended = run(&server, "", &["echo", "-q", "--tasks", &folder]);
    ended.expect_error(2, &["--tasks", "name a text file with a task per line"]);
    // The list of failed tasks was lost, since the results were in a directory of that name.
    let same = files.path("same");
    let flags = ["echo", "--results", &same, "--failed", &same];
    run(&server, "1\n", &flags).expect_error(2, &["--failed", "--results", "same file"]);
    assert!(!std::path::Path::new(&same).exists());
}

#[test]
fn a_function_without_a_name_is_refused() {
    let ended = common::run(&["run", "localhost:1", "--function", ""]);
    ended.expect_error(2, &["--function", "can't be empty", "reparte methods"]);
}

/// Each task failed, as if its answer were at fault.
#[test]
fn a_port_of_another_service_fails_no_task() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for mut connection in listener.incoming().map_while(Result::ok) {
            // A greeting before any request.
            let _ = connection.write_all(b"SSH-2.0-x\r\n");
            let _ = connection.read_to_end(&mut Vec::new());
        }
    });
    let in_tls = format!("https://{address}");
    for (tasks, address, told) in [
        ("1\n", &address, "in SSH"),
        ("1\n2\n3\n", &address, "in SSH"),
        ("1\n", &in_tls, "does not speak TLS"),
    ] {
        let command = reparte(&["run", address, "--function", "f"]);
        let mut running = Running::interactive(command);
        running.stdin().write_all(tasks.as_bytes()).unwrap();
        let ended = running.end();
        ended.expect_error(4, &["not run", told, "correct their addresses"]);
    }
}

/// The advice was to look at the status.
#[test]
fn a_function_that_no_server_has_comes_with_its_remedy() {
    let server = LocalServer::start(service());
    let ended = run(&server, "1\n", &["nope"]);
    ended.expect_error(4, &["see `reparte methods` for the functions of a server"]);
    let ended = Running::start(reparte(&["call", &server.address, "nope"])).end();
    ended.expect_error(
        5,
        &["not supported; `reparte methods` lists those of a server"],
    );
}

#[test]
fn a_dash_is_standard_input() {
    let server = LocalServer::start(service());
    run(&server, "1\n2\n", &["echo", "--tasks", "-"]).expect("1\n2\n");
}

#[test]
fn a_number_out_of_range_is_told_the_range() {
    let seconds = "give a number of seconds above 0";
    for (flag, number, text) in [
        ("--timeout", "-1", seconds),
        ("--retries", "-1", "from 0 to 4294967295"),
        ("--local", "x", "from 1 to 255"),
        ("--local", "-1", "from 1 to 255"),
        (
            "--max-in-flight",
            "99999999999999999999",
            "from 1 to 1000000",
        ),
    ] {
        let ended = common::run(&["run", "localhost:1", "--function", "f", flag, number]);
        ended.expect_error(2, &[flag, number, text]);
    }
    for subcommand in [
        &["call", "localhost:1", "f"][..],
        &["methods", "localhost:1"],
        &["status", "localhost:1"],
    ] {
        common::run(&[subcommand, &["--timeout", "-1"]].concat()).expect_error(2, &[seconds]);
    }
    let serve = ["serve", "--function", "f", "--grace", "-1", "--", "cat"];
    common::run(&serve).expect_error(2, &[seconds]);
}

#[test]
fn a_terminal_shows_how_far_the_run_is() {
    let files = TestDirectory::new("progress");
    let (server, held, called) = Held::serve();
    let address = format!("1/{}", server.address);
    let tasks = files.write("tasks", "1\n2\n", 0o600);
    let arguments = ["run", &*address, "--function", "hold", "--tasks", &tasks];
    let mut terminal = OnTerminal::with_errors_there(reparte(&arguments));
    held.release("1");
    assert_eq!([next(&called), next(&called)], ["1", "2"]);
    terminal.drawn(|drawn| {
        let parts = ["1 of 2 done", "1/1 servers up, 1 busy", "===", "left"];
        parts.iter().all(|part| drawn.contains(part))
    });
    held.release("2");
    // The bar is wiped out, and the account stands in its place.
    terminal.drawn(|drawn| drawn.contains("2 tasks: 2 done, 0 failed, 0 lost"));
}

/// The text of a program that fails keeps its end, whole where there is room for lines, and with
/// its last line where there is room for one.
#[test]
fn the_reason_at_the_end_of_a_traceback_is_seen() {
    let files = TestDirectory::new("traceback");
    let report = files.path("run.html");
    let script = "echo 'Traceback (most recent call last):' >&2
        for frame in 1 2 3 4 5 6 7; do
            printf '  File \"/opt/work/module_%s.py\", line %s, in step\n    step()\n' $frame 1$frame >&2
        done
        echo 'ValueError: block 7 <is> missing' >&2; exit 1";
    let (server, url) = serve(&["--function", "f", "--", "sh", "-c", script]);
    let middle = "in step\n    step()\n  File \"/opt/work/module_4.py\", line 14, in step\n";
    let end = "    step()\nValueError: block 7 <is> missing";
    let run = |format: &str| {
        let flags = ["--function", "f", "--output", format, "--report", &report];
        let mut running = Running::interactive(reparte(&[&["run", &url], &flags[..]].concat()));
        running.stdin().write_all(b"7\n").unwrap();
        let ended = running.end();
        ended.expect_code(5);
        let told = ended.stderr.lines();
        let told: Vec<_> = told
            .filter(|line| line.starts_with("task 1 (7) failed"))
            .collect();
        assert_eq!(told.len(), 1, "{}", ended.stderr);
        assert!(
            told[0].contains("the program failed (exit status: 1)"),
            "{told:?}"
        );
        assert!(
            told[0].ends_with("ValueError: block 7 <is> missing"),
            "{told:?}"
        );
        ended.stdout
    };
    // Alone it is shown whole, with its line ends.
    let called = common::run(&["call", &url, "f", "7"]);
    called.expect_code(5);
    assert!(
        called.stderr.trim_end().ends_with(end) && called.stderr.contains(middle),
        "{}",
        called.stderr
    );
    let line: serde_json::Value = serde_json::from_str(&run("jsonl")).unwrap();
    let message = line["error"]["message"].as_str().unwrap();
    assert!(
        message.contains(middle) && message.ends_with(end),
        "{message}"
    );
    let table = run("csv");
    let quoted = middle.replace('"', "\"\"");
    assert!(table.contains(&quoted) && table.contains(end), "{table}");
    let page = std::fs::read_to_string(&report).unwrap();
    let line = "step()\nValueError: block 7 &lt;is&gt; missing</pre>";
    assert!(page.contains(line), "{page}");
    server.line_after("f: the program failed (exit status: 1): ValueError: block 7 <is> missing");
}
