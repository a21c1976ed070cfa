//! Every number up to two million, against a sieve of smallest prime factors.

use factorizar::{factor, is_prime};

const LAST: usize = 2_000_000;

#[test]
fn every_number_to_two_million() {
    let mut smallest: Vec<usize> = (0..=LAST).collect();
    for p in 2..=LAST.isqrt() {
        if smallest[p] == p {
            for multiple in (p * p..=LAST).step_by(p) {
                smallest[multiple] = smallest[multiple].min(p);
            }
        }
    }
    for n in 0..=LAST {
        let mut expected = Vec::new();
        let mut rest = n;
        while rest > 1 {
            expected.push(smallest[rest] as u128);
            rest /= smallest[rest];
        }
        let wide = n as u128;
        assert_eq!(factor(wide).as_slice(), expected, "{n}");
        assert_eq!(is_prime(wide), expected == [wide], "{n}");
    }
}
