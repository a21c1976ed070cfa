//! Every number up to a bound, compared with a sieve of smallest prime factors.

use factorizar::{factor, factoriz_sum_range, is_prime};

#[test]
fn every_number_to_a_million() {
    check(1_000_000);
}

#[test]
#[ignore = "takes a while: cargo test --release -- --ignored"]
fn every_number_to_ten_million() {
    check(10_000_000);
}

fn check(last: usize) {
    let mut smallest: Vec<usize> = (0..=last).collect();
    for p in 2..=last.isqrt() {
        if smallest[p] == p {
            for multiple in (p * p..=last).step_by(p) {
                smallest[multiple] = smallest[multiple].min(p);
            }
        }
    }
    let mut sums = factoriz_sum_range(0, last as u64 + 1);
    for n in 0..=last {
        let mut expected = Vec::new();
        let mut rest = n;
        while rest > 1 {
            expected.push(smallest[rest] as u128);
            rest /= smallest[rest];
        }
        let wide = n as u128;
        assert_eq!(factor(wide).as_slice(), expected, "{n}");
        assert_eq!(is_prime(wide), expected == [wide], "{n}");
        assert_eq!(sums.next(), Some(expected.iter().sum()), "{n}");
    }
}
