//! The sink that builds a value.

use crate::error::Error;
use crate::serde::sink::Sink;
use crate::value::Value;

/// Builds a [`Value`].
#[derive(Default)]
pub(super) struct ValueSink {
    /// The open arrays and structs, the outermost first.
    open: Vec<Open>,
    /// The whole value, once it is closed.
    done: Option<Value>,
}

/// An array or a struct whose end has not come yet.
enum Open {
    Array(Vec<Value>),
    /// The members, and the name of the next one.
    Struct(Vec<(String, Value)>, String),
}

impl ValueSink {
    /// Returns the value, or nil if there was none.
    pub(super) fn finish(self) -> Value {
        self.done.unwrap_or(Value::Nil)
    }

    /// Adds a value to the innermost open array or struct.
    fn put(&mut self, value: Value) {
        match self.open.last_mut() {
            None => self.done = Some(value),
            Some(Open::Array(items)) => items.push(value),
            Some(Open::Struct(members, name)) => members.push((std::mem::take(name), value)),
        }
    }

    /// Closes the innermost open array or struct.
    fn close(&mut self) {
        match self.open.pop() {
            Some(Open::Array(items)) => self.put(Value::Array(items)),
            Some(Open::Struct(members, _)) => {
                self.put(Value::Struct(members.into_iter().collect()));
            }
            None => {}
        }
    }
}

impl Sink for ValueSink {
    fn scalar(&mut self, value: Value) -> Result<(), Error> {
        self.put(value);
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Error> {
        self.scalar(Value::String(text.to_owned()))
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.scalar(Value::Base64(bytes.to_vec()))
    }

    fn array(&mut self) -> Result<(), Error> {
        self.open.push(Open::Array(Vec::new()));
        Ok(())
    }

    fn end_array(&mut self) {
        self.close();
    }

    fn structure(&mut self) -> Result<(), Error> {
        self.open.push(Open::Struct(Vec::new(), String::new()));
        Ok(())
    }

    fn member(&mut self, name: &str) -> Result<(), Error> {
        if let Some(Open::Struct(_, next)) = self.open.last_mut() {
            name.clone_into(next);
        }
        Ok(())
    }

    fn end_member(&mut self) {}

    fn end_structure(&mut self) {
        self.close();
    }
}
