//! The program's files, packed for the hosts.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::exit::Failure;

/// Packs files and directories into an archive, each by its name alone. Returns the archive, or
/// nothing for no files.
pub(super) fn pack(files: &[PathBuf], archive: &Path) -> Result<Vec<u8>, Failure> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let mut tar = Command::new("tar");
    tar.arg("-chf").arg(archive);
    let mut names = HashSet::new();
    for file in files {
        let shown = file.display();
        fs::metadata(file).map_err(|error| {
            Failure::argument(format_args!(
                "--with: can't read {shown} ({error}): name a file or a directory of this machine"
            ))
        })?;
        let (Some(name), Some(parent)) = (file.file_name(), parent(file)) else {
            return Err(Failure::argument(format_args!(
                "--with {shown}: name a file or a directory by its own name"
            )));
        };
        if !names.insert(name.to_owned()) {
            return Err(Failure::argument(format_args!(
                "--with: two files have the name {}",
                name.display()
            )));
        }
        tar.arg("-C").arg(parent).arg(Path::new(".").join(name));
    }
    let packed = tar
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failure::server(format_args!("--with: can't run tar: {error}")))?;
    if !packed.status.success() {
        return Err(Failure::argument(format_args!(
            "--with: tar failed: {}",
            String::from_utf8_lossy(&packed.stderr).trim()
        )));
    }
    fs::read(archive).map_err(|error| {
        Failure::server(format_args!(
            "--with: can't read {}: {error}",
            archive.display()
        ))
    })
}

/// Returns the words of a program that are files of this machine, and that the hosts do not have by
/// these paths.
pub(super) fn not_copied<'a>(program: &'a [OsString], with: &[PathBuf]) -> Vec<&'a Path> {
    let is_copied = |path: &Path| {
        let mut parts = path.components();
        let first = parts.next().map(|part| part.as_os_str());
        let is_alone = parts.next().is_none();
        with.iter()
            .any(|file| file.file_name() == first && (is_alone || file.is_dir()))
    };
    let words = program.iter().enumerate();
    words
        .map(|(at, word)| (at, Path::new(word)))
        // Without a slash, the program is one of the PATH.
        .filter(|(at, path)| *at > 0 || path.components().count() > 1)
        .map(|(_, path)| path)
        .filter(|path| path.is_relative() && path.is_file())
        .filter(|path| !is_copied(path.strip_prefix(".").unwrap_or(path)))
        .collect()
}

/// Returns the absolute path of the directory that has a file.
fn parent(file: &Path) -> Option<PathBuf> {
    let parent = file.parent()?;
    let parent = match parent.as_os_str().is_empty() {
        true => Path::new("."),
        false => parent,
    };
    fs::canonicalize(parent).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `run --ssh hosts -- python3 block.py {}` failed each task on each host.
    #[test]
    fn files_of_the_program_that_are_not_copied_are_found() {
        // A test runs in the directory of its package.
        let program =
            |words: &[&str]| -> Vec<OsString> { words.iter().map(OsString::from).collect() };
        for (words, with, missing) in [
            (
                &["python3", "Cargo.toml", "{}"][..],
                &[][..],
                &["Cargo.toml"][..],
            ),
            (&["python3", "Cargo.toml"], &["../reparte/Cargo.toml"], &[]),
            (&["python3", "./Cargo.toml"], &["Cargo.toml"], &[]),
            (
                &["python3", "src/main.rs"],
                &["src/main.rs"],
                &["src/main.rs"],
            ),
            (&["python3", "src/main.rs"], &["src"], &[]),
            (&["./Cargo.toml"], &["src"], &["./Cargo.toml"]),
            (&["Cargo.toml", "/etc/passwd", "src", "none"], &[], &[]),
        ] {
            let with: Vec<PathBuf> = with.iter().map(PathBuf::from).collect();
            let found = program(words);
            let expected: Vec<&Path> = missing.iter().map(Path::new).collect();
            assert_eq!(not_copied(&found, &with), expected, "{words:?} {with:?}");
        }
    }
}
