//! The input of a call of a program: its arguments, and what is known of its task.

use std::sync::Arc;

use xmlrpc_wire::Value;

/// The input of one call.
#[derive(Debug)]
pub(crate) struct CallInput {
    pub(crate) arguments: Vec<Value>,
    /// The task of a run on this machine. `None` if a server was called, which has the arguments
    /// alone.
    pub(crate) task: Option<TaskInput>,
}

/// A task of a run on this machine.
#[derive(Debug)]
pub(crate) struct TaskInput {
    /// The number of its line in the input.
    pub(crate) line: u64,
    /// The number of the call of the task, from 1.
    pub(crate) attempt: u32,
    /// The whole line.
    pub(crate) text: String,
    /// True if the arguments are columns.
    pub(crate) has_columns: bool,
    /// The names of the columns, if they have some.
    pub(crate) names: Option<Arc<[String]>>,
}

impl CallInput {
    /// Returns the input of a call of a server.
    pub(crate) fn of_call(arguments: Vec<Value>) -> Self {
        CallInput {
            arguments,
            task: None,
        }
    }
}
