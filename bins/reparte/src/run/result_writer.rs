//! The writer of results on standard output.

use std::io::{self, BufWriter, IsTerminal as _, Write};

use reparte::TaskError;
use untrusted_text::multi_line;

use crate::console::Console;
use crate::exit::Failure;
use crate::json::{json_text, to_text};
use crate::output::for_reader;
use crate::run::call_result::CallResult;
use crate::run::failure_report::has_not_run;
use crate::run::flags::RunCommand;
use crate::run::output_format::OutputFormat;
use crate::run::result_record::{field_names, fields, object};
use crate::run::task::Task;

/// The size of the output's buffer, in bytes.
const BUFFER: usize = 1 << 16;

/// Writes outcomes in one of the formats.
pub(super) enum ResultWriter {
    Text {
        out: BufWriter<Stdout>,
        /// The number of tasks that were not run since the last result. Their lines are written only if
        /// a result follows, which then stands in the line of its task.
        skipped: u64,
        extras: Extras,
        console: Console,
    },
    Jsonl {
        out: BufWriter<Stdout>,
        has_errors: bool,
    },
    Table {
        out: Box<csv::Writer<Stdout>>,
        /// The number of columns of the input, if they have names.
        columns: Option<usize>,
        has_errors: bool,
        cells: Cells,
    },
}

/// The form of the cells of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cells {
    /// Converts a field as the format requires.
    convert: fn(String) -> String,
    on_terminal: bool,
}

impl Cells {
    fn cell(self, field: String) -> String {
        let cell = (self.convert)(field);
        match self.on_terminal {
            true => multi_line(&cell),
            false => cell,
        }
    }
}

impl ResultWriter {
    /// Returns a writer for standard output. Writes the names of the fields, if the format
    /// has a line for them. `columns` are the names of those of the input.
    pub(super) fn new(
        format: OutputFormat,
        columns: Option<&[String]>,
        extras: Extras,
        console: &Console,
    ) -> io::Result<Self> {
        let stdout = Stdout(console.clone());
        let mut table = csv::WriterBuilder::new();
        table.buffer_capacity(BUFFER);
        Ok(match format {
            OutputFormat::Text => ResultWriter::Text {
                out: BufWriter::with_capacity(BUFFER, stdout),
                skipped: 0,
                extras,
                console: console.clone(),
            },
            OutputFormat::Jsonl => ResultWriter::Jsonl {
                out: BufWriter::with_capacity(BUFFER, stdout),
                has_errors: extras.has_errors,
            },
            OutputFormat::Tsv | OutputFormat::Csv | OutputFormat::Spreadsheet => {
                if format == OutputFormat::Tsv {
                    table.delimiter(b'\t').quote_style(csv::QuoteStyle::Never);
                }
                let cells = Cells {
                    convert: match format {
                        OutputFormat::Tsv => escape_tabs,
                        OutputFormat::Spreadsheet => no_formula,
                        _ => |field| field,
                    },
                    on_terminal: io::stdout().is_terminal(),
                };
                let mut out = Box::new(table.from_writer(stdout));
                // The names of the input's columns are as foreign as their cells.
                let names = field_names(columns, extras.has_errors);
                out.write_record(names.into_iter().map(|name| cells.cell(name)))
                    .map_err(io_error)?;
                ResultWriter::Table {
                    out,
                    columns: columns.map(<[String]>::len),
                    has_errors: extras.has_errors,
                    cells,
                }
            }
        })
    }

    /// Writes the outcome of a task, unless the task was not run.
    pub(super) fn write(
        &mut self,
        task: &Task,
        outcome: &Result<CallResult, TaskError>,
    ) -> io::Result<()> {
        if outcome.as_ref().is_err_and(has_not_run) {
            if let ResultWriter::Text { skipped, .. } = self {
                *skipped += 1;
            }
            return Ok(());
        }
        match self {
            ResultWriter::Text {
                out,
                skipped,
                extras,
                console,
            } => {
                for _ in 0..std::mem::take(skipped) {
                    out.write_all(b"\n")?;
                }
                if extras.has_tag {
                    let tag = format!("{}\t", one_cell(&task.input));
                    out.write_all(for_reader(&tag).as_bytes())?;
                }
                if let Ok(result) = outcome {
                    if let Some(errors) = result
                        .errors
                        .as_deref()
                        .filter(|text| extras.has_errors && !text.is_empty())
                    {
                        console.tell(format_args!("task {}: {}", task.line, multi_line(errors)));
                    }
                    out.write_all(for_reader(&to_text(&result.value)).as_bytes())?;
                }
                out.write_all(b"\n")
            }
            ResultWriter::Jsonl { out, has_errors } => {
                let object = object(task, outcome, *has_errors);
                out.write_all(json_text(&object).as_bytes())?;
                out.write_all(b"\n")
            }
            ResultWriter::Table {
                out,
                columns,
                has_errors,
                cells,
            } => {
                let fields = fields(task, outcome, *columns, *has_errors);
                out.write_record(fields.into_iter().map(|field| cells.cell(field)))
                    .map_err(io_error)
            }
        }
    }

    /// Writes what is in the buffer.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        match self {
            ResultWriter::Text { out, .. } | ResultWriter::Jsonl { out, .. } => out.flush(),
            ResultWriter::Table { out, .. } => out.flush(),
        }
    }
}

/// The parts of the output beside the results.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extras {
    /// The task, in the format text.
    pub(super) has_tag: bool,
    /// The error output of programs: on standard error in the format text, and else a field.
    pub(super) has_errors: bool,
}

impl Extras {
    /// Returns those that the flags ask for.
    ///
    /// # Errors
    ///
    /// The format has the task already.
    pub(super) fn of(flags: &RunCommand) -> Result<Self, Failure> {
        if flags.tag && flags.output != OutputFormat::Text {
            return Err(Failure::argument(
                "--tag is for the format text: the others have the task already",
            ));
        }
        Ok(Extras {
            has_tag: flags.tag,
            has_errors: flags.shows_errors(),
        })
    }
}

/// Returns a task as a tag, which has no line end and no tab.
fn one_cell(task: &str) -> String {
    task.replace(['\t', '\n', '\r'], " ")
}

/// Escapes a field of a line that has tabs between its fields.
fn escape_tabs(field: String) -> String {
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

/// The characters with which a spreadsheet's formula may begin. Some programs skip a blank
/// before it, and read its full-width form.
const FORMULA_START: [char; 11] = [
    '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
];

/// Puts a `'` before a field that a spreadsheet would take for a formula. A number stays as it
/// is.
fn no_formula(field: String) -> String {
    match field.starts_with(FORMULA_START) && field.parse::<f64>().is_err() {
        true => format!("'{field}"),
        false => field,
    }
}

/// Returns the I/O error under an error of the table: a broken pipe is no failure.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// Standard output. If it is a terminal, the line of the progress makes room for what is
/// written.
pub(super) struct Stdout(Console);

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
            assert_eq!(escape_tabs(field.to_owned()), expected);
        }
    }

    #[test]
    fn a_spreadsheet_gets_no_formula() {
        for (field, expected) in [
            ("=HYPERLINK(\"http://a\")", "'=HYPERLINK(\"http://a\")"),
            ("+1+1", "'+1+1"),
            ("-2+3", "'-2+3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("\n=1", "'\n=1"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("\u{ff0b}1", "'\u{ff0b}1"),
            ("\u{ff0d}1", "'\u{ff0d}1"),
            ("\u{ff20}A", "'\u{ff20}A"),
            ("-7", "-7"),
            ("-1.5e3", "-1.5e3"),
            ("7", "7"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(no_formula(field.to_owned()), expected);
        }
    }
}
