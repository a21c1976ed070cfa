//! The relations that one thread finds: candidates of the sieve, tested by trial division.
//!
//! A value is divided by the primes that have the candidate's position among theirs. It is a
//! relation if what is left is 1, or a prime a little beyond the factor base (a "large prime").
//!
//! Cost: for each candidate one multiplication and a few comparisons a prime, 16 primes at once,
//! and an exact division for each prime that divides.

use crate::qs::factor_base::{FactorBase, GROUP_SIZE};
use crate::qs::polynomial::Polynomial;
use crate::qs::relation::{Relation, SIGN};

/// The relations of some polynomials, in the order of the polynomials.
#[derive(Debug, Default)]
pub(super) struct RelationBatch {
    list: Vec<Relation>,
    /// The primes of all relations, as indices into the factor base.
    primes: Vec<u16>,
    /// The index in `list` after the last relation of each polynomial.
    ends: Vec<usize>,
}

impl RelationBatch {
    /// Divides the value at a candidate's position by the factor base, and keeps it as a relation
    /// if what is left has 32 bits at most. The bound of large primes is applied by the store.
    pub(super) fn test_candidate(
        &mut self,
        base: &FactorBase,
        polynomial: &Polynomial,
        position: usize,
    ) {
        let value = polynomial.value(position);
        let begin = self.primes.len();
        let rest = self.divide(base, polynomial, position, value);
        match u32::try_from(rest) {
            Ok(large) if value != 0 => self.list.push(Relation {
                y: polynomial.y(position),
                range: begin as u32..self.primes.len() as u32,
                large,
            }),
            _ => self.primes.truncate(begin),
        }
    }

    /// Closes the list of one polynomial.
    pub(super) fn end_polynomial(&mut self) {
        self.ends.push(self.list.len());
    }

    /// Returns the number of polynomials.
    pub(super) fn polynomial_count(&self) -> usize {
        self.ends.len()
    }

    /// Returns the relations of a polynomial.
    pub(super) fn of(&self, polynomial: usize) -> &[Relation] {
        let begin = polynomial
            .checked_sub(1)
            .map_or(0, |before| self.ends[before]);
        &self.list[begin..self.ends[polynomial]]
    }

    /// Returns the primes of a relation of this batch, with multiplicity.
    pub(super) fn primes(&self, relation: &Relation) -> &[u16] {
        relation.primes(&self.primes)
    }

    /// Appends the primes of 4 a q, for the value q, and returns what they leave of q.
    fn divide(
        &mut self,
        base: &FactorBase,
        polynomial: &Polynomial,
        position: usize,
        value: i128,
    ) -> u128 {
        if value < 0 {
            self.primes.push(SIGN);
        }
        let mut rest = value.unsigned_abs();
        let twos = rest.trailing_zeros() % u128::BITS;
        rest >>= twos;
        self.primes.extend((0..twos + 2).map(|_| 0));
        for &factor in &polynomial.factors {
            self.primes.push(factor as u16);
            while let Some(quotient) = base.divide(rest, factor) {
                self.primes.push(factor as u16);
                rest = quotient;
            }
        }
        let [one, other] = &polynomial.positions;
        let groups = base
            .primes
            .chunks_exact(GROUP_SIZE)
            .zip(base.reciprocals.chunks_exact(GROUP_SIZE));
        let positions = one
            .chunks_exact(GROUP_SIZE)
            .zip(other.chunks_exact(GROUP_SIZE));
        for (group, ((primes, reciprocals), (one, other))) in groups.zip(positions).enumerate() {
            let hits = hits(position as u16, primes, reciprocals, one, other);
            if hits == [0; GROUP_SIZE] {
                continue;
            }
            for offset in (0..GROUP_SIZE).filter(|&offset| hits[offset] != 0) {
                let index = group * GROUP_SIZE + offset;
                self.primes.push(index as u16);
                rest = base.quotient(rest, index);
                while let Some(quotient) = base.divide(rest, index) {
                    self.primes.push(index as u16);
                    rest = quotient;
                }
            }
        }
        rest
    }
}

/// Returns a nonzero number for each prime of a group that has `position` among its positions:
/// modulo the prime, `position` is then one of the two first positions.
#[inline(always)]
fn hits(
    position: u16,
    primes: &[i16],
    reciprocals: &[u16],
    one: &[i16],
    other: &[i16],
) -> [i16; GROUP_SIZE] {
    let mut hits = [0; GROUP_SIZE];
    let primes = primes.iter().zip(reciprocals);
    let positions = one.iter().zip(other);
    for (hit, ((&p, &reciprocal), (&one, &other))) in hits.iter_mut().zip(primes.zip(positions)) {
        // The quotient of position / p, or one less, so that the remainder is below 2 p.
        let quotient = ((u32::from(position) * u32::from(reciprocal)) >> 16) as i16;
        let above = (position as i16)
            .wrapping_sub(quotient.wrapping_mul(p))
            .wrapping_sub(p);
        let remainder = above.wrapping_add(p & (above >> 15));
        *hit = i16::from(remainder == one) | i16::from(remainder == other);
    }
    hits
}
