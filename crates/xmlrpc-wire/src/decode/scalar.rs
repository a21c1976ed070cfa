//! The texts of scalars.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::{DateTime, Value};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A scalar's text to its value; `None` for a text that isn't one.
type Parse = fn(&str) -> Option<Value>;

/// The name of a scalar type in errors, and how to read its text; `None` for a tag that
/// names no such type.
pub(super) fn reader(tag: &str) -> Option<(&'static str, Parse)> {
    Some(match tag {
        "int" | "i4" => ("int", |text| Some(Value::Int(trim(text).parse().ok()?))),
        "i2" => ("i2", |text| {
            Some(Value::Int(trim(text).parse::<i16>().ok()?.into()))
        }),
        "i1" => ("i1", |text| {
            Some(Value::Int(trim(text).parse::<i8>().ok()?.into()))
        }),
        "i8" => ("i8", |text| Some(Value::Int64(trim(text).parse().ok()?))),
        "boolean" => ("boolean", boolean),
        "double" | "float" => ("double", |text| {
            Some(Value::Double(trim(text).parse().ok()?))
        }),
        "dateTime.iso8601" => ("dateTime.iso8601", |text| {
            Some(Value::DateTime(DateTime::parse(trim(text))?))
        }),
        "base64" => ("base64", base64),
        _ => return None,
    })
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}

fn boolean(text: &str) -> Option<Value> {
    match trim(text) {
        "0" | "false" => Some(Value::Bool(false)),
        "1" | "true" => Some(Value::Bool(true)),
        _ => None,
    }
}

/// Lines may be wrapped anywhere, and the padding may be missing.
fn base64(text: &str) -> Option<Value> {
    let solid: Vec<u8> = text
        .bytes()
        .filter(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n'))
        .collect();
    BASE64.decode(solid).ok().map(Value::Base64)
}
