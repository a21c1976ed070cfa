//! Commands that run the scripts of tests/peers, and programs in C.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::python_scripts::python;

/// Returns the command that runs a script. `runner` is its interpreter with the words before
/// the script's name, or `cc` with the libraries to link. `python2` and `python3` are looked
/// for in several places.
pub(crate) fn command(runner: &str, script: &str) -> Command {
    let path = format!("{}/tests/peers/{script}", env!("CARGO_MANIFEST_DIR"));
    let mut words = runner.split(' ');
    let mut command = match words.next() {
        Some("cc") => return Command::new(compiled(&path, words)),
        Some("python2") => Command::new(python("2")),
        Some("python3") => Command::new(python("3")),
        other => Command::new(other.unwrap()),
    };
    // The dates of node depend on the time zone.
    command.args(words).arg(path).env("TZ", "UTC");
    if std::env::var_os("NODE_PATH").is_none() {
        let home = std::env::var("HOME").unwrap();
        command.env(
            "NODE_PATH",
            format!("{home}/.cache/procdistrib/node_modules"),
        );
    }
    command
}

/// Compiles a program in C, again for each use: tests run side by side.
fn compiled<'a>(path: &str, libraries: impl Iterator<Item = &'a str>) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let program = format!("{}/peer-{count}", env!("CARGO_TARGET_TMPDIR"));
    let compiler = Command::new("cc")
        .args(["-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror", "-o"])
        .args([&program, path])
        .args(libraries)
        .output()
        .unwrap_or_else(|error| panic!("cc does not start: {error}"));
    let errors = String::from_utf8_lossy(&compiler.stderr);
    assert!(compiler.status.success(), "{path}: {errors}");
    program
}
