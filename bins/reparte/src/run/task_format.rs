//! The format of a run's tasks.

use std::fmt;

use crate::exit::Failure;
use crate::run::column_types::ColumnTypes;
use crate::run::flags::RunCommand;
use crate::run::input_format::InputFormat;
use crate::run::line_format::LineFormat;
use crate::run::table_format::Table;

/// The meaning of the input.
#[derive(Debug, Clone)]
pub(super) enum TaskFormat {
    /// A task is a line.
    Lines(LineFormat),
    /// A task is a row of a table.
    Table(Table, ColumnTypes),
}

impl TaskFormat {
    /// Returns the format that the flags describe.
    ///
    /// # Errors
    ///
    /// There are several types for one argument, or the separator is none of a table.
    pub(super) fn of(flags: &RunCommand) -> Result<Self, Failure> {
        let types = || ColumnTypes(flags.arg_type.clone());
        Ok(match (flags.input, &flags.colsep) {
            (InputFormat::Csv, None) => TaskFormat::Table(Table::Csv(None), types()),
            (InputFormat::Csv, Some(separator)) => {
                let table = Table::csv(separator)
                    .map_err(|reason| Failure::argument(format_args!("--colsep: {reason}")))?;
                TaskFormat::Table(table, types())
            }
            (InputFormat::Tsv, None) => TaskFormat::Table(Table::Tsv, types()),
            (InputFormat::Tsv, Some(_)) => {
                return Err(Failure::argument(
                    "--colsep: --input tsv has tabs between its columns: leave --colsep out, or \
                     give --input csv, which takes any character",
                ));
            }
            (_, Some(separator)) => {
                TaskFormat::Lines(LineFormat::Columns(separator.clone(), types()))
            }
            _ if flags.json => TaskFormat::Lines(LineFormat::Json),
            _ => match flags.arg_type.as_slice() {
                [kind] => TaskFormat::Lines(LineFormat::Argument(*kind)),
                _ => {
                    return Err(Failure::argument(
                        "--arg-type: several types are for several columns: give one, or split \
                         the lines by --colsep or --input csv",
                    ));
                }
            },
        })
    }

    /// Returns whether each line that is not empty is a task.
    pub(super) fn has_line_tasks(&self) -> bool {
        matches!(self, TaskFormat::Lines(_))
    }

    /// Returns whether a task has columns.
    pub(super) fn has_columns(&self) -> bool {
        matches!(
            self,
            TaskFormat::Table(..) | TaskFormat::Lines(LineFormat::Columns(..))
        )
    }
}

/// The name of the format, as a journal keeps it: it may never change.
impl fmt::Display for TaskFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TaskFormat::Lines(format) => format.fmt(f),
            TaskFormat::Table(table, types) => write!(f, "{} of {types}", table.name()),
        }
    }
}
