//! The end of a program's error output.

/// The most bytes that go with a failure.
pub(crate) const FAILURE_BYTES: usize = 2000;

/// The most bytes that are given on request.
pub(crate) const REQUESTED_BYTES: usize = 64 * 1024;

/// The last bytes of an error output, up to twice as many as are given.
#[derive(Debug)]
pub(crate) struct ErrorTail {
    bytes: Vec<u8>,
    most: usize,
}

impl ErrorTail {
    /// Returns nothing yet. At most so many bytes are given.
    pub(crate) fn new(most: usize) -> Self {
        ErrorTail {
            bytes: Vec::new(),
            most,
        }
    }

    pub(crate) fn push(&mut self, part: &[u8]) {
        self.bytes.extend_from_slice(part);
        if self.bytes.len() > 2 * self.most {
            self.bytes.drain(..self.bytes.len() - self.most);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Returns the last bytes, as text.
    pub(crate) fn text(&self) -> String {
        let mut from = self.bytes.len().saturating_sub(self.most);
        // A character of UTF-8 that was cut has left bytes of the form 10xxxxxx.
        let is_rest = |from: usize| self.bytes.get(from).is_some_and(|byte| byte >> 6 == 0b10);
        while from > 0 && is_rest(from) {
            from += 1;
        }
        let end = self.bytes.get(from..).unwrap_or_default();
        String::from_utf8_lossy(end).trim().to_owned()
    }
}

/// Returns the end of a text, so many bytes at most.
pub(crate) fn end_of(text: &str, most: usize) -> &str {
    let mut from = text.len().saturating_sub(most);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    text.get(from..).unwrap_or_default().trim_start()
}
