//! A new directory with files in it. Nothing that exists is overwritten.

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

/// Makes a directory with these files in it. Leaves nothing if it fails.
pub(super) fn create(directory: &Path, files: &[File]) -> Result<(), Failure> {
    let shown = directory.display();
    make(directory).map_err(|error| {
        let remedy = match error.kind() {
            io::ErrorKind::AlreadyExists => "name another, or remove that one if it is not used",
            io::ErrorKind::NotFound => "make the directory above it first",
            _ => "name one where you may write",
        };
        Failure::argument(format_args!("can't make {shown} ({error}): {remedy}"))
    })?;
    for file in files {
        write(directory, file).map_err(|error| {
            // The directory is new, so it has nothing but some of these files.
            let _ = fs::remove_dir_all(directory);
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
    let mut made = options.open(directory.join(file.name))?;
    made.write_all(file.text.as_bytes())?;
    made.sync_all()
}
