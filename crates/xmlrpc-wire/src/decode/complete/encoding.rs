//! The encoding of a document, and its text.

use std::borrow::Cow;

use crate::error::{Error, Position, excerpt};

/// An encoding that is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Encoding {
    Utf8,
    Ascii,
    Latin1,
    Windows1252,
    Utf16Be,
    Utf16Le,
}

/// The characters of Windows-1252 from 0x80 to 0x9F. The five bytes that it leaves undefined
/// are the controls of ISO-8859-1, as in the WHATWG's Encoding Standard (index windows-1252).
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

impl Encoding {
    /// Returns the encoding of a name that the transport or a declaration may give.
    pub(super) fn from_name(name: &str) -> Option<Encoding> {
        Some(match name.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => Encoding::Utf8,
            "us-ascii" | "ascii" => Encoding::Ascii,
            "iso-8859-1" | "iso8859-1" | "iso_8859-1" | "latin1" | "latin-1" => Encoding::Latin1,
            "windows-1252" | "cp1252" | "cp-1252" => Encoding::Windows1252,
            "utf-16be" => Encoding::Utf16Be,
            "utf-16le" => Encoding::Utf16Le,
            // Its bytes show the order of UTF-16, and are looked at first. A document that
            // gets here is not UTF-16: programs that keep their texts in it declare it and
            // send UTF-8.
            "utf-16" | "utf16" => Encoding::Utf8,
            _ => return None,
        })
    }

    /// Returns the encoding, and the length of the byte order mark before the text.
    ///
    /// A mark outweighs the transport's `charset`, which outweighs a declaration, which may be
    /// left over from another encoding (RFC 7303, section 3). The first bytes of UTF-16 have
    /// a zero, which no other encoding has.
    pub(super) fn detect(
        document: &[u8],
        charset: Option<&str>,
    ) -> Result<(Encoding, usize), Error> {
        let (encoding, mark) = match document {
            [0xEF, 0xBB, 0xBF, ..] => (Encoding::Utf8, 3),
            // UTF-32's marks begin with those of UTF-16, so they are checked first.
            [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => return Err(unsupported("UTF-32")),
            [0xFE, 0xFF, ..] => (Encoding::Utf16Be, 2),
            [0xFF, 0xFE, ..] => (Encoding::Utf16Le, 2),
            [0, b'<', ..] => (Encoding::Utf16Be, 0),
            [b'<', 0, ..] => (Encoding::Utf16Le, 0),
            _ => match charset {
                Some(name) => (Encoding::named(name)?, 0),
                None => (Encoding::declared(document)?, 0),
            },
        };
        Ok((encoding, mark))
    }

    /// Returns the encoding that the XML declaration names, or UTF-8 without one.
    pub(super) fn declared(document: &[u8]) -> Result<Encoding, Error> {
        match declared_name(document) {
            // The declaration has just been read byte by byte.
            Some(name) => match Encoding::named(&name)? {
                Encoding::Utf16Be | Encoding::Utf16Le => Ok(Encoding::Utf8),
                encoding => Ok(encoding),
            },
            None => Ok(Encoding::Utf8),
        }
    }

    /// Returns the encoding of a name.
    fn named(name: &str) -> Result<Encoding, Error> {
        Encoding::from_name(name).ok_or_else(|| unsupported(name))
    }

    /// Returns the text of `document`, which has no byte order mark.
    pub(super) fn decode(self, document: &[u8]) -> Result<Cow<'_, str>, Error> {
        match self {
            Encoding::Utf8 => match std::str::from_utf8(document) {
                Ok(text) => Ok(Cow::Borrowed(text)),
                Err(error) => Err(invalid(document, error.valid_up_to(), "UTF-8")),
            },
            Encoding::Ascii => match document.iter().position(|b| !b.is_ascii()) {
                None => Encoding::Utf8.decode(document),
                Some(at) => Err(invalid(document, at, "US-ASCII")),
            },
            Encoding::Latin1 => Ok(document.iter().map(|b| char::from(*b)).collect()),
            Encoding::Windows1252 => Ok(document.iter().map(|b| windows_1252(*b)).collect()),
            Encoding::Utf16Be => utf16(document, u16::from_be_bytes).map(Cow::Owned),
            Encoding::Utf16Le => utf16(document, u16::from_le_bytes).map(Cow::Owned),
        }
    }

    /// Returns the number of bytes that `text` had in the document.
    pub(super) fn encoded_len(self, text: &str) -> usize {
        match self {
            Encoding::Utf8 | Encoding::Ascii => text.len(),
            Encoding::Latin1 | Encoding::Windows1252 => text.chars().count(),
            Encoding::Utf16Be | Encoding::Utf16Le => text.encode_utf16().count() * 2,
        }
    }
}

/// Returns the error of an encoding that is not read.
fn unsupported(name: &str) -> Error {
    let name = excerpt(name);
    Error::UnsupportedEncoding { name }
}

/// Returns the name of the encoding in an XML declaration.
fn declared_name(document: &[u8]) -> Option<String> {
    let inside = document.strip_prefix(b"<?xml")?;
    // A declaration has three short attributes. The parser refuses a longer one.
    let inside = &inside[..inside.len().min(1024)];
    let end = inside.windows(2).position(|window| window == b"?>")?;
    let declaration = std::str::from_utf8(&inside[..end]).ok()?;
    let (_, rest) = declaration.split_once("encoding")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (name, _) = rest[1..].split_once(quote)?;
    Some(name.to_owned())
}

/// Returns the character of a byte in Windows-1252.
fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9F => WINDOWS_1252[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// Decodes UTF-16 whose units are made of bytes by `unit`.
fn utf16(document: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Error> {
    let (pairs, rest) = document.as_chunks::<2>();
    let mut text = String::with_capacity(document.len());
    for decoded in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        match decoded {
            Ok(c) => text.push(c),
            Err(_) => return Err(broken_utf16(&text)),
        }
    }
    match rest {
        [] => Ok(text),
        _ => Err(broken_utf16(&text)),
    }
}

/// Returns the error of UTF-16 that breaks off after the text `before`.
fn broken_utf16(before: &str) -> Error {
    wrong_bytes(locate(before, Encoding::Utf16Be), "UTF-16")
}

/// Returns the error of a byte that is not of `encoding`.
fn invalid(document: &[u8], at: usize, encoding: &str) -> Error {
    let before = String::from_utf8_lossy(&document[..at]);
    wrong_bytes(locate(&before, Encoding::Utf8), encoding)
}

/// Returns the error of a document that is not in its encoding.
fn wrong_bytes(at: Position, encoding: &str) -> Error {
    Error::NotWellFormed {
        at,
        reason: format!("the bytes are not {encoding}"),
    }
}

/// Returns the place after `before`, in a document of `encoding` without a mark.
pub(super) fn locate(before: &str, encoding: Encoding) -> Position {
    let line = before.rsplit('\n').next().unwrap_or_default();
    Position {
        line: before.bytes().filter(|b| *b == b'\n').count() as u64 + 1,
        column: line.chars().count() as u64 + 1,
        offset: encoding.encoded_len(before) as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_declarations_name_the_encoding() {
        let mut documents = vec![
            (b"\xEF\xBB\xBF<a/>".to_vec(), Encoding::Utf8, 3),
            (b"\xFE\xFF\0<".to_vec(), Encoding::Utf16Be, 2),
            (b"\xFF\xFE<\0".to_vec(), Encoding::Utf16Le, 2),
            (b"\0<\0?".to_vec(), Encoding::Utf16Be, 0),
            (b"<\0?\0".to_vec(), Encoding::Utf16Le, 0),
            (b"<a/>".to_vec(), Encoding::Utf8, 0),
            (b"".to_vec(), Encoding::Utf8, 0),
        ];
        for (name, encoding) in [
            ("utf-8", Encoding::Utf8),
            ("UTF-16", Encoding::Utf8),
            ("UTF-16BE", Encoding::Utf8),
            ("utf-16le", Encoding::Utf8),
            ("US-ASCII", Encoding::Ascii),
            ("ISO-8859-1", Encoding::Latin1),
            ("Windows-1252", Encoding::Windows1252),
        ] {
            let document = format!("<?xml version='1.0' encoding = '{name}' ?><a/>");
            documents.push((document.into_bytes(), encoding, 0));
        }
        for (document, encoding, mark) in documents {
            assert_eq!(Encoding::detect(&document, None), Ok((encoding, mark)));
        }
    }

    #[test]
    fn utf_32_is_named_when_it_is_refused() {
        for document in [b"\xFF\xFE\0\0<\0\0\0", b"\0\0\xFE\xFF\0\0\0<"] {
            let name = "UTF-32".to_owned();
            let error = Encoding::detect(document, None);
            assert_eq!(error, Err(Error::UnsupportedEncoding { name }));
        }
    }

    #[test]
    fn bytes_become_characters_and_are_counted_back() {
        for (encoding, bytes, text) in [
            (Encoding::Utf8, &b"\xC3\xA9"[..], "é"),
            (Encoding::Latin1, b"\xE9\x80", "é\u{80}"),
            (Encoding::Windows1252, b"\xE9\x80\x9F\x81", "é€Ÿ\u{81}"),
            (Encoding::Utf16Be, b"\0a\xD8\x3D\xDE\x00", "a😀"),
            (Encoding::Utf16Le, b"a\0\x3D\xD8\x00\xDE", "a😀"),
        ] {
            assert_eq!(encoding.decode(bytes).as_deref(), Ok(text));
            assert_eq!(encoding.encoded_len(text), bytes.len());
        }
    }

    #[test]
    fn broken_bytes_are_located() {
        for (encoding, bytes, offset) in [
            (Encoding::Utf8, &b"a\n\xE9"[..], 2),
            (Encoding::Ascii, b"ab\xC3\xA9", 2),
            (Encoding::Utf16Be, b"\0a\xDE\x00\0a", 2),
            (Encoding::Utf16Le, b"a\0b", 2),
        ] {
            match encoding.decode(bytes) {
                Err(Error::NotWellFormed { at, .. }) => assert_eq!(at.offset, offset),
                other => panic!("{encoding:?}: {other:?}"),
            }
        }
    }
}
