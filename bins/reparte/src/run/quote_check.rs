//! The check of a CSV table's quotes, beside the parser, which takes a stray quote as it comes.
//!
//! | in | byte | next |
//! | --- | --- | --- |
//! | the start of a row or cell | a quote | a quoted cell |
//! | a quoted cell | a quote | behind a quote |
//! | behind a quote | a quote | a quoted cell: two quotes are one of its text |
//! | behind a quote | text | a plain cell, and the row is torn |
//! | a plain cell | a quote | a plain cell, with a bare quote |
//! | all but a quoted cell | a separator, a line end | the start of a cell, of a row |
//!
//! A stray quote makes one cell of all that follows, up to the next quote. That quote begins or
//! ends a cell of its own, so text stands beside it: the row is torn, or has a bare quote.

/// The most lines of a row that nobody is told of.
const MANY_LINES: u64 = 100;

/// A place in the input, counted from 1, in lines and characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Place {
    line: u64,
    column: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    RowStart,
    CellStart,
    Plain,
    Quoted,
    /// Behind a quote of a quoted cell.
    Closed,
}

/// The bytes of a row, and the places of its quotes.
#[derive(Debug, Default)]
pub(super) struct RowQuotes {
    /// The row as it stands in the input, without the line end behind it.
    pub(super) bytes: Vec<u8>,
    first_line: u64,
    /// The number of lines that have ended within the row.
    line_ends: u64,
    /// The quote that opens its latest quoted cell.
    opened: Place,
    /// The first cell that spans lines, by its opening quote.
    long_cell: Option<Place>,
    /// The opening quote of a cell, and the quote that closes it and has text behind it.
    torn: Option<(Place, Place)>,
    /// The first quote in a cell that does not begin with one.
    bare: Option<Place>,
    /// The separators in its latest line.
    separators: usize,
    /// True if some line of it has another number of columns than the first row.
    has_other_line: bool,
    pub(super) is_open: bool,
}

/// Reads each byte that the parser gets.
#[derive(Debug)]
pub(super) struct QuoteCheck {
    /// `None` if the table has no quotes.
    separator: Option<u8>,
    /// The number of columns of the first row.
    columns: usize,
    state: State,
    place: Place,
    is_line_start: bool,
    is_after_return: bool,
    row: RowQuotes,
}

impl QuoteCheck {
    pub(super) fn new(separator: Option<u8>) -> Self {
        QuoteCheck {
            separator,
            columns: 0,
            state: State::RowStart,
            place: Place::default(),
            is_line_start: true,
            is_after_return: false,
            row: RowQuotes::default(),
        }
    }

    /// Sets the number of columns of the first row.
    pub(super) fn set_columns(&mut self, columns: usize) {
        self.columns = columns;
    }

    /// Takes the row that the parser has.
    pub(super) fn take_row(&mut self) -> RowQuotes {
        self.row.is_open = self.state == State::Quoted;
        std::mem::take(&mut self.row)
    }

    pub(super) fn read(&mut self, bytes: &[u8]) {
        if let Some(separator) = self.separator {
            bytes
                .iter()
                .for_each(|&byte| self.read_byte(byte, separator));
        }
    }

    /// Reads the end of the input, which ends a row.
    pub(super) fn end(&mut self) {
        if !matches!(self.state, State::RowStart | State::Quoted) {
            self.row.end_line(self.columns);
            self.state = State::RowStart;
        }
    }

    fn read_byte(&mut self, byte: u8, separator: u8) {
        if std::mem::replace(&mut self.is_after_return, byte == b'\r') && byte == b'\n' {
            if self.state == State::Quoted {
                self.row.bytes.push(byte);
            }
            return;
        }
        if std::mem::take(&mut self.is_line_start) {
            self.place.line += 1;
            self.place.column = 0;
        }
        // The bytes that continue a character of UTF-8 have no column of their own.
        self.place.column += u64::from(byte & 0xc0 != 0x80);
        let is_line_end = matches!(byte, b'\n' | b'\r');
        self.is_line_start = is_line_end;
        if self.state == State::RowStart {
            if is_line_end {
                return;
            }
            self.row = RowQuotes {
                first_line: self.place.line,
                ..RowQuotes::default()
            };
            self.state = State::CellStart;
        }
        let (row, place) = (&mut self.row, self.place);
        row.separators += usize::from(byte == separator);
        self.state = match (self.state, byte) {
            (State::Quoted, b'"') => State::Closed,
            (State::Quoted, _) => {
                if is_line_end {
                    row.long_cell.get_or_insert(row.opened);
                    row.end_line(self.columns);
                }
                State::Quoted
            }
            (State::Closed, b'"') => State::Quoted,
            (State::CellStart, b'"') => {
                row.opened = place;
                State::Quoted
            }
            (_, byte) if byte == separator => State::CellStart,
            _ if is_line_end => {
                row.end_line(self.columns);
                State::RowStart
            }
            (State::Closed, _) => {
                let closed = Place {
                    column: place.column - 1,
                    ..place
                };
                row.torn.get_or_insert((row.opened, closed));
                State::Plain
            }
            (_, b'"') => {
                row.bare.get_or_insert(place);
                State::Plain
            }
            _ => State::Plain,
        };
        if self.state != State::RowStart {
            row.bytes.push(byte);
        }
    }
}

impl RowQuotes {
    fn end_line(&mut self, columns: usize) {
        // An empty line between rows is none.
        let has_text = !matches!(self.bytes.last(), None | Some(b'\n' | b'\r'));
        self.has_other_line |= has_text && self.separators + 1 != columns;
        self.separators = 0;
        self.line_ends += 1;
    }

    /// Checks that the quotes of the row have one meaning.
    ///
    /// # Errors
    ///
    /// A quote is never closed, or stands beside text of its cell. In a row of one line a quote
    /// within a cell that does not begin with one is text.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.is_open {
            return Err(format!(
                "the quote that opens in line {} is never closed, so the rest of the table is in \
                 its cell: close it, or write it twice within quotes if it is text",
                self.opened.line
            ));
        }
        if let Some((opened, closed)) = self.torn {
            return Err(format!(
                "the quote in line {}, column {} closes the cell that begins in line {}, column \
                 {}, and text follows: take a stray quote out, or write a quote that is text \
                 twice, within quotes",
                closed.line, closed.column, opened.line, opened.column
            ));
        }
        match (self.bare, self.long_cell) {
            (Some(bare), Some(opened)) => Err(format!(
                "a quoted cell that begins in line {}, column {} spans lines, and the quote in \
                 line {}, column {} is within a cell without quotes: take a stray quote out, or \
                 write a quote that is text twice, within quotes",
                opened.line, opened.column, bare.line, bare.column
            )),
            _ => Ok(()),
        }
    }

    /// Returns a warning if the row is well formed, and a stray quote may have made it of several.
    pub(super) fn warning(&self, columns: usize) -> Option<String> {
        let opened = self.long_cell?;
        let last = self.first_line + self.line_ends.saturating_sub(1);
        let are_rows = columns > 1 && !self.has_other_line;
        let reason = match are_rows {
            true => "and each line would be a row by itself",
            false if self.line_ends > MANY_LINES => "which are many",
            false => return None,
        };
        Some(format!(
            "the quote in line {}, column {} makes one row of lines {} to {last}, {reason}: check \
             that it is not stray",
            opened.line, opened.column, self.first_line
        ))
    }
}
