//! Units of sieving: the work that one machine can do for another.
//!
//! A unit is a range of numbers of leading coefficients. Its result is the packed relations of
//! each, which whoever collects them checks.
//!
//! Cost: that of [`sieve`](super::sieve) and [`candidates`](super::candidates).

use std::sync::atomic::{AtomicBool, Ordering};

use crate::control::{Control, StopReason};
use crate::simd::level::Level;
use crate::siqs::candidates::Candidates;
use crate::siqs::family::Family;
use crate::siqs::instance::Instance;
use crate::siqs::relation::{RelationError, put, take};
use crate::siqs::sieve::Sieve;

/// The sieve of one thread, which keeps its memory from unit to unit.
#[derive(Debug)]
pub(super) struct Siever<'a> {
    instance: &'a Instance,
    sieve: Sieve<'a>,
    candidates: Candidates<'a>,
}

impl<'a> Siever<'a> {
    pub(super) fn new(instance: &'a Instance) -> Self {
        Siever::with(instance, Level::detect())
    }

    /// Creates a sieve that has these vector instructions at most.
    fn with(instance: &'a Instance, level: Level) -> Self {
        Siever {
            instance,
            sieve: Sieve::new(instance, level),
            candidates: Candidates::new(instance),
        }
    }

    /// Sieves all polynomials of `family`, and appends their packed relations. Returns `false` if
    /// `ended` was set meanwhile.
    ///
    /// # Errors
    ///
    /// The reason, if `control` stopped the computation. It is asked before each polynomial, and
    /// more often before the first.
    pub(super) fn sieve(
        &mut self,
        family: &Family,
        control: &Control,
        ended: &AtomicBool,
        relations: &mut Vec<u8>,
    ) -> Result<bool, StopReason> {
        for number in 0..family.len() {
            control.poll()?;
            // Relaxed: the flag only saves sieving that would be lost.
            if ended.load(Ordering::Relaxed) {
                return Ok(false);
            }
            match number {
                0 => self.sieve.start(family, control)?,
                _ => self.sieve.next(family, number),
            }
            let polynomial = family.polynomial(self.instance, number);
            let candidates = &mut self.candidates;
            self.sieve.sieve(|sieve, candidate| {
                candidates.divide(sieve, family, (number, &polynomial), candidate, relations);
            });
        }
        Ok(true)
    }
}

/// Appends the relations of a family, after their length.
pub(super) fn frame(to: &mut Vec<u8>, relations: &[u8]) {
    put(to, relations.len() as u32);
    to.extend_from_slice(relations);
}

/// Takes the relations of the next family.
///
/// # Errors
///
/// The bytes end before them.
pub(super) fn unframe<'a>(from: &mut &'a [u8]) -> Result<&'a [u8], RelationError> {
    let len = take(from)? as usize;
    let (relations, rest) = from.split_at_checked(len).ok_or(RelationError::Truncated)?;
    *from = rest;
    Ok(relations)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::natural::Natural;
    use crate::siqs::parameters::Parameters;

    /// Numbers of blocks that have loops of their own, and others; bases with and without primes in
    /// buckets, and one of several slices; one large prime and two.
    #[test]
    fn every_level_of_vector_instructions_finds_the_same_relations() {
        let n: Natural = "369503144638782693794961917939723396921312984817285838723301"
            .parse()
            .unwrap();
        let usual = Parameters::of(n.bits());
        let one = (0.0, usual.slack);
        let two = (1.8, 5.0);
        for (base_len, blocks, (two_large, slack)) in [
            (900, 2, one),
            (4_500, 2, one),
            (4_501, 4, two),
            (9_001, 4, one),
            (9_000, 6, one),
            (14_003, 8, two),
        ] {
            let parameters = Parameters {
                base_len,
                blocks,
                two_large,
                slack,
                ..usual
            };
            let instance = Instance::with(&n, parameters, &Control::new()).unwrap();
            let family = Family::new(&instance, 3).unwrap();
            let sieved = |level: Level| {
                let mut relations = Vec::new();
                let never = AtomicBool::new(false);
                let mut siever = Siever::with(&instance, level);
                let ended = siever.sieve(&family, &Control::new(), &never, &mut relations);
                assert_eq!(ended, Ok(true));
                relations
            };
            let portable = sieved(Level::Portable);
            assert!(!portable.is_empty(), "{blocks} blocks");
            for level in [Level::Avx2, Level::Avx512] {
                if level > Level::detect() {
                    eprintln!("not compared: this processor has no {level:?}");
                    continue;
                }
                assert!(sieved(level) == portable, "{level:?}, {blocks} blocks");
            }
        }
    }
}
