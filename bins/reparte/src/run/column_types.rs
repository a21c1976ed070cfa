//! The types of columns: those of `--arg-type`.

use std::fmt;

use xmlrpc_client::Value;

use crate::value_type::ValueType;

/// A type for all columns, or one for each.
#[derive(Debug, Clone)]
pub(super) struct ColumnTypes(pub(super) Vec<ValueType>);

impl ColumnTypes {
    /// Reads the cells of a row.
    ///
    /// # Errors
    ///
    /// There are not as many as types, or one is not of its type.
    pub(super) fn read(&self, cells: &[String]) -> Result<Vec<Value>, String> {
        let types = &self.0;
        if types.len() > 1 && types.len() != cells.len() {
            return Err(format!(
                "{}, and --arg-type has {} types: give one for all columns, or one for each",
                counted(cells.len()),
                types.len()
            ));
        }
        let columns = cells.iter().zip(types.iter().cycle()).enumerate();
        columns
            .map(|(at, (cell, kind))| {
                let read = kind.read(cell);
                read.map_err(|reason| format!("column {}: {reason}", at + 1))
            })
            .collect()
    }
}

/// Returns a number of columns in words.
pub(super) fn counted(columns: usize) -> String {
    match columns {
        1 => "1 column".to_owned(),
        many => format!("{many} columns"),
    }
}

impl fmt::Display for ColumnTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().map(|kind| kind.name()).collect();
        f.write_str(&names.join(","))
    }
}
