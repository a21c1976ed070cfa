//! The formats of a table: CSV and TSV.

use csv::{ByteRecord, QuoteStyle, ReaderBuilder, WriterBuilder};

/// The separator of a format, and whether its cells may have quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    /// With quotes, and this byte between cells: a comma unless told.
    Csv(Option<u8>),
    Tsv,
}

impl Table {
    pub(super) fn reader(self) -> ReaderBuilder {
        let mut reader = ReaderBuilder::new();
        // The lengths of rows are checked with a better remedy.
        reader.has_headers(false).flexible(true);
        reader.delimiter(self.separator());
        if self == Table::Tsv {
            reader.quoting(false);
        }
        reader
    }

    /// Returns the format of CSV with this text between cells.
    ///
    /// # Errors
    ///
    /// The text is no character that can stand between cells.
    pub(super) fn csv(separator: &str) -> Result<Self, String> {
        match separator.as_bytes() {
            [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => {
                Ok(Table::Csv(Some(*byte)))
            }
            _ => Err(format!(
                "{separator:?} can't stand between the cells of a table: give one character, such \
                 as ; or \\t for a tab"
            )),
        }
    }

    /// Returns the byte between cells.
    pub(super) fn separator(self) -> u8 {
        match self {
            Table::Csv(separator) => separator.unwrap_or(b','),
            Table::Tsv => b'\t',
        }
    }

    /// Returns the byte between cells that may have quotes.
    pub(super) fn quoted_separator(self) -> Option<u8> {
        matches!(self, Table::Csv(_)).then_some(self.separator())
    }

    /// Checks that the first row has been taken apart.
    ///
    /// # Errors
    ///
    /// It is one column that has the separator of another format, and nobody has named one.
    pub(super) fn check_names(self, names: &[String]) -> Result<(), String> {
        let ([name], Table::Csv(None)) = (names, self) else {
            return Ok(());
        };
        let (found, remedy) = match name {
            name if name.contains(';') => ("semicolons", "--colsep ';'"),
            name if name.contains('\t') => ("tabs", "--input tsv, or --colsep '\\t' with quotes"),
            _ => return Ok(()),
        };
        Err(format!(
            "the first row is one column and has {found}, as a spreadsheet writes where the comma \
             is the decimal one: give {remedy}; or --colsep , if the table has one column"
        ))
    }

    /// Returns a row as a line without its end, quoted where that is needed.
    pub(super) fn line(self, row: &ByteRecord) -> Vec<u8> {
        let mut writer = WriterBuilder::new();
        writer.delimiter(self.separator());
        if self == Table::Tsv {
            writer.quote_style(QuoteStyle::Never);
        }
        let mut writer = writer.from_writer(Vec::new());
        // Nothing fails in memory.
        let _ = writer.write_byte_record(row);
        let mut line = writer.into_inner().unwrap_or_default();
        line.pop_if(|last| *last == b'\n');
        line
    }

    /// The name of the format, as a journal keeps it: it may never change.
    pub(super) fn name(self) -> String {
        match self {
            Table::Csv(_) if self.separator() == b',' => "CSV".to_owned(),
            Table::Csv(_) => format!("CSV with {:?}", char::from(self.separator())),
            Table::Tsv => "TSV".to_owned(),
        }
    }
}
