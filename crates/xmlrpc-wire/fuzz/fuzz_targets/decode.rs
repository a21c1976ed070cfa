//! No document makes the reader panic, and what it reads is written and read again as
//! the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use xmlrpc_wire::{
    Error, Limits, decode_call, decode_response, encode_call, encode_fault, encode_response,
};

fuzz_target!(|document: &[u8]| {
    let limits = Limits::default();
    if let Ok(call) = decode_call(document, &limits) {
        match encode_call(&call.method, &call.params) {
            Ok(again) => assert_eq!(decode_call(&again, &limits), Ok(call)),
            Err(error) => assert!(is_excused(&error), "{error}"),
        }
    }
    match decode_response(document, &limits) {
        Ok(Ok(value)) => match encode_response(&value) {
            Ok(again) => assert_eq!(decode_response(&again, &limits), Ok(Ok(value))),
            Err(error) => assert!(is_excused(&error), "{value:?}: {error}"),
        },
        Ok(Err(fault)) => {
            let again = encode_fault(&fault);
            assert_eq!(decode_response(&again, &limits), Ok(Err(fault)));
        }
        Err(_) => {}
    }
});

/// Infinities and NaN are read, since peers send them, but not written.
fn is_excused(error: &Error) -> bool {
    matches!(error, Error::Unrepresentable { what, .. } if what.starts_with("XML-RPC has no"))
}
