//! Text as values of a type: arguments of the command line, and lines.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::ValueEnum;
use xmlrpc_client::Value;
use xmlrpc_wire::DateTime;

use crate::introspection::show;
use crate::json::from_json;

/// What an argument is read as.
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
    /// The type that a signature names; a string where it names none that is known here.
    fn named(name: &str) -> Self {
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
                let json = serde_json::from_str(text).map_err(|error| {
                    format!("{text:?} is not JSON ({error}); a string in JSON has quotes")
                })?;
                return from_json(json);
            }
        };
        value.ok_or_else(|| format!("{text:?} is not {}", self.what()))
    }

    /// What the command line calls it.
    pub(crate) fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or(String::new(), |value| value.get_name().to_owned())
    }

    fn what(self) -> &'static str {
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

/// Reads the arguments as one type for all, or as a type for each.
pub(crate) fn of_types(given: &[String], types: &[ValueType]) -> Result<Vec<Value>, String> {
    let count = types.len();
    if count > 1 && count != given.len() {
        return Err(format!(
            "--arg-type has {count} types for {} arguments: give one for all, or one for each",
            given.len()
        ));
    }
    read(given, types.iter().copied().cycle())
}

/// Reads the arguments as the first of the method's signatures that they fit; as strings
/// where it has none.
pub(crate) fn of_signatures(
    given: &[String],
    method: &str,
    signatures: &[Vec<String>],
) -> Result<Vec<Value>, String> {
    if signatures.is_empty() {
        return of_types(given, &[ValueType::String]);
    }
    let mut wrong = None;
    for signature in signatures {
        let arguments = signature.get(1..).unwrap_or_default();
        if arguments.len() != given.len() {
            continue;
        }
        match read(given, arguments.iter().map(|name| ValueType::named(name))) {
            Ok(values) => return Ok(values),
            Err(error) => wrong = wrong.or(Some(error)),
        }
    }
    let wrong = wrong.unwrap_or_else(|| format!("{} arguments were given", given.len()));
    let takes: Vec<String> = signatures.iter().map(|types| show(method, types)).collect();
    Err(format!(
        "{wrong}, and the server tells of {}; --arg-type sends them all the same",
        takes.join(", or ")
    ))
}

fn read(given: &[String], types: impl Iterator<Item = ValueType>) -> Result<Vec<Value>, String> {
    let read = |(number, (text, kind)): (usize, (&String, ValueType))| {
        let read = kind.read(text);
        read.map_err(|error| format!("argument {}: {error}", number + 1))
    };
    given.iter().zip(types).enumerate().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

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

    #[test]
    fn the_first_signature_that_fits_is_taken() {
        let signatures = [
            texts(&["string", "int"]),
            texts(&["string", "boolean"]),
            texts(&["string", "double", "struct"]),
        ];
        let read = |given: &[&str]| of_signatures(&texts(given), "f", &signatures);
        assert_eq!(read(&["7"]), Ok(vec![Value::Int(7)]));
        assert_eq!(read(&["true"]), Ok(vec![Value::Bool(true)]));
        assert!(read(&["0.5", "{}"]).is_ok());
        for (given, part) in [
            (&["x"][..], "argument 1: \"x\" is not a whole number"),
            (&["0.5", "x"], "argument 2: \"x\" is not JSON"),
            (&[], "0 arguments were given"),
            (
                &["1", "2", "3"],
                "f(int) -> string, or f(boolean) -> string",
            ),
        ] {
            let error = read(given).unwrap_err();
            assert!(error.contains(part), "{error}");
            assert!(error.contains("--arg-type"), "{error}");
        }
    }

    #[test]
    fn types_are_for_all_or_for_each() {
        let given = texts(&["1", "2"]);
        let read = |types: &[ValueType]| of_types(&given, types);
        assert_eq!(
            read(&[ValueType::Int]),
            Ok(vec![Value::Int(1), Value::Int(2)])
        );
        assert_eq!(
            read(&[ValueType::Int, ValueType::String]),
            Ok(vec![Value::Int(1), Value::String("2".to_owned())])
        );
        let error = read(&[ValueType::Int, ValueType::Int, ValueType::Int]).unwrap_err();
        assert!(error.contains("3 types for 2 arguments"), "{error}");
    }
}
