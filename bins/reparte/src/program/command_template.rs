//! The program that a function runs: its file, and its arguments for each call.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use xmlrpc_wire::{Fault, Value};

use crate::exit::Failure;
use crate::program::file::find_program;
use crate::program::input::{standard_input, word};

/// The placeholder of a call's argument.
const PLACEHOLDER: &[u8] = b"{}";

/// A program and its arguments, some of which may have placeholders.
#[derive(Debug)]
pub(crate) struct CommandTemplate {
    path: PathBuf,
    arguments: Vec<OsString>,
}

impl CommandTemplate {
    /// Finds the program that the first word names.
    ///
    /// # Errors
    ///
    /// There is no such program, or callers would choose it.
    pub(crate) fn find(words: &[OsString]) -> Result<Self, Failure> {
        let (name, arguments) = words
            .split_first()
            .ok_or_else(|| Failure::argument("name a program after --, such as -- wc -c"))?;
        if has_placeholder(name) {
            return Err(Failure::argument(
                "{} can't be the program itself, since callers would choose it: name the \
                 program, and give it {} as an argument",
            ));
        }
        Ok(CommandTemplate {
            path: find_program(name)?,
            arguments: arguments.to_vec(),
        })
    }

    /// Returns whether a call's argument comes on standard input.
    pub(crate) fn takes_input(&self) -> bool {
        !self
            .arguments
            .iter()
            .any(|argument| has_placeholder(argument))
    }

    /// Returns the command of a kept process, which writes its results to this descriptor.
    pub(crate) fn kept_command(&self, results_fd: u8) -> Command {
        if results_fd == 1 {
            let mut command = Command::new(&self.path);
            command.args(&self.arguments);
            return command;
        }
        // The shell replaces itself by the program, which so has the shell's process id. The
        // standard library gives a child no descriptors but the first three.
        let mut command = Command::new("/bin/sh");
        let script = format!("exec \"$0\" \"$@\" {results_fd}>&1 1>&2");
        command.arg("-c").arg(script).arg(&self.path);
        command.args(&self.arguments);
        command
    }

    /// Returns the command for a call, and its standard input.
    ///
    /// # Errors
    ///
    /// No program can take the argument.
    pub(crate) fn command(&self, argument: Value) -> Result<(Command, Vec<u8>), Fault> {
        let mut command = Command::new(&self.path);
        if self.takes_input() {
            command.args(&self.arguments).stdin(Stdio::piped());
            return Ok((command, standard_input(argument)?));
        }
        let argument = word(&argument)?;
        if argument.contains(&0) {
            return Err(Fault::application(
                "the argument has a zero byte, which no program can be given: leave {} out of \
                 the program's arguments, and it comes on standard input",
            ));
        }
        command.stdin(Stdio::null());
        command.args(self.arguments.iter().map(|word| fill(word, &argument)));
        Ok((command, Vec::new()))
    }
}

/// Displays its name alone: callers may see it, and its arguments may hold secrets.
impl fmt::Display for CommandTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.path.file_name().unwrap_or_default();
        name.display().fmt(f)
    }
}

fn has_placeholder(word: &OsStr) -> bool {
    word.as_bytes()
        .windows(PLACEHOLDER.len())
        .any(|part| part == PLACEHOLDER)
}

/// Replaces each placeholder of a word by the argument.
fn fill(word: &OsStr, argument: &[u8]) -> OsString {
    let mut rest = word.as_bytes();
    let mut whole = Vec::with_capacity(rest.len() + argument.len());
    while let Some((init_process, after)) = rest.split_first() {
        match rest.strip_prefix(PLACEHOLDER) {
            Some(after) => {
                whole.extend_from_slice(argument);
                rest = after;
            }
            None => {
                whole.push(*init_process);
                rest = after;
            }
        }
    }
    OsString::from_vec(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_taken_wherever_it_is() {
        for (word, whole) in [
            ("{}", "7"),
            ("--n={}", "--n=7"),
            ("{}{}", "77"),
            ("{{}}", "{7}"),
            ("{ }", "{ }"),
            ("", ""),
        ] {
            assert_eq!(fill(OsStr::new(word), b"7"), whole, "{word}");
        }
        // The argument is not searched for placeholders.
        assert_eq!(fill(OsStr::new("a{}"), b"{}"), "a{}");
    }
}
