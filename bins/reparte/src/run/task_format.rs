//! The format of a run's tasks.

use std::fmt;

use crate::run::column_types::ColumnTypes;
use crate::run::line_format::LineFormat;
use crate::run::table_reader::Table;

/// The meaning of the input.
#[derive(Debug, Clone)]
pub(super) enum TaskFormat {
    /// A task is a line.
    Lines(LineFormat),
    /// A task is a row of a table.
    Table(Table, ColumnTypes),
}

impl TaskFormat {
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
