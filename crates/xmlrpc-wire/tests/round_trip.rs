//! Properties: documents read back as the values they were written from, and damaged documents
//! are read or refused.

use proptest::prelude::*;
use xmlrpc_wire::{
    Error, Fault, Limits, MethodCall, Value, decode_call, decode_response, encode_call,
    encode_fault, encode_response,
};

#[path = "common/values.rs"]
mod values;

use values::{text, value};

proptest! {
    #[test]
    fn a_call_is_read_as_it_was_written(method in text(), params in prop::collection::vec(value(), 0..5)) {
        let document = encode_call(&method, &params).unwrap();
        let call = decode_call(&document, &Limits::default());
        // Blanks at the ends of a method's name are not read.
        let method = method.trim_matches([' ', '\t', '\r', '\n']);
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
