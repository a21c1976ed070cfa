//! The end of a program's error output.

/// The most bytes that are kept.
const MAX_ERRORS: usize = 2000;

/// The last bytes of an error output, up to twice [`MAX_ERRORS`].
#[derive(Debug, Default)]
pub(crate) struct ErrorTail(Vec<u8>);

impl ErrorTail {
    pub(crate) fn push(&mut self, part: &[u8]) {
        self.0.extend_from_slice(part);
        if self.0.len() > 2 * MAX_ERRORS {
            self.0.drain(..self.0.len() - MAX_ERRORS);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns the last [`MAX_ERRORS`] bytes, as text.
    pub(crate) fn text(&self) -> String {
        let mut from = self.0.len().saturating_sub(MAX_ERRORS);
        // A character of UTF-8 that was cut has left bytes of the form 10xxxxxx.
        let is_rest = |from: usize| self.0.get(from).is_some_and(|byte| byte >> 6 == 0b10);
        while from > 0 && is_rest(from) {
            from += 1;
        }
        let end = self.0.get(from..).unwrap_or_default();
        String::from_utf8_lossy(end).trim().to_owned()
    }
}
