//! Random numbers: products of known primes, and numbers of any shape.

use factorizar::{factor, is_prime};
use proptest::prelude::*;

/// Generates the first prime from a random number of at most `bits` bits on.
fn prime(bits: u32) -> impl Strategy<Value = u128> {
    (3u128..1 << bits).prop_map(|start| (start..).find(|&n| is_prime(n)).unwrap_or(3))
}

/// Returns whether `p` is prime, by trial division, without the crate's own code.
fn is_prime_by_division(p: u128) -> bool {
    let p = u64::try_from(p).expect("a prime small enough to divide by hand");
    p > 1 && (2..=p.isqrt()).all(|d| !p.is_multiple_of(d))
}

fn check_product(mut primes: Vec<u128>) {
    primes.sort_unstable();
    let n: u128 = primes.iter().product();
    let factors = factor(n);
    assert_eq!(factors.as_slice(), primes, "{n}");
    assert_eq!(factors.product(), n);
    assert_eq!(factors.sum(), primes.iter().sum());
}

fn check_any(n: u128) {
    let factors = factor(n);
    assert_eq!(factors.product(), n);
    assert!(factors.as_slice().is_sorted(), "{n}: {factors}");
    for p in &factors {
        assert!(is_prime(p), "{p} of {n}");
        if p < 1 << 40 {
            assert!(is_prime_by_division(p), "{p} of {n}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn two_primes_of_32_bits(primes in prop::collection::vec(prime(32), 2)) {
        check_product(primes);
    }

    #[test]
    fn five_primes_of_20_bits(primes in prop::collection::vec(prime(20), 5)) {
        check_product(primes);
    }

    #[test]
    fn three_primes_of_33_bits(primes in prop::collection::vec(prime(33), 3)) {
        check_product(primes);
    }

    #[test]
    fn a_small_prime_and_a_large_one(small in prime(27), large in prime(100)) {
        check_product(vec![small, large]);
    }

    #[test]
    fn many_primes(primes in prop::collection::vec(prime(8), 0..15)) {
        check_product(primes);
    }

    #[test]
    fn any_number_below_2_to_the_64(n in 1u64..) {
        check_any(n.into());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]

    #[test]
    fn two_primes_of_38_bits(primes in prop::collection::vec(prime(38), 2)) {
        check_product(primes);
    }

    #[test]
    fn any_number_below_2_to_the_86(n in 1u128..1 << 86) {
        check_any(n);
    }
}
