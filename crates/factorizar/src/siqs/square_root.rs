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

use crate::control::{Control, StopReason};
use crate::montgomery::dispatch;
use crate::montgomery::ring::{Ring, RingComputation};
use crate::natural::Natural;
use crate::siqs::instance::Instance;
use crate::siqs::periodic_poll::PeriodicPoll;
use crate::siqs::used_relations::UsedRelations;

/// Relations or primes between two questions to the control.
const BETWEEN_POLLS: usize = 1 << 10;

/// The work of taking in a relation: it is searched for, and its primes are counted.
const RELATION_WORK: usize = 1 << 7;

/// Returns a divisor if the two square roots of a dependency differ by more than the sign.
///
/// # Errors
///
/// The reason, if `control` stopped the computation.
pub(super) fn try_dependency<'a>(
    instance: &Instance,
    used: &UsedRelations,
    cycles: impl Iterator<Item = &'a Vec<u32>>,
    control: &Control,
) -> Result<Option<Natural>, StopReason> {
    // A relation that is in two cycles cancels.
    let mut poll = PeriodicPoll::new(control);
    let mut counts: HashMap<u32, u32> = HashMap::new();
    for cycle in cycles {
        poll.add(8 * cycle.len())?;
        for &index in cycle {
            *counts.entry(index).or_default() += 1;
        }
    }
    let odd = counts.into_iter().filter(|(_, count)| count % 2 == 1);
    let odd = odd.map(|(index, _)| index);
    let Some(roots) = Roots::new(instance, used, odd, control)? else {
        return Ok(None);
    };
    debug_assert!(roots.primes.iter().all(|count| count % 2 == 0), "no square");
    let difference = dispatch::run(&instance.n, roots)?;
    let shared = difference.gcd(&instance.n);
    Ok((!shared.is_one() && shared != instance.n).then_some(shared))
}

/// The factors of the two square roots.
pub(super) struct Roots<'a> {
    squares: Vec<Natural>,
    /// The exponent of each base prime.
    primes: Vec<u32>,
    /// The exponents of the large primes.
    large: HashMap<u32, u32>,
    base: &'a [u32],
    control: &'a Control,
}

impl<'a> Roots<'a> {
    /// Takes in `relations`. Returns `None` if one of them is not among those that were read.
    ///
    /// # Errors
    ///
    /// The reason, if `control` stopped the computation.
    pub(super) fn new(
        instance: &'a Instance,
        used: &UsedRelations,
        relations: impl Iterator<Item = u32>,
        control: &'a Control,
    ) -> Result<Option<Self>, StopReason> {
        let mut poll = PeriodicPoll::new(control);
        let mut roots = Roots {
            squares: Vec::new(),
            primes: vec![0; instance.base.len()],
            large: HashMap::new(),
            base: &instance.base.primes,
            control,
        };
        for index in relations {
            poll.add(RELATION_WORK)?;
            let Some(relation) = used.get(index) else {
                return Ok(None);
            };
            let root = Natural::from_limbs(&relation.square_root.limbs());
            roots.squares.push(root);
            for &prime in relation.primes {
                roots.primes[prime as usize] += 1;
            }
            for prime in relation.large.into_iter().filter(|&prime| prime != 1) {
                *roots.large.entry(prime).or_default() += 1;
            }
            // The 4 of 4 a.
            roots.primes[0] += 2;
        }
        Ok(Some(roots))
    }
}

impl RingComputation for Roots<'_> {
    type Output = Result<Natural, StopReason>;

    /// Returns the difference of the two square roots.
    fn run<R: Ring>(self, ring: &R) -> Self::Output {
        let mut left = ring.one();
        for (index, root) in self.squares.iter().enumerate() {
            if index.is_multiple_of(BETWEEN_POLLS) {
                self.control.poll()?;
            }
            left = ring.mul(&left, &ring.residue(root));
        }
        let mut right = ring.one();
        let base = self
            .base
            .iter()
            .zip(&self.primes)
            .map(|(&prime, &count)| (prime, count));
        for (index, (prime, count)) in base.chain(self.large).enumerate() {
            if index.is_multiple_of(BETWEEN_POLLS) {
                self.control.poll()?;
            }
            if count > 0 {
                let power = ring.pow(&ring.small(prime.into()), &Natural::from(count / 2));
                right = ring.mul(&right, &power);
            }
        }
        debug_assert_eq!(ring.square(&left), ring.square(&right), "the same square");
        Ok(ring.number(&ring.sub(&left, &right)))
    }
}
