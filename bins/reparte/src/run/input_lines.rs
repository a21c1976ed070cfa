//! The lines of a table's input, as the parser of rows gets them.

use std::io::{self, BufRead, Read};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::run::line_reader::{BYTE_ORDER_MARK, LONGEST};
use crate::run::quote_check::QuoteCheck;

/// The input, of which the parser gets a line at a time: so it has read no line beyond its row. A
/// line ends with `\n`, `\r\n` or `\r`, since the parser ends a row at each of them. A row has a
/// limit: a quote without its second one would make one row of the whole file.
///
/// Behind the end of the input there is one more `\n`. It ends the last row, and is an empty line
/// if that has ended. A parser that asks for more within a row is in a cell whose quote is open.
///
/// A byte order mark before the first line is dropped here. The parser knows it too, and takes a
/// mark that comes alone for the end of the input.
pub(super) struct InputLines {
    input: Box<dyn BufRead + Send>,
    has_begun: bool,
    counts: Arc<Counts>,
    place: Place,
}

impl InputLines {
    pub(super) fn new(input: impl BufRead + Send + 'static, counts: &Arc<Counts>) -> Self {
        InputLines {
            input: Box::new(input),
            has_begun: false,
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
#[derive(Debug)]
pub(super) struct Counts {
    /// The lines that the parser has, or has a part of.
    pub(super) lines: AtomicU64,
    /// The bytes that it may have before its row has to end.
    pub(super) allowed: AtomicU64,
    /// The times that it has read at the end of the input.
    ends: AtomicU64,
    /// The bytes of byte order marks, which it has not.
    marks: AtomicU64,
    quotes: Mutex<QuoteCheck>,
}

impl Counts {
    /// Returns the counts of an input of which nothing is read.
    pub(super) fn new(quotes: QuoteCheck) -> Self {
        Counts {
            lines: AtomicU64::default(),
            allowed: AtomicU64::default(),
            ends: AtomicU64::default(),
            marks: AtomicU64::default(),
            quotes: Mutex::new(quotes),
        }
    }

    /// Returns the check of what the parser has.
    pub(super) fn quotes(&self) -> MutexGuard<'_, QuoteCheck> {
        self.quotes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the number of bytes before those that the parser has.
    pub(super) fn bytes_before(&self) -> u64 {
        self.marks.load(Relaxed)
    }

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
    /// Drops the byte order marks before the first line, however few bytes come at a time.
    fn begin(&mut self) -> io::Result<()> {
        let mut beginning = Vec::new();
        while let Some(&byte) = self.input.fill_buf()?.first() {
            beginning.push(byte);
            if !BYTE_ORDER_MARK.starts_with(&beginning) {
                beginning.pop();
                break;
            }
            self.input.consume(1);
            if beginning == BYTE_ORDER_MARK {
                let length = BYTE_ORDER_MARK.len() as u64;
                self.counts.marks.fetch_add(length, Relaxed);
                beginning.clear();
            }
        }
        if !beginning.is_empty() {
            let rest = std::mem::replace(&mut self.input, Box::new(io::empty()));
            self.input = Box::new(io::Cursor::new(beginning).chain(rest));
        }
        self.has_begun = true;
        Ok(())
    }

    /// Gives the parser the `\n` behind the input, and nothing after it.
    fn end(&self, buffer: &mut [u8]) -> usize {
        let is_first = self.counts.ends.fetch_add(1, Relaxed) == 0;
        match buffer.first_mut() {
            Some(byte) if is_first => {
                if self.place == Place::LineStart {
                    self.counts.lines.fetch_add(1, Relaxed);
                }
                *byte = b'\n';
                self.counts.quotes().end();
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
        if !self.has_begun {
            self.begin()?;
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
        self.counts.quotes().read(part);
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
