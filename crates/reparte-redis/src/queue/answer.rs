//! An answer as a result or an error of a call.

use std::time::Duration;

use reparte::{CallError, ErrorKind};
use xmlrpc_wire::{FromValue, Limits, decode_response};

use crate::kind::AnswerKind;
use crate::reply::Entry;

/// An answer, as a worker has committed it.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    kind: AnswerKind,
    document: Vec<u8>,
    /// The worker's name.
    by: String,
    /// The time that the work took, or has taken so far.
    at_work: Duration,
    /// The names of the workers that were lost with the task before.
    lost: Vec<String>,
    /// The names of the workers that are unfit for the task.
    unfit: Vec<String>,
}

impl Answer {
    /// Reads an entry of the stream of results, and the number of its task.
    pub(crate) fn read(mut entry: Entry) -> Option<(u64, Self)> {
        let n = entry.number("n")?;
        let answer = Self {
            kind: AnswerKind::read(entry.text("kind").unwrap_or_default()),
            by: entry.any_text("by").into_owned(),
            at_work: Duration::from_millis(entry.number("ms").unwrap_or_default()),
            lost: lines(&entry.any_text("lost")),
            unfit: lines(&entry.any_text("unfit")),
            document: entry.take("answer")?,
        };
        Some((n, answer))
    }

    /// Returns the name of the worker.
    pub(crate) fn worker(&self) -> &str {
        &self.by
    }

    /// Returns the time that the work took, or has taken so far.
    pub(crate) fn at_work(&self) -> Duration {
        self.at_work
    }

    /// Returns the names of the workers that were lost with the task before.
    pub(crate) fn lost(&self) -> &[String] {
        &self.lost
    }

    /// Returns the names of the workers that are unfit for the task.
    pub(crate) fn unfit(&self) -> &[String] {
        &self.unfit
    }

    /// Returns whether it only tells that a worker has begun the task.
    pub(crate) fn is_begin(&self) -> bool {
        self.kind == AnswerKind::Begun
    }

    /// Returns whether the outcome is a worker's, who is to be noted: those that were lost with a
    /// task, or are unfit for it, are several.
    pub(crate) fn is_of_worker(&self) -> bool {
        !matches!(self.kind, AnswerKind::Lost | AnswerKind::Unfit)
    }

    /// Returns the result, or the error that the worker's answer is.
    pub(crate) fn result<R: FromValue>(self, limits: &Limits) -> Result<R, CallError> {
        let by = self.by;
        if self.document.len() > limits.bytes {
            let message = format!(
                "the answer of {by} has {} bytes, and the limit is {}",
                self.document.len(),
                limits.bytes
            );
            return Err(CallError::new(ErrorKind::Malformed, message));
        }
        let response = decode_response(&self.document, limits);
        let response = response.map_err(|error| malformed(&by, &error))?;
        match (response, self.kind) {
            (Ok(value), AnswerKind::Answer | AnswerKind::Begun) => {
                R::from_value(value).map_err(|error| malformed(&by, &error))
            }
            (Err(fault), AnswerKind::Overran) => {
                let message = format!("{by} was still at work on it: {}", fault.message);
                Err(CallError::new(ErrorKind::Overran, message))
            }
            (Ok(_), AnswerKind::Overran) => {
                let message = format!("{by} was still at work on it at its time limit");
                Err(CallError::new(ErrorKind::Overran, message))
            }
            (Err(fault), AnswerKind::Lost | AnswerKind::Unfit) => {
                Err(CallError::new(ErrorKind::GivenUp, fault.message))
            }
            (Err(fault), AnswerKind::Answer | AnswerKind::Begun) => {
                Err(CallError::fault(fault.code, fault.message))
            }
            (Ok(_), AnswerKind::Lost | AnswerKind::Unfit) => {
                let message = format!("{by} has given the task up");
                Err(CallError::new(ErrorKind::GivenUp, message))
            }
        }
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

fn malformed(by: &str, error: &xmlrpc_wire::Error) -> CallError {
    CallError::new(ErrorKind::Malformed, format!("the answer of {by}: {error}"))
}
