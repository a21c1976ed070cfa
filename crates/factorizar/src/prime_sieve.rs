//! The primes of an interval, by the sieve of Eratosthenes.
//!
//! Cost: some n log log n additions for an interval of n numbers, and the square root of its end.

/// The odd primes whose squares are not above a limit. They sieve every interval below it.
#[derive(Debug)]
pub(crate) struct PrimeSieve {
    base: Vec<u32>,
}

impl PrimeSieve {
    /// Computes the primes that intervals up to `limit` need. `limit` is below 2^62.
    pub(crate) fn up_to(limit: u64) -> Self {
        let root = limit.isqrt();
        let base = if root < 9 {
            vec![3, 5, 7]
        } else {
            PrimeSieve::up_to(root)
                .primes(1, root)
                .map(|prime| prime as u32)
                .collect()
        };
        PrimeSieve { base }
    }

    /// Returns, for `count` odd numbers from the odd number `first` on, which of them are prime.
    pub(crate) fn odd_flags(&self, first: u64, count: usize) -> Vec<bool> {
        debug_assert!(!first.is_multiple_of(2));
        let mut flags = vec![true; count];
        let end = first + 2 * count as u64;
        for &prime in &self.base {
            let prime = u64::from(prime);
            if prime * prime >= end {
                break;
            }
            // The first odd multiple that is neither below the interval nor the prime itself.
            let multiple = first.div_ceil(prime).max(prime);
            let multiple = (multiple | 1) * prime;
            let start = (multiple - first) / 2;
            for flag in flags
                .iter_mut()
                .skip(start as usize)
                .step_by(prime as usize)
            {
                *flag = false;
            }
        }
        if first == 1
            && let Some(one) = flags.first_mut()
        {
            *one = false;
        }
        flags
    }

    /// Iterates over the odd primes above `low`, up to `high`.
    pub(crate) fn primes(&self, low: u64, high: u64) -> impl Iterator<Item = u64> {
        const SEGMENT: u64 = 1 << 15;
        let begin = low.saturating_add(1) | 1;
        let segments = (begin..=high).step_by(2 * SEGMENT as usize);
        segments.flat_map(move |first| {
            let count = SEGMENT.min((high - first) / 2 + 1);
            let flags = self.odd_flags(first, count as usize).into_iter();
            let odd = (first..).step_by(2);
            odd.zip(flags).filter_map(|(n, prime)| prime.then_some(n))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primality::is_prime;

    #[test]
    fn as_the_primality_test() {
        let ends = [(0, 100), (1, 3), (2, 2), (3, 10), (65_000, 140_001)];
        let far = [((1 << 40) - 500, (1 << 40) + 70_000), (10, 12), (7, 9)];
        for (low, high) in ends.into_iter().chain(far) {
            let sieve = PrimeSieve::up_to(high);
            let wanted = (low + 1..=high).filter(|&n| n % 2 == 1 && is_prime(n.into()));
            assert!(sieve.primes(low, high).eq(wanted), "{low} to {high}");
        }
    }

    #[test]
    fn their_number_up_to_a_million() {
        let sieve = PrimeSieve::up_to(1_000_000);
        assert_eq!(sieve.primes(0, 1_000_000).count() + 1, 78_498);
    }
}
