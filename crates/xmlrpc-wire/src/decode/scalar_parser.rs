//! Scalars from their texts, for both readers.

use std::str::FromStr;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::big_numbers::{BigDecimal, BigInteger};
use crate::datetime::DateTime;
use crate::value::Value;

/// The standard alphabet, with padding or without. The bits that the last character has to
/// spare may be set.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A type of the wire whose text is parsed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum ScalarType {
    Int,
    I1,
    I2,
    I8,
    BigInteger,
    BigDecimal,
    Boolean,
    Double,
    DateTime,
    Base64,
}

impl ScalarType {
    /// Returns the type of an element's name, which comes without its prefix. `dateTime` is
    /// Apache's.
    pub(super) fn from_tag(tag: &str) -> Option<ScalarType> {
        Some(match tag {
            "int" | "i4" => ScalarType::Int,
            "i1" => ScalarType::I1,
            "i2" => ScalarType::I2,
            "i8" => ScalarType::I8,
            "biginteger" => ScalarType::BigInteger,
            "bigdecimal" => ScalarType::BigDecimal,
            "boolean" => ScalarType::Boolean,
            "double" | "float" => ScalarType::Double,
            "dateTime.iso8601" | "dateTime" => ScalarType::DateTime,
            "base64" => ScalarType::Base64,
            _ => return None,
        })
    }

    /// Returns the type's name in errors.
    pub(super) fn name(self) -> &'static str {
        match self {
            ScalarType::Int => "int",
            ScalarType::I1 => "i1",
            ScalarType::I2 => "i2",
            ScalarType::I8 => "i8",
            ScalarType::BigInteger => "biginteger",
            ScalarType::BigDecimal => "bigdecimal",
            ScalarType::Boolean => "boolean",
            ScalarType::Double => "double",
            ScalarType::DateTime => "dateTime.iso8601",
            ScalarType::Base64 => "base64",
        }
    }

    /// Returns the value of a text, which may have white space around it.
    ///
    /// An empty number or boolean is 0, as PHP's `false` and `null` are written by programs
    /// that put them between two tags.
    pub(super) fn parse(self, text: &str) -> Option<Value> {
        let text = match text.as_bytes() {
            [first, .., last] if *first > b' ' && *last > b' ' => text,
            _ => text.trim_matches([' ', '\t', '\r', '\n']),
        };
        match self {
            // JavaScript writes integers of more than 32 bits as `<int>`.
            ScalarType::Int => match text.parse() {
                Ok(number) => Some(Value::Int(number)),
                Err(_) if text.is_empty() => Some(Value::Int(0)),
                Err(_) => wide_number(text),
            },
            ScalarType::I1 => Some(Value::Int(number::<i8>(text)?.into())),
            ScalarType::I2 => Some(Value::Int(number::<i16>(text)?.into())),
            ScalarType::I8 => match number(text) {
                Some(number) => Some(Value::Int64(number)),
                None => wide_number(text),
            },
            ScalarType::BigInteger => Some(Value::BigInteger(BigInteger::new(text)?)),
            ScalarType::BigDecimal => Some(Value::BigDecimal(BigDecimal::new(text)?)),
            ScalarType::Boolean => match text {
                "0" | "false" | "" => Some(Value::Bool(false)),
                "1" | "true" => Some(Value::Bool(true)),
                _ => None,
            },
            ScalarType::Double => Some(Value::Double(number(text)?)),
            ScalarType::DateTime => Some(Value::DateTime(DateTime::parse(text)?)),
            ScalarType::Base64 => base64(text).map(Value::Base64),
        }
    }
}

/// Parses a number, which is 0 where there is no text.
fn number<T: FromStr + Default>(text: &str) -> Option<T> {
    match text {
        "" => Some(T::default()),
        _ => text.parse().ok(),
    }
}

/// Returns the value of an integer that is too long for 32 bits, or is not whole.
///
/// JavaScript has only doubles, and writes each one that is whole as `<int>`: beyond 10²¹ it
/// has an exponent. The number is kept as a double, and is an error only to those who ask for
/// an integer.
#[cold]
fn wide_number(text: &str) -> Option<Value> {
    if let Ok(number) = text.parse() {
        return Some(Value::Int64(number));
    }
    if let Some(number) = BigInteger::new(text) {
        return Some(Value::BigInteger(number));
    }
    let is_decimal = |byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    let double = text.bytes().all(is_decimal).then(|| text.parse());
    let double = double?.ok().filter(|double: &f64| double.is_finite());
    double.map(Value::Double)
}

/// Decodes base64, which may have line breaks anywhere and no padding.
///
/// Most texts have no line breaks and decode at the first attempt. One with line breaks fails
/// at the first of them, so that attempt costs no more than a line.
fn base64(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text).ok().or_else(|| {
        let mut solid = Vec::with_capacity(text.len());
        for line in text.split([' ', '\t', '\r', '\n']) {
            solid.extend_from_slice(line.as_bytes());
        }
        // A text without blanks has been refused above.
        (solid.len() < text.len()).then(|| BASE64.decode(solid).ok())?
    })
}
