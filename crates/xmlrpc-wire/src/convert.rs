//! Conversions between Rust types and values.
//!
//! These traits are the only bounds that this crate, the client and the server put on a
//! caller's types.

pub(crate) mod bytes;
mod containers;
mod faults;
mod integers;
pub(crate) mod params;
pub(crate) mod response;
mod scalars;
pub(crate) mod value_traits;
