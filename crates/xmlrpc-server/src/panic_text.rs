//! The text of a caught panic.

use std::any::Any;

/// Returns the message of a panic's payload.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    match panic.downcast_ref::<&'static str>() {
        Some(text) => text,
        None => panic
            .downcast_ref::<String>()
            .map_or("non-string panic payload", String::as_str),
    }
}
