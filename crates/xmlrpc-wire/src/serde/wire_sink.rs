//! The sink that writes a document.

use crate::encode::writer::{EncodeError, Writer};
use crate::error::Error;
use crate::serde::sink::Sink;
use crate::value::Value;

/// Returns the crate's error with an empty path: the serializer adds the steps.
#[allow(clippy::boxed_local, reason = "the writer's errors are boxed")]
fn without_path(error: Box<EncodeError>) -> Error {
    error.rooted_at("")
}

impl Sink for Writer<'_> {
    fn scalar(&mut self, value: Value) -> Result<(), Error> {
        self.value(&value).map_err(without_path)
    }

    fn text(&mut self, text: &str) -> Result<(), Error> {
        self.string(text).map_err(without_path)
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        Writer::bytes(self, bytes);
        Ok(())
    }

    fn array(&mut self) -> Result<(), Error> {
        self.markup("<value><array><data>");
        Ok(())
    }

    fn end_array(&mut self) {
        self.markup("</data></array></value>");
    }

    fn structure(&mut self) -> Result<(), Error> {
        self.markup("<value><struct>");
        Ok(())
    }

    fn member(&mut self, name: &str) -> Result<(), Error> {
        Writer::member(self, name).map_err(without_path)
    }

    fn end_member(&mut self) {
        self.markup("</member>");
    }

    fn end_structure(&mut self) {
        self.markup("</struct></value>");
    }
}
