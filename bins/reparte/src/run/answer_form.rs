//! The form of a server's answers: what of them is the result.

use reparte::CallError;
use xmlrpc_client::{Fault, Value};

use crate::json::{JsonError, parse_json};

/// The form of answers, as the flags `--stderr` and `--result-type` say.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct AnswerForm {
    /// True if a struct of `result` and `stderr` is a result and the program's error output.
    pub(super) has_errors: bool,
    /// True if a string is a JSON value.
    pub(super) is_json: bool,
}

impl AnswerForm {
    /// Returns the result of an answer, and the error output that came with it.
    ///
    /// # Errors
    ///
    /// The result is a string, and no JSON.
    pub(super) fn read(self, answer: Value) -> Result<(Value, Option<String>), CallError> {
        let (value, errors) = match self.has_errors {
            true => split(answer),
            false => (answer, None),
        };
        match value {
            Value::String(text) if self.is_json => Ok((json(&text)?, errors)),
            value => Ok((value, errors)),
        }
    }
}

fn split(answer: Value) -> (Value, Option<String>) {
    let Value::Struct(mut members) = answer else {
        return (answer, None);
    };
    let errors = members.get("stderr").and_then(Value::as_str);
    let errors = errors.map(str::to_owned);
    if members.len() != 2 || errors.is_none() {
        return (Value::Struct(members), None);
    }
    match members.remove("result") {
        Some(result) => (result, errors),
        None => (Value::Struct(members), None),
    }
}

fn json(text: &str) -> Result<Value, CallError> {
    parse_json(text).map_err(|error| {
        let reason = match error {
            JsonError::Syntax(error) => error.to_string(),
            JsonError::Number(reason) => reason,
        };
        let text = format!(
            "the result is no JSON value ({reason}): have the function give one, or leave out \
             --result-type json"
        );
        CallError::fault(Fault::APPLICATION, text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_in_its_form() {
        let form = |has_errors, is_json| AnswerForm {
            has_errors,
            is_json,
        };
        let members = |members: &[(&str, &str)]| {
            let members = members.iter();
            Value::Struct(
                members
                    .map(|&(name, text)| (name, Value::from(text)))
                    .collect(),
            )
        };
        let pair = || members(&[("result", "7"), ("stderr", "said")]);
        let said = || Some("said".to_owned());
        for (form, answer, expected) in [
            (form(true, false), pair(), (Value::from("7"), said())),
            (form(true, true), pair(), (Value::from(7), said())),
            (form(false, true), pair(), (pair(), None)),
            (
                form(false, true),
                Value::from("[1]"),
                (Value::Array(vec![Value::from(1)]), None),
            ),
            (form(true, true), Value::from(7), (Value::from(7), None)),
        ] {
            assert_eq!(form.read(answer).unwrap(), expected);
        }
        for other in [
            members(&[("result", "7")]),
            members(&[("result", "7"), ("other", "x")]),
            members(&[("stderr", "7"), ("other", "x")]),
            members(&[("result", "7"), ("stderr", "x"), ("other", "x")]),
        ] {
            assert_eq!(
                form(true, false).read(other.clone()).unwrap(),
                (other, None)
            );
        }
        let error = form(false, true).read(Value::from("x")).unwrap_err();
        assert!(error.message().contains("--result-type json"), "{error}");
    }
}
