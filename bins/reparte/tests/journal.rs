//! `reparte run --journal`, and the files of a run.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use common::functions::{Held, next, service};
use common::server::serve;
use common::{reparte, run};
use test_support::{LocalServer, Running, TestDirectory};

/// Arguments of a run of `cat` over a file of tasks.
fn arguments<'a>(url: &'a str, tasks: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let run = ["run", "--function", "f", "--quiet", "--tasks", tasks, url];
    [&run[..], more].concat()
}

/// A journal that is deleted, replaced or overwritten is told, and not only missed next time.
#[test]
fn a_journal_that_is_lost_in_the_middle_is_told() {
    let lose: [fn(&str); 3] = [
        |path| fs::remove_file(path).unwrap(),
        |path| {
            fs::rename(path, format!("{path}.old")).unwrap();
            fs::write(path, "another's").unwrap();
        },
        |path| drop(File::create(path).unwrap()),
    ];
    for lose in lose {
        let files = TestDirectory::new("lost journal");
        let journal = files.path("journal");
        let (server, held, called) = Held::serve();
        let flags = ["--function", "hold", "--journal", &journal, "--quiet"];
        let mut running =
            Running::interactive(reparte(&[&["run", &server.address], &flags[..]].concat()));
        running.stdin().write_all(b"1\n").unwrap();
        next(&called);
        lose(&journal);
        held.release("1");
        let ended = running.end();
        ended.expect_code(7);
        ended.expect_told("was deleted, replaced or changed");
    }
}

#[test]
fn files_of_a_run_are_different_ones() {
    let files = TestDirectory::new("same files");
    let (one, tasks) = (files.path("one"), files.write("tasks", "1\n2\n", 0o600));
    symlink(files.path(""), files.path("link")).unwrap();
    let linked = files.path("link/one");
    let (_server, url) = serve(&["--function", "f", "--", "cat"]);
    for (more, code) in [
        (["--journal", &one, "--account", &one], 7),
        (["--journal", &tasks, "--account", &one], 7),
        (["--report", &one, "--account", &one], 2),
        (["--report", &tasks, "--account", &one], 2),
        // A new file whose directory has two names.
        (["--journal", &one, "--account", &linked], 7),
    ] {
        run(&arguments(&url, &tasks, &more)).expect_error(code, &["are the same file"]);
    }
    assert_eq!(fs::read_to_string(&tasks).unwrap(), "1\n2\n");
    assert!(!fs::exists(&one).unwrap());
    // What is read: servers, secrets, certificates and the check.
    let servers = files.write("servers", &url, 0o600);
    let token = files.write("token", "correct-horse-battery", 0o600);
    let check = files.write("check", "#!/bin/sh\n", 0o700);
    for input in [
        ["--servers", &servers],
        ["--token-file", &token],
        ["--verify", &check],
    ] {
        let content = fs::read(input[1]).unwrap();
        for (output, code) in [("--account", 2), ("--failed", 2), ("--journal", 7)] {
            let more = [&input[..], &[output, input[1]]].concat();
            run(&arguments(&url, &tasks, &more)).expect_error(code, &["are the same file"]);
        }
        assert_eq!(fs::read(input[1]).unwrap(), content);
    }
    // The output, as the shell opens it.
    for (more, code) in [(["--journal", &one], 7), (["--account", &one], 2)] {
        let output = File::create(&one).unwrap();
        let command = reparte(&arguments(&url, &tasks, &more));
        let ended = Running::start_into(command, output).end();
        ended.expect_error(code, &["standard output", "are the same file"]);
    }
    let output = File::options().append(true).open(&tasks).unwrap();
    let ended = Running::start_into(reparte(&arguments(&url, &tasks, &[])), output).end();
    ended.expect_error(2, &["--tasks", "are the same file"]);
    // Standard output and standard error may be one file, but not the journal's.
    let (journal, both) = (files.path("journal"), files.path("both"));
    for (output, code) in [(&both, 0), (&journal, 7)] {
        let shell = "exec \"$0\" \"$@\" > \"$OUTPUT\" 2>&1";
        let mut command = Command::new("sh");
        command.args(["-c", shell, env!("CARGO_BIN_EXE_reparte")]);
        command.args(arguments(&url, &tasks, &["--journal", &journal]));
        command.env("OUTPUT", output);
        Running::start(command).end().expect_code(code);
    }
    // Pipes and devices may be named twice.
    let twice = ["--account", "/dev/null", "--report", "/dev/null"];
    run(&arguments(&url, &tasks, &twice)).expect("1\n2\n");
}

#[test]
fn a_run_makes_files_for_its_owner_alone() {
    let files = TestDirectory::new("modes");
    let names = ["journal", "account", "report"].map(|name| files.path(name));
    let [journal, account, report] = &names;
    let tasks = files.write("tasks", "1\n", 0o600);
    let (_server, url) = serve(&["--function", "f", "--", "cat"]);
    let more = [
        "--journal",
        journal,
        "--account",
        account,
        "--report",
        report,
    ];
    run(&arguments(&url, &tasks, &more)).expect("1\n");
    for name in &names {
        let mode = fs::metadata(name).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    // A link to nothing is not followed.
    let (link, elsewhere) = (files.path("link"), files.path("elsewhere"));
    symlink(&elsewhere, &link).unwrap();
    let ended = run(&arguments(&url, &tasks, &["--journal", &link]));
    ended.expect_error(7, &["a link to nothing"]);
    assert!(!fs::exists(&elsewhere).unwrap());
    // One to a file is.
    symlink(journal, files.path("to journal")).unwrap();
    let more = ["--journal", &*files.path("to journal")];
    run(&arguments(&url, &tasks, &more)).expect("1\n");
}

/// A loader behind a pipe, or `>>`, gets each row once.
#[test]
fn results_of_the_run_before_are_skipped_if_asked() {
    let files = TestDirectory::new("resumed");
    let (journal, go) = (files.path("journal"), files.path("go"));
    let tasks = files.write("tasks", "1\n2\n3\n", 0o600);
    let script = format!("read n; test $n != 2 || test -e '{go}' || exit 1; echo $n");
    let (_server, url) = serve(&["--function", "f", "--", "sh", "-c", &script]);
    let with_journal = [
        "--journal",
        &journal,
        "--output",
        "tsv",
        "--resumed",
        "skip",
    ];
    let rows = |code| {
        let ended = run(&arguments(&url, &tasks, &with_journal));
        ended.expect_code(code);
        let lines = ended.stdout.lines().skip(1).map(|line| {
            let mut fields = line.split('\t');
            (
                fields.next().unwrap().to_owned(),
                fields.nth(1).unwrap().to_owned(),
            )
        });
        lines.collect::<Vec<_>>()
    };
    let row = |task: &str, result: &str| (task.to_owned(), result.to_owned());
    assert_eq!(rows(5), [row("1", "1"), row("2", ""), row("3", "3")]);
    fs::write(&go, "").unwrap();
    assert_eq!(rows(0), [row("2", "2")]);
    assert_eq!(rows(0), []);
    let ended = run(&arguments(&url, &tasks, &["--resumed", "skip"]));
    ended.expect_error(2, &["--journal"]);
}

#[test]
fn packed_tasks_are_told_at_the_first_line() {
    let files = TestDirectory::new("packed");
    let tasks = files.path("tasks.gz");
    let packed = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x33\x04\0\xb7\xef\xdc\x83\x01\0\0\0";
    fs::write(&tasks, packed).unwrap();
    let (_server, url) = serve(&["--function", "f", "--", "cat"]);
    run(&arguments(&url, &tasks, &[])).expect_error(2, &["gzip", "zcat"]);
    let mut standard_input = Running::interactive(reparte(&["run", "--function", "f", &url]));
    standard_input.stdin().write_all(packed).unwrap();
    let mut output = String::new();
    standard_input.stdout().read_to_string(&mut output).unwrap();
    assert_eq!(output, "");
    standard_input.end().expect_error(2, &["gzip", "zcat"]);
}

/// A million small results take less than 100 MB.
#[test]
fn a_record_of_a_small_result_is_small() {
    let files = TestDirectory::new("small records");
    let journal = files.path("journal");
    let tasks: String = (0..500).map(|n| format!("{n}\n")).collect();
    let tasks = files.write("tasks", &tasks, 0o600);
    let server = LocalServer::start(service());
    let flags = [
        "--function",
        "echo",
        "--arg-type",
        "int",
        "--journal",
        &journal,
    ];
    let command = ["run", "--quiet", "--tasks", &tasks, &server.address];
    run(&[&command[..], &flags].concat()).expect_code(0);
    let size = fs::metadata(&journal).unwrap().len();
    assert!(size < 500 * 100, "{} bytes a record", size / 500);
}
