//! The complete reader: every document there is, on the XML parser.

mod cursor;
mod elements;
mod encoding;
mod parser_input;
mod prolog;

use cursor::{Cursor, Token};
use parser_input::ParserInput;

use crate::{Error, Fault, FromValue, Limits, MethodCall, MethodResponse, Struct, Value};

/// Reads a `<methodCall>`.
pub fn decode_call(document: &[u8], limits: &Limits) -> Result<MethodCall, Error> {
    let source = ParserInput::new(document, limits)?;
    let mut cursor = Cursor::new(&source, limits);
    cursor.expect_start("methodCall", "<methodCall>")?;
    cursor.expect_start("methodName", "<methodName>")?;
    let method = cursor.read_name()?;
    let params = match cursor.next_child("<params> or </methodCall>")? {
        Some(tag) if tag == "params" => {
            let params = params(&mut cursor)?;
            cursor.expect_end("</methodCall>")?;
            params
        }
        Some(tag) => return Err(cursor.unexpected("<params> or </methodCall>", Token::Start(tag))),
        None => Vec::new(),
    };
    cursor.expect_eof()?;
    Ok(MethodCall { method, params })
}

/// Reads a `<methodResponse>`.
pub fn decode_response(document: &[u8], limits: &Limits) -> Result<MethodResponse, Error> {
    let source = ParserInput::new(document, limits)?;
    let mut cursor = Cursor::new(&source, limits);
    cursor.expect_start("methodResponse", "<methodResponse>")?;
    let expected = "<params> or <fault>";
    let response = match cursor.next_child(expected)?.as_deref() {
        Some("params") => {
            cursor.expect_start("param", "<param>")?;
            let value = cursor
                .value_element(1)
                .map_err(|e| e.within("the result"))?;
            cursor.expect_end("</param>")?;
            cursor.expect_end("</params>")?;
            Ok(value)
        }
        Some("fault") => {
            let value = cursor.value_element(1).map_err(|e| e.within("the fault"))?;
            cursor.expect_end("</fault>")?;
            Err(fault(value).ok_or_else(|| {
                let what = "another value".to_owned();
                cursor.error("a struct of faultCode and faultString", what)
            })?)
        }
        Some(tag) => return Err(cursor.unexpected(expected, Token::Start(tag.to_owned()))),
        None => return Err(cursor.unexpected(expected, Token::End)),
    };
    cursor.expect_end("</methodResponse>")?;
    cursor.expect_eof()?;
    Ok(response)
}

/// The parameters, after `<params>` and through `</params>`.
fn params(cursor: &mut Cursor<'_>) -> Result<Vec<Value>, Error> {
    let mut params = Vec::new();
    let expected = "<param> or </params>";
    while let Some(tag) = cursor.next_child(expected)? {
        if tag != "param" {
            return Err(cursor.unexpected(expected, Token::Start(tag)));
        }
        let param = cursor.value_element(1);
        params.push(param.map_err(|e| e.within(format_args!("params[{}]", params.len())))?);
        cursor.expect_end("</param>")?;
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
