//! The complete reader: every document there is, on the XML parser.

mod cursor;
mod elements;
mod encoding;
mod parser_input;
mod prolog;

use cursor::{Cursor, Item};
use parser_input::Source;

use crate::{Error, Fault, FromValue, Limits, MethodCall, MethodResponse, Struct, Value};

/// Reads a `<methodCall>`.
pub fn decode_call(document: &[u8], limits: &Limits) -> Result<MethodCall, Error> {
    let source = Source::new(document, limits)?;
    let mut cursor = Cursor::new(&source, limits);
    cursor.open("methodCall", "<methodCall>")?;
    cursor.open("methodName", "<methodName>")?;
    let method = cursor.name()?;
    let params = match cursor.child("<params> or </methodCall>")? {
        Some(tag) if tag == "params" => {
            let params = params(&mut cursor)?;
            cursor.close("</methodCall>")?;
            params
        }
        Some(tag) => return Err(cursor.unexpected("<params> or </methodCall>", Item::Open(tag))),
        None => Vec::new(),
    };
    cursor.end()?;
    Ok(MethodCall { method, params })
}

/// Reads a `<methodResponse>`.
pub fn decode_response(document: &[u8], limits: &Limits) -> Result<MethodResponse, Error> {
    let source = Source::new(document, limits)?;
    let mut cursor = Cursor::new(&source, limits);
    cursor.open("methodResponse", "<methodResponse>")?;
    let expected = "<params> or <fault>";
    let response = match cursor.child(expected)?.as_deref() {
        Some("params") => {
            cursor.open("param", "<param>")?;
            let value = cursor
                .value_element(1)
                .map_err(|e| e.within("the result"))?;
            cursor.close("</param>")?;
            cursor.close("</params>")?;
            Ok(value)
        }
        Some("fault") => {
            let value = cursor.value_element(1).map_err(|e| e.within("the fault"))?;
            cursor.close("</fault>")?;
            Err(fault(value).ok_or_else(|| {
                let what = "another value".to_owned();
                cursor.error("a struct of faultCode and faultString", what)
            })?)
        }
        Some(tag) => return Err(cursor.unexpected(expected, Item::Open(tag.to_owned()))),
        None => return Err(cursor.unexpected(expected, Item::Close)),
    };
    cursor.close("</methodResponse>")?;
    cursor.end()?;
    Ok(response)
}

/// The parameters, after `<params>` and through `</params>`.
fn params(cursor: &mut Cursor<'_>) -> Result<Vec<Value>, Error> {
    let mut params = Vec::new();
    let expected = "<param> or </params>";
    while let Some(tag) = cursor.child(expected)? {
        if tag != "param" {
            return Err(cursor.unexpected(expected, Item::Open(tag)));
        }
        let param = cursor.value_element(1);
        params.push(param.map_err(|e| e.within(format_args!("params[{}]", params.len())))?);
        cursor.close("</param>")?;
    }
    Ok(params)
}

/// A fault of a struct's members, in any order and with others among them; the code may
/// be any integer that fits, or the text of one.
pub(super) fn fault(value: Value) -> Option<Fault> {
    let mut members = Struct::from_value(value).ok()?;
    let code = match members.remove("faultCode")? {
        Value::String(text) => text.trim().parse().ok()?,
        code => i32::from_value(code).ok()?,
    };
    let message = String::from_value(members.remove("faultString")?).ok()?;
    Some(Fault { code, message })
}
