//! The relations collected so far, and the rows that they make for the matrix.
//!
//! A relation without a large prime is a row of its own. Two relations with the same large prime
//! make a row together, in which that prime is a square. The more are collected, the more of them
//! find a partner.
//!
//! Cost: two hash lookups for each relation.
//!
//! Source: Arjen K. Lenstra and Mark S. Manasse, "Factoring with two large primes", Mathematics of
//! Computation 63 (1994), whose introduction has the variation with one.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;

use crate::integer_hasher::IntegerHasher;
use crate::qs::relation::Relation;
use crate::qs::relation_batch::RelationBatch;

/// The relations collected so far.
#[derive(Debug)]
pub(super) struct RelationStore {
    list: Vec<Relation>,
    /// The primes of all relations, as indices into the factor base.
    primes: Vec<u16>,
    /// The index of the first relation with each large prime.
    partners: HashMap<u32, u32, BuildHasherDefault<IntegerHasher>>,
    /// The low bits of the y of each relation: different a may give the same relation.
    seen: HashSet<u64, BuildHasherDefault<IntegerHasher>>,
    /// Relations without a large prime, and pairs with the same one.
    rows: Vec<(u32, Option<u32>)>,
    /// Large primes are below this.
    bound: u32,
}

impl RelationStore {
    /// Creates an empty store that takes large primes below `bound`.
    pub(super) fn new(bound: u32) -> Self {
        RelationStore {
            list: Vec::new(),
            primes: Vec::new(),
            partners: HashMap::default(),
            seen: HashSet::default(),
            rows: Vec::new(),
            bound,
        }
    }

    /// Returns the number of rows for the matrix.
    pub(super) fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// Returns the relations of a row, one or two.
    pub(super) fn row(&self, index: usize) -> impl Iterator<Item = &Relation> {
        let (one, other) = self.rows[index];
        [Some(one), other]
            .into_iter()
            .flatten()
            .map(|relation| &self.list[relation as usize])
    }

    /// Returns the primes of a relation of this store, with multiplicity.
    pub(super) fn primes(&self, relation: &Relation) -> &[u16] {
        relation.primes(&self.primes)
    }

    /// Adds the relations that a batch has of one of its polynomials.
    pub(super) fn add(&mut self, batch: &RelationBatch, polynomial: usize) {
        for relation in batch.of(polynomial) {
            if relation.large < self.bound && self.seen.insert(relation.y as u64) {
                let begin = self.primes.len() as u32;
                self.primes.extend(batch.primes(relation));
                self.keep(Relation {
                    range: begin..self.primes.len() as u32,
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
