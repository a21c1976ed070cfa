//! The replies of a server as records.

use std::borrow::Cow;

use redis::Value;

/// An entry of a stream: its id, and its fields with their values.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) id: String,
    fields: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Entry {
    /// Reads an entry. None if it is none.
    pub(crate) fn read(id: Value, fields: Value) -> Option<Self> {
        let mut flat = list(fields).into_iter();
        let mut fields = Vec::new();
        while let (Some(name), Some(value)) = (flat.next(), flat.next()) {
            fields.push((bytes(name)?, bytes(value)?));
        }
        Some(Self {
            id: text(id)?,
            fields,
        })
    }

    /// Returns the value of a field.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        let field = self.fields.iter().find(|(of, _)| of == name.as_bytes());
        field.map(|(_, value)| &**value)
    }

    /// Takes the value of a field.
    pub(crate) fn take(&mut self, name: &str) -> Option<Vec<u8>> {
        let at = self
            .fields
            .iter()
            .position(|(of, _)| of == name.as_bytes())?;
        Some(self.fields.swap_remove(at).1)
    }

    /// Returns the value of a field as text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.get(name)?).ok()
    }

    /// Returns the value of a field as text, whatever a worker in another language has written there. An
    /// empty text if it is missing.
    pub(crate) fn any_text(&self, name: &str) -> Cow<'_, str> {
        String::from_utf8_lossy(self.get(name).unwrap_or_default())
    }

    /// Returns true if the entry begins with fields of these names.
    pub(crate) fn begins_with(&self, names: &[&str]) -> bool {
        let fields = self.fields.iter().map(|(name, _)| &**name);
        let names: Vec<&[u8]> = names.iter().map(|name| name.as_bytes()).collect();
        fields.take(names.len()).eq(names.iter().copied())
    }

    /// Returns the value of a field as a number.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }
}

/// Returns the entries of a reply of XREAD or XREADGROUP with one stream.
pub(crate) fn entries(reply: Value) -> Vec<Entry> {
    let stream = list(reply).into_iter().next();
    let stream = stream.map(list).unwrap_or_default().into_iter().nth(1);
    stream.map(entries_of_list).unwrap_or_default()
}

/// Returns the entries of a list of entries.
pub(crate) fn entries_of_list(list_of_entries: Value) -> Vec<Entry> {
    let entry = |entry| {
        let mut parts = list(entry).into_iter();
        Entry::read(parts.next()?, parts.next()?)
    };
    let entries = list(list_of_entries).into_iter();
    entries.filter_map(entry).collect()
}

/// Returns the elements of an array; none of what is no array.
pub(crate) fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) | Value::Set(items) => items,
        _ => Vec::new(),
    }
}

/// Returns the bytes of a string.
pub(crate) fn bytes(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) => Some(text.into_bytes()),
        Value::Okay => Some(b"OK".to_vec()),
        Value::Int(number) => Some(number.to_string().into_bytes()),
        _ => None,
    }
}

/// Returns the text of a string. What is no UTF-8 is replaced: the names that workers in other languages
/// choose come in lists with others, which are not to be shifted.
pub(crate) fn text(value: Value) -> Option<String> {
    let text = String::from_utf8(bytes(value)?);
    Some(text.unwrap_or_else(|odd| String::from_utf8_lossy(odd.as_bytes()).into_owned()))
}

/// Returns the texts of an array's strings.
pub(crate) fn texts(value: Value) -> Vec<String> {
    list(value).into_iter().filter_map(text).collect()
}

/// Returns a whole number.
pub(crate) fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        _ => None,
    }
}
