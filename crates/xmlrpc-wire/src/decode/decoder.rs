//! The decoder of documents that come with a charset from outside.

use crate::decode::{complete, content_type, fast};
use crate::error::Error;
use crate::limits::Limits;
use crate::message::{MethodCall, MethodResponse};

/// Reads documents within limits, in the charset that the transport names.
///
/// HTTP names a charset in the field `Content-Type`. Of several names the first of this list
/// counts (RFC 7303, section 3): a byte order mark, the charset of the transport, the XML
/// declaration. A document that is not in the transport's charset is read by its declaration.
///
/// ```
/// use xmlrpc_wire::{Decoder, Limits, Value};
///
/// let document = b"<methodResponse><params><param><value>caf\xE9</value></param></params>\
///     </methodResponse>";
/// let limits = Limits::default();
/// let decoder = Decoder::new(&limits).content_type("text/xml; charset=ISO-8859-1");
/// assert_eq!(decoder.decode_response(document)?, Ok(Value::from("café")));
/// # Ok::<(), xmlrpc_wire::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Decoder<'a> {
    limits: &'a Limits,
    charset: Option<&'a str>,
}

impl<'a> Decoder<'a> {
    /// Creates a decoder without a charset, which reads as
    /// [`decode_call`](crate::decode_call) and [`decode_response`](crate::decode_response) do.
    pub fn new(limits: &'a Limits) -> Self {
        Decoder {
            limits,
            charset: None,
        }
    }

    /// Sets the charset that the transport names, such as `ISO-8859-1`.
    #[must_use]
    pub fn charset(self, name: &'a str) -> Self {
        Decoder {
            charset: Some(name),
            ..self
        }
    }

    /// Sets the charset that a `Content-Type` field names, if it names one.
    #[must_use]
    pub fn content_type(self, field: &'a str) -> Self {
        Decoder {
            charset: content_type::charset(field).or(self.charset),
            ..self
        }
    }

    /// Reads a `<methodCall>`.
    ///
    /// # Errors
    ///
    /// Those of [`decode_call`](crate::decode_call). [`Error::UnsupportedEncoding`] also names
    /// a charset of the transport.
    pub fn decode_call(&self, document: &[u8]) -> Result<MethodCall, Error> {
        let fast = self.may_be_utf8(document);
        match fast.then(|| fast::decode_call(document, self.limits)) {
            Some(Some(call)) => Ok(call),
            _ => complete::decode_call_in(document, self.charset, self.limits),
        }
    }

    /// Reads a `<methodResponse>`: a value or a fault.
    ///
    /// # Errors
    ///
    /// Those of [`decode_call`](Decoder::decode_call).
    pub fn decode_response(&self, document: &[u8]) -> Result<MethodResponse, Error> {
        let fast = self.may_be_utf8(document);
        match fast.then(|| fast::decode_response(document, self.limits)) {
            Some(Some(response)) => Ok(response),
            _ => complete::decode_response_in(document, self.charset, self.limits),
        }
    }

    /// Returns whether the charset allows the fast reader, which takes every document as UTF-8.
    fn may_be_utf8(&self, document: &[u8]) -> bool {
        match self.charset {
            None => true,
            Some(name) if complete::is_utf8(name) => true,
            // ASCII is the same in all charsets that are read but UTF-16, which has zeros in
            // the place of its tags' first or second bytes.
            Some(name) => complete::is_ascii_superset(name) && document.is_ascii(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    const START: &[u8] = b"<methodResponse><params><param><value>";
    const END: &[u8] = b"</value></param></params></methodResponse>";

    fn answer(declaration: &str, text: &[u8]) -> Vec<u8> {
        [declaration.as_bytes(), START, text, END].concat()
    }

    fn utf16(bom: &[u8], text: &str) -> Vec<u8> {
        let text = String::from_utf8(answer("", text.as_bytes())).unwrap();
        let units = text.encode_utf16().flat_map(u16::to_be_bytes);
        bom.iter().copied().chain(units).collect()
    }

    #[test]
    fn a_mark_then_the_charset_then_the_declaration_counts() {
        let latin = "<?xml version='1.0' encoding='ISO-8859-1'?>";
        let utf8 = "<?xml version='1.0' encoding='UTF-8'?>";
        let marked = |text: &[u8]| [b"\xEF\xBB\xBF", answer("", text).as_slice()].concat();
        for (content_type, document, expected) in [
            ("text/xml; charset=ISO-8859-1", answer("", b"\xE9"), "é"),
            ("text/xml;charset=\"iso-8859-1\"", answer("", b"\xE9"), "é"),
            ("text/xml; Charset=latin1", answer(utf8, b"\xE9"), "é"),
            ("text/xml; charset=windows-1252", answer("", b"\x80"), "€"),
            (
                "text/xml; charset=ISO-8859-1",
                answer("", "é".as_bytes()),
                "Ã©",
            ),
            ("text/xml; charset=ISO-8859-1", answer("", b"e"), "e"),
            ("text/xml; charset=utf-8", answer("", "é".as_bytes()), "é"),
            (
                "text/xml; charset=utf-8",
                answer(latin, "é".as_bytes()),
                "é",
            ),
            ("text/xml; charset=iso-8859-1", marked("é".as_bytes()), "é"),
            ("text/xml; charset=utf-16", utf16(b"", "é"), "é"),
            ("text/xml; charset=utf-16", utf16(b"\xFE\xFF", "é"), "é"),
            ("text/xml; charset=utf-16be", utf16(b"", "é"), "é"),
            ("text/xml; charset=utf-16", answer("", "é".as_bytes()), "é"),
            ("text/xml", answer(latin, b"\xE9"), "é"),
            ("text/xml; charset=", answer("", "é".as_bytes()), "é"),
            // The transport is wrong, and the document knows better.
            ("text/xml; charset=utf-8", answer(latin, b"\xE9"), "é"),
            (
                "text/xml; charset=us-ascii",
                answer("", "é".as_bytes()),
                "é",
            ),
            ("text/xml; charset=utf-8", utf16(b"", "é"), "é"),
        ] {
            let limits = Limits::default();
            let decoder = Decoder::new(&limits).content_type(content_type);
            let expected = Ok(Ok(Value::from(expected)));
            assert_eq!(
                decoder.decode_response(&document),
                expected,
                "{content_type}"
            );
        }
    }

    #[test]
    fn the_fast_reader_reads_what_is_utf_8_in_the_charset() {
        for (charset, text, is_fast) in [
            (None, "é", true),
            (Some("utf-8"), "é", true),
            (Some("UTF8"), "é", true),
            (Some("iso-8859-1"), "e", true),
            (Some("iso-8859-1"), "é", false),
            (Some("windows-1252"), "e", true),
            (Some("us-ascii"), "e", true),
            (Some("us-ascii"), "é", false),
            (Some("utf-16be"), "e", false),
            (Some("koi8-r"), "e", false),
        ] {
            let limits = Limits::default();
            let decoder = charset
                .iter()
                .fold(Decoder::new(&limits), |d, name| d.charset(name));
            let document = answer("", text.as_bytes());
            assert_eq!(
                decoder.may_be_utf8(&document),
                is_fast,
                "{charset:?} {text}"
            );
        }
    }

    #[test]
    fn another_charset_is_named() {
        let limits = Limits::default();
        let decoder = Decoder::new(&limits).charset("koi8-r");
        let error = decoder.decode_response(&answer("", b"a")).unwrap_err();
        assert!(error.to_string().contains("\"koi8-r\""), "{error}");
        let error = decoder.decode_call(b"<methodCall/>").unwrap_err();
        assert!(
            matches!(error, Error::UnsupportedEncoding { .. }),
            "{error}"
        );
    }

    #[test]
    fn a_call_has_a_charset_too() {
        let limits = Limits::default();
        let decoder = Decoder::new(&limits).charset("ISO-8859-1");
        let call = b"<methodCall><methodName>\xE9</methodName></methodCall>";
        assert_eq!(decoder.decode_call(call).unwrap().method, "é");
    }
}
