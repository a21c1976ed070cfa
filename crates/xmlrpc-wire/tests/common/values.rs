//! Generators of values of every type, for property tests.

use proptest::prelude::*;
use xmlrpc_wire::{BigDecimal, BigInteger, DateTime, Struct, Value};

/// Generates text of characters that XML 1.0 has, with many of those that need care.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let care = prop::sample::select(vec![
        '<', '>', '&', '"', '\'', '\r', '\n', '\t', ' ', ']', '\u{85}', '\u{2028}', '\u{FFFD}',
    ]);
    let any = any::<char>().prop_filter(
        "XML 1.0 has it",
        |c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..),
    );
    prop::collection::vec(prop_oneof![care, any], 0..20)
        .prop_map(|chars| chars.into_iter().collect())
}

fn date_time() -> impl Strategy<Value = DateTime> {
    (
        0..=9999_u16,
        1..=12_u8,
        1..=31_u8,
        0..=23_u8,
        0..=59_u8,
        0..=60_u8,
    )
        .prop_filter_map("a day that the month has", |(y, m, d, hour, min, s)| {
            DateTime::new(y, m, d, hour, min, s)
        })
}

pub(crate) fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<i32>().prop_map(Value::Int),
        any::<i64>().prop_map(Value::Int64),
        "-?[0-9]{1,50}".prop_filter_map("a number", |text| BigInteger::new(&text)
            .map(Value::BigInteger)),
        "-?[0-9]{1,20}[.][0-9]{0,20}(e-?[0-9]{1,3})?"
            .prop_filter_map("a number", |text| BigDecimal::new(&text)
                .map(Value::BigDecimal)),
        any::<bool>().prop_map(Value::Bool),
        text().prop_map(Value::String),
        any::<f64>()
            .prop_filter("finite", |d| d.is_finite())
            .prop_map(Value::Double),
        date_time().prop_map(Value::DateTime),
        prop::collection::vec(any::<u8>(), 0..50).prop_map(Value::Base64),
        Just(Value::Nil),
    ];
    leaf.prop_recursive(6, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::vec((text(), inner), 0..6)
                .prop_map(|members| Value::Struct(members.into_iter().collect::<Struct>())),
        ]
    })
}
