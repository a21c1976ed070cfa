//! The XML parser's input, made from the document.
//!
//! The input is the document's text with some changes. It is in UTF-8, without white space
//! before the XML declaration. A prefix `ex` that is used without a declaration is declared. A
//! pair of references to surrogates is replaced by its character. A long run of base64 is
//! replaced by a placeholder, a processing instruction, since the parser takes two calls for
//! each character. The changes are recorded, so that a place in the input can be converted to
//! a place in the document.

use std::borrow::Cow;

use crate::decode::complete::encoding::{Encoding, locate};
use crate::decode::complete::{prolog, surrogates};
use crate::error::{Error, Position};
use crate::limits::{Limit, Limits};

/// Apache's declaration of `ex`. The reader ignores what the prefix is bound to.
const DECLARATION: &str = " xmlns:ex='http://ws.apache.org/xmlrpc/namespaces/extensions'";

/// The least number of bytes of a run that is replaced.
const MIN_RUN: usize = 4096;

/// The name of the processing instruction that replaces a run; its content is a number.
pub(super) const PLACEHOLDER: &str = "xmlrpc-wire-run";

/// A document's text and its changes.
pub(super) struct ParserInput<'d> {
    /// The document's text, without what was skipped before it.
    text: Cow<'d, str>,
    encoding: Encoding,
    skipped: Skipped,
    /// The changes, by their place in the text. A placeholder's number is an index here.
    edits: Vec<Edit>,
    /// The text with the changes, if there are any.
    edited: Option<String>,
}

/// The white space and the byte order mark before a document's text.
///
/// XML allows no white space before its declaration. Programs write some all the same: a line
/// end after a script's last `?>` is enough.
#[derive(Default)]
struct Skipped {
    bytes: usize,
    lines: u64,
    /// Characters after the last line end.
    columns: u64,
}

impl Skipped {
    /// Adds white space whose characters have `unit` bytes each.
    fn add(&mut self, blanks: &str, unit: usize) {
        self.bytes += blanks.len() * unit;
        self.lines += blanks.bytes().filter(|byte| *byte == b'\n').count() as u64;
        self.columns = match blanks.rsplit_once('\n') {
            Some((_, last)) => last.len() as u64,
            None => self.columns + blanks.len() as u64,
        };
    }

    /// Converts a place in the text to one in the document.
    fn before(&self, mut at: Position) -> Position {
        if at.line == 1 {
            at.column += self.columns;
        }
        at.line += self.lines;
        at.offset += self.bytes as u64;
        at
    }
}

/// One change of the text.
struct Edit {
    /// The place in the text, in bytes.
    at: usize,
    /// The number of bytes that are removed there.
    removed: usize,
    /// The text that is inserted there.
    inserted: String,
    /// True for a run that a placeholder stands for.
    is_run: bool,
}

impl<'d> ParserInput<'d> {
    /// Decodes a document and makes the changes.
    ///
    /// `charset` is the one that the transport names. A document that is not in it is read by
    /// its declaration.
    pub(super) fn new(
        document: &'d [u8],
        charset: Option<&str>,
        limits: &Limits,
    ) -> Result<Self, Error> {
        if document.len() > limits.bytes {
            return Err(Error::LimitExceeded {
                limit: Limit::Bytes,
                max: limits.bytes,
            });
        }
        let mut skipped = Skipped::default();
        let document = skip_blanks(document, &mut skipped);
        let (mut encoding, mark) = Encoding::detect(document, charset)?;
        skipped.bytes += mark;
        let mut decoded = encoding.decode(&document[mark..]);
        if decoded.is_err() && charset.is_some() && mark == 0 {
            encoding = Encoding::declared(document)?;
            decoded = encoding.decode(document);
        }
        let mut text = decoded.map_err(|error| match error {
            Error::NotWellFormed { at, reason } => Error::NotWellFormed {
                at: skipped.before(at),
                reason,
            },
            other => other,
        })?;
        let blanks = text.len() - text.trim_start_matches(prolog::BLANKS).len();
        if blanks > 0 {
            skipped.add(&text[..blanks], encoding.encoded_len(" "));
            text = match text {
                Cow::Borrowed(text) => Cow::Borrowed(&text[blanks..]),
                Cow::Owned(text) => Cow::Owned(text[blanks..].to_owned()),
            };
        }
        if text.starts_with("<?xml\u{FEFF}") {
            return Err(Error::NotWellFormed {
                at: skipped.before(locate("<?xml", encoding)),
                reason: "a byte order mark within the XML declaration".to_owned(),
            });
        }
        let root = prolog::root_offset(&text)?;
        let mut edits = long_base64_runs(&text);
        edits.extend(surrogate_pairs(&text, &edits));
        if text.contains("<ex:")
            && let Some(at) = prolog::attribute_insertion_point(&text[root..], "xmlns:ex")
        {
            edits.push(Edit {
                at: root + at,
                removed: 0,
                inserted: DECLARATION.to_owned(),
                is_run: false,
            });
        }
        edits.sort_by_key(|edit| edit.at);
        let edited = (!edits.is_empty()).then(|| apply(&text, &mut edits));
        Ok(ParserInput {
            text,
            encoding,
            skipped,
            edits,
            edited,
        })
    }

    /// Returns the text for the parser.
    pub(super) fn xml(&self) -> &str {
        self.edited.as_deref().unwrap_or(&self.text)
    }

    /// Returns the run that a placeholder with this content replaces.
    pub(super) fn run(&self, number: &str) -> Option<&str> {
        let edit = self.edits.get(number.parse::<usize>().ok()?)?;
        edit.is_run
            .then(|| &self.text[edit.at..edit.at + edit.removed])
    }

    /// Returns the place in the document of a row and a column of the parser, both from 0.
    pub(super) fn locate(&self, row: u64, column: u64) -> Position {
        let at = self.in_text(offset(self.xml(), row, column));
        self.skipped.before(locate(&self.text[..at], self.encoding))
    }

    /// Converts an offset in the parser's text to one in the document's text.
    fn in_text(&self, offset: usize) -> usize {
        // Walks over the kept text and the insertions by turns. A place within an insertion
        // is that of the edit.
        let mut left = offset;
        let mut from = 0;
        for edit in &self.edits {
            let kept = edit.at - from;
            if left <= kept {
                return from + left;
            }
            left -= kept;
            if left < edit.inserted.len() {
                return edit.at;
            }
            left -= edit.inserted.len();
            from = edit.at + edit.removed;
        }
        from + left
    }
}

/// Returns the text with all edits made, after it has filled in the placeholders.
fn apply(text: &str, edits: &mut [Edit]) -> String {
    let mut out =
        String::with_capacity(text.len() - edits.iter().map(|e| e.removed).sum::<usize>());
    let mut from = 0;
    for (number, edit) in edits.iter_mut().enumerate() {
        if edit.is_run {
            edit.inserted = format!("<?{PLACEHOLDER} {number}?>");
        }
        out.push_str(&text[from..edit.at]);
        out.push_str(&edit.inserted);
        from = edit.at + edit.removed;
    }
    out.push_str(&text[from..]);
    out
}

/// Returns the document without the white space before a tag or a byte order mark.
fn skip_blanks<'d>(document: &'d [u8], skipped: &mut Skipped) -> &'d [u8] {
    let blanks = document.iter().take_while(|byte| prolog::is_blank(**byte));
    let (blanks, rest) = document.split_at(blanks.count());
    // A zero follows white space in UTF-16, which has two bytes for each character.
    match (std::str::from_utf8(blanks), rest) {
        (Ok(_), [0, ..]) | (Err(_), _) => document,
        (Ok(blanks), _) => {
            skipped.add(blanks, 1);
            rest
        }
    }
}

/// Returns the byte offset of a row and a column, both in characters from 0, or the text's
/// length if there is no such place. A line ends with a line feed, a carriage return or
/// both, as XML defines it.
fn offset(text: &str, row: u64, column: u64) -> usize {
    let (mut here, mut after_cr) = ((0, 0), false);
    for (at, c) in text.char_indices() {
        let ends_cr = after_cr && c == '\n';
        if here >= (row, column) && !ends_cr {
            return at;
        }
        match c {
            _ if ends_cr => {}
            '\r' | '\n' => here = (here.0 + 1, 0),
            _ => here.1 += 1,
        }
        after_cr = c == '\r';
    }
    text.len()
}

/// Returns edits that remove the long runs of base64, wrapped or not, which are the whole
/// text between two tags.
fn long_base64_runs(text: &str) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    if text.len() < MIN_RUN {
        return edits;
    }
    let bytes = text.as_bytes();
    let mut kept_from = 0;
    let mut from = 0;
    // In a CDATA section a placeholder would be text, and within another instruction it would
    // end that one. A document with either keeps all of its text.
    let clean = |part: &str| !part.contains("<![CDATA[") && !part.contains("<?");
    let prolog = if text.starts_with("<?xml") { 2 } else { 0 };
    while let Some(start) = text[from..].find('>').map(|at| from + at + 1) {
        let end = text[start..].find('<').map_or(bytes.len(), |at| start + at);
        from = end;
        if end - start < MIN_RUN || end == bytes.len() || !bytes[start..end].iter().all(is_base64) {
            continue;
        }
        if !clean(&text[kept_from.max(prolog)..start]) {
            return Vec::new();
        }
        edits.push(Edit {
            at: start,
            removed: end - start,
            inserted: String::new(),
            is_run: true,
        });
        kept_from = end;
    }
    if edits.is_empty() || !clean(&text[kept_from.max(prolog)..]) {
        return Vec::new();
    }
    edits
}

/// Returns edits that replace pairs of references to surrogates. No pair is in a run, and a
/// text with runs has no CDATA.
fn surrogate_pairs(text: &str, runs: &[Edit]) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut from = 0;
    let ends = runs.iter().map(|run| (run.at, run.at + run.removed));
    for (end, next) in ends.chain([(text.len(), text.len())]) {
        for (at, removed, character) in surrogates::pairs(&text[from..end]) {
            edits.push(Edit {
                at: from + at,
                removed,
                inserted: character.to_string(),
                is_run: false,
            });
        }
        from = next;
    }
    edits
}

/// Returns whether the byte is of base64's alphabet, padding or white space.
fn is_base64(byte: &u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'=' | b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests;
