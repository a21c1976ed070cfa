//! The scripts of a run's page, run by node.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod common;

use std::fs;
use std::process::Command;

use common::run;
use serde_json::{Value, json};
use test_support::TestDirectory;

/// Runs the scripts over the data of a run, and returns what the page saves.
fn saved(data: &str) -> Value {
    let folder = env!("CARGO_MANIFEST_DIR");
    let output = Command::new("node")
        .arg(format!("{folder}/tests/page_scripts.js"))
        .args([&format!("{folder}/src/page"), data])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

#[test]
#[ignore = "needs node"]
fn the_page_of_another_run_begins_anew() {
    saved("-");
}

/// The saved rows can be run again, and the saved records are those of the output.
#[test]
#[ignore = "needs node"]
fn failed_rows_are_saved_as_the_command_reads_and_writes_them() {
    let files = TestDirectory::new("saved rows");
    let report = files.path("report.html");
    let table = "width,\"the, height\"\n3,4\n\"5,\",\"6\n7\"\n";
    let tasks = files.write("tasks.csv", table, 0o600);
    let arguments = [
        "run", "--input", "csv", "--output", "jsonl", "--tasks", &tasks, "--report", &report, "--",
        "false",
    ];
    let ended = run(&arguments);
    ended.expect_code(5);
    let page = fs::read_to_string(&report).unwrap();
    let (_, rest) = page.split_once("id=\"data\">").unwrap();
    let (data, _) = rest.split_once("</script>").unwrap();
    let saved = saved(data);
    let inputs: Vec<&str> = saved["inputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line.as_str().unwrap())
        .collect();
    assert_eq!(inputs[0], "width,\"the, height\"");
    let again = files.write("again.csv", &format!("{}\n", inputs.join("\n")), 0o600);
    let read = [
        "run", "--input", "csv", "--tasks", &again, "--", "printf", "%s;%s", "{1}", "{2}",
    ];
    run(&read).expect("3;4\n5,;6\n7\n");
    let printed: Vec<Value> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(saved["records"], json!(printed));
}
