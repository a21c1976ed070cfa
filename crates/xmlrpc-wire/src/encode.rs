//! Values to documents.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::{Error, Fault, Value};

/// The document of a call, in UTF-8.
///
/// # Errors
///
/// [`Error::Unrepresentable`] for what can't be sent: a control character, which XML 1.0
/// cannot carry, or a double that is not finite.
///
/// ```
/// # use xmlrpc_wire::{encode_call, IntoParams};
/// let document = encode_call("cuad", &(7,).into_params())?;
/// assert!(document.ends_with(b"<value><int>7</int></value></param></params></methodCall>"));
/// # Ok::<(), xmlrpc_wire::Error>(())
/// ```
pub fn encode_call(method: &str, params: &[Value]) -> Result<Vec<u8>, Error> {
    let mut writer = Writer::new();
    writer.raw("<methodCall><methodName>");
    writer
        .text(method)
        .map_err(|what| unrepresentable("the method's name", what))?;
    writer.raw("</methodName><params>");
    for (at, param) in params.iter().enumerate() {
        writer.raw("<param>");
        writer
            .value(param)
            .map_err(|failure| failure.at(&format!("params[{at}]")))?;
        writer.raw("</param>");
    }
    writer.raw("</params></methodCall>");
    Ok(writer.done())
}

/// The document of an answer that is a value, in UTF-8.
///
/// # Errors
///
/// As [`encode_call`].
pub fn encode_response(value: &Value) -> Result<Vec<u8>, Error> {
    let mut writer = Writer::new();
    writer.raw("<methodResponse><params><param>");
    writer
        .value(value)
        .map_err(|failure| failure.at("the result"))?;
    writer.raw("</param></params></methodResponse>");
    Ok(writer.done())
}

/// The document of an answer that is a fault, in UTF-8.
///
/// Never fails: a character of the text that XML cannot carry is written as U+FFFD.
pub fn encode_fault(fault: &Fault) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.raw("<methodResponse><fault><value><struct><member><name>faultCode</name><value>");
    writer.scalar("int", fault.code);
    writer.raw("</value></member><member><name>faultString</name><value><string>");
    let message: String = fault
        .message
        .chars()
        .map(|c| if is_xml_char(c) { c } else { '\u{FFFD}' })
        .collect();
    if writer.text(&message).is_err() {
        unreachable!("every character of the text has just been made one that XML carries");
    }
    writer.raw("</string></value></member></struct></value></fault></methodResponse>");
    writer.done()
}

struct Writer {
    out: String,
}

/// Where in a value, from the inside out, and what can't be written there.
struct Failure {
    steps: Vec<String>,
    what: String,
}

impl Failure {
    fn here(what: String) -> Self {
        Failure {
            steps: Vec::new(),
            what,
        }
    }

    fn within(mut self, step: String) -> Self {
        self.steps.push(step);
        self
    }

    fn at(self, root: &str) -> Error {
        let mut path = root.to_owned();
        path.extend(self.steps.into_iter().rev());
        unrepresentable(&path, self.what)
    }
}

impl Writer {
    fn new() -> Self {
        Writer {
            out: String::from("<?xml version=\"1.0\"?>\n"),
        }
    }

    fn done(self) -> Vec<u8> {
        self.out.into_bytes()
    }

    fn raw(&mut self, markup: &str) {
        self.out.push_str(markup);
    }

    fn scalar(&mut self, tag: &str, content: impl std::fmt::Display) {
        // Writing to a String cannot fail.
        let _ = write!(self.out, "<{tag}>{content}</{tag}>");
    }

    fn value(&mut self, value: &Value) -> Result<(), Failure> {
        self.raw("<value>");
        match value {
            Value::Int(number) => self.scalar("int", number),
            Value::Int64(number) => self.scalar("i8", number),
            Value::BigInteger(number) => self.scalar("biginteger", number),
            Value::BigDecimal(number) => self.scalar("bigdecimal", number),
            Value::Unsendable(what) => return Err(Failure::here(what.clone())),
            Value::Bool(bool) => self.scalar("boolean", u8::from(*bool)),
            Value::Double(double) if double.is_finite() => self.scalar("double", double),
            Value::Double(double) => {
                return Err(Failure::here(format!("XML-RPC has no {double}")));
            }
            Value::DateTime(moment) => self.scalar("dateTime.iso8601", moment),
            Value::Nil => self.raw("<nil/>"),
            Value::String(text) => {
                self.raw("<string>");
                self.text(text).map_err(Failure::here)?;
                self.raw("</string>");
            }
            Value::Base64(bytes) => {
                self.raw("<base64>");
                STANDARD.encode_string(bytes, &mut self.out);
                self.raw("</base64>");
            }
            Value::Array(items) => {
                self.raw("<array><data>");
                for (at, item) in items.iter().enumerate() {
                    self.value(item)
                        .map_err(|failure| failure.within(format!("[{at}]")))?;
                }
                self.raw("</data></array>");
            }
            Value::Struct(members) => {
                self.raw("<struct>");
                for (name, member) in members.iter() {
                    self.raw("<member><name>");
                    self.text(name)
                        .map_err(|what| Failure::here(format!("in a member's name: {what}")))?;
                    self.raw("</name>");
                    self.value(member)
                        .map_err(|failure| failure.within(format!(".{name}")))?;
                    self.raw("</member>");
                }
                self.raw("</struct>");
            }
        }
        self.raw("</value>");
        Ok(())
    }

    /// Character data. A carriage return is written as a reference: a parser turns a
    /// bare one into a line feed (XML 1.0, section 2.11).
    fn text(&mut self, text: &str) -> Result<(), String> {
        for c in text.chars() {
            match c {
                '<' => self.raw("&lt;"),
                '>' => self.raw("&gt;"),
                '&' => self.raw("&amp;"),
                '\r' => self.raw("&#13;"),
                c if is_xml_char(c) => self.out.push(c),
                c => {
                    return Err(format!(
                        "XML 1.0 has no character U+{:04X}; send the text as base64",
                        u32::from(c)
                    ));
                }
            }
        }
        Ok(())
    }
}

/// XML 1.0, production 2.
fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

fn unrepresentable(path: &str, what: String) -> Error {
    Error::Unrepresentable {
        path: path.to_owned(),
        what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DateTime, IntoParams, IntoValue, Struct};

    fn check(value: impl IntoValue, expected: &str) {
        let document = encode_response(&value.into_value()).unwrap();
        let document = String::from_utf8(document).unwrap();
        let inner = document
            .strip_prefix("<?xml version=\"1.0\"?>\n<methodResponse><params><param><value>")
            .and_then(|rest| rest.strip_suffix("</value></param></params></methodResponse>"));
        assert_eq!(inner, Some(expected), "{document}");
    }

    #[test]
    fn every_type_is_written_in_the_specifications_form() {
        check(-7, "<int>-7</int>");
        check(1_i64 << 40, "<i8>1099511627776</i8>");
        check(true, "<boolean>1</boolean>");
        check(-12.5, "<double>-12.5</double>");
        check(1e300, &format!("<double>1{}</double>", "0".repeat(300)));
        check(
            "a<b>&c\r\n\u{1F600}",
            "<string>a&lt;b&gt;&amp;c&#13;\n\u{1F600}</string>",
        );
        check(
            DateTime::new(1998, 7, 17, 14, 8, 55).unwrap(),
            "<dateTime.iso8601>19980717T14:08:55</dateTime.iso8601>",
        );
        check(
            crate::Bytes(b"you can't".to_vec()),
            "<base64>eW91IGNhbid0</base64>",
        );
        check(
            vec![1, 2],
            "<array><data><value><int>1</int></value><value><int>2</int></value></data></array>",
        );
        check(
            [("a&b", Value::Nil)].into_iter().collect::<Struct>(),
            "<struct><member><name>a&amp;b</name><value><nil/></value></member></struct>",
        );
    }

    #[test]
    fn what_cannot_be_sent_is_named_with_the_way_to_it() {
        let inner: Struct = [("port", vec![0.5, f64::NAN].into_value())]
            .into_iter()
            .collect();
        for (params, text) in [
            (
                (1, inner).into_params(),
                "params[1].port[1] can't be sent: XML-RPC has no NaN",
            ),
            (
                ("\0",).into_params(),
                "params[0] can't be sent: XML 1.0 has no character U+0000; send the text as base64",
            ),
            (
                ("\u{FFFE}",).into_params(),
                "params[0] can't be sent: XML 1.0 has no character U+FFFE; send the text as base64",
            ),
        ] {
            assert_eq!(encode_call("m", &params).unwrap_err().to_string(), text);
        }
        assert!(encode_call("\u{1}", &[]).is_err());
        let name: Struct = [("\u{1}", Value::Nil)].into_iter().collect();
        assert!(encode_response(&name.into_value()).is_err());
    }

    #[test]
    fn a_fault_is_always_written() {
        let document = encode_fault(&Fault::application("a\u{0}<b>"));
        let document = String::from_utf8(document).unwrap();
        assert!(
            document.contains("<string>a\u{FFFD}&lt;b&gt;</string>"),
            "{document}"
        );
    }
}
