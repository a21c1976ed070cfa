//! The sink that writes the parameters of a call.

use crate::encode::writer::Writer;
use crate::error::Error;
use crate::serde::sink::Sink;
use crate::value::Value;

/// Writes the items of the outermost array as parameters.
pub(super) struct ParamsSink<'d> {
    writer: Writer<'d>,
    /// The number of open arrays and structs.
    open: usize,
}

impl<'d> ParamsSink<'d> {
    pub(super) fn new(writer: Writer<'d>) -> Self {
        ParamsSink { writer, open: 0 }
    }

    /// Returns the writer, after the last parameter.
    pub(super) fn finish(self) -> Writer<'d> {
        self.writer
    }

    /// Refuses a value in place of the parameter list.
    fn inside(&self) -> Result<(), Error> {
        if self.open == 0 {
            let message = "the parameters of a call are a tuple or another sequence";
            return Err(Error::custom(message));
        }
        Ok(())
    }
}

impl Sink for ParamsSink<'_> {
    fn scalar(&mut self, value: Value) -> Result<(), Error> {
        // Depth 0 is the place of the parameter list itself.
        if self.open == 0 && value == Value::Nil {
            return Ok(()); // `()` is an empty parameter list.
        }
        self.inside()?;
        self.writer.scalar(value)
    }

    fn text(&mut self, text: &str) -> Result<(), Error> {
        self.inside()?;
        Sink::text(&mut self.writer, text)
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.inside()?;
        Sink::bytes(&mut self.writer, bytes)
    }

    fn array(&mut self) -> Result<(), Error> {
        self.open += 1;
        if self.open > 1 {
            self.writer.array()?;
        }
        Ok(())
    }

    fn item(&mut self) {
        if self.open == 1 {
            self.writer.markup("<param>");
        }
    }

    fn end_item(&mut self) {
        if self.open == 1 {
            self.writer.markup("</param>");
        }
    }

    fn end_array(&mut self) {
        if self.open > 1 {
            self.writer.end_array();
        }
        self.open -= 1;
    }

    fn structure(&mut self) -> Result<(), Error> {
        self.inside()?;
        self.open += 1;
        self.writer.structure()
    }

    fn member(&mut self, name: &str) -> Result<(), Error> {
        Sink::member(&mut self.writer, name)
    }

    fn end_member(&mut self) {
        self.writer.end_member();
    }

    fn end_structure(&mut self) {
        self.open -= 1;
        self.writer.end_structure();
    }
}
