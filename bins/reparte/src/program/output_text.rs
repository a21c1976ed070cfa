//! The output of a program as a string.

use xmlrpc_wire::{Fault, Value};

/// Returns output as a string, if XML can carry it.
///
/// # Errors
///
/// The output is no UTF-8, or has a character that no document can have.
pub(crate) fn output_text(output: Vec<u8>) -> Result<String, Fault> {
    const REMEDY: &str = "with --base64 the result is bytes";
    let text = String::from_utf8(output)
        .map_err(|_| Fault::application(format!("the program's output is no UTF-8: {REMEDY}")))?;
    match unfit_character(&text) {
        None => Ok(text),
        Some(c) => Err(Fault::application(format!(
            "the program's output has the character U+{:04X}, which XML can't carry: {REMEDY}",
            u32::from(c)
        ))),
    }
}

/// Returns the first character of a text that no document can have.
pub(crate) fn unfit_character(text: &str) -> Option<char> {
    text.chars().find(|&c| !is_xml(c))
}

/// Returns whether a document can have this character (XML 1.0, production 2).
fn is_xml(c: char) -> bool {
    !matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}')
}

/// Returns the first character of a value that no document can have.
pub(crate) fn unfit_string(value: &Value) -> Option<char> {
    match value {
        Value::String(text) => unfit_character(text),
        Value::Array(values) => values.iter().find_map(unfit_string),
        Value::Struct(members) => {
            let mut members = members.iter();
            members.find_map(|(name, value)| unfit_character(name).or_else(|| unfit_string(value)))
        }
        _ => None,
    }
}

/// Returns a text without characters that no document can have.
pub(crate) fn printable(text: &str) -> String {
    let replaced = |c: char| if is_xml(c) { c } else { '\u{fffd}' };
    text.chars().map(replaced).collect()
}
