//! Values as text on one line, for messages and logs.

use std::fmt;

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;

use crate::value::{Struct, Value};

/// Shows the value on one line: strings and names quoted and escaped as in Rust, base64 as
/// `base64(YQ==)`, an invalid date as `dateTime("0")`. Nothing parses this form.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Int(number) => write!(f, "{number}"),
            Value::Int64(number) => write!(f, "{number}"),
            Value::BigInteger(number) => write!(f, "{number}"),
            Value::BigDecimal(number) => write!(f, "{number}"),
            Value::Bool(bool) => write!(f, "{bool}"),
            Value::String(text) => write!(f, "{text:?}"),
            Value::Double(double) => write!(f, "{double:?}"),
            Value::DateTime(moment) => write!(f, "{moment}"),
            Value::InvalidDateTime(text) => write!(f, "dateTime({text:?})"),
            Value::Base64(bytes) => write!(f, "base64({})", Base64Display::new(bytes, &STANDARD)),
            Value::Array(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    write!(f, "{comma}{item}")?;
                }
                f.write_str("]")
            }
            Value::Struct(members) => write!(f, "{members}"),
            Value::Nil => f.write_str("nil"),
        }
    }
}

/// Shows the members on one line, in braces.
impl fmt::Display for Struct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (at, (name, value)) in self.members.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{name:?}: {value}")?;
        }
        f.write_str("}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::big_numbers::{BigDecimal, BigInteger};
    use crate::datetime::DateTime;

    #[test]
    fn every_type_is_shown_on_one_line() {
        let members = Struct::from([("a", Value::Nil), ("b\n", Value::Bool(false))]);
        for (value, text) in [
            (Value::Int(-7), "-7"),
            (Value::Int64(1 << 40), "1099511627776"),
            (
                Value::BigInteger(BigInteger::from(1_u128 << 64)),
                "18446744073709551616",
            ),
            (Value::BigDecimal(BigDecimal::new("1.50").unwrap()), "1.50"),
            (Value::Bool(true), "true"),
            (
                Value::String("é \"x\"\u{1b}\n".to_owned()),
                r#""é \"x\"\u{1b}\n""#,
            ),
            (Value::Double(1.0), "1.0"),
            (
                Value::DateTime(DateTime::new(1998, 7, 17, 14, 8, 55).unwrap()),
                "19980717T14:08:55",
            ),
            (Value::InvalidDateTime("0".to_owned()), r#"dateTime("0")"#),
            (Value::Base64(b"a".to_vec()), "base64(YQ==)"),
            (Value::Array(vec![]), "[]"),
            (Value::Array(vec![Value::Int(1), Value::Nil]), "[1, nil]"),
            (Value::Struct(Struct::new()), "{}"),
            (Value::Struct(members), r#"{"a": nil, "b\n": false}"#),
        ] {
            assert_eq!(value.to_string(), text);
        }
    }
}
