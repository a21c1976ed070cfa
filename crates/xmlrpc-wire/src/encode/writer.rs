//! The writer of a document, element by element.

use crate::datetime::DateTime;
use crate::dialect::{Dialect, Extension};
use crate::encode::{escape, scalar_format};
use crate::error::Error;
use crate::value::Value;

/// Writes one document in one dialect.
///
/// Markup is written as it stands; only [`Writer::text`] and what is built on it escape.
pub(crate) struct Writer<'d> {
    out: Vec<u8>,
    dialect: &'d Dialect,
}

/// A part of a value that can't be written, while its path is still being collected.
#[derive(Debug)]
pub(crate) struct EncodeError {
    /// The path's steps, from the inside out.
    steps: Vec<String>,
    what: String,
}

impl EncodeError {
    /// Boxed, since the error is rare and would make the result of every value large.
    pub(crate) fn new(what: impl Into<String>) -> Box<Self> {
        let (steps, what) = (Vec::new(), what.into());
        Box::new(EncodeError { steps, what })
    }

    /// Adds the next outer step: `[3]` or `.name`.
    pub(crate) fn within(mut self: Box<Self>, step: String) -> Box<Self> {
        self.steps.push(step);
        self
    }

    /// Returns the crate's error, with the path from `root` to the part.
    pub(crate) fn rooted_at(self, root: &str) -> Error {
        let mut path = root.to_owned();
        path.extend(self.steps.into_iter().rev());
        let what = self.what;
        Error::Unrepresentable { path, what }
    }
}

impl<'d> Writer<'d> {
    /// Begins a document with its XML declaration.
    pub(super) fn new(dialect: &'d Dialect) -> Self {
        let mut out = Vec::with_capacity(256);
        out.extend_from_slice(b"<?xml version=\"1.0\"?>\n");
        Writer { out, dialect }
    }

    /// Begins a call and writes it up to its parameters.
    pub(crate) fn call(dialect: &'d Dialect, method: &str) -> Result<Self, Error> {
        let mut writer = Writer::new(dialect);
        writer.root("methodCall");
        writer.markup("<methodName>");
        writer
            .text(method)
            .map_err(|failure| failure.rooted_at("the method's name"))?;
        writer.markup("</methodName><params>");
        Ok(writer)
    }

    /// Begins a response and writes it up to its value.
    pub(crate) fn response(dialect: &'d Dialect) -> Self {
        let mut writer = Writer::new(dialect);
        writer.root("methodResponse");
        writer.markup("<params><param>");
        writer
    }

    /// Returns the document.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.out
    }

    /// Opens the root element, which declares the prefix if the dialect may need it.
    pub(super) fn root(&mut self, tag: &str) {
        self.markup("<");
        self.markup(tag);
        if self.dialect.is_prefixed() {
            self.markup(" xmlns:ex=\"http://ws.apache.org/xmlrpc/namespaces/extensions\"");
        }
        self.markup(">");
    }

    /// Writes markup as it stands.
    pub(crate) fn markup(&mut self, markup: &str) {
        self.out.extend_from_slice(markup.as_bytes());
    }

    /// Writes character data, escaped.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), Box<EncodeError>> {
        escape::write(&mut self.out, text).map_err(EncodeError::new)
    }

    /// Writes the digits of a number, without an element.
    pub(super) fn integer(&mut self, number: i64) {
        scalar_format::integer(&mut self.out, number);
    }

    /// Writes a whole `<value>`.
    pub(crate) fn value(&mut self, value: &Value) -> Result<(), Box<EncodeError>> {
        match value {
            Value::Int(number) => self.int(*number),
            Value::Int64(number) => return self.int64(*number),
            Value::BigInteger(number) => {
                return self.extension(self.dialect.big, "biginteger", number.as_str());
            }
            Value::BigDecimal(number) => {
                return self.extension(self.dialect.big, "bigdecimal", number.as_str());
            }
            Value::Bool(true) => self.markup("<value><boolean>1</boolean></value>"),
            Value::Bool(false) => self.markup("<value><boolean>0</boolean></value>"),
            Value::Double(double) => return self.double(*double),
            Value::DateTime(moment) => return self.date_time(moment),
            Value::InvalidDateTime(text) => {
                self.markup("<value><dateTime.iso8601>");
                self.text(text)?;
                self.markup("</dateTime.iso8601></value>");
            }
            Value::Nil => return self.nil(),
            Value::String(text) => return self.string(text),
            Value::Base64(bytes) => self.bytes(bytes),
            Value::Array(items) => {
                self.markup("<value><array><data>");
                for (at, item) in items.iter().enumerate() {
                    self.value(item)
                        .map_err(|failure| failure.within(format!("[{at}]")))?;
                }
                self.markup("</data></array></value>");
            }
            Value::Struct(members) => {
                self.markup("<value><struct>");
                for (name, member) in members.iter() {
                    self.member(name)?;
                    self.value(member)
                        .map_err(|failure| failure.within(format!(".{name}")))?;
                    self.markup("</member>");
                }
                self.markup("</struct></value>");
            }
        }
        Ok(())
    }

    /// Opens a member and writes its name, up to its value.
    pub(crate) fn member(&mut self, name: &str) -> Result<(), Box<EncodeError>> {
        self.markup("<member><name>");
        escape::write(&mut self.out, name)
            .map_err(|what| EncodeError::new(format!("in a member's name: {what}")))?;
        self.markup("</name>");
        Ok(())
    }

    /// Writes a `<value>` of `<int>`.
    pub(crate) fn int(&mut self, number: i32) {
        self.markup("<value><int>");
        self.integer(number.into());
        self.markup("</int></value>");
    }

    /// Writes a `<value>` of `<i8>`.
    pub(crate) fn int64(&mut self, number: i64) -> Result<(), Box<EncodeError>> {
        let (open, close) = match self.dialect.i8 {
            Extension::Refused => {
                return Err(EncodeError::new(format!(
                    "the dialect has no i8 ({number})"
                )));
            }
            Extension::Plain => ("<value><i8>", "</i8></value>"),
            Extension::Prefixed => ("<value><ex:i8>", "</ex:i8></value>"),
        };
        self.markup(open);
        self.integer(number);
        self.markup(close);
        Ok(())
    }

    /// Writes a `<value>` of `<string>`.
    pub(crate) fn string(&mut self, text: &str) -> Result<(), Box<EncodeError>> {
        self.markup("<value><string>");
        self.text(text)?;
        self.markup("</string></value>");
        Ok(())
    }

    /// Writes a `<value>` of `<double>`.
    pub(crate) fn double(&mut self, double: f64) -> Result<(), Box<EncodeError>> {
        if !double.is_finite() && !self.dialect.non_finite {
            return Err(EncodeError::new(format!("XML-RPC has no {double}")));
        }
        self.markup("<value><double>");
        scalar_format::double(&mut self.out, double);
        self.markup("</double></value>");
        Ok(())
    }

    /// Writes a `<value>` of a date and time.
    ///
    /// The specification has neither a fraction nor an offset, so one that has either is
    /// an extension.
    pub(crate) fn date_time(&mut self, moment: &DateTime) -> Result<(), Box<EncodeError>> {
        let extended = moment.nanosecond.is_some() || moment.offset.is_some();
        match self.dialect.date_time {
            Extension::Refused if extended => {
                let what = "the dialect has no fraction of a second and no offset";
                return Err(EncodeError::new(format!("{what} ({moment})")));
            }
            Extension::Prefixed if extended => {
                self.markup("<value><ex:dateTime>");
                scalar_format::date_time(&mut self.out, moment, true);
                self.markup("</ex:dateTime></value>");
            }
            _ => {
                self.markup("<value><dateTime.iso8601>");
                scalar_format::date_time(&mut self.out, moment, false);
                self.markup("</dateTime.iso8601></value>");
            }
        }
        Ok(())
    }

    /// Writes a `<value>` of `<base64>`.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.markup("<value><base64>");
        scalar_format::base64(&mut self.out, bytes);
        self.markup("</base64></value>");
    }

    /// Writes a `<value>` of `<nil/>`.
    pub(crate) fn nil(&mut self) -> Result<(), Box<EncodeError>> {
        match self.dialect.nil {
            Extension::Refused => return Err(EncodeError::new("the dialect has no nil")),
            Extension::Plain => self.markup("<value><nil/></value>"),
            Extension::Prefixed => self.markup("<value><ex:nil/></value>"),
        }
        Ok(())
    }

    /// Writes a `<value>` of an extension type whose text needs no escaping.
    pub(crate) fn extension(
        &mut self,
        extension: Extension,
        tag: &str,
        text: &str,
    ) -> Result<(), Box<EncodeError>> {
        let prefix = match extension {
            Extension::Refused => {
                return Err(EncodeError::new(format!("the dialect has no {tag}")));
            }
            Extension::Plain => "",
            Extension::Prefixed => "ex:",
        };
        for part in [
            "<value><",
            prefix,
            tag,
            ">",
            text,
            "</",
            prefix,
            tag,
            "></value>",
        ] {
            self.markup(part);
        }
        Ok(())
    }
}
