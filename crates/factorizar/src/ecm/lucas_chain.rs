//! Lucas chains: short addition chains in which the difference of every two summands is known.
//!
//! On a Montgomery curve two points can be added only if their difference is known. For a prime r
//! such a chain comes from a subtractive Euclidean algorithm on r and a second number near 0.618 r.
//! Each step of the algorithm is a few additions and doublings. Several second numbers near the
//! golden section are tried, and the cheapest chain is kept. The chains are computed at compile
//! time; at run time the steps are read from a table.
//!
//! Cost: some 9 multiplications for each bit of r. A Montgomery ladder, with a doubling and an
//! addition for each bit, takes 11.
//!
//! Source: Peter L. Montgomery, "Evaluating recurrences of form X_{m+n} = f(X_m, X_n, X_{m-n}) via
//! Lucas chains", 1983, revised 1992.

use crate::ecm::curve::{Curves, Point};
use crate::lanes::LaneArithmetic;

// The codes of the steps. A step changes the points a, b and c = a - b such that r P = d a + e b,
// with d >= e, stays true. Each code but END and SWAP is a case of Montgomery's table.

/// Ends the chain of one prime, and begins that of the next.
const END: u8 = 0;
/// Swaps d and e.
pub(super) const SWAP: u8 = 1;
/// Replaces d by (2 d - e) / 3, and e by (2 e - d) / 3.
pub(super) const THIRDS: u8 = 2;
/// Replaces d by (d - e) / 2.
pub(super) const HALF_DIFFERENCE: u8 = 3;
/// Replaces d by d - e.
pub(super) const SUBTRACT: u8 = 4;
/// Replaces d by d / 2.
pub(super) const HALVE: u8 = 5;
/// Replaces e by e / 2.
const HALVE_OTHER: u8 = 6;

/// The cost of an addition of points, in multiplications.
const ADDITION: u32 = 6;
/// The cost of a doubling, in multiplications.
const DOUBLING: u32 = 6;

/// The most steps of one pair of bounds.
pub(super) const CAPACITY: usize = 4096;

/// The chains of several primes, one after another, each closed by [`END`].
#[derive(Debug)]
pub(super) struct LucasChains {
    steps: [u8; CAPACITY],
    len: usize,
}

impl LucasChains {
    /// Computes the chains of every odd prime up to `bound`, each as often as its powers are up to
    /// `bound`.
    pub(super) const fn primes_up_to(bound: u32) -> Self {
        let mut chains = LucasChains {
            steps: [END; CAPACITY],
            len: 0,
        };
        let mut prime = 3;
        while prime <= bound {
            if is_prime(prime) {
                let second = SECONDS[prime as usize / 2] as u32;
                let mut power = prime;
                while power <= bound {
                    chains.append(prime, second);
                    power *= prime;
                }
            }
            prime += 2;
        }
        chains
    }

    const fn append(&mut self, prime: u32, second: u32) {
        let (mut d, mut e) = (prime - second, 2 * second - prime);
        while d != e {
            let step = next(&mut d, &mut e);
            self.steps[self.len] = step;
            self.len += 1;
        }
        self.steps[self.len] = END;
        self.len += 1;
    }

    /// Returns the multiple of `point` by the product of all the primes.
    #[inline(always)]
    pub(super) fn multiply<A: LaneArithmetic>(
        &self,
        curves: &Curves<A>,
        point: Point<A::Lanes>,
    ) -> Point<A::Lanes> {
        // Every chain starts with a = 2 P, b = c = P.
        let start = |point| (curves.double(point), point, point);
        let (mut a, mut b, mut c) = start(point);
        let Some((last, steps)) = self.steps[..self.len].split_last() else {
            return point;
        };
        debug_assert_eq!(*last, END);
        for &step in steps {
            match step {
                END => (a, b, c) = start(curves.add(a, b, c)),
                SWAP => (a, b) = (b, a),
                THIRDS => {
                    let sum = curves.add(a, b, c);
                    let other = curves.add(sum, a, b);
                    b = curves.add(b, sum, a);
                    a = other;
                }
                HALF_DIFFERENCE => {
                    b = curves.add(a, b, c);
                    a = curves.double(a);
                }
                SUBTRACT => (b, c) = (curves.add(a, b, c), b),
                HALVE => {
                    c = curves.add(a, c, b);
                    a = curves.double(a);
                }
                _ => {
                    c = curves.add(b, c, a);
                    b = curves.double(b);
                }
            }
        }
        curves.add(a, b, c)
    }
}

/// Takes one step of the Euclidean algorithm, and returns its code.
pub(super) const fn next(d: &mut u32, e: &mut u32) -> u8 {
    if *d < *e {
        (*d, *e) = (*e, *d);
        return SWAP;
    }
    if 4 * *d <= 5 * *e && (*d + *e).is_multiple_of(3) {
        (*d, *e) = ((2 * *d - *e) / 3, (2 * *e - *d) / 3);
        THIRDS
    } else if 4 * *d <= 5 * *e && (*d - *e).is_multiple_of(6) {
        *d = (*d - *e) / 2;
        HALF_DIFFERENCE
    } else if *d <= 4 * *e {
        *d -= *e;
        SUBTRACT
    } else if (*d + *e).is_multiple_of(2) {
        *d = (*d - *e) / 2;
        HALF_DIFFERENCE
    } else if (*d).is_multiple_of(2) {
        *d /= 2;
        HALVE
    } else {
        *e /= 2;
        HALVE_OTHER
    }
}

/// Bound of the primes that have a chain.
const LIMIT: u32 = 1_024;

/// The second number of each odd prime r below [`LIMIT`], at r / 2.
static SECONDS: [u16; LIMIT as usize / 2] = {
    let mut seconds = [0; LIMIT as usize / 2];
    let mut prime = 3;
    while prime < LIMIT {
        if is_prime(prime) {
            seconds[prime as usize / 2] = best_second(prime) as u16;
        }
        prime += 2;
    }
    seconds
};

/// Returns the second number that gives the cheapest chain for `prime`.
const fn best_second(prime: u32) -> u32 {
    // Around the golden section, 0.618 of the prime.
    let middle = (prime as u64 * 618_033_989 / 1_000_000_000) as u32;
    let reach = 2 + if prime < 240 { prime / 12 } else { 20 };
    let (mut best, mut least) = (prime - 1, u32::MAX);
    let mut second = if middle > prime / 2 + reach {
        middle - reach
    } else {
        prime / 2 + 1
    };
    while second < prime && second <= middle + reach {
        let cost = cost(prime, second);
        if cost < least {
            (best, least) = (second, cost);
        }
        second += 1;
    }
    best
}

/// Returns the cost of a chain in multiplications, or `u32::MAX` if the Euclidean algorithm does
/// not end in 1.
pub(super) const fn cost(prime: u32, second: u32) -> u32 {
    let (mut d, mut e) = (prime - second, 2 * second - prime);
    let mut cost = DOUBLING + ADDITION;
    while d != e {
        if e == 0 || d == 0 {
            return u32::MAX;
        }
        cost += match next(&mut d, &mut e) {
            SWAP => 0,
            THIRDS => 3 * ADDITION,
            SUBTRACT => ADDITION,
            _ => ADDITION + DOUBLING,
        };
    }
    if d == 1 { cost } else { u32::MAX }
}

/// Returns whether `n` is prime, by trial division, at compile time.
pub(super) const fn is_prime(n: u32) -> bool {
    let mut divisor = 3;
    while divisor * divisor <= n {
        if n.is_multiple_of(divisor) {
            return false;
        }
        divisor += 2;
    }
    n == 2 || n > 2 && !n.is_multiple_of(2)
}
