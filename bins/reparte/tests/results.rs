//! The parts of an answer beside its value: types, tags, files, error output, the log of calls; and
//! `--dry-run`.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::fs;
use std::io::Write as _;
use std::path::Path;

use common::reparte;
use common::server::serve;
use serde_json::{Value as Json, json};
use test_support::{Ended, Running, TestDirectory};

/// Says something on standard error, and fails for `bad`.
const SAYS: &str = "echo \"said $1\" >&2; test \"$1\" != bad && echo \"got $1\"";

/// Runs the command over an input, in a pipe.
fn run_over(input: &str, arguments: &[&str]) -> Ended {
    let mut running = Running::interactive(reparte(&[&["run", "--quiet"], arguments].concat()));
    // A command with a bad argument ends before it reads.
    let _ = running.stdin().write_all(input.as_bytes());
    running.end()
}

fn lines(text: &str) -> Vec<Json> {
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn json_that_a_program_prints_is_a_value() {
    let program = ["sh", "-c", "echo \"[$1]\"", "sh", "{}"];
    let typed = ["--result-type", "json", "--output", "jsonl", "--"];
    let ended = run_over("1\n\"x\"\nx\n", &[&typed[..], &program].concat());
    ended.expect_code(5);
    let results = lines(&ended.stdout);
    assert_eq!(results[0]["result"], json!([1]));
    assert_eq!(results[1]["result"], json!(["x"]));
    let error = results[2]["error"]["message"].as_str().unwrap();
    assert!(error.contains("no JSON value"), "{error}");
    // A server gives the value, and a run reads it out of the string of one that does not.
    for (flags, run_flags) in [
        (&["--result-type", "json"][..], &[][..]),
        (&[], &typed[..2]),
    ] {
        let (_server, url) = serve(&[&["--function", "f"], flags, &["--"], &program].concat());
        let run = [&["--output", "jsonl", "--function", "f", &*url], run_flags].concat();
        let ended = run_over("1\n", &run);
        assert_eq!(lines(&ended.stdout)[0]["result"], json!([1]), "{flags:?}");
    }
}

#[test]
fn a_kept_program_has_a_type_too() {
    let arguments = [
        "--keep",
        "--local",
        "1",
        "--result-type",
        "json",
        "--output",
        "jsonl",
    ];
    let ended = run_over("7\n", &[&arguments[..], &["--", "cat"]].concat());
    assert_eq!(lines(&ended.stdout)[0]["result"], json!(7));
}

#[test]
fn a_tag_is_the_task() {
    let tagged = ["--tag", "--", "sh", "-c", SAYS, "sh", "{}"];
    let ended = run_over("a b\nbad\n", &tagged);
    ended.expect_code(5);
    assert_eq!(ended.stdout, "a b\tgot a b\nbad\t\n");
    let other = ["--tag", "--output", "csv", "--", "cat"];
    run_over("a\n", &other).expect_error(2, &["--tag is for the format text"]);
}

/// The error output comes from this machine, and from servers that give it.
#[test]
fn what_a_program_says_comes_with_its_result() {
    let program = ["--", "sh", "-c", SAYS, "sh", "{}"];
    let (_server, url) = serve(&[&["--function", "f", "--stderr"][..], &program].concat());
    let server = [&*url, "--function", "f"];
    for place in [&program[..], &server] {
        let ended = run_over("a\n", &[&["--stderr", "--output", "jsonl"], place].concat());
        let results = lines(&ended.stdout);
        assert_eq!(results[0]["result"], "got a", "{ended:?}");
        assert_eq!(results[0]["stderr"], "said a");
        let ended = run_over("a\n", &[&["--stderr"], place].concat());
        ended.expect_told("task 1: said a\n");
        assert_eq!(ended.stdout, "got a\n");
        let ended = run_over("a\n", &[&["--stderr", "--output", "csv"], place].concat());
        assert!(
            ended
                .stdout
                .starts_with("task,input,result,error,server,seconds,attempts,stderr\n")
        );
        assert!(ended.stdout.ends_with(",1,said a\n"), "{}", ended.stdout);
    }
    // A client that does not know the form has the struct.
    common::run(&["call", &url, "f", "a"]).expect("{\"result\":\"got a\",\"stderr\":\"said a\"}\n");
    // Without the flag nothing changes.
    let ended = run_over("a\n", &[&["--output", "jsonl"][..], &program].concat());
    assert!(lines(&ended.stdout)[0].get("stderr").is_none());
    // A kept program's is that of the call alone.
    let script = "while read -r x; do echo \"said $x\" >&2; echo \"got $x\"; done";
    let kept = [
        "--stderr", "--output", "jsonl", "--keep", "--local", "1", "--", "sh", "-c",
    ];
    let ended = run_over("a\nb\n", &[&kept[..], &[script]].concat());
    let said: Vec<Json> = lines(&ended.stdout)
        .iter()
        .map(|one| one["stderr"].clone())
        .collect();
    assert_eq!(said, ["said a", "said b"]);
}

/// The files of a task: its result, its error output, and the object of how it ended.
fn files_of(directory: &str, task: u32) -> (String, String, Json) {
    let read = |kind: &str| {
        let path = Path::new(directory).join(format!("{task}.{kind}"));
        fs::read_to_string(path).unwrap()
    };
    (
        read("out"),
        read("err"),
        serde_json::from_str(&read("json")).unwrap(),
    )
}

#[test]
fn each_task_has_files_that_a_journal_brings_back() {
    let files = TestDirectory::new("results");
    let (results, journal) = (files.path("new/results"), files.path("journal"));
    let flags = ["--results", &*results, "--journal", &*journal];
    let program = ["--", "sh", "-c", SAYS, "sh", "{}"];
    let ended = run_over("a\n\nbad\n", &[&flags[..], &program].concat());
    ended.expect_code(5);
    assert_eq!(ended.stdout, "got a\n\n");
    let check = || {
        let (out, err, status) = files_of(&results, 1);
        assert_eq!((&*out, &*err), ("got a\n", "said a\n"));
        assert_eq!(
            (&status["status"], &status["input"]),
            (&json!("done"), &json!("a"))
        );
        assert!(status["seconds"].as_f64().unwrap() > 0.0, "{status}");
        let (out, err, status) = files_of(&results, 3);
        assert_eq!(out, "");
        assert!(
            err.contains("exit status: 1") && err.ends_with("said bad\n"),
            "{err}"
        );
        assert_eq!(status["status"], "failed");
        assert_eq!(fs::read_dir(&results).unwrap().count(), 6);
    };
    check();
    fs::remove_dir_all(&results).unwrap();
    let again = ["--resumed", "skip"];
    let ended = run_over("a\n\nbad\n", &[&flags[..], &again, &program].concat());
    ended.expect_code(5);
    check();
    // Bytes are as they are, and a directory has to be one.
    let bytes = ["--base64", "--results", &results, "--", "printf", "\\377"];
    run_over("a\n", &bytes).expect_code(0);
    assert_eq!(fs::read(format!("{results}/1.out")).unwrap(), b"\xff");
    let file = ["--results", &*journal, "--", "cat"];
    run_over("a\n", &file).expect_error(2, &["--results", "where you may write"]);
}

#[test]
fn a_server_logs_each_call() {
    let files = TestDirectory::new("call log");
    let log = files.path("calls.jsonl");
    let program = ["--", "sh", "-c", SAYS, "sh", "{}"];
    let serve_f = ["--function", "f", "--workers", "1", "--log", &*log];
    let (_server, url) = serve(&[&serve_f[..], &program].concat());
    let ended = run_over("a\nbad\n", &["--function", "f", &url]);
    ended.expect_code(5);
    let calls = lines(&fs::read_to_string(&log).unwrap());
    for (call, task, outcome, exit) in [
        (&calls[0], "a", "result", 0),
        (&calls[1], "bad", "failed", 1),
    ] {
        assert_eq!(call["function"], "f");
        assert_eq!(call["task"], task);
        assert_eq!(call["outcome"], outcome);
        assert_eq!(call["exit"], exit);
        assert_eq!(call["stderr"], format!("said {task}"));
        assert!(call["seconds"].as_f64().unwrap() > 0.0, "{call}");
        assert!(call["time"].as_str().unwrap().ends_with('Z'), "{call}");
    }
    let bad = [
        "serve",
        "0",
        "--function",
        "f",
        "--log",
        "/no/such/file",
        "--",
        "cat",
    ];
    common::run(&bad).expect_error(2, &["--log: can't write /no/such/file"]);
}

#[test]
fn a_dry_run_calls_nothing() {
    let files = TestDirectory::new("dry");
    let log = files.path("log");
    let program = ["--", "sh", "-c", "echo $1 >> $0", &log, "{a}"];
    let dry = ["--dry-run", "--input", "csv"];
    let ended = run_over("a,b\nx y,2\n", &[&dry[..], &program].concat());
    ended.expect_code(0);
    let line = &ended.stdout;
    assert!(line.contains("sh -c 'echo $1 >> $0' "), "{line}");
    assert!(line.ends_with(" 'x y'\n"), "{line}");
    ended.expect_told("1 task would go to this machine; none was called");
    assert!(!fs::exists(&log).unwrap());
    // On standard input.
    let ended = run_over("x\n", &["--dry-run", "--", "cat"]);
    assert!(ended.stdout.ends_with("/cat <<< x\n"), "{ended:?}");
    // On servers, which need not be there.
    let servers = [
        "--dry-run",
        "--function",
        "f",
        "--colsep",
        " ",
        "--arg-type",
        "int",
        "host:1",
    ];
    let ended = run_over("1 2\n3 x\n", &servers);
    ended.expect_code(5);
    assert_eq!(ended.stdout, "f(1, 2)\n");
    ended.expect_told("line 2: column 2: \"x\" is not a whole number");
    ended.expect_told("2 tasks would go to host:1");
}

/// `--tasks failed.txt` numbers its tasks anew, and the file of task 1 became that of another one.
#[test]
fn files_of_other_tasks_are_not_replaced_in_silence() {
    let files = TestDirectory::new("other results");
    let results = files.path("results");
    let flags = ["--results", &*results, "--", "echo"];
    let over = |input: &str, mark: &str| run_over(input, &[&flags[..], &[mark, "{}"]].concat());
    over("a\nb\nc\n", "one").expect_code(0);
    over("b\n", "two").expect_error(
        2,
        &[
            "1.json was of another task, \"a\"",
            "name another directory",
        ],
    );
    assert_eq!(files_of(&results, 1).0, "one a\n");
    // The same tasks are done again, and some of them may have changed.
    let again = over("a\nx\ny\n", "two");
    again.expect_code(0);
    let told = "2.json was of another task, \"b\", and not of \"x\": it was replaced";
    assert_eq!(again.stderr.matches(" was of another task").count(), 1);
    again.expect_told(told);
    assert_eq!(files_of(&results, 3).0, "two y\n");
}

// The log keeps more of it.
#[test]
fn a_failure_has_the_end_of_the_error_output_alone() {
    let files = TestDirectory::new("long errors");
    let (results, log) = (files.path("results"), files.path("log"));
    let script = "i=0; while test $i -lt 300; do echo a line of the error output >&2; i=$((i+1)); \
                  done; echo last >&2; exit 1";
    let program = ["--", "sh", "-c", script];
    let (_server, url) = serve(&[&["--function", "f", "--log", &*log][..], &program].concat());
    let server = [&*url, "--function", "f"];
    for place in [
        &[&["--stderr"][..], &program].concat()[..],
        &[&["--results", &*results][..], &program].concat(),
        &server,
    ] {
        let ended = run_over("a\n", &[&["--output", "jsonl"], place].concat());
        ended.expect_code(5);
        let outcomes = lines(&ended.stdout);
        let message = outcomes[0]["error"]["message"].as_str().unwrap();
        assert!(message.ends_with("\nlast"), "{message}");
        assert!((1900..2200).contains(&message.len()), "{}", message.len());
    }
    let calls = lines(&fs::read_to_string(&log).unwrap());
    let logged = calls[0]["stderr"].as_str().unwrap().len();
    assert!(logged > 8000, "{logged}");
}

#[test]
fn files_of_results_change_nothing_in_the_output() {
    let files = TestDirectory::new("no stderr");
    let results = files.path("results");
    let flags = ["--results", &*results, "--output", "jsonl"];
    let program = ["--", "sh", "-c", SAYS, "sh", "{}"];
    let ended = run_over("a\n", &[&flags[..], &program].concat());
    ended.expect_code(0);
    assert!(lines(&ended.stdout)[0].get("stderr").is_none(), "{ended:?}");
    let (_, err, _) = files_of(&results, 1);
    assert_eq!(err, "said a\n");
}

/// The error output says why, where the output can't be read.
#[test]
fn an_output_that_is_no_result_comes_with_the_error_output() {
    let files = TestDirectory::new("bad output");
    let (results, log) = (files.path("results"), files.path("log"));
    let typed = ["--result-type", "json"];
    let program = ["--", "sh", "-c", "echo no model >&2; echo oops"];
    let flags = ["--function", "f", "--log", &*log];
    let (_server, url) = serve(&[&flags[..], &typed, &program].concat());
    let ended = common::run(&["call", &url, "f", "a"]);
    ended.expect_error(5, &["no JSON value", "its error output ends: no model"]);
    let calls = lines(&fs::read_to_string(&log).unwrap());
    assert_eq!(calls[0]["outcome"], "fault");
    assert_eq!(calls[0]["stderr"], "no model");
    assert_eq!(calls[0]["exit"], 0);
    let error = calls[0]["error"].as_str().unwrap();
    assert!(!error.contains("no model"), "{error}");
    let flags = ["--results", &*results];
    let ended = run_over("a\n", &[&flags[..], &typed, &program].concat());
    ended.expect_code(5);
    let (_, err, _) = files_of(&results, 1);
    assert!(err.ends_with("its error output ends: no model\n"), "{err}");
    // A kept program's own fault is passed on as it is.
    let script = "while read -r x; do echo said >&2; echo '! its own reason'; done";
    let kept = ["--results", &*results, "--keep", "--local", "1", "--"];
    let ended = run_over("a\n", &[&kept[..], &["sh", "-c", script]].concat());
    ended.expect_code(5);
    let (_, err, _) = files_of(&results, 1);
    assert!(err.ends_with("its own reason\n"), "{err}");
}

#[test]
fn a_journal_is_of_results_of_one_type() {
    let files = TestDirectory::new("typed journal");
    let journal = files.path("journal");
    let run = |flags: &[&str]| {
        let journal = ["--journal", &*journal];
        run_over("1\n", &[&journal[..], flags, &["--", "cat"]].concat())
    };
    run(&["--result-type", "json"]).expect("1\n");
    for other in [&[][..], &["--base64"]] {
        run(other).expect_error(7, &["--journal", "use another file"]);
    }
    run(&["--result-type", "json"]).expect("1\n");
}

/// A URL with a password is refused as a run refuses it.
#[cfg(feature = "redis")]
#[test]
fn a_dry_run_shows_no_password() {
    let run = |url: &str| {
        let flags = ["--dry-run", "--function", "f", "--engine", url];
        run_over("x\n", &flags)
    };
    let ended = run("redis://user:secret@host/0");
    ended.expect_error(2, &["--engine", "redis://…@host/0"]);
    assert!(!ended.stderr.contains("secret"), "{}", ended.stderr);
    let ended = run("redis://host/0");
    ended.expect_code(0);
    ended.expect_told("1 task would go to redis://host/0; none was called");
}
