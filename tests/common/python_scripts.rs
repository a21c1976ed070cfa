//! Python 2 and 3, and the scripts of tests/peers in Python. The variables `PYTHON2` and
//! `PYTHON3` name the programs if they are not found.

use std::process::Command;

use test_support::Running;

/// Returns the program of Python's major version `2` or `3`.
pub(crate) fn python(major: &str) -> String {
    let named = std::env::var(format!("PYTHON{major}")).ok();
    let usual = match major {
        "2" => vec!["python2.7".to_owned(), pyenv("2.7")],
        _ => vec![pyenv("3.13"), "python3.13".to_owned(), "python3".to_owned()],
    };
    let mut candidates = named.into_iter().chain(usual);
    let found = candidates.find(|program| {
        let test = format!("import sys; sys.exit(sys.version_info[0] != {major})");
        let ran = Command::new(program).args(["-c", &test]).output();
        ran.is_ok_and(|ran| ran.status.success())
    });
    found.unwrap_or_else(|| panic!("no Python {major} found: name one in PYTHON{major}"))
}

/// Returns the newest Python that pyenv has of a version, or a name that no program has.
fn pyenv(version: &str) -> String {
    let latest = Command::new("pyenv").args(["latest", version]).output();
    let name = latest.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
    let name = name.unwrap_or_default();
    let prefix = Command::new("pyenv").args(["prefix", &name]).output();
    let prefix = prefix.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
    format!("{}/bin/python{version}", prefix.unwrap_or_default())
}

/// Starts a script of tests/peers.
pub(crate) fn script(major: &str, name: &str, arguments: &[&str]) -> Running {
    let path = format!("{}/tests/peers/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(python(major));
    command.arg(path).args(arguments);
    Running::start(command)
}
