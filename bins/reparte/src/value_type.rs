//! The types of values on the command line, and the reading of text as one of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::ValueEnum;
use xmlrpc_client::Value;
use xmlrpc_wire::DateTime;

use crate::json::{JsonError, parse_json};

/// The type that text is read as. The comments of the variants are the text of `--help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ValueType {
    /// Text as it is
    String,
    /// A whole number of 64 bits
    Int,
    /// A number such as 0.5
    Double,
    /// true or false, 1 or 0
    Boolean,
    /// A date and time, as 19980717T14:08:55
    Datetime,
    /// Bytes, as base64
    Base64,
    /// Any value, as JSON
    Json,
}

impl ValueType {
    /// Returns the type that a signature names, or a string if the name is not known.
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "int" | "i1" | "i2" | "i4" | "i8" | "ex:i8" | "biginteger" => ValueType::Int,
            "double" | "float" => ValueType::Double,
            "boolean" => ValueType::Boolean,
            "dateTime.iso8601" => ValueType::Datetime,
            "base64" => ValueType::Base64,
            "array" | "struct" | "nil" => ValueType::Json,
            _ => ValueType::String,
        }
    }

    /// Reads a value of this type.
    ///
    /// # Errors
    ///
    /// The text is not of this type. The error says so.
    pub(crate) fn read(self, text: &str) -> Result<Value, String> {
        let value = match self {
            ValueType::String => Some(Value::String(text.to_owned())),
            ValueType::Int => text.parse::<i64>().ok().map(Value::from),
            ValueType::Double => {
                let finite = text.parse().ok().filter(|number: &f64| number.is_finite());
                finite.map(Value::Double)
            }
            ValueType::Boolean => match text {
                "true" | "1" => Some(Value::Bool(true)),
                "false" | "0" => Some(Value::Bool(false)),
                _ => None,
            },
            ValueType::Datetime => DateTime::parse(text).map(Value::DateTime),
            ValueType::Base64 => STANDARD.decode(text).ok().map(Value::Base64),
            ValueType::Json => {
                return parse_json(text).map_err(|error| match error {
                    JsonError::Syntax(error) => {
                        format!("{text:?} is not JSON ({error}); a string in JSON has quotes")
                    }
                    JsonError::Number(reason) => reason,
                });
            }
        };
        value.ok_or_else(|| format!("{text:?} is not {}", self.description()))
    }

    /// Returns its name on the command line.
    pub(crate) fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or(String::new(), |value| value.get_name().to_owned())
    }

    fn description(self) -> &'static str {
        match self {
            ValueType::String => "text",
            ValueType::Int => "a whole number of 64 bits",
            ValueType::Double => "a number such as 0.5",
            ValueType::Boolean => "a boolean: true, false, 1 or 0",
            ValueType::Datetime => "a date and time such as 19980717T14:08:55",
            ValueType::Base64 => "base64",
            ValueType::Json => "JSON",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_is_read_or_refused() {
        let moment = DateTime::parse("19980717T14:08:55").unwrap();
        for (kind, text, expected) in [
            (
                ValueType::String,
                "-7",
                Some(Value::String("-7".to_owned())),
            ),
            (ValueType::Int, "-7", Some(Value::Int(-7))),
            (
                ValueType::Int,
                "5000000000",
                Some(Value::Int64(5_000_000_000)),
            ),
            (ValueType::Int, "9223372036854775808", None),
            (ValueType::Int, "7.0", None),
            (ValueType::Double, "1e3", Some(Value::Double(1000.0))),
            (ValueType::Double, "nan", None),
            (ValueType::Boolean, "true", Some(Value::Bool(true))),
            (ValueType::Boolean, "0", Some(Value::Bool(false))),
            (ValueType::Boolean, "yes", None),
            (
                ValueType::Datetime,
                "1998-07-17T14:08:55",
                Some(Value::DateTime(moment)),
            ),
            (ValueType::Datetime, "today", None),
            (
                ValueType::Base64,
                "aGk=",
                Some(Value::Base64(b"hi".to_vec())),
            ),
            (ValueType::Base64, "a", None),
            (
                ValueType::Json,
                "[1]",
                Some(Value::Array(vec![Value::Int(1)])),
            ),
            (ValueType::Json, "hi", None),
        ] {
            assert_eq!(kind.read(text).ok(), expected, "{kind:?} {text}");
        }
    }
}
