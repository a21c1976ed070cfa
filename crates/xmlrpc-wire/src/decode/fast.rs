//! The fast reader: the documents that peers really write, and no others.

mod char_data;
pub(crate) mod scanner;

use super::complete::fault;
use crate::{Limits, MethodCall, MethodResponse, Value};
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
    scanner.end()?;
    Some(MethodCall { method, params })
}

/// Reads a `<methodResponse>`, or declines it.
pub fn decode_response(document: &[u8], limits: &Limits) -> Option<MethodResponse> {
    let mut scanner = Scanner::new(document, limits)?;
    let response = if scanner.response_start()? {
        let value = value(&mut scanner, 1)?;
        scanner.response_end()?;
        Ok(value)
    } else {
        let value = value(&mut scanner, 1)?;
        scanner.tag(b"</fault>")?;
        Err(fault(value)?)
    };
    scanner.tag(b"</methodResponse>")?;
    scanner.end()?;
    Some(response)
}

impl Scanner<'_> {
    /// The beginning of a call and its method's name.
    pub(crate) fn call_start(&mut self) -> Option<String> {
        self.tag(b"<methodCall>")?;
        self.tag(b"<methodName>")?;
        let method = self.name(b"</methodName>")?.into_owned();
        self.tag(b"<params>")?;
        Some(method)
    }

    /// Whether there is another parameter, of which `<value>` has then been read; else
    /// the call has been read to its end.
    pub(crate) fn next_param(&mut self) -> Option<bool> {
        if self.tag(b"<param>").is_some() {
            self.tag(b"<value>")?;
            return Some(true);
        }
        self.tag(b"</params>")?;
        self.tag(b"</methodCall>")?;
        Some(false)
    }

    /// The beginning of an answer, to its `<value>`; whether it is a value or a fault.
    pub(crate) fn response_start(&mut self) -> Option<bool> {
        self.tag(b"<methodResponse>")?;
        let result = self.tag(b"<params>").is_some();
        if result {
            self.tag(b"<param>")?;
        } else {
            self.tag(b"<fault>")?;
        }
        self.tag(b"<value>")?;
        Some(result)
    }

    /// What follows the value of an answer that is no fault.
    pub(crate) fn response_end(&mut self) -> Option<()> {
        self.tag(b"</param>")?;
        self.tag(b"</params>")
    }
}

/// The value whose `<value>` has been read.
fn value(scanner: &mut Scanner<'_>, depth: usize) -> Option<Value> {
    match scanner.value_start(depth)? {
        ValueStart::Text(text) => Some(Value::String(text.into_owned())),
        ValueStart::Scalar(value) => Some(value),
        ValueStart::EmptyArray => Some(Value::Array(Vec::new())),
        ValueStart::EmptyStruct => Some(Value::Struct(crate::Struct::new())),
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
