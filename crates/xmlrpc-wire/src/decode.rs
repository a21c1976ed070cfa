//! Documents to values.
//!
//! The complete reader reads every document there is; the fast one reads what peers
//! really write and declines anything else, untouched. Where both read, they agree.

pub mod complete;
pub mod fast;
mod scalar_parser;

use crate::{Error, Limits, MethodCall, MethodResponse};

/// Reads a `<methodCall>`.
///
/// # Errors
///
/// Every variant of [`Error`] that has a place in the document,
/// [`Error::UnsupportedEncoding`], [`Error::Doctype`], and [`Error::LimitExceeded`] beyond
/// `limits`. Nothing of a document with an error is given.
pub fn decode_call(document: &[u8], limits: &Limits) -> Result<MethodCall, Error> {
    match fast::decode_call(document, limits) {
        Some(call) => Ok(call),
        None => complete::decode_call(document, limits),
    }
}

/// Reads a `<methodResponse>`: a value or a fault.
///
/// # Errors
///
/// As [`decode_call`].
pub fn decode_response(document: &[u8], limits: &Limits) -> Result<MethodResponse, Error> {
    match fast::decode_response(document, limits) {
        Some(response) => Ok(response),
        None => complete::decode_response(document, limits),
    }
}

#[cfg(test)]
mod tests;
