//! Relations from outside: any bytes as the result of a unit, and true ones with changes.
//!
//! Nothing may panic. What is accepted leads to a true divisor or to none.
#![no_main]

use std::sync::OnceLock;

use factorizar::{Control, Natural, QuadraticSieve};
use libfuzzer_sys::fuzz_target;

fn sieve() -> &'static (Natural, QuadraticSieve, Vec<u8>) {
    static SIEVE: OnceLock<(Natural, QuadraticSieve, Vec<u8>)> = OnceLock::new();
    SIEVE.get_or_init(|| {
        let n = &Natural::from((1u64 << 61) - 1) * &Natural::from(1_000_000_000_000_037u64);
        let sieve = QuadraticSieve::new(&n, QuadraticSieve::VERSION).expect("a number for the sieve");
        let packed = sieve.sieve(0, 2, &Control::new()).expect("a unit");
        (n, sieve, packed)
    })
}

fuzz_target!(|input: (&[u8], Vec<(u16, u8)>, bool)| {
    let (bytes, changes, changed) = input;
    let (n, sieve, packed) = sieve();
    let mut unit = if changed { packed.clone() } else { bytes.to_vec() };
    for (place, byte) in changes {
        let place = usize::from(place) % unit.len().max(1);
        if let Some(old) = unit.get_mut(place) {
            *old ^= byte;
        }
    }
    let mut relations = sieve.relations();
    if relations.add(0, 2, &unit).is_ok()
        && let Ok(Some(divisor)) = relations.divisor(&Control::new())
    {
        assert!(n.exact_quotient(&divisor).is_some() && !divisor.is_one());
    }
});
