//! A call's result as bytes, for the journal: docs/journal.md has their form.
//!
//! Until version 0.2 a result was an XML-RPC document, of some 270 bytes for a small one. It is
//! still read: a document begins with `<`.

use std::sync::Arc;
use std::time::Duration;

use xmlrpc_client::{FromValue as _, Value};
use xmlrpc_wire::{Dialect, Limits, decode_response};

use crate::run::call_result::CallResult;

/// The first byte of this form.
const FORM: u8 = 1;
/// The first byte of a result with an error output, which stands before the rest of this form.
const FORM_WITH_ERRORS: u8 = 2;

/// Returns the bytes of a result.
pub(super) fn write(result: &CallResult) -> Vec<u8> {
    let mut bytes = match &result.errors {
        None => vec![FORM],
        Some(errors) => {
            let mut bytes = vec![FORM_WITH_ERRORS];
            write_number(errors.len() as u64, &mut bytes);
            bytes.extend(errors.as_bytes());
            bytes
        }
    };
    write_number(result.server.len() as u64, &mut bytes);
    bytes.extend(result.server.as_bytes());
    // 580 years of nanoseconds.
    write_number(
        u64::try_from(result.time.as_nanos()).unwrap_or(u64::MAX),
        &mut bytes,
    );
    write_number(result.attempts.into(), &mut bytes);
    write_value(&result.value, &mut bytes);
    bytes
}

/// Returns the result that has these bytes, if one has.
pub(super) fn read(bytes: &[u8]) -> Option<CallResult> {
    let (mut rest, errors) = match bytes.split_first()? {
        (&FORM, rest) => (rest, None),
        (&FORM_WITH_ERRORS, mut rest) => {
            let length = usize::try_from(read_number(&mut rest)?).ok()?;
            let (errors, rest) = rest.split_at_checked(length)?;
            (rest, Some(str::from_utf8(errors).ok()?.to_owned()))
        }
        _ => return read_document(bytes),
    };
    let length = usize::try_from(read_number(&mut rest)?).ok()?;
    let (server, mut rest) = rest.split_at_checked(length)?;
    let time = Duration::from_nanos(read_number(&mut rest)?);
    let attempts = u32::try_from(read_number(&mut rest)?).ok()?;
    Some(CallResult {
        value: read_value(rest)?,
        server: Arc::from(str::from_utf8(server).ok()?),
        time,
        attempts,
        errors,
    })
}

fn write_value(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::String(text) => {
            bytes.push(b's');
            bytes.extend(text.as_bytes());
        }
        Value::Int(number) => {
            bytes.push(b'i');
            write_number(zigzag((*number).into()), bytes);
        }
        Value::Int64(number) => {
            bytes.push(b'l');
            write_number(zigzag(*number), bytes);
        }
        Value::Double(number) => {
            bytes.push(b'd');
            bytes.extend(number.to_le_bytes());
        }
        Value::Base64(data) => {
            bytes.push(b'b');
            bytes.extend(data);
        }
        Value::Bool(truth) => bytes.push(if *truth { b'+' } else { b'-' }),
        Value::Nil => bytes.push(b'0'),
        other => {
            bytes.push(b'x');
            // A value that came in a document can be written into one. If it can't be, the
            // record has no document, which a later run refuses to read.
            bytes.extend(
                Dialect::everything()
                    .encode_response(other)
                    .unwrap_or_default(),
            );
        }
    }
}

fn read_value(bytes: &[u8]) -> Option<Value> {
    let (&kind, mut rest) = bytes.split_first()?;
    let value = match kind {
        b's' => Value::String(str::from_utf8(rest).ok()?.to_owned()),
        b'b' => Value::Base64(rest.to_vec()),
        b'd' => Value::Double(f64::from_le_bytes(rest.try_into().ok()?)),
        b'x' => return decode(rest),
        b'i' | b'l' => {
            let number = unzigzag(read_number(&mut rest)?);
            if !rest.is_empty() {
                return None;
            }
            match kind {
                b'i' => Value::Int(i32::try_from(number).ok()?),
                _ => Value::Int64(number),
            }
        }
        b'+' | b'-' | b'0' if !rest.is_empty() => return None,
        b'+' => Value::Bool(true),
        b'-' => Value::Bool(false),
        b'0' => Value::Nil,
        _ => return None,
    };
    Some(value)
}

/// Reads a result as it was written before this form.
fn read_document(document: &[u8]) -> Option<CallResult> {
    let Value::Array(parts) = decode(document)? else {
        return None;
    };
    let [value, server, time, attempts] = <[Value; 4]>::try_from(parts).ok()?;
    Some(CallResult {
        value,
        server: String::from_value(server).ok()?.into(),
        time: Duration::try_from_secs_f64(f64::from_value(time).ok()?).ok()?,
        attempts: u32::from_value(attempts).ok()?,
        errors: None,
    })
}

fn decode(document: &[u8]) -> Option<Value> {
    let mut limits = Limits::default();
    // This command has written it, from values that were within the limits of a client. The
    // figures around the value add a little to that.
    limits.bytes = usize::MAX;
    limits.values = usize::MAX;
    limits.string = usize::MAX;
    limits.depth = 256;
    decode_response(document, &limits).ok()?.ok()
}

/// Writes a number, seven bits a byte, the lowest first; all but the last byte have the top bit.
fn write_number(mut number: u64, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn read_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let part = u64::from(byte & 0x7f);
        number |= part
            .checked_shl(shift)
            .filter(|shifted| shifted >> shift == part)?;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

/// Maps numbers near 0, of both signs, to small numbers without one.
fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use xmlrpc_wire::{BigInteger, DateTime};

    #[test]
    fn every_result_is_read_as_it_was_written() {
        let moment = DateTime::parse("2005-07-17T14:08:55.5+02:00").unwrap();
        let members = [("b", Value::Nil), ("a", Value::Double(0.1))];
        for value in [
            Value::Nil,
            Value::Int(-1),
            Value::Int64(1 << 40),
            Value::BigInteger(BigInteger::new("123456789012345678901234567890").unwrap()),
            Value::Double(f64::INFINITY),
            Value::Double(-0.0),
            Value::Bool(true),
            Value::Bool(false),
            Value::Int(i32::MIN),
            Value::Int64(i64::MIN),
            Value::Int64(7),
            Value::String(String::new()),
            Value::String(" two\r\nlines & <more>\t".to_owned()),
            Value::Base64(vec![0, 255]),
            Value::DateTime(moment),
            Value::InvalidDateTime("0000 & never".to_owned()),
            Value::Array(vec![Value::Array(Vec::new())]),
            Value::Struct(members.into_iter().collect()),
        ] {
            let result = CallResult {
                value,
                server: "localhost:9000".into(),
                time: Duration::from_millis(1500),
                attempts: 3,
                errors: None,
            };
            assert_eq!(read(&write(&result)), Some(result.clone()));
            let with_errors = CallResult {
                errors: Some("said\n".to_owned()),
                ..result.clone()
            };
            assert_eq!(read(&write(&with_errors)), Some(with_errors));
            // As the command wrote it before it had this form.
            assert_eq!(read(&document(&result)), Some(result));
        }
    }

    fn document(result: &CallResult) -> Vec<u8> {
        let document = Value::Array(vec![
            result.value.clone(),
            Value::from((*result.server).to_owned()),
            Value::Double(result.time.as_secs_f64()),
            Value::from(i64::from(result.attempts)),
        ]);
        Dialect::everything().encode_response(&document).unwrap()
    }

    /// docs/journal.md shows the bytes of a result. Other bytes need another first one.
    #[test]
    fn the_bytes_are_those_of_the_documentation() {
        let result = CallResult {
            value: Value::from("902"),
            server: "localhost:9001".into(),
            time: Duration::from_nanos(710_454_922),
            attempts: 1,
            errors: None,
        };
        let hex = write(&result)
            .iter()
            .map(|byte| format!("{byte:02x} "))
            .collect::<String>();
        let documented = include_str!("../../../../docs/journal.md").split_once("record has 54:");
        let lines = documented.unwrap().1.lines().skip(2).take(2);
        let bytes = lines.map(|line| line.trim().split("   ").next().unwrap());
        assert_eq!(hex.trim(), bytes.collect::<Vec<_>>().join(" "));
    }

    /// With the 28 bytes around it in the journal, the record of a small result has less than
    /// 100 bytes.
    #[test]
    fn a_small_result_is_small() {
        let result = CallResult {
            value: Value::from("1229"),
            server: "machine17.example.org:9000".into(),
            time: Duration::from_millis(123_456),
            attempts: 2,
            errors: None,
        };
        assert_eq!(write(&result).len(), 40);
    }

    #[test]
    fn anything_else_is_no_result() {
        for document in [
            &b""[..],
            b"no document",
            b"<methodResponse/>",
            b"\x01",
            b"\x01\x05abc",
            b"\x01\x01\xff\0\x01s",
            b"\x01\0\0\x01",
            b"\x01\0\0\x01?",
            b"\x01\0\0\x01s\xff",
            b"\x01\0\0\x01d1234567",
            b"\x01\0\0\x01i\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
            b"\x01\0\0\x01i\x01\x01",
            b"\x01\0\0\x01+x",
            b"\x02\x05abc",
            b"\x02\x01\xff\0\0\x01+",
        ] {
            assert_eq!(read(document), None, "{document:?}");
        }
        let other = Dialect::everything()
            .encode_response(&Value::Int(7))
            .unwrap();
        assert_eq!(read(&other), None);
    }
}
