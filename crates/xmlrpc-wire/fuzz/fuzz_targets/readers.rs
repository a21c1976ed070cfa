//! For every document, within wide or tight limits, the fast and the complete reader give the
//! same result, or the fast one declines.
#![no_main]

use libfuzzer_sys::fuzz_target;
use xmlrpc_wire::Limits;
use xmlrpc_wire::readers::{complete, fast};

fuzz_target!(|input: &[u8]| {
    let Some((first, document)) = input.split_first() else {
        return;
    };
    let mut limits = Limits::default();
    if first & 1 == 1 {
        limits.depth = usize::from(first >> 1 & 3) + 1;
        limits.values = usize::from(first >> 3 & 7) + 1;
        limits.name = usize::from(first >> 4 & 7);
        limits.string = usize::from(first >> 5 & 7);
    }
    if let Some(read) = fast::decode_call(document, &limits) {
        let referee = complete::decode_call(document, &limits).unwrap();
        // As text, since NaN is not equal to itself.
        assert_eq!(format!("{read:?}"), format!("{referee:?}"));
    }
    if let Some(read) = fast::decode_response(document, &limits) {
        let referee = complete::decode_response(document, &limits).unwrap();
        assert_eq!(format!("{read:?}"), format!("{referee:?}"));
    }
});
