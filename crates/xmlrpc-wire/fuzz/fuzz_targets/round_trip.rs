//! Any value that can be written reads back as it was, with both readers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use xmlrpc_wire::readers::{complete, fast};
use xmlrpc_wire::{BigDecimal, BigInteger, DateTime, Dialect, Limits, Struct, Value};

fuzz_target!(|input: &[u8]| {
    let mut rest = input;
    let value = value(&mut rest, 8);
    let limits = Limits::default();
    let (Ok(document), Ok(prefixed)) = (
        Dialect::everything().encode_response(&value),
        Dialect::apache().encode_response(&finite(value.clone())),
    ) else {
        return;
    };
    let fast = fast::decode_response(&document, &limits).expect("the fast reader reads it");
    // As text, since NaN is not equal to itself.
    assert_eq!(format!("{fast:?}"), format!("{:?}", Ok::<_, ()>(&value)));
    let referee = complete::decode_response(&document, &limits).unwrap();
    assert_eq!(format!("{referee:?}"), format!("{fast:?}"));
    let read = complete::decode_response(&prefixed, &limits).unwrap();
    assert_eq!(read, Ok(finite(value)));
});

/// Makes a value from bytes that it takes from the front of `rest`.
fn value(rest: &mut &[u8], levels: usize) -> Value {
    let kind = byte(rest) % if levels == 0 { 10 } else { 12 };
    match kind {
        0 => Value::Int(number(rest) as i32),
        1 => Value::Int64(number(rest)),
        2 => Value::BigInteger(BigInteger::from(
            i128::from(number(rest)) * i128::from(number(rest)),
        )),
        3 => {
            let text = format!("{}.{}", number(rest), number(rest).unsigned_abs());
            Value::BigDecimal(BigDecimal::new(&text).unwrap())
        }
        4 => Value::Bool(byte(rest) & 1 == 1),
        5 => Value::String(text(rest)),
        6 => Value::Double(f64::from_bits(number(rest) as u64)),
        7 => date_time(rest).map_or(Value::Nil, Value::DateTime),
        8 => Value::Base64(bytes(rest).to_vec()),
        9 => Value::Nil,
        10 => {
            let mut items = Vec::new();
            for _ in 0..byte(rest) % 6 {
                if !rest.is_empty() {
                    items.push(value(rest, levels - 1));
                }
            }
            Value::Array(items)
        }
        _ => {
            let mut members = Struct::new();
            for _ in 0..byte(rest) % 6 {
                if !rest.is_empty() {
                    // The fast reader declines white space at a name's ends.
                    let name = text(rest);
                    let name = name.trim_matches([' ', '\t', '\r', '\n']);
                    members.insert(name, value(rest, levels - 1));
                }
            }
            Value::Struct(members)
        }
    }
}

/// Replaces NaN and infinities, which Apache's dialect does not have.
fn finite(value: Value) -> Value {
    match value {
        Value::Double(double) if !double.is_finite() => Value::Double(0.0),
        Value::Array(items) => Value::Array(items.into_iter().map(finite).collect()),
        Value::Struct(members) => {
            Value::Struct(members.into_iter().map(|(n, v)| (n, finite(v))).collect())
        }
        other => other,
    }
}

fn byte(rest: &mut &[u8]) -> u8 {
    match rest.split_first() {
        Some((first, after)) => {
            *rest = after;
            *first
        }
        None => 0,
    }
}

fn number(rest: &mut &[u8]) -> i64 {
    (0..8).fold(0, |sum, _| sum << 8 | i64::from(byte(rest)))
}

fn bytes<'b>(rest: &mut &'b [u8]) -> &'b [u8] {
    let length = usize::from(byte(rest));
    let (taken, after) = rest.split_at(length.min(rest.len()));
    *rest = after;
    taken
}

fn text(rest: &mut &[u8]) -> String {
    String::from_utf8_lossy(bytes(rest)).into_owned()
}

fn date_time(rest: &mut &[u8]) -> Option<DateTime> {
    let year = u16::from(byte(rest)) << 8 | u16::from(byte(rest));
    let mut moment = DateTime::new(
        year % 10_000,
        byte(rest) % 12 + 1,
        byte(rest) % 31 + 1,
        byte(rest) % 24,
        byte(rest) % 60,
        byte(rest) % 61,
    )?;
    let first = byte(rest);
    if first & 1 == 1 {
        moment = moment.with_nanosecond(number(rest) as u32 % 1_000_000_000)?;
    }
    if first & 2 == 2 {
        moment = moment.with_offset((number(rest) % 1440) as i16)?;
    }
    Some(moment)
}
