//! Certificates from any text.
//!
//! Nothing may panic. What is parsed is printed and read back, and what passes the check is prime.
#![no_main]

use std::sync::atomic::{AtomicUsize, Ordering};

use factorizar::{Certificate, Control};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(certificate) = text.parse::<Certificate>() else {
        return;
    };
    assert_eq!(certificate.to_string().parse(), Ok(certificate.clone()));
    // A few powers are enough of a check, and keep the fuzzer fast.
    let left = AtomicUsize::new(20);
    let control = Control::new().deadline(move || {
        left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
            .is_err()
    });
    if certificate.check(&control).is_ok() {
        assert!(certificate.prime().is_prime(), "{text}");
    }
});
