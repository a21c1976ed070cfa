//! Texts of numbers, dates and base64 as they are written.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::datetime::DateTime;

/// Appends a number's decimal digits.
pub(super) fn integer(out: &mut Vec<u8>, number: i64) {
    let mut digits = [0; 20];
    let mut from = digits.len();
    // The magnitude of `i64::MIN` does not fit an `i64`.
    let mut left = number.unsigned_abs();
    loop {
        from -= 1;
        digits[from] = digit(left);
        left /= 10;
        if left == 0 {
            break;
        }
    }
    if number < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[from..]);
}

/// Returns the last decimal digit of a number.
fn digit(number: u64) -> u8 {
    b'0' + (number % 10) as u8
}

/// Appends a double: a finite one without an exponent, as the specification requires; others
/// in Python's spelling.
pub(super) fn double(out: &mut Vec<u8>, double: f64) {
    // Writing to a Vec cannot fail.
    let _ = if double.is_nan() {
        out.write_all(b"nan")
    } else {
        write!(out, "{double}")
    };
}

/// Appends a date and time in the specification's form, or with `dashes` in the form of XML
/// Schema. A fraction and an offset follow if the moment has them.
pub(super) fn date_time(out: &mut Vec<u8>, moment: &DateTime, dashes: bool) {
    let mut pair = |field: u8, before: &[u8]| {
        out.extend_from_slice(before);
        out.extend_from_slice(&[digit((field / 10).into()), digit(field.into())]);
    };
    let dash: &[u8] = if dashes { b"-" } else { b"" };
    pair((moment.year / 100) as u8, b"");
    pair((moment.year % 100) as u8, b"");
    pair(moment.month, dash);
    pair(moment.day, dash);
    pair(moment.hour, b"T");
    pair(moment.minute, b":");
    pair(moment.second, b":");
    if moment.nanosecond.is_some() || moment.offset.is_some() {
        let mut tail = String::new();
        // Writing to a String cannot fail.
        let _ = moment.write_tail(&mut tail);
        out.extend_from_slice(tail.as_bytes());
    }
}

/// Appends bytes as base64 on one line.
pub(super) fn base64(out: &mut Vec<u8>, bytes: &[u8]) {
    let from = out.len();
    let length = bytes.len().div_ceil(3) * 4;
    // The 128 bytes are for the tags that close the document: without them the Vec would
    // double its capacity for a few more bytes.
    out.reserve(length + 128);
    out.resize(from + length, 0);
    let written = STANDARD.encode_slice(bytes, &mut out[from..]);
    debug_assert_eq!(written.ok(), Some(out.len() - from));
}
