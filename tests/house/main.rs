//! Rules of the source tree: floors, imports, summaries, file sizes.
//!
//! Each rule is a test that names the files that break it. The floors of each package are a
//! list in docs/architecture.md.
#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod floors;
mod graph;
mod modules;
mod paths;
mod summaries;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use modules::Package;

/// The most lines of a file that is not a test.
const MAX_LINES: usize = 399;

/// The packages and the root file of each one.
const PACKAGES: &[(&str, &str)] = &[
    ("factorizar", "crates/factorizar/src/lib.rs"),
    ("factorizar-service", "bins/factoring/src/lib.rs"),
    ("reparte", "crates/reparte/src/lib.rs"),
    ("reparte-cli", "bins/reparte/src/main.rs"),
    ("cli-support", "bins/support/src/lib.rs"),
    ("procdistrib", "bins/lib.rs"),
    ("untrusted-text", "crates/untrusted-text/src/lib.rs"),
    ("xmlrpc-client", "crates/xmlrpc-client/src/lib.rs"),
    ("xmlrpc-server", "crates/xmlrpc-server/src/lib.rs"),
    ("xmlrpc-wire", "crates/xmlrpc-wire/src/lib.rs"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn packages() -> impl Iterator<Item = (&'static str, Package)> {
    PACKAGES
        .iter()
        .map(|(name, file)| (*name, Package::read(&root().join(file))))
}

/// Returns a file's path as the messages show it.
fn shown(file: &Path) -> String {
    file.strip_prefix(root())
        .unwrap_or(file)
        .display()
        .to_string()
}

/// Returns every Rust file of the project, built ones apart.
fn rust_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = ["bins", "crates", "examples", "tests"]
        .map(|folder| root().join(folder))
        .into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the source tree is readable") {
            let path = entry.expect("the source tree is readable").path();
            if path.is_dir() {
                if path.file_name().is_some_and(|name| name != "target") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

#[track_caller]
fn assert_none(rule: &str, broken: &[String]) {
    let mut message = format!("{rule}\n");
    for line in broken {
        let _ = writeln!(message, "  {line}");
    }
    assert!(broken.is_empty(), "{message}");
}

#[test]
fn imports_make_no_circle() {
    let mut broken = Vec::new();
    for (_, package) in packages() {
        let imports = graph::imports(&package);
        for circle in graph::circles(&imports) {
            for (file, imported) in circle {
                let names = imports[&file][&imported].join(", ");
                broken.push(format!(
                    "{} takes {names} from {}",
                    shown(&file),
                    shown(&imported)
                ));
            }
        }
    }
    assert_none(
        "these imports make a circle: name the module that defines the item, or move it to a \
         module below both",
        &broken,
    );
}

#[test]
fn modules_import_from_lower_floors_only() {
    let text = fs::read_to_string(root().join("docs/architecture.md"))
        .expect("the source tree is readable");
    let mut broken = Vec::new();
    for (name, package) in packages() {
        match floors::of(&text, name) {
            None => broken.push(format!(
                "docs/architecture.md lacks this line: {}",
                floors::suggested(&package, name)
            )),
            Some(floors) => broken.extend(floors::broken(&package, &floors, name)),
        }
    }
    assert_none(
        "an import has to lead to a lower floor of docs/architecture.md, \"Floors\"",
        &broken,
    );
}

#[test]
fn every_module_has_a_summary_of_its_own() {
    let mut broken = Vec::new();
    for (_, package) in packages() {
        broken.extend(
            summaries::missing_or_shared(&package)
                .map(|(file, problem)| format!("{}: {problem}", shown(&file))),
        );
    }
    assert_none(
        "a module's first line is `//!` and says what is in it",
        &broken,
    );
}

#[test]
fn summaries_stand_alone() {
    let mut broken = Vec::new();
    for file in rust_files() {
        let text = fs::read_to_string(&file).expect("the source tree is readable");
        for (line, summary) in summaries::headless(&text) {
            broken.push(format!("{}:{line}: {summary}", shown(&file)));
        }
    }
    assert_none(
        "a summary is a noun phrase or begins with a verb in the third person",
        &broken,
    );
}

#[test]
fn files_are_short() {
    let mut broken = Vec::new();
    for (_, package) in packages() {
        for file in package.files() {
            let lines = fs::read_to_string(file)
                .expect("the source tree is readable")
                .lines()
                .count();
            if lines > MAX_LINES {
                broken.push(format!("{}: {lines} lines", shown(file)));
            }
        }
    }
    assert_none(
        &format!("a file has at most {MAX_LINES} lines: find its second noun"),
        &broken,
    );
}

#[test]
fn every_file_is_a_module() {
    let mut broken = Vec::new();
    for (_, package) in packages() {
        broken.extend(package.orphans().map(|file| shown(&file)));
    }
    assert_none("no `mod` leads to these files", &broken);
}

/// The packages of tests alone are not published, so that what needs them can't be built from a
/// published package.
#[test]
fn packed_files_need_published_packages_alone() {
    let mut troubles = String::new();
    for file in rust_files() {
        let ancestors = file.ancestors().skip(1);
        let package = ancestors
            .take_while(|folder| *folder != root())
            .find(|folder| folder.join("Cargo.toml").exists());
        // The root package leaves all of its tests out, and the others are not published.
        let Some(package) = package.filter(|folder| !folder.starts_with(root().join("tests")))
        else {
            continue;
        };
        let text = fs::read_to_string(&file).unwrap();
        let manifest = fs::read_to_string(package.join("Cargo.toml")).unwrap();
        let path = file.strip_prefix(package).unwrap().display().to_string();
        let lists = |path: &str| manifest.contains(&format!("exclude = [\"/{path}\"]"));
        let is_excluded = lists(&path) || path.starts_with("tests") && lists("tests");
        if !is_excluded && (text.contains("cost_support") || text.contains("test_support")) {
            writeln!(troubles, "  {}", shown(&file)).unwrap();
        }
    }
    assert!(
        troubles.is_empty(),
        "these files need a package that is not published; exclude them from theirs\n{troubles}"
    );
}
