//! Relations: values of the sieve that fall apart into primes of the base.
//!
//! A relation y^2 = product of primes (modulo n) is kept as y and the list of the primes, each as
//! often as it divides. A value may have one prime more, larger than the base's; two such relations
//! with the same large prime make up a row together. As more are collected, ever more of them meet
//! their partners.
//!
//! Cost: for each candidate one multiplication and a few comparisons a prime, 16 primes at once,
//! and an exact division for each that divides.
//!
//! Source: Arjen K. Lenstra and Mark S. Manasse, "Factoring with two large primes", Mathematics of
//! Computation 63 (1994), whose introduction has the variation with one.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

use super::factor_base::{FactorBase, GROUP_SIZE};
use super::polynomial::Polynomial;

/// Stands for the sign in a relation's list; every other number is an index into the base.
pub(super) const SIGN: u16 = u16::MAX;

#[derive(Debug, Clone)]
pub(super) struct Relation {
    pub(super) y: u128,
    factors: Range<u32>,
    /// The prime beyond the base, or 1.
    pub(super) large: u32,
}

/// What has been collected.
#[derive(Debug)]
pub(super) struct Relations {
    list: Vec<Relation>,
    factors: Vec<u16>,
    /// The first relation with each large prime.
    partners: HashMap<u32, u32, BuildHasherDefault<IntegerHasher>>,
    /// The low bits of the y seen: different a may give the same relation.
    seen: HashSet<u64, BuildHasherDefault<IntegerHasher>>,
    /// Relations without a large prime, and pairs with the same one.
    rows: Vec<(u32, Option<u32>)>,
    /// Large primes are below this.
    bound: u32,
}

impl Relations {
    pub(super) fn new(bound: u32) -> Self {
        Relations {
            list: Vec::new(),
            factors: Vec::new(),
            partners: HashMap::default(),
            seen: HashSet::default(),
            rows: Vec::new(),
            bound,
        }
    }

    /// How many rows there are for the matrix.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The relations of a row, one or two.
    pub(super) fn row(&self, index: usize) -> impl Iterator<Item = &Relation> {
        let (one, other) = self.rows[index];
        [Some(one), other]
            .into_iter()
            .flatten()
            .map(|relation| &self.list[relation as usize])
    }

    /// The primes of a relation, each as often as it divides.
    pub(super) fn factors(&self, relation: &Relation) -> &[u16] {
        primes_of(relation, &self.factors)
    }

    /// Adds what one of the polynomials has.
    pub(super) fn add(&mut self, found: &RelationBatch, polynomial: usize) {
        for relation in found.of(polynomial) {
            if relation.large < self.bound && self.seen.insert(relation.y as u64) {
                let begin = self.factors.len() as u32;
                self.factors.extend(primes_of(relation, &found.factors));
                self.keep(Relation {
                    factors: begin..self.factors.len() as u32,
                    ..*relation
                });
            }
        }
    }

    fn keep(&mut self, relation: Relation) {
        let index = self.list.len() as u32;
        let large = relation.large;
        self.list.push(relation);
        if large == 1 {
            self.rows.push((index, None));
        } else if let Some(&partner) = self.partners.get(&large) {
            self.rows.push((partner, Some(index)));
        } else {
            self.partners.insert(large, index);
        }
    }
}

fn primes_of<'a>(relation: &Relation, factors: &'a [u16]) -> &'a [u16] {
    &factors[relation.factors.start as usize..relation.factors.end as usize]
}

/// The relations of some polynomials, in their order.
#[derive(Debug, Default)]
pub(super) struct RelationBatch {
    list: Vec<Relation>,
    factors: Vec<u16>,
    /// Where the relations of each polynomial end.
    ends: Vec<usize>,
}

impl RelationBatch {
    /// Divides a candidate's value by the base, and keeps it if what is left is a small number.
    pub(super) fn consider(&mut self, base: &FactorBase, polynomial: &Polynomial, position: usize) {
        let value = polynomial.value(position);
        let begin = self.factors.len();
        let rest = self.divide(base, polynomial, position, value);
        match u32::try_from(rest) {
            Ok(large) if value != 0 => self.list.push(Relation {
                y: polynomial.y(position),
                factors: begin as u32..self.factors.len() as u32,
                large,
            }),
            _ => self.factors.truncate(begin),
        }
    }

    pub(super) fn end_polynomial(&mut self) {
        self.ends.push(self.list.len());
    }

    pub(super) fn polynomials(&self) -> usize {
        self.ends.len()
    }

    fn of(&self, polynomial: usize) -> &[Relation] {
        let begin = polynomial
            .checked_sub(1)
            .map_or(0, |before| self.ends[before]);
        &self.list[begin..self.ends[polynomial]]
    }

    /// Appends the primes of 4 a q, and gives what they leave.
    fn divide(
        &mut self,
        base: &FactorBase,
        polynomial: &Polynomial,
        position: usize,
        value: i128,
    ) -> u128 {
        if value < 0 {
            self.factors.push(SIGN);
        }
        let mut rest = value.unsigned_abs();
        let twos = rest.trailing_zeros() % u128::BITS;
        rest >>= twos;
        self.factors.extend((0..twos + 2).map(|_| 0));
        for &factor in &polynomial.factors {
            self.factors.push(factor as u16);
            while let Some(quotient) = base.divide(rest, factor) {
                self.factors.push(factor as u16);
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
                self.factors.push(index as u16);
                rest = base.quotient(rest, index);
                while let Some(quotient) = base.divide(rest, index) {
                    self.factors.push(index as u16);
                    rest = quotient;
                }
            }
        }
        rest
    }
}

/// Which primes of a group have `position` among their positions: not zero for those.
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
        // The quotient, or one less, so the remainder is below 2 p.
        let quotient = ((u32::from(position) * u32::from(reciprocal)) >> 16) as i16;
        let above = (position as i16)
            .wrapping_sub(quotient.wrapping_mul(p))
            .wrapping_sub(p);
        let remainder = above.wrapping_add(p & (above >> 15));
        *hit = i16::from(remainder == one) | i16::from(remainder == other);
    }
    hits
}

/// Hashes one integer by a multiplication: the keys are the sieve's own, not an adversary's.
#[derive(Debug, Default)]
pub(super) struct IntegerHasher(u64);

impl Hasher for IntegerHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte.into());
        }
    }

    fn write_u32(&mut self, key: u32) {
        self.write_u64(key.into());
    }

    fn write_u64(&mut self, key: u64) {
        let mixed = (self.0 ^ key).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 32;
    }
}
