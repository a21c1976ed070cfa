//! Whatever is written is read back as it was, and no input makes the reader panic.

use proptest::prelude::*;
use xmlrpc_wire::{
    DateTime, Error, Fault, Limits, MethodCall, Struct, Value, decode_call, decode_response,
    encode_call, encode_fault, encode_response,
};

/// Text of characters that XML 1.0 has, rich in those that need care.
fn text() -> impl Strategy<Value = String> {
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

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<i32>().prop_map(Value::Int),
        any::<i64>().prop_map(Value::Int64),
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

proptest! {
    #[test]
    fn a_call_is_read_as_it_was_written(method in text(), params in prop::collection::vec(value(), 0..5)) {
        let document = encode_call(&method, &params).unwrap();
        let call = decode_call(&document, &Limits::default());
        prop_assert_eq!(call, Ok(MethodCall::new(method, params)));
    }

    #[test]
    fn an_answer_is_read_as_it_was_written(value in value()) {
        let document = encode_response(&value).unwrap();
        prop_assert_eq!(decode_response(&document, &Limits::default()), Ok(Ok(value)));
    }

    #[test]
    fn a_fault_is_read_as_it_was_written(code in any::<i32>(), message in text()) {
        let fault = Fault::new(code, message);
        let document = encode_fault(&fault);
        prop_assert_eq!(decode_response(&document, &Limits::default()), Ok(Err(fault)));
    }

    #[test]
    fn a_damaged_document_is_read_or_refused(
        value in value(),
        cut in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut document = encode_response(&value).unwrap();
        let at = cut.index(document.len());
        let short = decode_response(&document[..at], &Limits::default());
        prop_assert!(short.is_err(), "a part was read as whole: {:?}", short);
        document[at] = byte;
        // Any answer will do, as long as there is one.
        let _ = decode_response(&document, &Limits::default());
    }

    #[test]
    fn a_control_character_is_never_written(before in text(), control in 0_u8..32, after in text()) {
        prop_assume!(!matches!(control, b'\t' | b'\n' | b'\r'));
        let bad = format!("{before}{}{after}", char::from(control));
        let written = encode_response(&Value::String(bad));
        prop_assert!(matches!(written, Err(Error::Unrepresentable { .. })), "{written:?}");
    }
}
