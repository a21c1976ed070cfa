//! How results are printed.

use std::io::{self, BufWriter, IsTerminal as _, Write};

use clap::ValueEnum;
use reparte::{TaskError, TaskErrorKind};
use serde_json::{Map, Value as Json, json};

use super::{CallResult, Task};
use crate::console::Console;
use crate::json::{to_json, to_text};
use crate::output::for_reader;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OutputFormat {
    /// The result alone: a string as it is, a number in decimals, anything with parts as
    /// JSON; an empty line for a task that failed
    Text,
    /// A line of fields with tabs between, under a line of their names; in a field, \t,
    /// \n, \r and \\ stand for a tab, line ends and \
    Tsv,
    /// The same with commas, and quotes where they are needed (RFC 4180)
    Csv,
    /// A JSON object a line
    Jsonl,
}

/// The fields of a table.
const FIELDS: [&str; 7] = [
    "task", "input", "result", "error", "server", "seconds", "attempts",
];

/// Writes outcomes in a format.
pub(super) struct ResultWriter {
    out: Out,
    format: OutputFormat,
    /// Lines of tasks that were not run: only written before a result.
    empty: u64,
}

enum Out {
    Lines(BufWriter<Stdout>),
    Table(Box<csv::Writer<Stdout>>),
}

impl ResultWriter {
    pub(super) fn new(format: OutputFormat, console: &Console) -> io::Result<Self> {
        let sink = Stdout(console.clone());
        let mut table = csv::WriterBuilder::new();
        table.buffer_capacity(1 << 16);
        let out = match format {
            OutputFormat::Text | OutputFormat::Jsonl => {
                Out::Lines(BufWriter::with_capacity(1 << 16, sink))
            }
            OutputFormat::Csv => Out::Table(Box::new(table.from_writer(sink))),
            OutputFormat::Tsv => {
                table.delimiter(b'\t').quote_style(csv::QuoteStyle::Never);
                Out::Table(Box::new(table.from_writer(sink)))
            }
        };
        let mut writer = ResultWriter {
            out,
            format,
            empty: 0,
        };
        if let Out::Table(table) = &mut writer.out {
            table.write_record(FIELDS).map_err(io_error)?;
        }
        Ok(writer)
    }

    /// Writes what became of a task; nothing of one that was not run.
    pub(super) fn write(
        &mut self,
        task: &Task,
        outcome: &Result<CallResult, TaskError>,
    ) -> io::Result<()> {
        let not_run = |error: &TaskError| error.kind() == TaskErrorKind::NotRun;
        if outcome.as_ref().is_err_and(not_run) {
            self.empty += 1;
            return Ok(());
        }
        match (&mut self.out, self.format) {
            (Out::Table(table), format) => {
                let fields = fields(task, outcome);
                let written = match format {
                    OutputFormat::Tsv => table.write_record(fields.map(|field| escaped(&field))),
                    _ => table.write_record(fields),
                };
                written.map_err(io_error)
            }
            (Out::Lines(lines), OutputFormat::Jsonl) => {
                serde_json::to_writer(&mut *lines, &object(task, outcome))?;
                lines.write_all(b"\n")
            }
            (Out::Lines(lines), _) => {
                for _ in 0..std::mem::take(&mut self.empty) {
                    lines.write_all(b"\n")?;
                }
                if let Ok(answer) = outcome {
                    lines.write_all(for_reader(&to_text(&answer.value)).as_bytes())?;
                }
                lines.write_all(b"\n")
            }
        }
    }

    /// Has the reader see all that was written.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        match &mut self.out {
            Out::Lines(lines) => lines.flush(),
            Out::Table(table) => table.flush(),
        }
    }
}

fn fields(task: &Task, outcome: &Result<CallResult, TaskError>) -> [String; 7] {
    let (line, input) = (task.line.to_string(), task.input.clone());
    match outcome {
        Ok(answer) => [
            line,
            input,
            to_text(&answer.value),
            String::new(),
            answer.server.to_string(),
            format!("{:.6}", answer.time.as_secs_f64()),
            answer.attempts.to_string(),
        ],
        Err(error) => [
            line,
            input,
            String::new(),
            error.reason().to_string(),
            last_server(error).unwrap_or_default().to_owned(),
            String::new(),
            error.calls().to_string(),
        ],
    }
}

fn object(task: &Task, outcome: &Result<CallResult, TaskError>) -> Json {
    let mut object = Map::new();
    let mut set = |name: &str, value: Json| object.insert(name.to_owned(), value);
    set("task", task.line.into());
    set("input", task.input.as_str().into());
    match outcome {
        Ok(answer) => {
            set("result", to_json(&answer.value));
            set("server", (*answer.server).into());
            set("seconds", json!(answer.time.as_secs_f64()));
            set("attempts", answer.attempts.into());
        }
        Err(error) => {
            let message = error.reason().to_string();
            set("error", json!({ "kind": kind(error), "message": message }));
            set("server", last_server(error).into());
            set("attempts", error.calls().into());
        }
    }
    Json::Object(object)
}

/// How a task failed, in a word or two.
fn kind(error: &TaskError) -> &'static str {
    match (error.kind(), error.history().last()) {
        (TaskErrorKind::Permanent, Some(last)) => last.error.kind().name(),
        (TaskErrorKind::GivenUp, _) => "given up",
        (TaskErrorKind::Poison, _) => "poison",
        (TaskErrorKind::Cancelled, _) => "cancelled",
        _ => "failed",
    }
}

/// The server of the task's last failed call.
fn last_server(error: &TaskError) -> Option<&str> {
    error.history().last().map(|call| &*call.server)
}

/// A field of a line with tabs between its fields.
fn escaped(field: &str) -> String {
    let mut escaped = String::with_capacity(field.len());
    for c in field.chars() {
        match c {
            '\t' => escaped.push_str("\\t"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\\' => escaped.push_str("\\\\"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The error underneath, so that a reader that has left is known for one.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// Standard output; if it is a terminal, the progress makes room for what is written.
struct Stdout(Console);

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut out = io::stdout();
        match out.is_terminal() {
            true => self.0.beside_progress(|| out.write(bytes)),
            false => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_one_line_without_tabs() {
        for (field, expected) in [
            ("plain año", "plain año"),
            ("a\tb\nc\r\n", "a\\tb\\nc\\r\\n"),
            ("back\\slash", "back\\\\slash"),
        ] {
            assert_eq!(escaped(field), expected);
        }
    }
}
