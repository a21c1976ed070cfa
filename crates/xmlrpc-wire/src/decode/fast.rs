//! The fast reader: only the documents that peers usually write, without an XML parser.

mod char_data;
mod envelope;
pub(crate) mod scanner;

use crate::fault::Fault;
use crate::limits::Limits;
use crate::message::{MethodCall, MethodResponse};
use crate::value::{Struct, Value};
use scanner::{Scanner, ValueStart};

/// Reads a `<methodCall>`, or declines it: `None` says nothing about the document.
pub fn decode_call(document: &[u8], limits: &Limits) -> Option<MethodCall> {
    let mut scanner = Scanner::new(document, limits)?;
    let method = scanner.call_start()?;
    let mut params = Vec::new();
    while scanner.next_param()? {
        params.push(value(&mut scanner, 1)?);
        scanner.tag(b"</param>")?;
    }
    scanner.end_of_document()?;
    Some(MethodCall { method, params })
}

/// Reads a `<methodResponse>`, or declines it: `None` says nothing about the document.
pub fn decode_response(document: &[u8], limits: &Limits) -> Option<MethodResponse> {
    let mut scanner = Scanner::new(document, limits)?;
    let response = if scanner.response_start()? {
        let value = value(&mut scanner, 1)?;
        scanner.result_end()?;
        Ok(value)
    } else {
        let value = value(&mut scanner, 1)?;
        scanner.tag(b"</fault>")?;
        Err(Fault::from_struct(value)?)
    };
    scanner.tag(b"</methodResponse>")?;
    scanner.end_of_document()?;
    Some(response)
}

/// Reads the value whose `<value>` has been read.
fn value(scanner: &mut Scanner<'_>, depth: usize) -> Option<Value> {
    match scanner.value_start(depth)? {
        ValueStart::Text(text) => Some(Value::String(text.into_owned())),
        ValueStart::Scalar(value) => Some(value),
        ValueStart::EmptyArray => Some(Value::Array(Vec::new())),
        ValueStart::EmptyStruct => Some(Value::Struct(Struct::new())),
        ValueStart::Array => {
            let mut items = Vec::new();
            while scanner.next_item()? {
                items.push(value(scanner, depth + 1)?);
            }
            Some(Value::Array(items))
        }
        ValueStart::Struct => {
            let mut members = Vec::new();
            while let Some(name) = scanner.next_member()? {
                let value = value(scanner, depth + 1)?;
                scanner.member_end()?;
                members.push((name.into_owned(), value));
            }
            Some(Value::Struct(members.into_iter().collect()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fault, encode_call, encode_fault, encode_response};

    /// A value with arrays and structs, of depth 4.
    fn nested() -> Value {
        let inner = Value::from(vec![Value::from("a<b>"), Value::Nil]);
        let members = Struct::from([("ports", inner), ("none", Value::Array(Vec::new()))]);
        Value::from(vec![Value::from(members), Value::from(Struct::new())])
    }

    #[test]
    fn usual_documents_are_not_declined() {
        let limits = Limits::default();
        let params = vec![Value::Int(-7), nested()];
        let call = decode_call(&encode_call("m", &params).unwrap(), &limits).unwrap();
        assert_eq!((call.method.as_str(), &call.params), ("m", &params));
        let response = decode_response(&encode_response(&nested()).unwrap(), &limits);
        assert_eq!(response, Some(Ok(nested())));
        let fault = Fault::application("no");
        let response = decode_response(&encode_fault(&fault), &limits);
        assert_eq!(response, Some(Err(fault)));
    }

    #[test]
    fn of_base64_the_limit_is_on_the_bytes() {
        let value = Value::Base64(b"abcd".to_vec());
        let document = encode_response(&value).unwrap();
        for (string, expected) in [(4, Some(Ok(value))), (3, None)] {
            let limits = Limits {
                string,
                ..Limits::default()
            };
            assert_eq!(decode_response(&document, &limits), expected, "{string}");
        }
    }

    #[test]
    fn a_value_beyond_the_depth_limit_is_declined() {
        let (one, mut limits) = (Value::Int(1), Limits::default());
        for (depth, value) in [
            (4, nested()),
            (2, Value::from(vec![one.clone()])),
            (2, Value::from(Struct::from([("a", one)]))),
        ] {
            let document = encode_response(&value).unwrap();
            limits.depth = depth;
            assert_eq!(decode_response(&document, &limits), Some(Ok(value)));
            limits.depth = depth - 1;
            assert_eq!(decode_response(&document, &limits), None);
        }
    }
}
