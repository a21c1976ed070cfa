//! The argument of a call as the input of a program.

use xmlrpc_wire::{Fault, Value};

use crate::json::to_text;

/// Returns an argument as bytes: base64 decoded, and anything else as text.
pub(crate) fn word(argument: &Value) -> Result<Vec<u8>, Fault> {
    match argument {
        Value::Base64(bytes) => Ok(bytes.clone()),
        Value::Array(_) | Value::Struct(_) | Value::Nil => Err(Fault::new(
            Fault::INVALID_PARAMS,
            format!(
                "a program takes text, a number, a boolean, a date or bytes, not {}: send one \
                 of these, such as JSON in a string",
                argument.type_name()
            ),
        )),
        _ => Ok(to_text(argument).into_bytes()),
    }
}

/// Returns an argument as a program reads it on standard input: bytes as they are, text as a
/// line, an array as a line for each element.
pub(crate) fn standard_input(argument: Value) -> Result<Vec<u8>, Fault> {
    if let Value::Base64(bytes) = argument {
        return Ok(bytes);
    }
    let elements = match argument {
        Value::Array(values) => values,
        other => vec![other],
    };
    let mut input = Vec::new();
    for argument in &elements {
        input.extend(word(argument)?);
        input.push(b'\n');
    }
    Ok(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_reads() {
        let bytes = Value::Base64(b"\0\xff".to_vec());
        let list = vec![Value::from(7), Value::from("two words"), bytes.clone()];
        for (argument, input) in [
            (Value::from("word"), &b"word\n"[..]),
            (Value::from(""), b"\n"),
            (Value::from(true), b"true\n"),
            (Value::from(0.5), b"0.5\n"),
            (bytes, b"\0\xff"),
            (Value::Array(list), b"7\ntwo words\n\0\xff\n"),
            (Value::Array(Vec::new()), b""),
        ] {
            assert_eq!(
                standard_input(argument.clone()).unwrap(),
                input,
                "{argument:?}"
            );
        }
    }

    #[test]
    fn what_no_program_takes_is_refused() {
        for argument in [Value::Nil, Value::Array(vec![Value::Nil])] {
            let fault = standard_input(argument).unwrap_err();
            assert_eq!(fault.code, Fault::INVALID_PARAMS);
            assert!(fault.message.contains("not nil"), "{fault}");
        }
        assert!(word(&Value::Array(Vec::new())).is_err());
    }
}
