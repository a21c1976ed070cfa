//! Tables of the primes of the trial division, computed at compile time.

use crate::simd::divisibility::{GROUP_SIZE, PrimeGroup};
use crate::small_primes::SMALL_PRIMES;
use crate::word::{Word, inverse_of_odd};

/// Primes below this are divided out of every number.
pub(crate) const BOUND: u64 = 1 << 10;

/// Primes below this are divided out where vector instructions do it.
pub(super) const VECTOR_BOUND: u64 = 1 << 13;

/// Number of odd primes below [`BOUND`].
const COUNT: usize = 171;
/// Number of odd primes below [`VECTOR_BOUND`].
const VECTOR_COUNT: usize = 1027;

/// Number of odd primes that are tested without vectors, before the groups.
pub(super) const SCALAR_PRIMES: usize = VECTOR_COUNT - GROUP_SIZE * GROUP_COUNT;
const GROUP_COUNT: usize = 31;

/// An odd prime, with the constants by which numbers of one width are divided by it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Divisor<W> {
    pub(super) prime: u64,
    /// The inverse of the prime modulo 2^BITS.
    inverse: W,
    /// The largest exact quotient, (2^BITS - 1) / p.
    limit: W,
}

impl<W: Word> Divisor<W> {
    /// Returns `n` divided by the prime, if the division is exact.
    #[inline]
    pub(super) fn divide(&self, n: W) -> Option<W> {
        let quotient = n.wrapping_mul(self.inverse);
        (quotient <= self.limit).then_some(quotient)
    }
}

/// Returns an odd prime by its index: 3 for 0.
const fn odd_prime(index: usize) -> u64 {
    SMALL_PRIMES[index + 1] as u64
}

/// The odd primes below [`BOUND`], for numbers of 128 bits.
pub(super) static WIDE: [Divisor<u128>; COUNT] = wide();

/// The odd primes below [`VECTOR_BOUND`], for numbers of 64 bits.
pub(super) static NARROW: [Divisor<u64>; VECTOR_COUNT] = narrow();

/// The primes from [`SCALAR_PRIMES`] on, in groups for the vector instructions.
pub(super) static GROUPS: [PrimeGroup; GROUP_COUNT] = groups();

const fn wide() -> [Divisor<u128>; COUNT] {
    let mut table = [Divisor {
        prime: 0,
        inverse: 0,
        limit: 0,
    }; COUNT];
    let mut index = 0;
    while index < COUNT {
        let prime = odd_prime(index);
        table[index] = Divisor {
            prime,
            inverse: inverse_of_odd(prime as u128),
            limit: u128::MAX / prime as u128,
        };
        index += 1;
    }
    assert!(
        odd_prime(COUNT - 1) < BOUND && odd_prime(COUNT) > BOUND,
        "COUNT is not the number of odd primes below BOUND"
    );
    table
}

const fn narrow() -> [Divisor<u64>; VECTOR_COUNT] {
    let mut table = [Divisor {
        prime: 0,
        inverse: 0,
        limit: 0,
    }; VECTOR_COUNT];
    let mut index = 0;
    while index < VECTOR_COUNT {
        let prime = odd_prime(index);
        table[index] = Divisor {
            prime,
            inverse: inverse_of_odd(prime as u128) as u64,
            limit: u64::MAX / prime,
        };
        index += 1;
    }
    assert!(
        odd_prime(VECTOR_COUNT - 1) < VECTOR_BOUND && odd_prime(VECTOR_COUNT) > VECTOR_BOUND,
        "VECTOR_COUNT is not the number of odd primes below VECTOR_BOUND"
    );
    table
}

const fn groups() -> [PrimeGroup; GROUP_COUNT] {
    let mut table = [const {
        PrimeGroup {
            reciprocals: [0.0; GROUP_SIZE],
            square: 0.0,
        }
    }; GROUP_COUNT];
    let mut index = SCALAR_PRIMES;
    while index < VECTOR_COUNT {
        let (group, place) = (
            (index - SCALAR_PRIMES) / GROUP_SIZE,
            (index - SCALAR_PRIMES) % GROUP_SIZE,
        );
        let prime = odd_prime(index) as f64;
        table[group].reciprocals[place] = 1.0 / prime;
        if place == 0 {
            table[group].square = prime * prime;
        }
        index += 1;
    }
    table
}
