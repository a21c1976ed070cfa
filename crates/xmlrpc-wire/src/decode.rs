//! Documents to values.

mod cursor;
mod prolog;
mod scalar;
mod value;

use crate::{Error, Fault, FromValue, Limits, MethodCall, MethodResponse, Struct, Value};
use cursor::{Cursor, Item};

/// Reads a `<methodCall>`.
///
/// # Errors
///
/// Every variant of [`Error`] that has a place in the document, and
/// [`Error::TooMuch`] beyond `limits`. Nothing of a document with an error is given.
pub fn decode_call(document: &[u8], limits: &Limits) -> Result<MethodCall, Error> {
    let mut cursor = Cursor::new(document, limits)?;
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

/// Reads a `<methodResponse>`: a value or a fault.
///
/// # Errors
///
/// As [`decode_call`].
pub fn decode_response(document: &[u8], limits: &Limits) -> Result<MethodResponse, Error> {
    let mut cursor = Cursor::new(document, limits)?;
    cursor.open("methodResponse", "<methodResponse>")?;
    let expected = "<params> or <fault>";
    let response = match cursor.child(expected)?.as_deref() {
        Some("params") => {
            cursor.open("param", "<param>")?;
            let value = cursor.value_element(1)?;
            cursor.close("</param>")?;
            cursor.close("</params>")?;
            Ok(value)
        }
        Some("fault") => {
            let value = cursor.value_element(1)?;
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
        params.push(cursor.value_element(1)?);
        cursor.close("</param>")?;
    }
    Ok(params)
}

fn fault(value: Value) -> Option<Fault> {
    let mut members = Struct::from_value(value).ok()?;
    let code = i32::from_value(members.remove("faultCode")?).ok()?;
    let message = String::from_value(members.remove("faultString")?).ok()?;
    Some(Fault { code, message })
}

#[cfg(test)]
mod tests;
