//! The program that a function runs: its file, and its arguments for each call.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use xmlrpc_wire::{Fault, Value};

use crate::exit::Failure;
use crate::program::call_input::CallInput;
use crate::program::column_words;
use crate::program::file::find_program;
use crate::program::input::{standard_input, word};
use crate::program::placeholder::{Part, parts};
use crate::program::shell_script;
use crate::shell::quote;

/// A program and its arguments, some of which may have placeholders.
#[derive(Debug)]
pub(crate) struct CommandTemplate {
    path: PathBuf,
    arguments: Vec<Vec<Part>>,
    /// True if the arguments of a call that says nothing of columns are columns.
    has_columns: bool,
}

/// A call of a program: its arguments, and its standard input if it has one.
#[derive(Debug, PartialEq)]
pub(crate) struct Filled {
    pub(crate) words: Vec<OsString>,
    pub(crate) input: Option<Vec<u8>>,
}

impl CommandTemplate {
    /// Finds the program that the first word names.
    ///
    /// # Errors
    ///
    /// There is no such program, or callers would choose it.
    pub(crate) fn find(words: &[OsString]) -> Result<Self, Failure> {
        let template = CommandTemplate::by_name(words)?;
        Ok(CommandTemplate {
            path: find_program(template.path.as_os_str())?,
            ..template
        })
    }

    /// Returns the program by the name that the first word is, for another machine to find.
    ///
    /// # Errors
    ///
    /// There is none, or callers would choose it.
    pub(crate) fn by_name(words: &[OsString]) -> Result<Self, Failure> {
        let (name, arguments) = words
            .split_first()
            .ok_or_else(|| Failure::argument("name a program after --, such as -- wc -c"))?;
        if parts(name.as_bytes()).contains(&Part::Whole) {
            return Err(Failure::argument(
                "{} can't be in the name of the program, since callers would choose it: name the \
                 program, and give it {} as an argument of its own: -- echo {}. No shell reads \
                 the command: give a pipe to one, -- sh -c 'echo \"$1\" | wc -c' sh {}",
            ));
        }
        if let Some(warning) = shell_script::warning(words) {
            log::warn!("{warning}");
        }
        let arguments = arguments.iter().map(|word| parts(word.as_bytes()));
        Ok(CommandTemplate {
            path: PathBuf::from(name),
            arguments: arguments.collect(),
            has_columns: false,
        })
    }

    /// Takes the arguments of each call for columns, if `has_columns`.
    pub(crate) fn columns(mut self, has_columns: bool) -> Self {
        self.has_columns = has_columns;
        self
    }

    /// Returns whether the arguments of each call are columns.
    pub(crate) fn has_columns(&self) -> bool {
        self.has_columns
    }

    fn parts(&self) -> impl Iterator<Item = &Part> {
        self.arguments.iter().flatten()
    }

    fn has(&self, part: &Part) -> bool {
        self.parts().any(|one| one == part)
    }

    /// Returns whether `{}` is among the arguments.
    pub(crate) fn takes_whole(&self) -> bool {
        self.has(&Part::Whole)
    }

    /// Returns how many arguments a call has that says nothing of columns, if they are numbered.
    pub(crate) fn numbered(&self) -> Option<usize> {
        if self.takes_whole() || !self.has(&Part::Number(1)) {
            return None;
        }
        let numbers = self.parts().filter_map(|part| match part {
            Part::Number(number) => Some(*number),
            _ => None,
        });
        numbers.max()
    }

    /// Returns whether the argument of a call that says nothing of columns comes on standard input.
    pub(crate) fn takes_input(&self) -> bool {
        !self.takes_whole() && self.numbered().is_none()
    }

    /// Checks that the columns that the arguments name are there.
    ///
    /// # Errors
    ///
    /// A number is too large, or a word is a name that no column has.
    pub(crate) fn check_columns(&self, names: &[String]) -> Result<(), Failure> {
        column_words::check(&self.arguments, names)
    }

    /// Returns the command of a kept process, which writes its results to this descriptor.
    pub(crate) fn kept_command(&self, results_fd: u8) -> Command {
        let words = self.arguments.iter().map(|parts| literal(parts));
        if results_fd == 1 {
            let mut command = Command::new(&self.path);
            command.args(words);
            return command;
        }
        // The shell replaces itself by the program, which so has the shell's process id. The
        // standard library gives a child no descriptors but the first three.
        let mut command = Command::new("/bin/sh");
        let script = format!("exec \"$0\" \"$@\" {results_fd}>&1 1>&2");
        command.arg("-c").arg(script).arg(&self.path);
        command.args(words);
        command
    }

    /// Returns the command for a call, and its standard input.
    ///
    /// # Errors
    ///
    /// No program can take the arguments.
    pub(crate) fn command(&self, call: CallInput) -> Result<(Command, Vec<u8>), Fault> {
        let mut command = Command::new(&self.path);
        if let Some(task) = &call.task {
            command.env("REPARTE_TASK", task.line.to_string());
            command.env("REPARTE_ATTEMPT", task.attempt.to_string());
        }
        let filled = self.fill(call)?;
        command.args(filled.words);
        match filled.input {
            Some(input) => {
                command.stdin(Stdio::piped());
                Ok((command, input))
            }
            None => {
                command.stdin(Stdio::null());
                Ok((command, Vec::new()))
            }
        }
    }

    /// Returns the arguments of the program for a call, and its standard input.
    ///
    /// # Errors
    ///
    /// No program can take them.
    pub(crate) fn fill(&self, call: CallInput) -> Result<Filled, Fault> {
        let mut is_used = false;
        let mut words = Vec::with_capacity(self.arguments.len());
        for parts in &self.arguments {
            let mut whole = Vec::new();
            for part in parts {
                match self.value(part, &call, parts.len() == 1)? {
                    None => whole.extend(part.text()),
                    Some(value) => {
                        is_used = true;
                        whole.extend(value);
                    }
                }
            }
            words.push(OsString::from_vec(whole));
        }
        let input = match is_used {
            true => None,
            false => Some(stdin(call.arguments)?),
        };
        Ok(Filled { words, input })
    }

    /// Returns the command of a call, and its standard input, as a shell reads them.
    ///
    /// # Errors
    ///
    /// No program can take the arguments.
    pub(crate) fn describe(&self, call: CallInput) -> Result<String, Fault> {
        let Filled { words, input } = self.fill(call)?;
        Ok(self.shown(&words, input.as_deref()))
    }

    /// Returns the program with these arguments, or its own ones, as a shell reads them.
    pub(crate) fn shown(&self, words: &[OsString], input: Option<&[u8]>) -> String {
        const PLAIN: &str = "-_./:,=@%+";
        let own: Vec<OsString> = self.arguments.iter().map(|parts| literal(parts)).collect();
        let words = if words.is_empty() { &own } else { words };
        let path = self.path.as_os_str();
        let words = std::iter::once(path).chain(words.iter().map(OsString::as_os_str));
        let words = words.map(|word| quote(&word.to_string_lossy(), PLAIN));
        let command = words.collect::<Vec<_>>().join(" ");
        match input {
            None => command,
            Some(input) => {
                // The shell adds a line end.
                let input = input.strip_suffix(b"\n").unwrap_or(input);
                let input = quote(&String::from_utf8_lossy(input), PLAIN);
                format!("{command} <<< {input}")
            }
        }
    }

    /// Returns the text of a placeholder. `None` if the program has it as it is.
    fn value(
        &self,
        part: &Part,
        call: &CallInput,
        is_word: bool,
    ) -> Result<Option<Vec<u8>>, Fault> {
        let has_columns =
            self.has_columns || call.task.as_ref().is_some_and(|task| task.has_columns);
        let invalid = |text: String| Err(Fault::new(Fault::INVALID_PARAMS, text));
        let arguments = call.arguments.as_slice();
        let value = match (part, arguments) {
            (Part::Literal(_), _) => return Ok(None),
            (Part::Whole, [argument]) => argument,
            (Part::Whole, _) => match &call.task {
                Some(task) => return Ok(Some(task.text.clone().into_bytes())),
                None => {
                    return invalid(format!(
                        "the program takes one argument, not {}: publish it with {{1}}, {{2}} and \
                         so on in place of {{}}",
                        arguments.len()
                    ));
                }
            },
            (Part::Number(number), _) if has_columns || self.numbered().is_some() => {
                let expected = self.numbered().filter(|_| !has_columns);
                match arguments.get(number - 1) {
                    Some(argument) if expected.is_none_or(|count| count == arguments.len()) => {
                        argument
                    }
                    _ => {
                        let split = match arguments.len() {
                            1 => ": `reparte run` splits a line by --colsep or --input csv",
                            _ => "",
                        };
                        return invalid(format!(
                            "the program takes {} arguments, not {}{split}",
                            expected.unwrap_or(*number),
                            arguments.len()
                        ));
                    }
                }
            }
            (Part::Number(_), _) => return Ok(None),
            (Part::Name(name), [Value::Struct(members)]) => match members.get(name) {
                Some(member) => member,
                None if is_word => {
                    let names: Vec<&str> = members.iter().map(|(name, _)| name).collect();
                    return invalid(format!(
                        "the program takes {name}, and the task has {}",
                        names.join(", ")
                    ));
                }
                None => return Ok(None),
            },
            (Part::Name(name), _) => {
                let names = call.task.as_ref().and_then(|task| task.names.as_ref());
                let at = names.and_then(|names| names.iter().position(|one| one == name));
                match at.and_then(|at| arguments.get(at)) {
                    Some(argument) => argument,
                    None => return Ok(None),
                }
            }
        };
        let text = word(value)?;
        match text.contains(&0) {
            false => Ok(Some(text)),
            true => Err(Fault::application(
                "the argument has a zero byte, which no program can be given: leave {} out of \
                 the program's arguments, and it comes on standard input",
            )),
        }
    }
}

/// Returns the standard input of a program without placeholders.
fn stdin(arguments: Vec<Value>) -> Result<Vec<u8>, Fault> {
    match <[Value; 1]>::try_from(arguments) {
        Ok([argument]) => standard_input(argument),
        // Several are a line each, as the elements of an array are.
        Err(arguments) => standard_input(Value::Array(arguments)),
    }
}

fn literal(parts: &[Part]) -> OsString {
    OsString::from_vec(parts.iter().flat_map(Part::text).collect())
}

/// Displays its name alone: callers may see it, and its arguments may hold secrets.
impl fmt::Display for CommandTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.path.file_name().unwrap_or(OsStr::new(""));
        name.display().fmt(f)
    }
}

#[cfg(test)]
mod tests;
