//! A directory with keys in it. Nothing that exists is overwritten.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use crate::exit::Failure;

/// A file to make.
pub(super) struct File {
    pub(super) name: &'static str,
    pub(super) text: String,
    /// The permissions, which it has from the moment at which it exists.
    pub(super) mode: u32,
}

impl File {
    /// A file for its owner's eyes alone.
    pub(super) fn private(name: &'static str, text: String) -> Self {
        File {
            name,
            text,
            mode: 0o600,
        }
    }

    pub(super) fn public(name: &'static str, text: String) -> Self {
        File {
            name,
            text,
            mode: 0o644,
        }
    }
}

/// Makes a directory with these files in it. Leaves nothing if it fails.
pub(super) fn create(directory: &Path, files: &[File]) -> Result<(), Failure> {
    let shown = directory.display();
    make(directory).map_err(|error| {
        let remedy = match error.kind() {
            io::ErrorKind::AlreadyExists => {
                "name another, or remove that one if it is not used, or to make its keys anew"
            }
            io::ErrorKind::NotFound => "make the directory above it first",
            _ => "name one where you may write",
        };
        Failure::argument(format_args!("can't make {shown} ({error}): {remedy}"))
    })?;
    // The directory is new, so it has nothing but some of these files.
    add(directory, files).inspect_err(|_| drop(fs::remove_dir_all(directory)))
}

/// Makes these files in a directory that is there. Leaves none of them if it fails.
fn add(directory: &Path, files: &[File]) -> Result<(), Failure> {
    for (at, file) in files.iter().enumerate() {
        write(directory, file).map_err(|error| {
            for made in files.iter().take(at) {
                let _ = fs::remove_file(directory.join(made.name));
            }
            let shown = directory.display();
            Failure::argument(format_args!(
                "can't write {} in {shown} ({error}): make room there, or name another directory",
                file.name
            ))
        })?;
    }
    Ok(())
}

fn make(directory: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

fn write(directory: &Path, file: &File) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, file.mode);
    #[cfg(not(unix))]
    let _ = file.mode;
    let path = directory.join(file.name);
    let mut made = options.open(&path)?;
    let written = made
        .write_all(file.text.as_bytes())
        .and_then(|()| made.sync_all());
    // Half a key is none.
    written.inspect_err(|_| drop(fs::remove_file(path)))
}
