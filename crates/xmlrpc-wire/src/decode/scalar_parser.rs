//! The texts of scalars; both readers read them here.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::{BigDecimal, BigInteger, DateTime, Value};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A scalar type that is not text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
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

impl Kind {
    /// The type of an element's name, without its prefix. `dateTime` is Apache's.
    pub(super) fn of(tag: &str) -> Option<Kind> {
        Some(match tag {
            "int" | "i4" => Kind::Int,
            "i1" => Kind::I1,
            "i2" => Kind::I2,
            "i8" => Kind::I8,
            "biginteger" => Kind::BigInteger,
            "bigdecimal" => Kind::BigDecimal,
            "boolean" => Kind::Boolean,
            "double" | "float" => Kind::Double,
            "dateTime.iso8601" | "dateTime" => Kind::DateTime,
            "base64" => Kind::Base64,
            _ => return None,
        })
    }

    /// The type's name in errors.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Int => "int",
            Kind::I1 => "i1",
            Kind::I2 => "i2",
            Kind::I8 => "i8",
            Kind::BigInteger => "biginteger",
            Kind::BigDecimal => "bigdecimal",
            Kind::Boolean => "boolean",
            Kind::Double => "double",
            Kind::DateTime => "dateTime.iso8601",
            Kind::Base64 => "base64",
        }
    }

    /// The value of a text, with white space around it or none.
    pub(super) fn read(self, text: &str) -> Option<Value> {
        let text = match text.as_bytes() {
            [first, .., last] if *first > b' ' && *last > b' ' => text,
            _ => text.trim_matches([' ', '\t', '\r', '\n']),
        };
        match self {
            // JavaScript writes its wide integers so.
            Kind::Int => match text.parse() {
                Ok(number) => Some(Value::Int(number)),
                Err(_) => Some(Value::Int64(text.parse().ok()?)),
            },
            Kind::I1 => Some(Value::Int(text.parse::<i8>().ok()?.into())),
            Kind::I2 => Some(Value::Int(text.parse::<i16>().ok()?.into())),
            Kind::I8 => Some(Value::Int64(text.parse().ok()?)),
            Kind::BigInteger => Some(Value::BigInteger(BigInteger::new(text)?)),
            Kind::BigDecimal => Some(Value::BigDecimal(BigDecimal::new(text)?)),
            Kind::Boolean => match text {
                "0" | "false" => Some(Value::Bool(false)),
                "1" | "true" => Some(Value::Bool(true)),
                _ => None,
            },
            Kind::Double => Some(Value::Double(text.parse().ok()?)),
            Kind::DateTime => Some(Value::DateTime(DateTime::parse(text)?)),
            Kind::Base64 => base64(text).map(Value::Base64),
        }
    }
}

/// Lines may be wrapped anywhere, and the padding may be missing. What has no line breaks,
/// the most, is decoded as it stands; a break is found at its first line.
fn base64(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text).ok().or_else(|| {
        let mut solid = Vec::with_capacity(text.len());
        for line in text.split([' ', '\t', '\r', '\n']) {
            solid.extend_from_slice(line.as_bytes());
        }
        // What was solid already has been refused already.
        (solid.len() < text.len()).then(|| BASE64.decode(solid).ok())?
    })
}
