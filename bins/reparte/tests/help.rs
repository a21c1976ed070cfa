//! The output of `--help`, and bad usage.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::fs;
use std::path::Path;

use common::run;

const SUBCOMMANDS: [&str; 11] = [
    "run",
    "factor",
    "serve",
    "up",
    "status",
    "withdraw",
    "call",
    "methods",
    "keys",
    "completions",
    "man",
];

#[test]
fn help_is_there_and_narrow() {
    let top = run(&["--help"]);
    top.expect_code(0);
    let mut all = vec![top];
    for name in SUBCOMMANDS {
        assert!(all[0].stdout.contains(&format!("\n  {name} ")), "{name}");
        all.push(run(&[name, "--help"]));
        all.push(run(&[name, "-h"]));
        all.push(run(&["help", name]));
    }
    for help in all {
        help.expect_code(0);
        for line in help.stdout.lines() {
            assert!(line.chars().count() <= 85, "{line}");
        }
    }
}

/// A newcomer found two lists of options, one of them far below.
#[test]
fn no_heading_is_there_twice() {
    for name in SUBCOMMANDS {
        let help = run(&[name, "--help"]).stdout;
        let is_heading = |line: &&str| line.ends_with(':') && !line.starts_with(' ');
        let mut headings: Vec<&str> = help.lines().filter(is_heading).collect();
        let count = headings.len();
        headings.sort_unstable();
        headings.dedup();
        assert_eq!(headings.len(), count, "{name}: {headings:?}");
    }
}

#[test]
fn the_exit_codes_are_told() {
    let help = run(&["--help"]).stdout;
    for code in ["0", "1", "2", "3", "4", "5", "6", "7", "8", "130,143"] {
        assert!(help.contains(&format!("\n  {code} ")), "{code}");
    }
    let version = run(&["--version"]);
    version.expect(&format!("reparte {}\n", env!("CARGO_PKG_VERSION")));
}

/// `serve 9000 --function f cat` had no advice, and `-j 4` a wrong one: `-- -j` would start the
/// program `-j`.
#[test]
fn an_unknown_argument_comes_with_its_advice() {
    for (arguments, advice) in [
        (
            &["serve", "9000", "--function", "f", "cat"][..],
            "tip: write -- before the program and its arguments: -- cat\n",
        ),
        (
            &["up", "hosts", "--function", "f", "cat"],
            "tip: write -- before the program and its arguments: -- cat\n",
        ),
        (
            &["run", "-j", "4", "--", "cat"],
            "tip: --local N runs N at a time on this machine\n",
        ),
        (
            &["run", "-j4", "--", "cat"],
            "tip: --local N runs N at a time on this machine\n",
        ),
        (
            &["run", "--joblog", "x", "--", "cat"],
            "tip: --journal FILE keeps the results",
        ),
        (
            &["run", "--nada", "--", "cat"],
            "tip: if '--nada' is an argument of the program, write -- before the program",
        ),
        (
            &["run", "--timeut", "1", "--", "cat"],
            "tip: a similar argument exists: '--timeout'\n",
        ),
        (
            &["call", "localhost:1", "f", "--nada"],
            "tip: to pass '--nada' as a value, use '-- --nada'\n",
        ),
    ] {
        let ended = run(arguments);
        ended.expect_error(2, &[advice]);
        assert_eq!(ended.stderr.matches("tip:").count(), 1, "{}", ended.stderr);
    }
}

#[test]
fn bad_usage_is_named() {
    for (arguments, text) in [
        (&[][..], "Usage: reparte"),
        (&["walk"], "unrecognized subcommand 'walk'"),
        (&["call", "localhost:1"], "<METHOD>"),
        (&["call", "localhost:1", "f", "--nada"], "--nada"),
        (&["call", "localhost:1", "f", "--timeout", "0"], "above 0"),
        (
            &["call", "localhost:1", "f", "--output", "xml"],
            "text, json",
        ),
        (
            &["call", "localhost:1", "f", "--arg-type", "x"],
            "string, int",
        ),
        (
            &["call", "localhost:1", "f", "--arg-type", "int", "--json"],
            "--json",
        ),
        (
            &["call", "localhost:1", "f", "--tls-cert", "x"],
            "--tls-key",
        ),
        (
            &["call", "localhost:1", "f", "--tls-key", "x"],
            "--tls-cert",
        ),
        (&["methods"], "<URL>"),
        (&["status"], "no server is named"),
        (&["run", "localhost:1"], "--function"),
        (&["run", "--function", "f"], "no server is named"),
        (&["run", "--function", "f", "--local", "0"], "from 1 to 255"),
        (
            &["run", "--function", "f", "--json", "--arg-type", "int"],
            "cannot be used with",
        ),
        (
            &["run", "--function", "f", "--max-in-flight", "0"],
            "from 1 to 1000000",
        ),
        (&["run", "--function", "f", "--max-held", "0"], "from 1 to"),
        (&["run", "--function", "f", "--retries", "x"], "--retries"),
        (&["run", "--function", "f", "--hedge", "x"], "on, off"),
        (
            &["run", "--function", "f", "--output", "xml"],
            "text, tsv, csv, spreadsheet, jsonl",
        ),
        (&["keys"], "<DIRECTORY>"),
        (&["man"], "<DIRECTORY>"),
        (&["completions"], "<SHELL>"),
        (&["completions", "csh"], "bash, elvish, fish"),
        (&["keys", "d", "--port", "70000"], "70000"),
        (&["serve", "--", "cat"], "--function"),
        (&["serve", "--function", "f"], "PROGRAM"),
        (
            &["serve", "--function", "f", "--workers", "0", "--", "cat"],
            "1..=1024",
        ),
        (
            &["serve", "--function", "f", "--workers", "1025", "--", "cat"],
            "1..=1024",
        ),
        (
            &["serve", "--function", "f", "--max-seconds=-1", "--", "cat"],
            "--max-seconds",
        ),
        (
            &["serve", "--function", "f", "--max-output", "x", "--", "cat"],
            "--max-output",
        ),
        (
            &[
                "serve",
                "--function",
                "f",
                "--tls-client-ca",
                "x",
                "--",
                "cat",
            ],
            "--tls-cert",
        ),
        (
            &[
                "serve",
                "--function",
                "f",
                "--without-token",
                "--token-file",
                "x",
                "--",
                "cat",
            ],
            "cannot be used with",
        ),
    ] {
        let ended = run(arguments);
        ended.expect_code(2);
        assert!(
            ended.stderr.contains(text),
            "no {text:?} in: {}",
            ended.stderr
        );
    }
}

/// The flags that a help text lists.
fn flags(help: &str) -> impl Iterator<Item = &str> {
    let words = help.split([' ', ',', '\n']);
    let is_flag = |word: &&str| {
        let name = word.strip_prefix("--").unwrap_or_default();
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    };
    words.filter(is_flag)
}

/// Appends the tests in a folder and those below it, but for this file and the tests' helpers.
fn push_tests(folder: &Path, tests: &mut String) {
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() && !path.ends_with("common") {
            push_tests(&path, tests);
        } else if path.is_file() && !path.ends_with("help.rs") {
            tests.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_flag_is_given_in_some_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut tests = String::new();
    push_tests(&folder, &mut tests);
    for name in SUBCOMMANDS {
        let help = run(&[name, "--help"]);
        for flag in flags(&help.stdout).filter(|&flag| flag != "--help") {
            assert!(tests.contains(&format!("\"{flag}")), "{name} {flag}");
        }
    }
}
