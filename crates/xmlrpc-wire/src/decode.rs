//! Documents to values.
//!
//! The complete reader reads every document there is; the fast one reads what peers
//! really write and declines anything else, untouched. Where both read, they agree.

pub mod complete;
mod cursor;
mod encoding;
mod prolog;
mod scalar;
mod source;
mod value;

use crate::{Error, Limits, MethodCall, MethodResponse};

/// Reads a `<methodCall>`.
///
/// # Errors
///
/// Every variant of [`Error`] that has a place in the document,
/// [`Error::UnsupportedEncoding`], [`Error::Doctype`], and [`Error::TooMuch`] beyond
/// `limits`. Nothing of a document with an error is given.
pub fn decode_call(document: &[u8], limits: &Limits) -> Result<MethodCall, Error> {
    complete::decode_call(document, limits)
}

/// Reads a `<methodResponse>`: a value or a fault.
///
/// # Errors
///
/// As [`decode_call`].
pub fn decode_response(document: &[u8], limits: &Limits) -> Result<MethodResponse, Error> {
    complete::decode_response(document, limits)
}

#[cfg(test)]
mod tests;
