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

const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// Generates names of members: text that does not stand on lines of its own, which is read as
/// layout.
fn name() -> impl Strategy<Value = String> {
    text().prop_filter("it is not on lines of its own", |name| {
        let start = name.trim_start_matches(BLANKS);
        let end = start.trim_end_matches(BLANKS);
        let before = &name[..name.len() - start.len()];
        !(before.contains('\n') && start[end.len()..].contains('\n'))
    })
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

/// Generates values that are read as they were written.
#[allow(dead_code, reason = "not every test has a use for it")]
pub(crate) fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        9 => usual_leaf(),
        1 => "[a-z<&]{0,9}".prop_map(Value::InvalidDateTime),
    ];
    nested(leaf, name().boxed())
}

/// Generates values that the fast reader reads: their dates are valid, and their names have no
/// white space at their ends.
#[allow(dead_code, reason = "not every test has a use for it")]
pub(crate) fn usual_value() -> impl Strategy<Value = Value> {
    let name = text().prop_map(|name| name.trim_matches(BLANKS).to_owned());
    nested(usual_leaf(), name.boxed())
}

fn usual_leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
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
    ]
}

fn nested(
    leaf: impl Strategy<Value = Value> + 'static,
    name: BoxedStrategy<String>,
) -> impl Strategy<Value = Value> {
    leaf.prop_recursive(6, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::vec((name.clone(), inner), 0..6)
                .prop_map(|members| Value::Struct(members.into_iter().collect::<Struct>())),
        ]
    })
}
