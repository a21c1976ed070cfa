//! Documents to values.
//!
//! There are two readers. The fast reader reads the documents that peers usually write, and
//! declines every other one. The complete reader then reads the document from its beginning,
//! and makes every error. Where both read a document, they agree.

pub mod complete;
mod content_type;
pub(crate) mod decoder;
pub mod fast;
mod scalar_parser;

use crate::error::Error;
use crate::limits::Limits;
use crate::message::{MethodCall, MethodResponse};

/// Reads a `<methodCall>`.
///
/// # Errors
///
/// [`Error::NotWellFormed`], [`Error::UnsupportedEncoding`], [`Error::Doctype`],
/// [`Error::Unexpected`], [`Error::BadScalar`], or [`Error::LimitExceeded`] for a document
/// beyond `limits`. No part of a document with an error is returned.
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
/// Those of [`decode_call`].
pub fn decode_response(document: &[u8], limits: &Limits) -> Result<MethodResponse, Error> {
    match fast::decode_response(document, limits) {
        Some(response) => Ok(response),
        None => complete::decode_response(document, limits),
    }
}

#[cfg(test)]
mod tests;
