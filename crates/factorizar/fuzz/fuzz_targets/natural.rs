//! Natural numbers from any bytes and any text.
//!
//! Nothing may panic, and the laws of arithmetic hold: quotients multiply back, roots are enclosed
//! by powers, text and bytes are read back.
#![no_main]

use factorizar::Natural;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&[u8], &[u8], u16, &str)| {
    let (a, b, small, text) = input;
    let [a, b] = [a, b].map(|bytes| Natural::from_be_bytes(&bytes[..bytes.len().min(400)]));
    let product = &a * &b;
    match (&product + &a).div_rem(&b) {
        Some((quotient, remainder)) => {
            assert!(remainder < b);
            assert_eq!(&(&quotient * &b) + &remainder, &product + &a);
            assert_eq!(product.exact_quotient(&b), Some(a.clone()));
        }
        None => assert!(b.is_zero()),
    }
    let gcd = a.gcd(&b);
    assert_eq!(gcd.is_zero(), a.is_zero() && b.is_zero());
    if !gcd.is_zero() {
        assert!(a.exact_quotient(&gcd).is_some() && b.exact_quotient(&gcd).is_some());
    }
    assert_eq!((&a + &b).checked_sub(&b), Some(a.clone()));
    let shift = u32::from(small);
    assert_eq!(&(&a << shift) >> shift, a);
    let degree = 2 + shift % 30;
    let root = a.root(degree);
    assert!(root.pow(degree) <= a && root.mul_add_u64(1, 1).pow(degree) > a);
    assert_eq!(Natural::from_be_bytes(&a.to_be_bytes()), a);
    assert_eq!(a.digits(), if a.is_zero() { 0 } else { a.to_string().len() });
    if a.digits() <= Natural::MAX_DIGITS {
        assert_eq!(a.to_string().parse(), Ok(a));
    }
    if let Ok(number) = text.parse::<Natural>() {
        assert_eq!(number.to_string(), match text.trim_start_matches('0') {
            "" => "0",
            digits => digits,
        });
    }
});
