//! The pages that `reparte man` writes.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::fs;

use common::{reparte, run};
use test_support::{Ended, Running, TestDirectory};

/// The subcommands that `--help` lists.
fn subcommands() -> Vec<String> {
    let help = run(&["--help"]).stdout;
    let (_, listed) = help.split_once("Commands:\n").unwrap();
    let lines = listed.lines().take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let names = names.filter(|name| !name.is_empty() && *name != "help");
    names.map(str::to_owned).collect()
}

/// The long flags that a help text begins lines with.
fn flags(help: &str) -> Vec<&str> {
    let words = help
        .lines()
        .map(|line| line.trim_start().trim_start_matches("-h, "));
    let flags = words.filter_map(|line| line.split([' ', ',', '[']).next());
    flags
        .filter(|flag| flag.starts_with("--") && flag.len() > 2)
        .collect()
}

fn manual(files: &TestDirectory, epoch: &str) -> Ended {
    let directory = files.path("man1");
    write(&directory, epoch)
}

fn write(directory: &str, epoch: &str) -> Ended {
    let mut command = reparte(&["man", directory]);
    command.env("SOURCE_DATE_EPOCH", epoch);
    Running::start(command).end()
}

#[test]
fn each_subcommand_has_a_page_with_its_flags_examples_and_exit_codes() {
    let files = TestDirectory::new("manual");
    manual(&files, "86400").expect("");
    let mut all = subcommands();
    assert!(all.iter().any(|name| name == "serve"), "{all:?}");
    let written = fs::read_dir(files.path("man1")).unwrap().count();
    assert_eq!(written, all.len() + 1, "{all:?}");
    all.push(String::new());
    for name in &all {
        let (page, arguments) = match name.as_str() {
            "" => ("reparte".to_owned(), vec!["--help"]),
            name => (format!("reparte-{name}"), vec![name, "--help"]),
        };
        let text = fs::read_to_string(files.path(&format!("man1/{page}.1"))).unwrap();
        let title = format!("\n.TH {} 1 1970-01-02 ", page.to_uppercase());
        assert!(text.contains(&title), "{text}");
        let help = run(&arguments).stdout;
        assert!(flags(&help).contains(&"--help"), "{help}");
        for flag in flags(&help) {
            let escaped = flag.replace('-', "\\-");
            assert!(text.contains(&escaped), "{page} has no {flag}");
        }
        let usage = help.lines().find_map(|line| line.strip_prefix("Usage: "));
        let sections = [
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "EXAMPLES",
            "\"EXIT STATUS\"",
        ];
        for section in sections {
            let heading = format!("\n.SH {section}\n");
            assert_eq!(text.matches(&heading).count(), 1, "{page}: {section}");
        }
        let synopsis = usage.unwrap().replace('-', "\\-");
        let bare = text.replace("\\fB", "").replace("\\fR", "");
        assert!(bare.contains(&synopsis), "{page}: {synopsis}");
        assert!(bare.contains("\n130,143\n"), "{page}");
    }
}

#[test]
fn pages_are_written_anew_and_the_same() {
    let files = TestDirectory::new("manual twice");
    let page = files.path("man1/reparte-call.1");
    manual(&files, "0").expect("");
    let first = fs::read(&page).unwrap();
    fs::write(&page, "old").unwrap();
    manual(&files, "0").expect("");
    assert_eq!(fs::read(&page).unwrap(), first);
}

#[test]
fn what_can_not_be_written_is_told() {
    let files = TestDirectory::new("manual errors");
    manual(&files, "yesterday").expect_error(2, &["SOURCE_DATE_EPOCH", "\"yesterday\"", "unset"]);
    manual(&files, "99999999999999").expect_error(2, &["SOURCE_DATE_EPOCH"]);
    let file = files.write("file", "", 0o600);
    write(&file, "0").expect_error(2, &["can't write the manual", "where you may write"]);
}
