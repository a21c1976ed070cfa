//! Values to documents.

mod escape;
mod scalar_format;
pub(crate) mod writer;

use crate::{Dialect, Error, Fault, Value};
use writer::Writer;

pub(crate) use escape::{is_xml_char, special_bytes};

/// The document of a call, in UTF-8 and in the default [`Dialect`].
///
/// # Errors
///
/// [`Error::Unrepresentable`] for what can't be sent: a control character, which XML 1.0
/// cannot carry, or what the dialect doesn't allow, such as a double that is not finite.
///
/// ```
/// # use xmlrpc_wire::encode_call;
/// let document = encode_call("cuad", &[7.into()])?;
/// assert!(document.ends_with(b"<value><int>7</int></value></param></params></methodCall>"));
/// # Ok::<(), xmlrpc_wire::Error>(())
/// ```
pub fn encode_call(method: &str, params: &[Value]) -> Result<Vec<u8>, Error> {
    call(&Dialect::default(), method, params)
}

/// The document of an answer that is a value, in UTF-8 and in the default [`Dialect`].
///
/// # Errors
///
/// As [`encode_call`].
pub fn encode_response(value: &Value) -> Result<Vec<u8>, Error> {
    response(&Dialect::default(), value)
}

/// The document of an answer that is a fault, in UTF-8.
///
/// Never fails: a character of the text that XML cannot carry is written as U+FFFD.
pub fn encode_fault(answer: &Fault) -> Vec<u8> {
    fault(&Dialect::default(), answer)
}

pub(crate) fn call(dialect: &Dialect, method: &str, params: &[Value]) -> Result<Vec<u8>, Error> {
    let mut writer = Writer::call(dialect, method)?;
    for (at, param) in params.iter().enumerate() {
        writer.markup("<param>");
        writer
            .value(param)
            .map_err(|failure| failure.rooted_at(&format!("params[{at}]")))?;
        writer.markup("</param>");
    }
    writer.markup("</params></methodCall>");
    Ok(writer.finish())
}

pub(crate) fn response(dialect: &Dialect, value: &Value) -> Result<Vec<u8>, Error> {
    let mut writer = Writer::response(dialect);
    writer
        .value(value)
        .map_err(|failure| failure.rooted_at("the result"))?;
    writer.markup("</param></params></methodResponse>");
    Ok(writer.finish())
}

pub(crate) fn fault(dialect: &Dialect, answer: &Fault) -> Vec<u8> {
    let mut writer = Writer::new(dialect);
    writer.root("methodResponse");
    writer.markup("<fault><value><struct><member><name>faultCode</name><value><int>");
    writer.integer(answer.code.into());
    writer.markup("</int></value></member><member><name>faultString</name><value><string>");
    let message: String = answer
        .message
        .chars()
        .map(|c| if is_xml_char(c) { c } else { '\u{FFFD}' })
        .collect();
    if writer.text(&message).is_err() {
        unreachable!("every character of the text has just been made one that XML carries");
    }
    writer.markup("</string></value></member></struct></value></fault></methodResponse>");
    writer.finish()
}

#[cfg(test)]
mod tests;
