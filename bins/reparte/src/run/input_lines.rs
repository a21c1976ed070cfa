//! The lines of a table's input, as the parser of rows gets them.

use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::run::line_reader::LONGEST;

/// The input, of which the parser gets a line at a time: so it has read no line beyond its row. A
/// line ends with `\n`, `\r\n` or `\r`, since the parser ends a row at each of them. A row has a
/// limit: a quote without its second one would make one row of the whole file.
///
/// Behind the end of the input there is one more `\n`. It ends the last row, and is an empty line
/// if that has ended. A parser that asks for more within a row is in a cell whose quote is open.
pub(super) struct InputLines {
    input: Box<dyn BufRead + Send>,
    counts: Arc<Counts>,
    place: Place,
}

impl InputLines {
    pub(super) fn new(input: impl BufRead + Send + 'static, counts: &Arc<Counts>) -> Self {
        InputLines {
            input: Box::new(input),
            counts: Arc::clone(counts),
            place: Place::LineStart,
        }
    }
}

/// The place in the input behind what the parser has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    LineStart,
    InLine,
    /// Behind a `\r`. A `\n` belongs to the same line end.
    AfterReturn,
}

/// The counts of an input. The parser owns it, so they are shared; one thread uses them.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// The lines that the parser has, or has a part of.
    pub(super) lines: AtomicU64,
    /// The bytes that it may have before its row has to end.
    pub(super) allowed: AtomicU64,
    /// The times that it has read at the end of the input.
    ends: AtomicU64,
}

impl Counts {
    /// Returns whether the parser has read on behind the `\n` that follows the input.
    pub(super) fn is_beyond_end(&self) -> bool {
        self.ends.load(Relaxed) > 1
    }

    /// Returns how many bytes the parser has that are not of the input: the `\n` behind it.
    pub(super) fn bytes_beyond_end(&self) -> u64 {
        self.ends.load(Relaxed).min(1)
    }
}

impl InputLines {
    /// Gives the parser the `\n` behind the input, and nothing after it.
    fn end(&self, buffer: &mut [u8]) -> usize {
        let is_first = self.counts.ends.fetch_add(1, Relaxed) == 0;
        match buffer.first_mut() {
            Some(byte) if is_first => {
                if self.place == Place::LineStart {
                    self.counts.lines.fetch_add(1, Relaxed);
                }
                *byte = b'\n';
                1
            }
            _ => 0,
        }
    }
}

impl Read for InputLines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let allowed = self.counts.allowed.load(Relaxed);
        if allowed == 0 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("a row is longer than {LONGEST} bytes: a quote may lack its second one"),
            ));
        }
        let there = match self.counts.ends.load(Relaxed) {
            0 => self.input.fill_buf()?,
            _ => &[],
        };
        if there.is_empty() {
            return Ok(self.end(buffer));
        }
        let part = first_line(there.get(..buffer.len()).unwrap_or(there));
        let count = part.len();
        if let Some(place) = buffer.get_mut(..count) {
            place.copy_from_slice(part);
        }
        let is_rest_of_end = self.place == Place::AfterReturn && part == b"\n";
        if self.place != Place::InLine && !is_rest_of_end {
            self.counts.lines.fetch_add(1, Relaxed);
        }
        self.place = match part.last() {
            Some(b'\n') => Place::LineStart,
            Some(b'\r') => Place::AfterReturn,
            _ => Place::InLine,
        };
        self.input.consume(count);
        let left = allowed.saturating_sub(count as u64);
        self.counts.allowed.store(left, Relaxed);
        Ok(count)
    }
}

/// Returns the beginning of some bytes, up to the first line end and with it.
fn first_line(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
    let length = end.map_or(bytes.len(), |end| match bytes.get(end..) {
        Some([b'\r', b'\n', ..]) => end + 2,
        _ => end + 1,
    });
    bytes.get(..length).unwrap_or(bytes)
}

/// Counts line ends as [`InputLines`] does: `\n`, `\r\n` and `\r` are one each.
pub(super) fn line_ends(cell: &[u8]) -> u64 {
    let mut last = b' ';
    let is_end = |&byte: &u8| {
        let is_end = byte == b'\r' || (byte == b'\n' && last != b'\r');
        last = byte;
        is_end
    };
    cell.iter().copied().filter(is_end).count() as u64
}
