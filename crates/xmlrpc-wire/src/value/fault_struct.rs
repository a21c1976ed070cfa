//! The fault in the struct of a `<fault>` element.

use crate::fault::Fault;
use crate::value::Value;

impl Fault {
    /// Returns the fault that a value holds: a struct with a `faultCode`, a `faultString` or
    /// both.
    ///
    /// Members may come in any order and with others among them. A code that is not a number
    /// of 32 bits is 0, and its text stands before the message.
    pub(crate) fn from_struct(value: Value) -> Option<Fault> {
        let Value::Struct(members) = value else {
            return None;
        };
        let (mut code, mut message) = (None, None);
        for (name, value) in members {
            match name.trim() {
                "faultCode" => code = Some(value),
                "faultString" => message = Some(value),
                _ => {}
            }
        }
        if code.is_none() && message.is_none() {
            return None;
        }
        let message = text(message.unwrap_or(Value::Nil));
        Some(match number(code.unwrap_or(Value::Int(0))) {
            Ok(code) => Fault { code, message },
            Err(word) => {
                let colon = if word.is_empty() || message.is_empty() {
                    ""
                } else {
                    ": "
                };
                let message = format!("{word}{colon}{message}");
                Fault { code: 0, message }
            }
        })
    }
}

/// Returns a fault's code as a number, or as its text.
fn number(code: Value) -> Result<i32, String> {
    let number = match &code {
        Value::String(text) => text.trim().parse().ok(),
        Value::Double(double) if double.fract() == 0.0 => i32::try_from(*double as i64).ok(),
        code => code.as_i32(),
    };
    number.ok_or_else(|| text(code))
}

/// Returns a member's text; none for nil.
fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Nil => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Struct;

    #[test]
    fn a_fault_is_read_whatever_the_types_of_its_members() {
        for (code, message, expected) in [
            (Value::from(4), Value::from("no"), (4, "no")),
            (Value::from(4), Value::from(7), (4, "7")),
            (Value::from(4), Value::Nil, (4, "")),
            (Value::from(" 4 "), Value::from("no"), (4, "no")),
            (Value::from(4.0), Value::from("no"), (4, "no")),
            (Value::from(4.5), Value::from("no"), (0, "4.5: no")),
            (
                Value::from(1_i64 << 40),
                Value::from("no"),
                (0, "1099511627776: no"),
            ),
            (Value::from("Client"), Value::from("no"), (0, "Client: no")),
            (Value::from("Client"), Value::from(""), (0, "Client")),
            (Value::from(""), Value::from("no"), (0, "no")),
            (Value::Nil, Value::from("no"), (0, "no")),
            (Value::from(true), Value::Array(vec![]), (0, "true: []")),
        ] {
            let members = Struct::from([("faultString", message), ("faultCode", code)]);
            let (code, message) = expected;
            let expected = Some(Fault::new(code, message));
            assert_eq!(Fault::from_struct(members.into()), expected);
        }
        let code = Struct::from([(" faultCode", 4)]);
        assert_eq!(Fault::from_struct(code.into()), Some(Fault::new(4, "")));
        let other = Struct::from([("code", 4)]);
        assert_eq!(Fault::from_struct(other.into()), None);
        assert_eq!(Fault::from_struct(Value::Nil), None);
    }
}
