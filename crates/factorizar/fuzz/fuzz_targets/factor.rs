//! Factors any number with any seed, stopped at any moment, and reads any text as digits.
//!
//! Nothing may panic. The factors found are prime, and their product, times the cofactor if the
//! computation was stopped, is the number.
#![no_main]

use std::sync::atomic::{AtomicUsize, Ordering};

use factorizar::{Control, factor_with, factoriz_sum_with, is_prime};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u128, u8, u64, u16, &str)| {
    let (number, shift, seed, polls, text) = input;
    let n = number >> (shift % 128);
    let left = AtomicUsize::new(polls.into());
    let control = Control::new().seed(seed).deadline(move || {
        left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
            .is_err()
    });
    let (factors, cofactor) = match factor_with(n, &control) {
        Ok(factors) => (factors, 1),
        Err(unfinished) => (unfinished.factors().clone(), unfinished.cofactor()),
    };
    assert_eq!(factors.product() * cofactor, n.max(1));
    assert!(factors.iter().all(is_prime), "{n}: {factors}");
    let _ = factoriz_sum_with(text, &control);
});
