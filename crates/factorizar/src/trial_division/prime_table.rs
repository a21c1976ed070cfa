//! Tables of the primes of the trial division, computed at compile time.

use crate::simd::divisibility::{GROUP_SIZE, PrimeGroup};
use crate::word::Word;

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

const PRIMES: [u64; VECTOR_COUNT] = odd_primes();

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
        let prime = PRIMES[index];
        table[index] = Divisor {
            prime,
            inverse: inverse(prime as u128),
            limit: u128::MAX / prime as u128,
        };
        index += 1;
    }
    assert!(
        PRIMES[COUNT - 1] < BOUND && PRIMES[COUNT] > BOUND,
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
        let prime = PRIMES[index];
        table[index] = Divisor {
            prime,
            inverse: inverse(prime as u128) as u64,
            limit: u64::MAX / prime,
        };
        index += 1;
    }
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
        let prime = PRIMES[index] as f64;
        table[group].reciprocals[place] = 1.0 / prime;
        if place == 0 {
            table[group].square = prime * prime;
        }
        index += 1;
    }
    table
}

/// Computes the odd primes below [`VECTOR_BOUND`], by the sieve of Eratosthenes.
const fn odd_primes() -> [u64; VECTOR_COUNT] {
    const LEN: usize = VECTOR_BOUND as usize;
    let mut composite = [false; LEN];
    let mut table = [0; VECTOR_COUNT];
    let (mut filled, mut n) = (0, 3);
    while n < LEN {
        if !composite[n] {
            table[filled] = n as u64;
            filled += 1;
            let mut multiple = n * n;
            while multiple < LEN {
                composite[multiple] = true;
                multiple += 2 * n;
            }
        }
        n += 2;
    }
    assert!(
        filled == VECTOR_COUNT,
        "VECTOR_COUNT is not the number of odd primes below VECTOR_BOUND"
    );
    table
}

/// Returns the inverse of an odd `p` modulo 2^128, by Newton's iteration: p is its own inverse
/// modulo 2^3, and each turn doubles the number of correct bits, to 6, 12, 24, 48, 96 and past 128.
const fn inverse(p: u128) -> u128 {
    let mut inverse = p;
    let mut turn = 0;
    while turn < 6 {
        inverse = inverse.wrapping_mul(2u128.wrapping_sub(p.wrapping_mul(inverse)));
        turn += 1;
    }
    inverse
}
