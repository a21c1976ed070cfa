//! The format of an input line.

use std::fmt;

use xmlrpc_client::Value;

use crate::json::{JsonError, parse_json};
use crate::value_type::ValueType;

/// The meaning of a line of the input.
#[derive(Debug, Clone, Copy)]
pub(super) enum LineFormat {
    /// The only argument of the call.
    Argument(ValueType),
    /// All arguments of the call, as a JSON array.
    JsonArray,
}

impl LineFormat {
    /// Reads the arguments of a call.
    ///
    /// # Errors
    ///
    /// The line doesn't have this format. The error is the reason, with a remedy.
    pub(super) fn read(self, line: &str) -> Result<Vec<Value>, String> {
        match self {
            LineFormat::Argument(kind) => Ok(vec![kind.read(line)?]),
            LineFormat::JsonArray => {
                let remedy = "write one such as [\"text\", 7], or leave out --json";
                match parse_json(line) {
                    Ok(Value::Array(arguments)) => Ok(arguments),
                    Ok(_) => Err(format!("JSON, but no array: {remedy}")),
                    Err(JsonError::Syntax(error)) => {
                        Err(format!("no JSON array ({error}): {remedy}"))
                    }
                    Err(JsonError::Number(reason)) => Err(reason),
                }
            }
        }
    }
}

/// The name of the format, as a journal keeps it: it may never change.
impl fmt::Display for LineFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LineFormat::Argument(kind) => f.write_str(&kind.name()),
            LineFormat::JsonArray => f.write_str("JSON array"),
        }
    }
}
