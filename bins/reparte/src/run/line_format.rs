//! The format of an input line.

use std::fmt;

use xmlrpc_client::Value;

use crate::json::{JsonError, parse_json};
use crate::run::column_types::ColumnTypes;
use crate::value_type::ValueType;

/// The meaning of a line of the input.
#[derive(Debug, Clone)]
pub(super) enum LineFormat {
    /// The only argument of the call.
    Argument(ValueType),
    /// All arguments of the call, as a JSON array, or members by name, as a JSON object.
    Json,
    /// The arguments of the call, with this text between them.
    Columns(String, ColumnTypes),
}

/// The arguments of a line.
#[derive(Debug)]
pub(super) struct LineArguments {
    pub(super) values: Vec<Value>,
    /// The texts that the values were read from, if these are columns.
    pub(super) cells: Option<Vec<String>>,
}

impl LineFormat {
    /// Reads the arguments of a call.
    ///
    /// # Errors
    ///
    /// The line doesn't have this format. The error is the reason, with a remedy.
    pub(super) fn read(&self, line: &str) -> Result<LineArguments, String> {
        match self {
            LineFormat::Argument(kind) => Ok(LineArguments {
                values: vec![kind.read(line)?],
                cells: None,
            }),
            LineFormat::Columns(separator, types) => {
                let cells: Vec<String> = line.split(&**separator).map(str::to_owned).collect();
                Ok(LineArguments {
                    values: types.read(&cells)?,
                    cells: Some(cells),
                })
            }
            LineFormat::Json => Ok(LineArguments {
                values: read_json(line)?,
                cells: None,
            }),
        }
    }
}

/// Reads the text between columns. `\t` is a tab, which shells don't write easily.
pub(super) fn separator(text: &str) -> Result<String, String> {
    match text.replace("\\t", "\t") {
        text if text.is_empty() => {
            Err("it can't be empty: give a text such as , or \\t for a tab".to_owned())
        }
        text => Ok(text),
    }
}

fn read_json(line: &str) -> Result<Vec<Value>, String> {
    let remedy = "write one such as [\"text\", 7] or {\"name\": 7}, or leave out --json";
    match parse_json(line) {
        Ok(Value::Array(arguments)) => Ok(arguments),
        Ok(members @ Value::Struct(_)) => Ok(vec![members]),
        Ok(_) => Err(format!("JSON, but no array and no object: {remedy}")),
        Err(JsonError::Syntax(error)) => {
            Err(format!("no JSON array and no object ({error}): {remedy}"))
        }
        Err(JsonError::Number(reason)) => Err(reason),
    }
}

/// The name of the format, as a journal keeps it: it may never change.
impl fmt::Display for LineFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LineFormat::Argument(kind) => f.write_str(&kind.name()),
            LineFormat::Json => f.write_str("JSON array"),
            LineFormat::Columns(separator, types) => {
                write!(f, "columns between {separator:?} of {types}")
            }
        }
    }
}
