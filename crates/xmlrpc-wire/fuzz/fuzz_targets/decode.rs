//! No document makes the reader panic, and a decoded value is written and read again as the
//! same value.
#![no_main]

use libfuzzer_sys::fuzz_target;
use xmlrpc_wire::{Dialect, Limits, MethodResponse, decode_call, decode_response, encode_fault};

fuzz_target!(|document: &[u8]| {
    let limits = Limits::default();
    let dialect = Dialect::everything();
    if let Ok(call) = decode_call(document, &limits) {
        let again = dialect.encode_call(&call.method, &call.params).unwrap();
        let read = decode_call(&again, &limits).unwrap();
        // As text, since NaN is not equal to itself.
        assert_eq!(format!("{read:?}"), format!("{call:?}"));
    }
    let Ok(response): Result<MethodResponse, _> = decode_response(document, &limits) else {
        return;
    };
    let again = match &response {
        Ok(value) => dialect.encode_response(value).unwrap(),
        Err(fault) => encode_fault(fault),
    };
    let read = decode_response(&again, &limits).unwrap();
    assert_eq!(format!("{read:?}"), format!("{response:?}"));
});
