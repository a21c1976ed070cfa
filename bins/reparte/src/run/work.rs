//! The names of the work of a run.

use std::fmt::Display;
use std::path::Path;

use crate::run::flags::RunCommand;
use crate::shell::quote;

impl RunCommand {
    /// Returns the name that the run has: the function's, or else the program's, whose arguments
    /// may hold secrets.
    pub(super) fn title(&self) -> String {
        let program = || {
            let path = self.program().first().map(Path::new);
            let name = path.and_then(Path::file_name).unwrap_or_default();
            name.to_string_lossy().into_owned()
        };
        self.function.clone().unwrap_or_else(program)
    }

    /// Returns the name of the work, by which a journal knows whether its results are of it.
    pub(super) fn work(&self, format: impl Display) -> String {
        let program = || {
            let words = self.program().iter();
            let words = words.map(|word| quote(&word.to_string_lossy(), "-_./:,=@%+{}"));
            words.collect::<Vec<_>>().join(" ")
        };
        let work = self.function.clone().unwrap_or_else(program);
        // Results of another type are another work's.
        format!("{work} ({format}){}", self.result_form())
    }
}
