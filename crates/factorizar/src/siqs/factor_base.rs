//! The factor base: the primes that a relation may have, with what the sieve needs of each.
//!
//! Cost: a remainder of n and a symbol for each prime, and a square root modulo half of them.

use crate::control::{Control, StopReason};
use crate::modular::{is_residue, mul, square_root};
use crate::natural::Natural;
use crate::prime_sieve::PrimeSieve;

/// The reason why there is no factor base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoBase {
    /// A prime factor of n was met.
    Factor(u32),
    /// The control stopped the computation.
    Stopped(StopReason),
}

/// Primes between two questions to the control.
const BETWEEN_POLLS: usize = 1 << 10;

/// The primes modulo which k n is a square, ascending from 2.
#[derive(Debug)]
pub(super) struct FactorBase {
    pub(super) primes: Vec<u32>,
    /// A square root of k n modulo each prime; 0 for the primes of k.
    pub(super) roots: Vec<u32>,
}

impl FactorBase {
    /// Creates the base of `len` primes for `n` and its multiplier.
    ///
    /// # Errors
    ///
    /// The reason why there is none.
    pub(super) fn new(
        n: &Natural,
        multiplier: u32,
        len: usize,
        control: &Control,
    ) -> Result<Self, NoBase> {
        let mut base = FactorBase {
            primes: vec![2],
            roots: vec![1],
        };
        let bound = prime_bound(len);
        let odd_primes = PrimeSieve::up_to(bound);
        for (index, p) in odd_primes.primes(1, bound).enumerate() {
            let p = p as u32;
            if index % BETWEEN_POLLS == 0 {
                control.poll().map_err(NoBase::Stopped)?;
            }
            if base.primes.len() == len {
                break;
            }
            let rest = n.rem_u32(p).unwrap_or(0);
            if rest == 0 {
                return Err(NoBase::Factor(p));
            }
            let kn = mul(rest, multiplier % p, p);
            if kn == 0 {
                base.push(p, 0);
            } else if is_residue(kn, p) {
                base.push(p, square_root(kn, p));
            }
        }
        Ok(base)
    }

    fn push(&mut self, prime: u32, root: u32) {
        self.primes.push(prime);
        self.roots.push(root);
    }

    /// Returns the number of primes.
    pub(super) fn len(&self) -> usize {
        self.primes.len()
    }

    /// Returns the largest prime.
    pub(super) fn largest(&self) -> u32 {
        self.primes.last().copied().unwrap_or(2)
    }

    /// Returns the index of the first prime that is `bound` or more.
    pub(super) fn index_from(&self, bound: u32) -> usize {
        self.primes.partition_point(|&p| p < bound)
    }
}

/// Returns a bound below which there are enough primes for a base of `len`, since k n is a square
/// modulo half of all primes.
fn prime_bound(len: usize) -> u64 {
    // The prime of index m is below m (ln m + ln ln m), with m twice the length and a reserve.
    let count = (2.0 * len as f64 * 1.2).max(1_000.0);
    (count * (count.ln() + count.ln().ln())) as u64
}
