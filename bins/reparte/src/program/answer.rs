//! The answer of a program to a call.

use xmlrpc_wire::Value;

use crate::program::output_text::printable;

/// A result, and what is known of the program that has given it.
#[derive(Debug)]
pub(crate) struct ProgramAnswer {
    pub(crate) value: Value,
    /// The exit code. `None` for a program that is kept.
    pub(crate) exit_code: Option<i32>,
    /// The end of the error output of this call.
    pub(crate) errors: String,
}

impl ProgramAnswer {
    /// Returns the result and the error output as one value: a struct of `result` and `stderr`.
    pub(crate) fn with_errors(self) -> Value {
        let errors = Value::String(printable(&self.errors));
        let members = [("result", self.value), ("stderr", errors)];
        Value::Struct(members.into_iter().collect())
    }
}
