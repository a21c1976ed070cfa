//! Values to documents.

mod escape;
mod scalar_format;
pub(crate) mod writer;

use crate::dialect::Dialect;
use crate::error::Error;
use crate::fault::Fault;
use crate::value::Value;
use crate::xml_char::is_xml_char;
use writer::Writer;

/// Returns the document of a call, in UTF-8 and in the default [`Dialect`].
///
/// # Errors
///
/// [`Error::Unrepresentable`], with the path, for a value that can't be sent: one with a
/// control character, which XML 1.0 does not have, or one that the dialect does not allow,
/// such as a double that is not finite.
///
/// ```
/// # use xmlrpc_wire::encode_call;
/// let document = encode_call("cuad", &[7.into()])?;
/// assert!(document.ends_with(b"<value><int>7</int></value></param></params></methodCall>"));
/// # Ok::<(), xmlrpc_wire::Error>(())
/// ```
pub fn encode_call(method: &str, params: &[Value]) -> Result<Vec<u8>, Error> {
    Dialect::default().encode_call(method, params)
}

/// Returns the document of a response with a value, in UTF-8 and in the default [`Dialect`].
///
/// # Errors
///
/// Those of [`encode_call`].
pub fn encode_response(value: &Value) -> Result<Vec<u8>, Error> {
    Dialect::default().encode_response(value)
}

/// Returns the document of a response with a fault, in UTF-8 and in the default [`Dialect`].
///
/// Never fails: a character of the message that XML 1.0 does not have is written as U+FFFD.
///
/// ```
/// # use xmlrpc_wire::{Fault, encode_fault};
/// let document = encode_fault(&Fault::application("no such number"));
/// assert!(String::from_utf8_lossy(&document).contains("<string>no such number</string>"));
/// ```
pub fn encode_fault(fault: &Fault) -> Vec<u8> {
    Dialect::default().encode_fault(fault)
}

impl Dialect {
    /// Returns the document of a call in this dialect; see [`encode_call`].
    ///
    /// # Errors
    ///
    /// [`Error::Unrepresentable`] for a value that XML 1.0 or the dialect can't carry.
    pub fn encode_call(&self, method: &str, params: &[Value]) -> Result<Vec<u8>, Error> {
        let mut writer = Writer::call(self, method)?;
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

    /// Returns the document of a response with a value in this dialect; see
    /// [`encode_response`].
    ///
    /// # Errors
    ///
    /// [`Error::Unrepresentable`] for a value that XML 1.0 or the dialect can't carry.
    pub fn encode_response(&self, value: &Value) -> Result<Vec<u8>, Error> {
        let mut writer = Writer::response(self);
        writer
            .value(value)
            .map_err(|failure| failure.rooted_at("the result"))?;
        writer.markup("</param></params></methodResponse>");
        Ok(writer.finish())
    }

    /// Returns the document of a response with a fault in this dialect; see [`encode_fault`].
    ///
    /// A fault needs no extension: dialects differ only in the declaration of the prefix `ex`.
    pub fn encode_fault(&self, fault: &Fault) -> Vec<u8> {
        let mut writer = Writer::new(self);
        writer.root("methodResponse");
        writer.markup("<fault><value><struct><member><name>faultCode</name><value><int>");
        writer.integer(fault.code.into());
        writer.markup("</int></value></member><member><name>faultString</name><value><string>");
        let message: String = fault
            .message
            .chars()
            .map(|c| if is_xml_char(c) { c } else { '\u{FFFD}' })
            .collect();
        if writer.text(&message).is_err() {
            unreachable!("the message has only characters of XML 1.0 by now");
        }
        writer.markup("</string></value></member></struct></value></fault></methodResponse>");
        writer.finish()
    }
}

#[cfg(test)]
mod tests;
