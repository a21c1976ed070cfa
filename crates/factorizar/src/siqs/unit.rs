//! Units of sieving: the work that one machine can do for another.
//!
//! A unit is a range of numbers of leading coefficients. Its result is the packed relations of
//! each, which whoever collects them checks.

use std::sync::atomic::{AtomicBool, Ordering};

use super::candidates::Candidates;
use super::family::Family;
use super::instance::Instance;
use super::relation::{RelationError, put, take};
use super::sieve::Sieve;
use crate::control::{Control, StopReason};

/// The sieve of one thread, which keeps its memory from unit to unit.
#[derive(Debug)]
pub(super) struct Siever<'a> {
    instance: &'a Instance,
    sieve: Sieve<'a>,
    candidates: Candidates<'a>,
}

impl<'a> Siever<'a> {
    pub(super) fn new(instance: &'a Instance) -> Self {
        Siever {
            instance,
            sieve: Sieve::new(instance),
            candidates: Candidates::new(instance),
        }
    }

    /// Sieves all polynomials of `family`, and appends their packed relations. Returns `false` if
    /// `ended` was set meanwhile.
    ///
    /// # Errors
    ///
    /// The reason, if `control` stopped the computation. It is asked before each polynomial.
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
                0 => self.sieve.start(family),
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
