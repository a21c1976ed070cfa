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
    /// What is written to, until it is whole.
    unfinished: PathBuf,
}

impl Report {
    /// Makes sure that the file can be written, before there is anything to write.
    pub(super) fn at(path: &Path) -> Result<Self, Failure> {
        let Some(name) = path.file_name().filter(|_| !path.is_dir()) else {
            return Err(Failure::argument(format_args!(
                "--report: {} is a directory: name a file in it, such as run.html",
                path.display()
            )));
        };
        let mut name = name.to_owned();
        name.push(format!(".{}.unfinished", std::process::id()));
        let unfinished = path.with_file_name(name);
        let tried = File::create(&unfinished).and_then(|_| fs::remove_file(&unfinished));
        tried.map_err(|error| {
            Failure::argument(format_args!(
                "--report: can't write {} ({error}): name a file in a directory that you may \
                 write to",
                path.display()
            ))
        })?;
        Ok(Report {
            path: path.to_owned(),
            unfinished,
        })
    }

    /// Writes the page; a file of that name is replaced in one step.
    pub(super) fn write(&self, view: &View) -> Result<(), Failure> {
        self.put(&view.frozen()).map_err(|error| {
            let _ = fs::remove_file(&self.unfinished);
            let path = self.path.display();
            Failure::Output(io::Error::new(error.kind(), format!("{path}: {error}")))
        })
    }

    fn put(&self, page: &str) -> io::Result<()> {
        let mut file = File::create(&self.unfinished)?;
        file.write_all(page.as_bytes())?;
        file.sync_all()?;
        fs::rename(&self.unfinished, &self.path)
    }
}
