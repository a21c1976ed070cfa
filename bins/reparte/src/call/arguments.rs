//! The arguments of a call, from text.

use xmlrpc_client::Value;

use crate::introspection::format_signature;
use crate::value_type::ValueType;

/// Reads arguments as one type for all of them, or as a type for each.
pub(super) fn from_types(given: &[String], types: &[ValueType]) -> Result<Vec<Value>, String> {
    let count = types.len();
    if count > 1 && count != given.len() {
        return Err(format!(
            "--arg-type has {count} types for {} arguments: give one for all, or one for each",
            given.len()
        ));
    }
    read(given, types.iter().copied().cycle())
}

/// Reads arguments as the first signature of the method that they fit, or as strings if it has
/// no signature.
pub(super) fn from_signatures(
    given: &[String],
    method: &str,
    signatures: &[Vec<String>],
) -> Result<Vec<Value>, String> {
    if signatures.is_empty() {
        return from_types(given, &[ValueType::String]);
    }
    let mut first_error = None;
    for signature in signatures {
        let arguments = signature.get(1..).unwrap_or_default();
        if arguments.len() != given.len() {
            continue;
        }
        match read(given, arguments.iter().map(|name| ValueType::named(name))) {
            Ok(values) => return Ok(values),
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    let takes: Vec<String> = signatures
        .iter()
        .map(|types| format_signature(method, types))
        .collect();
    let takes = takes.join(", or ");
    Err(match first_error {
        Some(error) => format!("{error}, and the server has {takes}; --arg-type sends other types"),
        None => format!(
            "{}, and the server has {takes}: give as many, or see `reparte methods`; --arg-type \
             sends them all the same",
            match given.len() {
                1 => "1 argument was given".to_owned(),
                count => format!("{count} arguments were given"),
            }
        ),
    })
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
    fn the_first_signature_that_fits_is_taken() {
        let signatures = [
            texts(&["string", "int"]),
            texts(&["string", "boolean"]),
            texts(&["string", "double", "struct"]),
        ];
        let read = |given: &[&str]| from_signatures(&texts(given), "f", &signatures);
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
        let read = |types: &[ValueType]| from_types(&given, types);
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
