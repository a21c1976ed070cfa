//! Tasks of several arguments: columns of CSV, TSV and lines, and JSON.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::fs;
use std::io::Write as _;

use common::functions::service;
use common::reparte;
use common::server::serve;
use test_support::{Ended, LocalServer, Running, TestDirectory};

/// Parameters as a spreadsheet writes them.
const TABLE: &str = "width,the height\r\n3,4\r\n\"5\",\"6 \"\"m\"\"\"\r\n";

/// Runs the command over an input, in a pipe.
fn run_over(input: &str, arguments: &[&str]) -> Ended {
    let mut running = Running::interactive(reparte(&[&["run", "--quiet"], arguments].concat()));
    // A command with a bad argument ends before it reads.
    let _ = running.stdin().write_all(input.as_bytes());
    running.end()
}

#[test]
fn columns_are_the_arguments_of_a_program() {
    for (input, arguments, output) in [
        (
            TABLE,
            &["--input", "csv", "--", "echo", "w={width}", "{the height}"][..],
            "w=3 4\nw=5 6 \"m\"\n",
        ),
        (
            TABLE,
            &["--input", "csv", "--", "echo", "{2}"],
            "4\n6 \"m\"\n",
        ),
        (
            "a\tb\n1\t2 \n",
            &["--input", "tsv", "--", "echo", "{b}{a}"],
            "2 1\n",
        ),
        (
            "1::2\n",
            &["--colsep", "::", "--", "echo", "{2}-{1}"],
            "2-1\n",
        ),
        ("1\t2\n", &["--colsep", "\\t", "--", "echo", "{2}"], "2\n"),
        ("1,2\n", &["--colsep", ",", "--", "echo", "{}"], "1,2\n"),
        // Without a placeholder, each is a line of standard input.
        (
            "1,2\n",
            &["--colsep", ",", "--", "tr", "12", "ab"],
            "a\nb\n",
        ),
        ("[1, 2]\n", &["--json", "--", "echo", "{2}", "{1}"], "2 1\n"),
        ("[1, 2]\n", &["--json", "--", "echo", "{2}"], "2\n"),
        (
            "{\"a\": 1, \"b\": \"x\"}\n",
            &["--json", "--", "echo", "{b}", "{a}"],
            "x 1\n",
        ),
        (
            "1,2\n",
            &[
                "--colsep",
                ",",
                "--keep",
                "--framing",
                "json",
                "--local",
                "1",
                "--",
                "sed",
                "-u",
                "s/.*/{\"result\": &}/",
            ],
            "[\"1\",\"2\"]\n",
        ),
    ] {
        let ended = run_over(input, arguments);
        ended.expect_code(0);
        assert_eq!(ended.stdout, output, "{arguments:?}");
    }
}

#[test]
fn columns_are_the_arguments_of_a_function() {
    let server = LocalServer::start(service());
    let add = |input: &str, flags: &[&str]| {
        let function = [&*server.address, "--function", "add"];
        run_over(input, &[&function[..], flags].concat())
    };
    let types = ["--arg-type", "int,double"];
    let ended = add(
        "a,b\n1,0.5\n2,1e1\n",
        &[&["--input", "csv"][..], &types].concat(),
    );
    ended.expect("1.5\n12\n");
    add("1 0.5\n", &[&["--colsep", " "][..], &types].concat()).expect("1.5\n");
    add("1\n", &types).expect_error(2, &["--arg-type", "--colsep"]);
}

/// The names are the run's; a server has the numbers.
#[test]
fn a_published_program_takes_several_arguments() {
    let (_server, url) = serve(&["--function", "f", "--", "echo", "{2}", "{1}"]);
    run_over(TABLE, &["--input", "csv", "--function", "f", &url]).expect("4 3\n6 \"m\" 5\n");
    let call = |arguments: &[&str]| common::run(&[&["call", &*url, "f"], arguments].concat());
    call(&["a", "b"]).expect("b a\n");
    call(&["a"]).expect_error(2, &["f(string, string) -> string"]);
    let sent = call(&["a", "--arg-type", "string"]);
    sent.expect_error(
        5,
        &["takes 2 arguments, not 1: `reparte run` splits a line by --colsep"],
    );
    let (_server, url) = serve(&["--function", "f", "--", "echo", "{b}", "{a}"]);
    let members = "{\"a\": 1, \"b\": 2}";
    common::run(&["call", &url, "f", members, "--json"]).expect("2 1\n");
    run_over(members, &["--json", "--function", "f", &url]).expect("2 1\n");
}

/// Each call may have as many arguments as it likes, of which the program takes some.
#[test]
fn a_published_program_takes_some_of_the_columns() {
    let (_server, url) = serve(&["--function", "f", "--columns", "--", "echo", "{2}", "{b}"]);
    run_over(TABLE, &["--input", "csv", "--function", "f", &url]).expect("4 {b}\n6 \"m\" {b}\n");
    let call = |arguments: &[&str]| common::run(&[&["call", &*url, "f"], arguments].concat());
    call(&["a", "b", "c"]).expect("b {b}\n");
    call(&["a"]).expect_error(5, &["takes 2 arguments, not 1"]);
}

/// Parameters in, parameters and results out: the command that a newcomer types.
#[test]
fn a_table_of_parameters_becomes_a_table_of_results() {
    let files = TestDirectory::new("parameters");
    let tasks = files.write("parameters.csv", "width,height\n3,4\n5,x\n\"1\",1\n", 0o600);
    let failed = files.path("failed.csv");
    let arguments = [
        "run", "--input", "csv", "--output", "csv", "--tasks", &tasks, "--failed", &failed,
    ];
    let program = [
        "--",
        "sh",
        "-c",
        "test $2 != x && echo $(($1 * $2))",
        "sh",
        "{width}",
        "{height}",
    ];
    let ended = common::run(&[&arguments[..], &program].concat());
    ended.expect_code(5);
    let mut table = csv::Reader::from_reader(ended.stdout.as_bytes());
    let names = table.headers().unwrap().iter().collect::<Vec<_>>();
    let expected = [
        "task", "width", "height", "result", "error", "server", "seconds", "attempts",
    ];
    assert_eq!(names, expected);
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    let cells = |row: usize| rows[row].iter().take(4).collect::<Vec<_>>();
    assert_eq!(cells(0), ["2", "3", "4", "12"]);
    assert_eq!(cells(1), ["3", "5", "x", ""]);
    assert_eq!(cells(2), ["4", "1", "1", "1"]);
    // A failed task has the time of its call too.
    assert!(rows[1][6].parse::<f64>().unwrap() > 0.0, "{:?}", rows[1]);
    assert_eq!(fs::read_to_string(&failed).unwrap(), "width,height\n5,x\n");
    // It can be run again, and the total of a file is known.
    let again = [
        "run", "--input", "csv", "--output", "jsonl", "--tasks", &failed, "--",
    ];
    let ended = common::run(&[&again[..], &["echo", "{height}"]].concat());
    ended.expect_code(0);
    let input = "\"input\":{\"width\":\"5\",\"height\":\"x\"},\"result\":\"x\"";
    assert!(ended.stdout.contains(input), "{}", ended.stdout);
}

#[test]
fn bad_rows_are_named_before_anything_runs() {
    let files = TestDirectory::new("bad rows");
    let log = files.path("log");
    let program = ["--", "sh", "-c", "echo $1 >>$0", &log, "{1}"];
    for (name, input, flags, texts) in [
        (
            "csv",
            "a,b\n1,2\n\n3\n4,5,6\n",
            &["--input", "csv"][..],
            &[
                "2 of 3 rows can't be sent, and none was",
                "line 4: 1 column, and the first row has 2",
                "line 5: 3 columns",
            ][..],
        ),
        (
            "type",
            "a\nx\n",
            &["--input", "csv", "--arg-type", "int"],
            &["line 2: column 1: \"x\" is not a whole number"],
        ),
        (
            "lines",
            "1 2\n3\n",
            &["--colsep", " "],
            &["line 2: 1 column, and line 1 has 2"],
        ),
        ("none", "", &["--input", "csv"], &["no row that names"]),
        (
            "stray",
            "a,b\n1,\"x\n2,b\n3,\"y, z\"\n4,d\n",
            &["--input", "csv"],
            &[
                "1 of 2 rows can't be sent, and none was",
                "the quote in line 4, column 3 closes the cell that begins in line 2, column 3",
            ],
        ),
        (
            "semicolons",
            "a;b\n1;2\n",
            &["--input", "csv"],
            &["give --colsep ';'; or --colsep , if the table has one column\n"],
        ),
        (
            "quote",
            "a,b\n1,2\n3,\"oops\n4,5\n6,7\n",
            &["--input", "csv"],
            &[
                "1 of 2 rows can't be sent, and none was",
                "line 3: the quote that opens in line 3 is never closed",
            ],
        ),
        (
            "head",
            "a,\"b\n1,2\n",
            &["--input", "csv"],
            &["the quote that opens in line 1 is never closed"],
        ),
        (
            "endless",
            &format!("a,b\n1,2\n\n3,\"oops\n{}", "4,5\n".repeat(1 << 22)),
            &["--input", "csv"],
            &["behind line 2, a row is longer than 16777216 bytes"],
        ),
        (
            "packed",
            "\u{0}\u{0}\n",
            &["--input", "csv"],
            &["a zero byte"],
        ),
    ] {
        let tasks = files.write(name, input, 0o600);
        let run = ["run", "--tasks", &tasks];
        let ended = common::run(&[&run[..], flags, &program].concat());
        ended.expect_error(2, texts);
        assert!(!fs::exists(&log).unwrap(), "{name}");
    }
    // In a pipe, such a row fails alone.
    let ended = run_over(
        "a,b\n1\n2,3\n",
        &[&["--input", "csv"][..], &program].concat(),
    );
    ended.expect_code(5);
    ended.expect_told("line 2: 1 column");
    assert_eq!(fs::read_to_string(&log).unwrap(), "2\n");
}

#[test]
fn columns_that_do_not_fit_the_program_are_told_at_once() {
    for (arguments, texts) in [
        (
            &["--input", "csv", "--", "echo", "{widht}"][..],
            &["no column widht", "width, the height", "{ widht }"][..],
        ),
        (
            &["--input", "csv", "--", "echo", "{3}"],
            &["{3}: there are 2 columns"],
        ),
        (
            &["--input", "csv", "--keep", "--", "cat"],
            &["--framing json"],
        ),
        (
            &["--colsep", "", "--", "cat"],
            &["--colsep", "can't be empty"],
        ),
    ] {
        run_over(TABLE, arguments).expect_error(2, texts);
    }
}

#[test]
fn a_program_knows_its_task() {
    let script = "echo $REPARTE_TASK $REPARTE_ATTEMPT; test $REPARTE_ATTEMPT -gt 1";
    let retried = ["--retry-faults", "--", "sh", "-c", script];
    run_over("a\n\nb\n", &retried).expect("1 2\n3 2\n");
}

#[test]
fn nothing_to_call_is_told_so() {
    run_over("", &["--"]).expect_error(2, &["--function", "a program of this machine after --"]);
    run_over("", &["--", ""]).expect_error(2, &["the name of the program is empty"]);
}

/// The row that the quote opens has its own number, and `--failed` leaves the quote open.
#[test]
fn a_quote_that_is_never_closed_fails_its_row_in_a_pipe() {
    let files = TestDirectory::new("open quote");
    let (results, failed) = (files.path("results"), files.path("failed"));
    let flags = ["--results", &*results, "--failed", &failed];
    let input = "a,b\n1,2\n3,\"oops\n4,5\n";
    let program = ["--input", "csv", "--", "echo", "{a}"];
    let ended = run_over(input, &[&flags[..], &program].concat());
    ended.expect_code(5);
    ended.expect_told("line 3: the quote that opens in line 3 is never closed");
    assert_eq!(ended.stdout, "1\n\n");
    for (name, text) in [
        ("2.out", "1\n"),
        ("3.err", "the quote that opens in line 3"),
    ] {
        let written = fs::read_to_string(format!("{results}/{name}")).unwrap();
        assert!(written.contains(text), "{written}");
    }
    let again = ["run", "--tasks", &failed];
    common::run(&[&again[..], &program].concat()).expect_error(2, &["opens in line 2"]);
}

/// A row is other work where its cells have other names.
#[test]
fn a_journal_knows_the_columns_of_its_table() {
    let files = TestDirectory::new("columns of a journal");
    let journal = files.path("journal");
    let run_with = |head: &str| {
        let program = ["--", "echo", "{a}"];
        let flags = ["--input", "csv", "--journal", &*journal];
        run_over(
            &format!("{head}\n1,2\n3,4\n"),
            &[&flags[..], &program].concat(),
        )
    };
    run_with("a,b").expect("1\n3\n");
    run_with("b,a").expect_error(7, &["[\"a\",\"b\"]", "[\"b\",\"a\"]"]);
    run_with("\"a\", b ").expect("1\n3\n");
}

/// Each row has a number of its own, by which files and messages name it.
#[test]
fn lines_may_end_with_a_carriage_return_alone() {
    let files = TestDirectory::new("returns");
    let results = files.path("results");
    let program = [
        "--results",
        &*results,
        "--",
        "sh",
        "-c",
        "echo $REPARTE_TASK $0",
        "{a}",
    ];
    let ended = run_over(
        "a,b\r1,2\r3,4\r5,6\r",
        &[&["--input", "csv"], &program[..]].concat(),
    );
    ended.expect("2 1\n3 3\n4 5\n");
    assert_eq!(fs::read_dir(&results).unwrap().count(), 9);
    let third = fs::read_to_string(format!("{results}/4.out")).unwrap();
    assert_eq!(third, "4 5\n");
}

/// The first row is as foreign as the others.
#[test]
fn names_of_columns_are_written_as_cells_are() {
    for (input, name, output, head) in [
        (
            "\"=HYPERLINK(\"\"http://evil\"\")\",b\n1,2\n",
            "csv",
            "spreadsheet",
            "task,\"'=HYPERLINK(\"\"http://evil\"\")\",b,result,error",
        ),
        (
            "\"a\tb\nc\",d\n1,2\n",
            "csv",
            "tsv",
            "task\ta\\tb\\nc\td\tresult\terror",
        ),
        (
            "task,result,b\n1,2,3\n",
            "csv",
            "csv",
            "task,input.task,input.result,b,result,error",
        ),
        (
            "stderr\tb\n1\t2\n",
            "tsv",
            "csv",
            "task,stderr,b,result,error",
        ),
    ] {
        let flags = ["--input", name, "--output", output, "--", "echo", "{1}"];
        let ended = run_over(input, &flags);
        ended.expect_code(0);
        let first = ended.stdout.lines().next().unwrap();
        assert!(first.starts_with(head), "{first}");
        assert_eq!(ended.stdout.lines().count(), 2, "{}", ended.stdout);
    }
}
