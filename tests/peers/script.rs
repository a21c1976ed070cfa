//! Commands that run the scripts of tests/peers, and programs in C and OCaml.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::python_scripts::python;

/// Returns the command that runs a script. `runner` is its interpreter with the words before
/// the script's name, or `cc` with the libraries to link, or `ocaml` with the package to link.
/// `python2` and `python3` are looked for in several places; `pypi` is a Python 3 with packages.
pub(crate) fn command(runner: &str, script: &str) -> Command {
    let path = format!("{}/tests/peers/{script}", env!("CARGO_MANIFEST_DIR"));
    let cache = format!("{}/.cache/procdistrib", std::env::var("HOME").unwrap());
    let mut words = runner.split(' ');
    let mut command = match words.next() {
        Some("cc") => {
            let flags = ["-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror"];
            let libraries: Vec<&str> = words.collect();
            return Command::new(compiled("cc", &flags, &path, &libraries));
        }
        Some("ocaml") => {
            let package = words.next().unwrap();
            let flags = ["ocamlopt", "-package", package, "-linkpkg"];
            return Command::new(compiled("ocamlfind", &flags, &path, &[]));
        }
        Some("python2") => Command::new(python("2")),
        Some("python3") => Command::new(python("3")),
        Some("pypi") => Command::new(format!("{cache}/pypi/bin/python")),
        other => Command::new(other.unwrap()),
    };
    // The dates of node depend on the time zone.
    command.args(words).arg(path).env("TZ", "UTC");
    let mut folders = vec![("NODE_PATH", "node_modules"), ("PHP_IXR", "php-ixr/src")];
    if runner == "python2" {
        folders.push(("PYTHONPATH", "python2"));
    }
    for (name, directory) in folders {
        if std::env::var_os(name).is_none() {
            command.env(name, format!("{cache}/{directory}"));
        }
    }
    command
}

/// Compiles a program, again for each use: tests run side by side.
fn compiled(compiler: &str, flags: &[&str], path: &str, libraries: &[&str]) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let program = format!("{}/peer-{count}", env!("CARGO_TARGET_TMPDIR"));
    // OCaml's compiler writes beside the source.
    let (_, extension) = path.rsplit_once('.').unwrap();
    let source = format!("{program}.{extension}");
    fs::copy(path, &source).unwrap();
    let compiler = Command::new(compiler)
        .args(flags)
        .args(["-o", &program, &source])
        .args(libraries)
        .output()
        .unwrap_or_else(|error| panic!("{compiler} does not start: {error}"));
    let errors = String::from_utf8_lossy(&compiler.stderr);
    assert!(compiler.status.success(), "{path}: {errors}");
    program
}
