//! The memory that a call's result takes.

use std::mem::size_of;

use xmlrpc_client::Value;

use crate::run::call_result::CallResult;

/// Returns the bytes that a result takes, without what it shares with others.
pub(super) fn result_memory(result: &CallResult) -> usize {
    let errors = result.errors.as_ref().map_or(0, String::len);
    size_of::<CallResult>() + heap(&result.value) + errors
}

/// Returns the bytes that a value takes beside its own place. A decoded value has at most as
/// many levels as the limits allow, so this ends.
fn heap(value: &Value) -> usize {
    match value {
        Value::String(text) | Value::InvalidDateTime(text) => text.len(),
        Value::Base64(data) => data.len(),
        Value::BigInteger(number) => number.as_str().len(),
        Value::BigDecimal(number) => number.as_str().len(),
        Value::Array(values) => values.iter().map(whole).sum(),
        Value::Struct(members) => {
            let members = members.iter();
            members
                .map(|(name, value)| size_of::<String>() + name.len() + whole(value))
                .sum()
        }
        _ => 0,
    }
}

fn whole(value: &Value) -> usize {
    size_of::<Value>() + heap(value)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn all_parts_of_a_value_count() {
        let each = size_of::<Value>();
        let members = [("ab", Value::Int(1)), ("c", Value::from("four"))];
        for (value, bytes) in [
            (Value::Nil, 0),
            (Value::Int(7), 0),
            (Value::from("text"), 4),
            (Value::Base64(vec![0; 1000]), 1000),
            (Value::Array(vec![Value::Nil; 10]), 10 * each),
            (Value::Array(vec![Value::from("abc"); 2]), 2 * (each + 3)),
            (
                Value::Struct(members.into_iter().collect()),
                2 * (each + size_of::<String>()) + 3 + 4,
            ),
        ] {
            let result = CallResult {
                value,
                server: "a".into(),
                time: Duration::ZERO,
                attempts: 1,
                errors: Some("123".to_owned()),
            };
            let own = size_of::<CallResult>() + 3;
            assert_eq!(result_memory(&result), own + bytes, "{result:?}");
        }
    }
}
