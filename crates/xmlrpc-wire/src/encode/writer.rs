//! A document while it is written.

use super::{escape, scalar_format};
use crate::{DateTime, Dialect, Error, Extension, Value};

pub(crate) struct Writer<'d> {
    out: Vec<u8>,
    dialect: &'d Dialect,
}

/// Where in a value, from the inside out, and what can't be written there.
#[derive(Debug)]
pub(crate) struct Failure {
    steps: Vec<String>,
    what: String,
}

impl Failure {
    /// On the heap, since it is rare and every value's result would have room for it.
    pub(crate) fn here(what: impl Into<String>) -> Box<Self> {
        let (steps, what) = (Vec::new(), what.into());
        Box::new(Failure { steps, what })
    }

    pub(crate) fn within(mut self: Box<Self>, step: String) -> Box<Self> {
        self.steps.push(step);
        self
    }

    pub(crate) fn at(self, root: &str) -> Error {
        let mut path = root.to_owned();
        path.extend(self.steps.into_iter().rev());
        let what = self.what;
        Error::Unrepresentable { path, what }
    }
}

impl<'d> Writer<'d> {
    pub(super) fn new(dialect: &'d Dialect) -> Self {
        let mut out = Vec::with_capacity(256);
        out.extend_from_slice(b"<?xml version=\"1.0\"?>\n");
        Writer { out, dialect }
    }

    /// A call, up to its parameters.
    pub(crate) fn call(dialect: &'d Dialect, method: &str) -> Result<Self, Error> {
        let mut writer = Writer::new(dialect);
        writer.root("methodCall");
        writer.raw("<methodName>");
        writer
            .text(method)
            .map_err(|failure| failure.at("the method's name"))?;
        writer.raw("</methodName><params>");
        Ok(writer)
    }

    /// An answer, up to its value.
    pub(crate) fn response(dialect: &'d Dialect) -> Self {
        let mut writer = Writer::new(dialect);
        writer.root("methodResponse");
        writer.raw("<params><param>");
        writer
    }

    pub(crate) fn done(self) -> Vec<u8> {
        self.out
    }

    pub(super) fn root(&mut self, tag: &str) {
        self.raw("<");
        self.raw(tag);
        if self.dialect.is_prefixed() {
            self.raw(" xmlns:ex=\"http://ws.apache.org/xmlrpc/namespaces/extensions\"");
        }
        self.raw(">");
    }

    pub(crate) fn raw(&mut self, markup: &str) {
        self.out.extend_from_slice(markup.as_bytes());
    }

    pub(crate) fn text(&mut self, text: &str) -> Result<(), Box<Failure>> {
        escape::write(&mut self.out, text).map_err(Failure::here)
    }

    pub(super) fn integer(&mut self, number: i64) {
        scalar_format::integer(&mut self.out, number);
    }

    pub(crate) fn value(&mut self, value: &Value) -> Result<(), Box<Failure>> {
        match value {
            Value::Int(number) => self.int(*number),
            Value::Int64(number) => return self.int64(*number),
            Value::BigInteger(number) => {
                return self.extension(self.dialect.big, "biginteger", number.as_str());
            }
            Value::BigDecimal(number) => {
                return self.extension(self.dialect.big, "bigdecimal", number.as_str());
            }
            Value::Bool(true) => self.raw("<value><boolean>1</boolean></value>"),
            Value::Bool(false) => self.raw("<value><boolean>0</boolean></value>"),
            Value::Double(double) => return self.double(*double),
            Value::DateTime(moment) => return self.date_time(moment),
            Value::Nil => return self.nil(),
            Value::String(text) => return self.string(text),
            Value::Base64(bytes) => self.bytes(bytes),
            Value::Array(items) => {
                self.raw("<value><array><data>");
                for (at, item) in items.iter().enumerate() {
                    self.value(item)
                        .map_err(|failure| failure.within(format!("[{at}]")))?;
                }
                self.raw("</data></array></value>");
            }
            Value::Struct(members) => {
                self.raw("<value><struct>");
                for (name, member) in members.iter() {
                    self.member(name)?;
                    self.value(member)
                        .map_err(|failure| failure.within(format!(".{name}")))?;
                    self.raw("</member>");
                }
                self.raw("</struct></value>");
            }
        }
        Ok(())
    }

    /// The beginning of a member, up to its value.
    pub(crate) fn member(&mut self, name: &str) -> Result<(), Box<Failure>> {
        self.raw("<member><name>");
        escape::write(&mut self.out, name)
            .map_err(|what| Failure::here(format!("in a member's name: {what}")))?;
        self.raw("</name>");
        Ok(())
    }

    pub(crate) fn int(&mut self, number: i32) {
        self.raw("<value><int>");
        self.integer(number.into());
        self.raw("</int></value>");
    }

    pub(crate) fn int64(&mut self, number: i64) -> Result<(), Box<Failure>> {
        let (open, close) = match self.dialect.i8 {
            Extension::Refused => {
                return Err(Failure::here(format!("the dialect has no i8 ({number})")));
            }
            Extension::Plain => ("<value><i8>", "</i8></value>"),
            Extension::Prefixed => ("<value><ex:i8>", "</ex:i8></value>"),
        };
        self.raw(open);
        self.integer(number);
        self.raw(close);
        Ok(())
    }

    pub(crate) fn string(&mut self, text: &str) -> Result<(), Box<Failure>> {
        self.raw("<value><string>");
        self.text(text)?;
        self.raw("</string></value>");
        Ok(())
    }

    pub(crate) fn double(&mut self, double: f64) -> Result<(), Box<Failure>> {
        if !double.is_finite() && !self.dialect.non_finite {
            return Err(Failure::here(format!("XML-RPC has no {double}")));
        }
        self.raw("<value><double>");
        scalar_format::double(&mut self.out, double);
        self.raw("</double></value>");
        Ok(())
    }

    pub(crate) fn date_time(&mut self, moment: &DateTime) -> Result<(), Box<Failure>> {
        let beyond = moment.nanosecond.is_some() || moment.offset.is_some();
        match self.dialect.date_time {
            Extension::Refused if beyond => {
                let what = "the dialect has no fraction of a second and no offset";
                return Err(Failure::here(format!("{what} ({moment})")));
            }
            Extension::Prefixed if beyond => {
                self.raw("<value><ex:dateTime>");
                scalar_format::date_time(&mut self.out, moment, true);
                self.raw("</ex:dateTime></value>");
            }
            _ => {
                self.raw("<value><dateTime.iso8601>");
                scalar_format::date_time(&mut self.out, moment, false);
                self.raw("</dateTime.iso8601></value>");
            }
        }
        Ok(())
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.raw("<value><base64>");
        scalar_format::base64(&mut self.out, bytes);
        self.raw("</base64></value>");
    }

    pub(crate) fn nil(&mut self) -> Result<(), Box<Failure>> {
        match self.dialect.nil {
            Extension::Refused => return Err(Failure::here("the dialect has no nil")),
            Extension::Plain => self.raw("<value><nil/></value>"),
            Extension::Prefixed => self.raw("<value><ex:nil/></value>"),
        }
        Ok(())
    }

    /// A value of a type that is an extension, whose text needs no escape.
    pub(crate) fn extension(
        &mut self,
        extension: Extension,
        tag: &str,
        text: &str,
    ) -> Result<(), Box<Failure>> {
        let prefix = match extension {
            Extension::Refused => {
                return Err(Failure::here(format!("the dialect has no {tag}")));
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
            self.raw(part);
        }
        Ok(())
    }
}
