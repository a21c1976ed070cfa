//! The program's files, packed for the hosts.

use std::collections::HashSet;
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

/// Returns the absolute path of the directory that has a file.
fn parent(file: &Path) -> Option<PathBuf> {
    let parent = file.parent()?;
    let parent = match parent.as_os_str().is_empty() {
        true => Path::new("."),
        false => parent,
    };
    fs::canonicalize(parent).ok()
}
