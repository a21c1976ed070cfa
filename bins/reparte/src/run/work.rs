//! The names of the work of a run.

use std::fmt::Display;
use std::path::Path;

use crate::run::flags::RunCommand;
use crate::shell::quote;

/// The longest text of a table's columns in the name of a run's work, in bytes. A journal has room
/// for 4,096 bytes of a name.
const LONGEST_COLUMNS: usize = 1000;

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

    /// Returns the name of the function on servers that the run starts: the title, of which any
    /// character that no method's name has is a `_`.
    #[cfg(unix)]
    pub(super) fn remote_function(&self) -> String {
        self.function
            .clone()
            .unwrap_or_else(|| method_name(&self.title()))
    }

    /// Returns true if the run goes through an engine and has a journal, which keeps its name there.
    pub(super) fn has_journal_of_engine(&self) -> bool {
        #[cfg(feature = "redis")]
        return self.engine.is_some() && self.journal.is_some();
        #[cfg(not(feature = "redis"))]
        return false;
    }

    /// Returns the flags by which another command finds the engine, as a shell reads them, if the run is
    /// over one.
    pub(super) fn engine_flags(&self) -> Option<String> {
        #[cfg(feature = "redis")]
        return self.engine.as_deref().map(|url| {
            let word = |word: &str| quote(word, "-_./:,=@%+");
            let mut flags = format!("--engine {}", word(url));
            let files = [
                ("--engine-login", &self.engine_login),
                ("--ca", &self.client.ca),
            ];
            for (flag, file) in files {
                if let Some(file) = file {
                    flags.push_str(&format!(" {flag} {}", word(&file.to_string_lossy())));
                }
            }
            flags
        });
        #[cfg(not(feature = "redis"))]
        return None;
    }

    /// Returns the name of the work, by which a journal knows whether its results are of it. The
    /// names of a table's columns say what each cell of a row is.
    pub(super) fn work(&self, format: impl Display, columns: Option<&[String]>) -> String {
        let program = || {
            let words = self.program().iter();
            let words = words.map(|word| quote(&word.to_string_lossy(), "-_./:,=@%+{}"));
            words.collect::<Vec<_>>().join(" ")
        };
        let work = self.function.clone().unwrap_or_else(program);
        // Results of another type are another work's.
        let columns = columns.map(columns_text).unwrap_or_default();
        format!("{work} ({format}{columns}){}", self.result_form())
    }
}

/// Returns the name of a method for a program of any name. The names of a server's own methods
/// begin with a word and a point.
#[cfg(unix)]
fn method_name(program: &str) -> String {
    let is_own = ["system.", "reparte."]
        .iter()
        .any(|prefix| program.starts_with(prefix));
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || (c == '.' && !is_own);
    let chars = program.chars();
    let name: String = chars.map(|c| if is_part(c) { c } else { '_' }).collect();
    match name.is_empty() {
        true => "program".to_owned(),
        false => name,
    }
}

/// Returns the names of columns, or the checksum of many, as a journal keeps them: it may never
/// change.
fn columns_text(names: &[String]) -> String {
    let text = serde_json::Value::from(names).to_string();
    match text.len() <= LONGEST_COLUMNS {
        true => format!(", columns {text}"),
        false => format!(
            ", {} columns with the checksum {:08x}",
            names.len(),
            crc32fast::hash(text.as_bytes())
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `run --ssh hosts -- ./my-script.sh {}` had no server: the host refused the name.
    #[cfg(unix)]
    #[test]
    fn a_program_of_any_name_is_a_method() {
        for (program, name) in [
            ("block.py", "block.py"),
            ("my-script.sh", "my_script.sh"),
            ("pro g", "pro_g"),
            ("ñandú", "_and_"),
            ("system.multicall", "system_multicall"),
            ("..", ".."),
            ("", "program"),
        ] {
            assert_eq!(method_name(program), name);
        }
    }

    #[test]
    fn names_of_columns_are_whole_or_have_a_checksum() {
        let names = |last: &str| ["a, b".to_owned(), "\"".to_owned(), last.to_owned()];
        let text = columns_text(&names("é"));
        assert_eq!(text, ", columns [\"a, b\",\"\\\"\",\"é\"]");
        let (one, other) = ("x".repeat(5000), "x".repeat(4999) + "y");
        let (one, other) = (columns_text(&names(&one)), columns_text(&names(&other)));
        assert_ne!(one, other);
        assert!(one.starts_with(", 3 columns with the checksum "), "{one}");
        assert!(one.len() < LONGEST_COLUMNS, "{one}");
    }
}
