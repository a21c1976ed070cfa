//! The program that a function runs.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::{Access, access};
use xmlrpc_wire::{Fault, Value};

use super::program_input::{one, several};
use crate::exit::Failure;

/// What stands for a call's argument.
const PLACE: &[u8] = b"{}";

/// A program and its arguments, some of which a call's argument goes into.
#[derive(Debug)]
pub(super) struct Program {
    path: PathBuf,
    arguments: Vec<OsString>,
}

impl Program {
    /// The program that the words name, found now: one that isn't there is refused before
    /// any call comes.
    pub(super) fn find(words: &[OsString]) -> Result<Self, Failure> {
        let (name, arguments) = words
            .split_first()
            .ok_or_else(|| Failure::argument("name a program after --, such as -- wc -c"))?;
        if has_place(name) {
            return Err(Failure::argument(
                "{} can't be the program itself, which callers would choose: name it, and \
                 give it {} as an argument",
            ));
        }
        Ok(Program {
            path: find(name)?,
            arguments: arguments.to_vec(),
        })
    }

    /// Whether a call's argument comes on standard input.
    pub(super) fn takes_input(&self) -> bool {
        !self.arguments.iter().any(|argument| has_place(argument))
    }

    /// The command for a call, and what it reads on standard input.
    pub(super) fn command(&self, argument: Value) -> Result<(Command, Vec<u8>), Fault> {
        let mut command = Command::new(&self.path);
        if self.takes_input() {
            command.args(&self.arguments).stdin(Stdio::piped());
            return Ok((command, several(argument)?));
        }
        let argument = one(&argument)?;
        if argument.contains(&0) {
            return Err(Fault::application(
                "the argument has a zero byte, which no program can be given: start the \
                 server without {}, and it comes on standard input",
            ));
        }
        command.stdin(Stdio::null());
        command.args(self.arguments.iter().map(|word| put(word, &argument)));
        Ok((command, Vec::new()))
    }
}

/// Its name alone: its arguments may hold what callers are not to know.
impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.path.file_name().unwrap_or_default();
        name.display().fmt(f)
    }
}

fn has_place(word: &OsStr) -> bool {
    word.as_bytes()
        .windows(PLACE.len())
        .any(|part| part == PLACE)
}

/// The word with every place taken by `argument`.
fn put(word: &OsStr, argument: &[u8]) -> OsString {
    let mut rest = word.as_bytes();
    let mut whole = Vec::with_capacity(rest.len() + argument.len());
    while let Some((init_process, after)) = rest.split_first() {
        match rest.strip_prefix(PLACE) {
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

/// The file that a name stands for, as a shell finds it.
fn find(name: &OsStr) -> Result<PathBuf, Failure> {
    let is_program = |path: &Path| path.is_file() && access(path, Access::EXEC_OK).is_ok();
    let shown = Path::new(name).display();
    if name.as_bytes().contains(&b'/') {
        let path = PathBuf::from(name);
        return match is_program(&path) {
            true => Ok(path),
            false => Err(Failure::argument(format_args!(
                "{shown} is no program: check the path, and make it executable (chmod +x)"
            ))),
        };
    }
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|path| is_program(path))
        .ok_or_else(|| {
            Failure::argument(format_args!(
                "there is no program {shown} on the PATH: install it, or give its path (./{shown})"
            ))
        })
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
            assert_eq!(put(OsStr::new(word), b"7"), whole, "{word}");
        }
        // What it is given is not looked at again.
        assert_eq!(put(OsStr::new("a{}"), b"{}"), "a{}");
    }
}
