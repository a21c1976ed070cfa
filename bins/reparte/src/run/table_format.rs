//! The formats of a table: CSV and TSV.

use csv::{ByteRecord, QuoteStyle, ReaderBuilder, WriterBuilder};

/// The delimiter of a format, and whether its cells may have quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    Csv,
    Tsv,
}

impl Table {
    pub(super) fn reader(self) -> ReaderBuilder {
        let mut reader = ReaderBuilder::new();
        // The lengths of rows are checked with a better remedy.
        reader.has_headers(false).flexible(true);
        if self == Table::Tsv {
            reader.delimiter(b'\t').quoting(false);
        }
        reader
    }

    /// Returns a row as a line without its end, quoted where that is needed.
    pub(super) fn line(self, row: &ByteRecord) -> Vec<u8> {
        let mut writer = WriterBuilder::new();
        if self == Table::Tsv {
            writer.delimiter(b'\t').quote_style(QuoteStyle::Never);
        }
        let mut writer = writer.from_writer(Vec::new());
        // Nothing fails in memory.
        let _ = writer.write_byte_record(row);
        let mut line = writer.into_inner().unwrap_or_default();
        line.pop_if(|last| *last == b'\n');
        line
    }

    /// The name of the format, as a journal keeps it: it may never change.
    pub(super) fn name(self) -> &'static str {
        match self {
            Table::Csv => "CSV",
            Table::Tsv => "TSV",
        }
    }
}
