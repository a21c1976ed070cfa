//! The complete reader: every document, by an XML parser.

mod cursor;
mod elements;
mod encoding;
mod parser_input;
mod prolog;
mod surrogates;

use crate::error::Error;
use crate::fault::Fault;
use crate::limits::Limits;
use crate::message::{MethodCall, MethodResponse};
use crate::value::Value;
use cursor::{Cursor, Token};
use encoding::Encoding;
use parser_input::ParserInput;

/// Reads a `<methodCall>` by the XML parser.
///
/// # Errors
///
/// Those of [`decode_call`](crate::decode_call).
pub fn decode_call(document: &[u8], limits: &Limits) -> Result<MethodCall, Error> {
    decode_call_in(document, None, limits)
}

/// Reads a `<methodCall>` whose transport may name a charset.
pub(super) fn decode_call_in(
    document: &[u8],
    charset: Option<&str>,
    limits: &Limits,
) -> Result<MethodCall, Error> {
    let input = ParserInput::new(document, charset, limits)?;
    let mut cursor = Cursor::new(&input, limits);
    cursor.expect_start("methodCall", "<methodCall>")?;
    cursor.expect_start("methodName", "<methodName>")?;
    let method = cursor.read_method_name()?;
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

/// Reads a `<methodResponse>` by the XML parser.
///
/// # Errors
///
/// Those of [`decode_call`](crate::decode_call).
pub fn decode_response(document: &[u8], limits: &Limits) -> Result<MethodResponse, Error> {
    decode_response_in(document, None, limits)
}

/// Reads a `<methodResponse>` whose transport may name a charset.
pub(super) fn decode_response_in(
    document: &[u8],
    charset: Option<&str>,
    limits: &Limits,
) -> Result<MethodResponse, Error> {
    let input = ParserInput::new(document, charset, limits)?;
    let mut cursor = Cursor::new(&input, limits);
    cursor.expect_start("methodResponse", "<methodResponse>")?;
    let expected = "<params> or <fault>";
    let response = match cursor.next_child(expected)?.as_deref() {
        Some("params") => Ok(result(&mut cursor)?),
        Some("fault") => {
            let value = cursor.fault_value().map_err(|e| e.within("the fault"))?;
            cursor.expect_end("</fault>")?;
            Err(Fault::from_struct(value).ok_or_else(|| {
                let what = "another value".to_owned();
                cursor.error("a struct of faultCode and faultString", what)
            })?)
        }
        Some(tag) => return Err(cursor.unexpected(expected, Token::Start(tag.to_owned()))),
        // A void function's, without even empty parameters.
        None => {
            cursor.expect_eof()?;
            return Ok(Ok(Value::Nil));
        }
    };
    cursor.expect_end("</methodResponse>")?;
    cursor.expect_eof()?;
    Ok(response)
}

/// Reads the result after `<params>`, and `</params>`. A void function's has no value, and is
/// read as nil.
fn result(cursor: &mut Cursor<'_>) -> Result<Value, Error> {
    let expected = "<param>";
    let value = match cursor.next_child(expected)?.as_deref() {
        Some("param") => {
            let value = cursor.optional_value();
            value.map_err(|e| e.within("the result"))?
        }
        Some(tag) => return Err(cursor.unexpected(expected, Token::Start(tag.to_owned()))),
        None => return Ok(Value::Nil),
    };
    cursor.expect_end("</params>")?;
    Ok(value)
}

/// Returns whether a charset is UTF-8.
pub(super) fn is_utf8(charset: &str) -> bool {
    Encoding::from_name(charset) == Some(Encoding::Utf8)
}

/// Returns whether a document of ASCII bytes is the same text in the charset.
pub(super) fn is_ascii_superset(charset: &str) -> bool {
    matches!(
        Encoding::from_name(charset),
        Some(Encoding::Ascii | Encoding::Latin1 | Encoding::Windows1252)
    )
}

/// Reads the parameters after `<params>`, and `</params>`.
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
