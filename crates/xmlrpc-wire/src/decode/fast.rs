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
