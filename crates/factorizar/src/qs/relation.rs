//! A relation: a square that is a product of small primes modulo n.

use std::ops::Range;

/// The index that stands for the sign in a relation's list of primes. Every other number is an
/// index into the factor base.
pub(super) const SIGN: u16 = u16::MAX;

/// A relation y^2 = (product of primes of the base) * large modulo n.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    pub(super) y: u128,
    /// The part of a list of primes that is this relation's.
    pub(super) range: Range<u32>,
    /// A prime beyond the factor base, or 1.
    pub(super) large: u32,
}

impl Relation {
    /// Returns the relation's primes, with multiplicity, out of the list that its range refers to.
    pub(super) fn primes<'a>(&self, list: &'a [u16]) -> &'a [u16] {
        &list[self.range.start as usize..self.range.end as usize]
    }
}
