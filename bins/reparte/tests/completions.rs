//! Completions, as the shells themselves give them.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::path::Path;
use std::process::Command;

use common::run;
use test_support::{Running, TestDirectory};

/// Typed text, with words that are offered for its last word, and words that are not.
const TYPED: [(&str, &[&str], &[&str]); 5] = [
    ("reparte s", &["serve", "status"], &["call"]),
    ("reparte c", &["call", "completions"], &["serve"]),
    (
        "reparte serve --t",
        &["--token-file", "--tls-cert"],
        &["--workers"],
    ),
    ("reparte call --output ", &["text", "json"], &["--output"]),
    (
        "reparte call --arg-type d",
        &["double", "datetime"],
        &["int"],
    ),
];

/// Asks a shell for each, with the line in LINE and the script's path in SCRIPT.
fn check(shell: &str, arguments: &[&str]) {
    let files = TestDirectory::new(&format!("completions {shell}"));
    let made = run(&["completions", shell]);
    made.expect_code(0);
    let script = files.write(&format!("reparte.{shell}"), &made.stdout, 0o644);
    let programs = Path::new(env!("CARGO_BIN_EXE_reparte")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    for (line, offered, others) in TYPED {
        let mut command = Command::new(shell);
        command
            .args(arguments)
            .env("LINE", line)
            .env("SCRIPT", &script);
        command.env("PATH", format!("{}:{path}", programs.display()));
        command.env("HOME", files.directory());
        let ended = Running::start(command).end();
        ended.expect_code(0);
        // fish tells what each is for, after a tab.
        let words = ended
            .stdout
            .lines()
            .filter_map(|line| line.split('\t').next());
        let words: Vec<_> = words.collect();
        for word in offered {
            assert!(words.contains(word), "{line:?}: no {word}: {ended:?}");
        }
        for word in others {
            assert!(!words.contains(word), "{line:?}: {word}: {ended:?}");
        }
    }
}

#[test]
fn bash_completes() {
    const ASK: &str = r#"
        source "$SCRIPT" || exit
        read -ra COMP_WORDS <<< "$LINE"
        [[ $LINE == *' ' ]] && COMP_WORDS+=('')
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        function=$(complete -p reparte | sed 's/.*-F \([^ ]*\).*/\1/')
        "$function" reparte "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    check("bash", &["--norc", "-c", ASK]);
}

#[test]
#[ignore = "needs fish; CI installs it"]
fn fish_completes() {
    check(
        "fish",
        &["--no-config", "-c", "source $SCRIPT; complete -C $LINE"],
    );
}

#[test]
fn every_shell_has_a_script() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ended = run(&["completions", shell]);
        ended.expect_code(0);
        assert!(ended.stdout.contains("without-token"), "{shell}");
        assert!(ended.stdout.ends_with('\n') && !ended.stdout.ends_with("\n\n"));
    }
}
