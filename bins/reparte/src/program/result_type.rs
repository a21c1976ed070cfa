//! The type of a program's result.

use clap::ValueEnum;
use xmlrpc_wire::{Bytes, Fault, Value};

use crate::json::{JsonError, parse_json};
use crate::program::output_text::{output_text, unfit_string};

// The comments of the variants are the text of `--help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ResultType {
    /// The output as text
    String,
    /// The output's bytes
    Base64,
    /// The value that the output is, as JSON: a number, a list, an object
    Json,
}

impl ResultType {
    /// Returns output, less its last line end, as a value.
    ///
    /// # Errors
    ///
    /// It is not of this type.
    pub(crate) fn value(self, output: Vec<u8>) -> Result<Value, Fault> {
        match self {
            ResultType::String => output_text(output).map(Value::String),
            ResultType::Base64 => Ok(Value::from(Bytes(output))),
            ResultType::Json => json_value(&output),
        }
    }

    /// Returns the name of the type, as a signature has it. `None` if it may be any.
    pub(crate) fn signature(self) -> Option<&'static str> {
        match self {
            ResultType::String => Some("string"),
            ResultType::Base64 => Some("base64"),
            ResultType::Json => None,
        }
    }
}

fn json_value(output: &[u8]) -> Result<Value, Fault> {
    let no_json = |reason: String| {
        Fault::application(format!(
            "the program's output is no JSON value ({reason}): have it print one and nothing else, \
             or leave out --result-type json"
        ))
    };
    let text = str::from_utf8(output).map_err(|error| no_json(error.to_string()))?;
    let value = parse_json(text).map_err(|error| match error {
        JsonError::Syntax(error) => no_json(error.to_string()),
        JsonError::Number(reason) => no_json(reason),
    })?;
    match unfit_string(&value) {
        None => Ok(value),
        Some(c) => Err(Fault::application(format!(
            "the program's result has the character U+{:04X}, which XML can't carry: have it \
             encode such text, such as by base64",
            u32::from(c)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_read_as_its_type() {
        for (kind, output, expected) in [
            (ResultType::String, &b"7"[..], Value::from("7")),
            (
                ResultType::Base64,
                b"7\xff",
                Bytes(b"7\xff".to_vec()).into(),
            ),
            (ResultType::Json, b" 7 ", Value::from(7)),
            (
                ResultType::Json,
                b"[\"x\"]\n",
                Value::Array(vec![Value::from("x")]),
            ),
        ] {
            assert_eq!(kind.value(output.to_vec()), Ok(expected));
        }
        for (output, text) in [
            (&b"x"[..], "no JSON value (expected value at line 1"),
            (b"", "no JSON value"),
            (b"1 2", "no JSON value"),
            (b"\xff", "no JSON value (invalid utf-8"),
            (b"9223372036854775808", "beyond 64 bits"),
            (b"\"\\u0007\"", "U+0007"),
        ] {
            let fault = ResultType::Json.value(output.to_vec()).unwrap_err();
            assert!(fault.message.contains(text), "{fault}");
        }
    }
}
