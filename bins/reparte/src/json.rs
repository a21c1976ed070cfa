//! XML-RPC values as JSON and as text, and back.

use std::fmt::Display;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Number, Value as Json};
use untrusted_text::is_obeyed;
use xmlrpc_client::Value;

/// Converts a value to JSON. Values that JSON has no type for become strings: dates, bytes (as
/// base64), numbers of any length, NaN and the infinities.
pub(crate) fn to_json(value: &Value) -> Json {
    match value {
        Value::Int(number) => Json::from(*number),
        Value::Int64(number) => Json::from(*number),
        Value::Double(number) => match Number::from_f64(*number) {
            Some(number) => Json::Number(number),
            None => Json::String(number.to_string()),
        },
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Array(values) => values.iter().map(to_json).collect(),
        Value::Struct(members) => {
            let members = members.iter();
            let members = members.map(|(name, value)| (name.to_owned(), to_json(value)));
            Json::Object(members.collect::<Map<_, _>>())
        }
        Value::Nil => Json::Null,
        other => Json::String(to_text(other)),
    }
}

/// Converts a value to text: a string as it is, a number in decimals, bytes as base64, and
/// arrays, structs and nil as JSON.
pub(crate) fn to_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Double(number) => number.to_string(),
        Value::BigInteger(number) => number.to_string(),
        Value::BigDecimal(number) => number.to_string(),
        Value::DateTime(moment) => moment.to_string(),
        Value::InvalidDateTime(text) => text.clone(),
        Value::Base64(bytes) => STANDARD.encode(bytes),
        other => json_text(&to_json(other)),
    }
}

/// Reads a text as JSON, and converts it to a value.
///
/// # Errors
///
/// The text is not JSON, or has an integer beyond 64 bits with a sign.
pub(crate) fn parse_json(text: &str) -> Result<Value, JsonError> {
    let json = serde_json::from_str(text).map_err(JsonError::Syntax)?;
    // The parser has made a double of it, which is another number.
    match wide_integer(text) {
        Some(digits) => Err(JsonError::Number(too_wide(digits))),
        None => from_json(json).map_err(JsonError::Number),
    }
}

/// The reason why a text is no value.
#[derive(Debug)]
pub(crate) enum JsonError {
    Syntax(serde_json::Error),
    /// A number that has no type. Has the reason, with a remedy.
    Number(String),
}

/// Returns the first integer of a JSON text that 64 bits with a sign don't hold. The text is
/// valid JSON.
fn wide_integer(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit()) {
        let token = rest.get(at..).unwrap_or_default();
        let length = match token.starts_with('"') {
            true => string_length(token),
            false => {
                let is_part = |c: char| matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E');
                let length = token.find(|c| !is_part(c)).unwrap_or(token.len());
                let number = token.get(..length).unwrap_or_default();
                if !number.contains(['.', 'e', 'E']) && number.parse::<i64>().is_err() {
                    return Some(number);
                }
                length
            }
        };
        rest = token.get(length..).unwrap_or_default();
    }
    None
}

/// Returns the length of the JSON string that a text begins with, quotes included.
fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}

fn too_wide(number: impl Display) -> String {
    format!("{number} is beyond 64 bits with a sign: send it as a string")
}

/// Returns JSON as text on one line. Characters that a terminal obeys are escaped: JSON requires
/// it of control characters only up to U+001F.
pub(crate) fn json_text(json: &Json) -> String {
    let text = json.to_string();
    if !text.contains(is_obeyed) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        // Outside of strings, JSON's text has none.
        match is_obeyed(c) {
            true => escaped.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => escaped.push(c),
        }
    }
    escaped
}

/// Converts JSON to a value. An integer gets the narrowest type that holds it.
///
/// # Errors
///
/// A number is beyond 64 bits with a sign.
fn from_json(json: Json) -> Result<Value, String> {
    Ok(match json {
        Json::Null => Value::Nil,
        Json::Bool(truth) => Value::Bool(truth),
        Json::Number(number) => match (number.as_i64(), number.is_f64(), number.as_f64()) {
            (Some(number), ..) => Value::from(number),
            (None, true, Some(number)) => Value::Double(number),
            _ => return Err(too_wide(number)),
        },
        Json::String(text) => Value::String(text),
        Json::Array(values) => {
            let values = values.into_iter().map(from_json);
            Value::Array(values.collect::<Result<_, _>>()?)
        }
        Json::Object(members) => {
            let members = members.into_iter();
            let members = members.map(|(name, json)| Ok((name, from_json(json)?)));
            Value::Struct(
                members
                    .collect::<Result<Vec<_>, String>>()?
                    .into_iter()
                    .collect(),
            )
        }
    })
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;
    use crate::proportion::{alone, check_proportion};
    use xmlrpc_wire::{BigInteger, DateTime};

    #[test]
    fn json_goes_there_and_back() {
        for text in [
            "null",
            "true",
            "7",
            "-2147483649",
            "0.5",
            "\"año\"",
            "[1,[],\"\"]",
            "{\"b\":1,\"a\":{}}",
        ] {
            let json: Json = serde_json::from_str(text).unwrap();
            let value = from_json(json.clone()).unwrap();
            assert_eq!(to_json(&value), json);
            assert_eq!(to_json(&value).to_string(), text);
        }
        assert_eq!(from_json(Json::from(7)), Ok(Value::Int(7)));
        assert_eq!(
            from_json(Json::from(1_u64 << 40)),
            Ok(Value::Int64(1 << 40))
        );
        assert!(
            from_json(Json::from(u64::MAX))
                .unwrap_err()
                .contains("string")
        );
    }

    #[test]
    fn an_integer_beyond_64_bits_is_refused_and_a_float_stays_one() {
        for (text, number) in [
            ("18446744073709551616", "18446744073709551616"),
            ("[1, -9223372036854775809]", "-9223372036854775809"),
            ("{\"a \\\\\": 99999999999999999999}", "99999999999999999999"),
            ("9223372036854775808", "9223372036854775808"),
        ] {
            match parse_json(text) {
                Err(JsonError::Number(reason)) => {
                    assert!(
                        reason.starts_with(&format!("{number} is beyond")),
                        "{reason}"
                    );
                }
                other => panic!("{text}: {other:?}"),
            }
        }
        for (text, value) in [
            ("9223372036854775807", Value::Int64(i64::MAX)),
            ("-9223372036854775808", Value::Int64(i64::MIN)),
            (
                "18446744073709551616.0",
                Value::Double(18446744073709551616.0),
            ),
            ("1e20", Value::Double(1e20)),
            ("-1E+20", Value::Double(-1e20)),
            (
                "\"\\\"18446744073709551616\"",
                Value::from("\"18446744073709551616"),
            ),
        ] {
            assert_eq!(parse_json(text).unwrap(), value, "{text}");
        }
        assert!(matches!(parse_json("[1"), Err(JsonError::Syntax(_))));
    }

    #[test]
    fn a_text_costs_in_proportion_to_its_length() {
        type Shape = (&'static str, usize, fn(usize) -> String);
        let shapes: [Shape; 10] = [
            // The values of an array are in vectors that double, as JSON and as XML-RPC.
            ("a string", 1, |size| format!("\"{}\"", "a".repeat(size))),
            ("escapes", 1, |size| {
                format!("\"{}\"", "\\\"".repeat(size / 2))
            }),
            ("a string without an end", 1, |size| {
                format!("\"{}", "a".repeat(size))
            }),
            ("numbers", 128, |size| {
                format!("[{}1]", "1,".repeat(size / 2))
            }),
            ("digits", 1, |size| "9".repeat(size)),
            ("digits of a fraction", 1, |size| {
                format!("0.{}", "9".repeat(size))
            }),
            ("strings", 64, |size| {
                format!("[{}1]", "\"\",".repeat(size / 3))
            }),
            ("brackets", 1, |size| "[".repeat(size)),
            ("members of one name", 1, |size| {
                format!("{{{}\"a\":1}}", "\"a\":1,".repeat(size / 6))
            }),
            ("members", 32, |size| {
                let members = (0..size / 12).map(|n| format!("\"{n:08}\":1"));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }),
        ];
        alone(
            "json::tests::a_text_costs_in_proportion_to_its_length",
            || {
                for (name, bytes_per_byte, make) in shapes {
                    check_proportion(name, 1 << 17, bytes_per_byte, make, |text| {
                        drop(black_box(parse_json(text)))
                    });
                }
            },
        );
    }

    #[test]
    fn json_escapes_what_a_terminal_obeys() {
        let text = "a\u{7f}\u{9b}1m\u{202e}\u{61c}é\n";
        let json = Json::from(vec![text]);
        assert_eq!(json_text(&json), r#"["a\u007f\u009b1m\u202e\u061cé\n"]"#);
        assert_eq!(
            serde_json::from_str::<Json>(&json_text(&json)).unwrap(),
            json
        );
    }

    #[test]
    fn what_json_has_no_type_for_is_text() {
        let moment = DateTime::parse("19980717T14:08:55").unwrap();
        let long = BigInteger::new("123456789012345678901234567890").unwrap();
        for (value, text) in [
            (Value::DateTime(moment), "19980717T14:08:55"),
            (
                Value::InvalidDateTime("00000000T00:00:00Z".to_owned()),
                "00000000T00:00:00Z",
            ),
            (Value::Base64(b"hello".to_vec()), "aGVsbG8="),
            (Value::BigInteger(long), "123456789012345678901234567890"),
            (Value::Double(f64::NAN), "NaN"),
        ] {
            assert_eq!(to_text(&value), text);
            assert_eq!(to_json(&value), Json::from(text));
        }
        assert_eq!(to_text(&Value::Bool(true)), "true");
        assert_eq!(to_text(&Value::Nil), "null");
        assert_eq!(to_text(&Value::Array(vec![Value::Int(1)])), "[1]");
    }
}
