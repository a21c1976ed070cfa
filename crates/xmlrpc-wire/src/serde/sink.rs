//! The interface between the serializer and the places that its values go to.

use crate::error::Error;
use crate::value::Value;

/// A receiver of values in the order of the document.
///
/// An array is `array`, for each item `item`, a value and `end_item`, then `end_array`. A struct
/// is `structure`, for each member `member`, a value and `end_member`, then `end_structure`.
pub(super) trait Sink {
    /// Takes a value that is not a string, bytes, an array or a struct.
    fn scalar(&mut self, value: Value) -> Result<(), Error>;
    /// Takes a string.
    fn text(&mut self, text: &str) -> Result<(), Error>;
    /// Takes bytes, as base64.
    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error>;
    /// Opens an array.
    fn array(&mut self) -> Result<(), Error>;
    /// Opens an item.
    fn item(&mut self) {}
    /// Closes an item.
    fn end_item(&mut self) {}
    /// Closes an array.
    fn end_array(&mut self);
    /// Opens a struct.
    fn structure(&mut self) -> Result<(), Error>;
    /// Opens a member.
    fn member(&mut self, name: &str) -> Result<(), Error>;
    /// Closes a member.
    fn end_member(&mut self);
    /// Closes a struct.
    fn end_structure(&mut self);
}
