//! The XML parser's input, made from the document.
//!
//! The input is the document's text with three changes. It is in UTF-8. A prefix `ex` that is
//! used without a declaration is declared. A long run of base64 is replaced by a placeholder,
//! a processing instruction, since the parser takes two calls for each character. The changes
//! are recorded, so that a place in the input can be converted to a place in the document.

use std::borrow::Cow;

use crate::decode::complete::encoding::{Encoding, locate};
use crate::decode::complete::prolog;
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
    /// The document's text, without a byte order mark.
    text: Cow<'d, str>,
    encoding: Encoding,
    /// Bytes of the byte order mark.
    mark: usize,
    /// The changes, by their place in the text. A placeholder's number is an index here.
    edits: Vec<Edit>,
    /// The text with the changes, if there are any.
    edited: Option<String>,
}

/// One change of the text.
struct Edit {
    /// The place in the text, in bytes.
    at: usize,
    /// The number of bytes that are removed there.
    removed: usize,
    /// The text that is inserted there.
    inserted: String,
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
        let (mut encoding, mark) = Encoding::detect(document, charset)?;
        let mut decoded = encoding.decode(&document[mark..]);
        if decoded.is_err() && charset.is_some() && mark == 0 {
            encoding = Encoding::declared(document)?;
            decoded = encoding.decode(document);
        }
        let text = decoded.map_err(|e| shifted(e, mark))?;
        let root = prolog::root_offset(&text)?;
        let mut edits = long_base64_runs(&text);
        if text.contains("<ex:")
            && let Some(at) = prolog::attribute_insertion_point(&text[root..], "xmlns:ex")
        {
            let declaration = Edit {
                at: root + at,
                removed: 0,
                inserted: DECLARATION.to_owned(),
            };
            // The edits stay in the order of their places.
            let place = edits.partition_point(|edit| edit.at < declaration.at);
            edits.insert(place, declaration);
        }
        let edited = (!edits.is_empty()).then(|| apply(&text, &mut edits));
        Ok(ParserInput {
            text,
            encoding,
            mark,
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
        (edit.removed > 0).then(|| &self.text[edit.at..edit.at + edit.removed])
    }

    /// Returns the place in the document of a row and a column of the parser, both from 0.
    pub(super) fn locate(&self, row: u64, column: u64) -> Position {
        let at = self.in_text(offset(self.xml(), row, column));
        let mut position = locate(&self.text[..at], self.encoding);
        position.offset += self.mark as u64;
        position
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
            if left <= edit.inserted.len() {
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
        if edit.removed > 0 {
            edit.inserted = format!("<?{PLACEHOLDER} {number}?>");
        }
        out.push_str(&text[from..edit.at]);
        out.push_str(&edit.inserted);
        from = edit.at + edit.removed;
    }
    out.push_str(&text[from..]);
    out
}

/// Adds the length of the byte order mark to the offset of an error.
fn shifted(mut error: Error, mark: usize) -> Error {
    if let Error::NotWellFormed { at, .. } = &mut error {
        at.offset += mark as u64;
    }
    error
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
        });
        kept_from = end;
    }
    if edits.is_empty() || !clean(&text[kept_from.max(prolog)..]) {
        return Vec::new();
    }
    edits
}

/// Returns whether the byte is of base64's alphabet, padding or white space.
fn is_base64(byte: &u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'=' | b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(document: &[u8]) -> ParserInput<'_> {
        ParserInput::new(document, None, &Limits::default()).unwrap()
    }

    #[test]
    fn a_prefix_without_its_declaration_is_declared() {
        for (document, read) in [
            (
                "<?p <a?><!-- <b --><a x='>' y=''><ex:nil/></a>",
                format!("<?p <a?><!-- <b --><a{DECLARATION} x='>' y=''><ex:nil/></a>"),
            ),
            (
                "<a y='xmlns:ex=1'><ex:nil/></a>",
                format!("<a{DECLARATION} y='xmlns:ex=1'><ex:nil/></a>"),
            ),
            (
                "<a xmlns:ex='b'><ex:nil/></a>",
                "<a xmlns:ex='b'><ex:nil/></a>".to_owned(),
            ),
            ("<a><nil/></a>", "<a><nil/></a>".to_owned()),
        ] {
            assert_eq!(source(document.as_bytes()).xml(), read);
        }
    }

    #[test]
    fn a_long_run_is_replaced_unless_its_placeholder_could_be_misread() {
        let run = "QUJD\n".repeat(MIN_RUN / 5 + 1);
        let document = format!("<?xml version='1.0'?><a>{run}</a><b>{run}</b>");
        let whole = source(document.as_bytes());
        assert_eq!(
            whole.xml(),
            "<?xml version='1.0'?><a><?xmlrpc-wire-run 0?></a><b><?xmlrpc-wire-run 1?></b>"
        );
        assert_eq!(whole.run("1"), Some(run.as_str()));
        assert_eq!(whole.run("2"), None);
        for document in [
            format!("<a>{run}</a><?p?>"),
            format!("<![CDATA[<a>{run}</a>"),
            format!("<a>{run}"),
            format!("<a>{run}*</a>"),
        ] {
            assert_eq!(source(document.as_bytes()).xml(), document);
        }
    }

    #[test]
    fn places_are_those_of_the_document() {
        let run = "QUJD".repeat(MIN_RUN / 4);
        let document = format!("\u{FEFF}<a>\r\n<ex:b>{run}</ex:b>\ré<c/></a>");
        let whole = source(document.as_bytes());
        let parsed: Vec<&str> = whole.xml().split(['\n', '\r']).collect();
        let at = whole.locate(2, parsed[3].find("<c/>").unwrap() as u64 - 1);
        let offset = document.find("<c/>").unwrap() as u64;
        assert_eq!(at.offset, offset);
        assert_eq!((at.line, whole.locate(0, 2).offset), (2, 3 + 2));
    }
}
