//! `--keep`: programs that stay, for `reparte serve` and `reparte run`.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::fs;
use std::process::Command;

use common::kept_worker::{WORKER, ask, fault, kept, run_over, worker};
use common::run;
use test_support::TestDirectory;
use xmlrpc_client::{Error, Value};

#[test]
fn a_process_stays_and_is_recycled() {
    let files = TestDirectory::new("recycled");
    let ends = files.path("ends");
    let flags = ["--local", "1", "--keep", "--recycle", "3", "--"];
    let arguments = [&flags[..], &["python3", "-c", WORKER, &ends]].concat();
    let ended = run_over(&"pid\n".repeat(6), &arguments);
    ended.expect_code(0);
    let mut pids: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(pids.len(), 6);
    assert!(pids[0] == pids[2] && pids[3] == pids[5], "{pids:?}");
    pids.dedup();
    assert_eq!(pids.len(), 2, "{pids:?}");
    // Each has ended by the end of its input, the last one with the run.
    assert_eq!(fs::read_to_string(&ends).unwrap(), "ended\n".repeat(2));
}

#[test]
fn two_slots_work_at_the_same_time() {
    let files = TestDirectory::new("meets");
    let (one, two) = (files.path("one"), files.path("two"));
    let tasks = format!("meets {one}|{two}\nmeets {two}|{one}\n");
    let flags = ["--local", "2", "--keep", "--"];
    let arguments = [&flags[..], &["python3", "-c", WORKER]].concat();
    let ended = run_over(&tasks, &arguments);
    ended.expect_code(0);
    assert_eq!(ended.stdout, "met\nmet\n");
}

/// Random text of one line, without line ends or characters that XML can't carry.
fn random_lines(count: usize) -> Vec<String> {
    let mut state = 20_051_121_u64;
    let mut next = move |below: u64| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
        (state >> 33) % below
    };
    let characters: Vec<char> = "!! aaa bZ09\\\"'{}[]<>&;$`%#\t\u{e9}\u{20ac}\u{1f600}"
        .chars()
        .collect();
    let mut line = |_| {
        let length = 1 + next(40);
        let chars = (0..length).map(|_| characters[next(characters.len() as u64) as usize]);
        let text: String = chars.collect();
        format!("x{text}")
    };
    (0..count).map(&mut line).collect()
}

#[test]
fn a_thousand_lines_have_the_answers_of_a_program_that_is_started() {
    let lines = random_lines(1000);
    let input = lines.join("\n") + "\n";
    // Results begin with !, too.
    let script = "s/a/bb/g; s/^x//";
    let started = run_over(&input, &["--local", "2", "--", "sed", script]);
    started.expect_code(0);
    assert!(started.stdout.lines().any(|line| line.starts_with("! ")));
    let escaped = format!("{script}; s/^!/!!/");
    let flags = ["--local", "2", "--keep", "--", "sed", "-u", &escaped];
    let kept = run_over(&input, &flags);
    kept.expect_code(0);
    assert!(kept.stdout == started.stdout);
    for framing in ["json", "length"] {
        let program = worker_of_docs(&format!("python {framing}"));
        let program = match framing {
            "json" => program.replace(
                "base, exponent = json.loads(line)",
                "[task] = json.loads(line)",
            ),
            _ => program,
        };
        let program = program.replace("{\"power\": base**exponent}", "task[::-1]");
        let flags = ["--local", "2", "--keep", "--framing", framing, "--"];
        let arguments = [&flags[..], &["python3", "-c", &program]].concat();
        let input: String = match framing {
            // Bytes are turned around, so the text is ASCII.
            "length" => input.chars().filter(char::is_ascii).collect(),
            _ => input.clone(),
        };
        let ended = run_over(&input, &arguments);
        ended.expect_code(0);
        let turned = |line: &str| line.chars().rev().collect::<String>() + "\n";
        assert!(ended.stdout == input.lines().map(turned).collect::<String>());
    }
}

/// The warm-up is longer than a call may be.
#[test]
fn warm_up_is_not_the_first_calls_time() {
    let script = "sleep 4; while read -r x; do sleep \"$x\"; echo \"$x\"; done";
    let (_server, proxy) = kept(&["--max-seconds", "3"], &["--", "sh", "-c", script]);
    assert_eq!(ask(&proxy, "0"), "0");
    let (_, text) = fault(&proxy, "4");
    assert!(text.contains("ended after 3 s"), "{text}");
}

#[test]
fn error_output_never_holds_a_process_up() {
    let (server, proxy) = worker(&[], &[]);
    for _ in 0..3 {
        assert_eq!(ask(&proxy, "complains hello"), "hello");
    }
    // The error output of an earlier call is not this one's.
    let (_, text) = fault(&proxy, "exit 3");
    assert!(text.ends_with("its error output ends: bye"), "{text}");
    drop(server);
}

#[test]
fn words_that_do_not_fit_are_told() {
    let serve = |flags: &[&str], program: &[&str]| {
        let all = ["serve", "127.0.0.1:0", "--function", "f"];
        run(&[&all[..], flags, &["--"], program].concat())
    };
    for (flags, program, told) in [
        (&["--keep"][..], &["echo", "{}"][..], "leave {} out"),
        (&["--framing", "json"], &["cat"], "--keep"),
        (&["--recycle", "7"], &["cat"], "--keep"),
        (&["--keep", "--recycle", "0"], &["cat"], "from 1 to"),
        (
            &["--keep", "--results-fd", "2"],
            &["cat"],
            "the error output",
        ),
        (&["--keep", "--results-fd", "10"], &["cat"], "from 1 to 9"),
        (
            &["--keep", "--framing", "json", "--base64"],
            &["cat"],
            "--framing length",
        ),
        (
            &["--keep", "--output-grace", "1"],
            &["cat"],
            "--output-grace",
        ),
        (
            &["--keep", "--framing", "xml"],
            &["cat"],
            "lines, json, length",
        ),
    ] {
        serve(flags, program).expect_error(2, &[told]);
    }
    run_over("1\n", &["--keep", "--", "echo", "{}"]).expect_error(2, &["leave {} out"]);
    let (_server, proxy) = worker(&[], &[]);
    let (code, text) = fault(&proxy, "two\nlines");
    assert_eq!(code, -32602);
    assert!(
        text.contains("--framing json, or --framing length"),
        "{text}"
    );
    assert_eq!(ask(&proxy, "hello"), "HELLO");
}

/// The worker of docs/programs.md with this heading of its code block.
fn worker_of_docs(heading: &str) -> String {
    let docs = include_str!("../../../docs/programs.md");
    let (_, rest) = docs.split_once(&format!("```{heading}\n")).unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_workers_of_the_docs_work() {
    let files = TestDirectory::new("workers");
    let compile = |heading: &str| {
        let name = heading.replace(' ', "-");
        let source = files.write(&format!("{name}.c"), &worker_of_docs(heading), 0o600);
        let program = files.path(&name);
        let compiled = Command::new("cc").args(["-o", &program, &source]).status();
        assert!(compiled.unwrap().success());
        program
    };
    let python = |heading| vec!["python3".into(), "-c".into(), worker_of_docs(heading)];
    let shell = vec!["sh".into(), "-c".into(), worker_of_docs("sh lines")];
    for program in [python("python lines"), vec![compile("c lines")], shell] {
        let words: Vec<&str> = program.iter().map(String::as_str).collect();
        let (_server, proxy) = kept(&[], &[&["--"], &words[..]].concat());
        assert_eq!(ask(&proxy, "12"), "144");
        let (code, text) = fault(&proxy, "seven");
        assert!(code == 1 && text.contains("seven"), "{text}");
        assert_eq!(ask(&proxy, "3"), "9");
    }
    for program in [python("python length"), vec![compile("c length")]] {
        let words: Vec<&str> = program.iter().map(String::as_str).collect();
        let flags = ["--framing", "length", "--base64"];
        let (_server, proxy) = kept(&flags, &[&["--"], &words[..]].concat());
        for task in [&b"a\nb\0\xff"[..], b"", b"x"] {
            let turned: Vec<u8> = task.iter().rev().copied().collect();
            let argument = Value::Base64(task.to_vec());
            let answer = proxy.call::<Value>("f", (argument,)).unwrap();
            assert_eq!(answer, Value::Base64(turned));
        }
    }
    let program = worker_of_docs("python json");
    let flags = ["--framing", "json"];
    let (_server, proxy) = kept(&flags, &["--", "python3", "-c", &program]);
    let answer = proxy.call::<Value>("f", (2, 10)).unwrap();
    assert_eq!(answer.get("power"), Some(&Value::Int(1024)));
    let Err(Error::Fault(fault)) = proxy.call::<Value>("f", (1, 2, 3)) else {
        panic!("no fault");
    };
    assert_eq!(fault.code, 7);
    assert!(fault.message.starts_with("ValueError"), "{fault}");
}

#[test]
fn results_have_a_descriptor_of_their_own() {
    let program = worker_of_docs("python fd");
    let flags = ["--results-fd", "3"];
    let (server, proxy) = kept(&flags, &["--", "python3", "-u", "-c", &program]);
    assert_eq!(ask(&proxy, "hello"), "HELLO");
    assert_eq!(ask(&proxy, "again"), "AGAIN");
    server.line_after("info: python3: debug: got again");
}
