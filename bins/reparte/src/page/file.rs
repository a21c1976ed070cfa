//! The page, frozen, as a file.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::View;
use crate::exit::Failure;

/// Where the page of a run is to be written at its end.
#[derive(Debug)]
pub(super) struct Report {
    path: PathBuf,
    /// What is written to, until it is whole; gone with this if it is not.
    unfinished: PathBuf,
    file: File,
}

impl Report {
    /// Makes sure that the file can be written, before there is anything to write.
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        if path.is_dir() || path.file_name().is_none() {
            return Err(Failure::argument(format_args!(
                "--report: {} is a directory: name a file in it, such as run.html",
                path.display()
            )));
        }
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.unfinished", std::process::id()));
        let unfinished = path.with_file_name(name);
        match File::create(&unfinished) {
            Ok(file) => Ok(Report {
                path: path.to_owned(),
                unfinished,
                file,
            }),
            Err(error) => Err(Failure::argument(format_args!(
                "--report: can't write {} ({error}): name a file in a directory that you may \
                 write to",
                path.display()
            ))),
        }
    }

    /// Writes the page; a file of that name is replaced in one step.
    pub(super) fn write(mut self, view: &View) -> Result<(), Failure> {
        let written = self.put(&view.frozen());
        written.map_err(|error| {
            let path = self.path.display();
            Failure::Output(io::Error::new(error.kind(), format!("{path}: {error}")))
        })
    }

    fn put(&mut self, page: &str) -> io::Result<()> {
        self.file.write_all(page.as_bytes())?;
        self.file.sync_all()?;
        fs::rename(&self.unfinished, &self.path)
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        // Once it is whole it has another name.
        let _ = fs::remove_file(&self.unfinished);
    }
}
