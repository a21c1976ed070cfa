//! Files that a run writes at its end: whether they can be written shows before it begins.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::exit::Failure;

/// A file to be written.
#[derive(Debug)]
pub(super) struct ToWrite {
    file: File,
    path: PathBuf,
}

/// Creates the file that a flag names, if it names one.
pub(super) fn create(flag: &str, path: Option<&Path>) -> Result<Option<ToWrite>, Failure> {
    let create = |path: &Path| {
        let file = File::create(path).map_err(|error| cant_write(flag, path, &error))?;
        let path = path.to_owned();
        Ok(ToWrite { file, path })
    };
    path.map(create).transpose()
}

/// Writes its text, and a line end.
pub(super) fn write(flag: &str, file: Option<ToWrite>, text: &str) -> Result<(), Failure> {
    let Some(ToWrite { mut file, path }) = file else {
        return Ok(());
    };
    writeln!(file, "{text}").map_err(|error| cant_write(flag, &path, &error))
}

fn cant_write(flag: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::argument(format_args!(
        "{flag}: can't write {} ({error}): name a file in a folder that is there",
        path.display()
    ))
}
