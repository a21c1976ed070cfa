//! The square root step: from a dependency between relations to a divisor.
//!
//! The product of the u of the relations, and the product of all their primes to half of their
//! exponents, have the same square modulo n. If n is not the power of a prime, they differ, up to
//! the sign, in at least half of all cases. The difference then has a common factor with n.
//!
//! Cost: a multiplication modulo n for each relation, and a power for each prime.
//!
//! Source: Michael A. Morrison and John Brillhart, "A method of factoring and the factorization of
//! F7", Mathematics of Computation 29 (1975).

use std::collections::HashMap;

use super::instance::Instance;
use super::relation::Used;
use crate::montgomery::dispatch;
use crate::montgomery::ring::{Ring, RingComputation};
use crate::natural::Natural;

/// Returns a divisor if the two square roots of a dependency differ by more than the sign.
pub(super) fn try_dependency<'a>(
    instance: &Instance,
    used: &Used,
    cycles: impl Iterator<Item = &'a Vec<u32>>,
) -> Option<Natural> {
    // A relation that is in two cycles cancels.
    let mut counts: HashMap<u32, u32> = HashMap::new();
    for &index in cycles.flatten() {
        *counts.entry(index).or_default() += 1;
    }
    let odd = counts.into_iter().filter(|(_, count)| count % 2 == 1);
    let mut roots = Roots {
        squares: Vec::new(),
        primes: vec![0; instance.base.len()],
        large: HashMap::new(),
        base: &instance.base.primes,
    };
    for (index, _) in odd {
        let relation = used.get(&index)?;
        roots
            .squares
            .push(Natural::from_limbs(&relation.square_root.limbs()));
        for &prime in &relation.primes {
            roots.primes[prime as usize] += 1;
        }
        for &prime in &relation.large {
            *roots.large.entry(prime).or_default() += 1;
        }
        // The 4 of 4 a.
        roots.primes[0] += 2;
    }
    debug_assert!(roots.primes.iter().all(|count| count % 2 == 0), "no square");
    let difference = dispatch::run(&instance.n, roots);
    let shared = difference.gcd(&instance.n);
    (!shared.is_one() && shared != instance.n).then_some(shared)
}

/// The factors of the two square roots.
struct Roots<'a> {
    squares: Vec<Natural>,
    /// The exponent of each base prime.
    primes: Vec<u32>,
    /// The exponents of the large primes.
    large: HashMap<u32, u32>,
    base: &'a [u32],
}

impl RingComputation for Roots<'_> {
    type Output = Natural;

    /// Returns the difference of the two square roots.
    fn run<R: Ring>(self, ring: &R) -> Natural {
        let mut left = ring.one();
        for root in &self.squares {
            left = ring.mul(&left, &ring.residue(root));
        }
        let mut right = ring.one();
        let base = self
            .base
            .iter()
            .zip(&self.primes)
            .map(|(&prime, &count)| (prime, count));
        for (prime, count) in base.chain(self.large) {
            if count > 0 {
                let power = ring.pow(&ring.small(prime.into()), &Natural::from(count / 2));
                right = ring.mul(&right, &power);
            }
        }
        debug_assert_eq!(ring.square(&left), ring.square(&right), "the same square");
        ring.number(&ring.sub(&left, &right))
    }
}
