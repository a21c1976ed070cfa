//! The relations that cycles are made of, with all of their primes.
//!
//! Each relation of the store is read once more, since its base primes are not kept while others
//! are collected. Their primes are in one list, since two allocations for each of some hundred
//! thousand relations would take more memory than the primes.
//!
//! Cost: a check of each relation, and some 150 bytes to keep it.

use crate::control::{Control, StopReason};
use crate::siqs::family::Family;
use crate::siqs::instance::Instance;
use crate::siqs::periodic_poll::PeriodicPoll;
use crate::siqs::store::Store;
use crate::siqs::value::Value;

/// The work of reading a relation, whose family may have to be computed.
const READING: usize = 1 << 8;

/// The relations that cycles are made of.
#[derive(Debug, Default)]
pub(super) struct UsedRelations {
    /// Their indices in the store, ascending.
    indices: Vec<u32>,
    /// In the order of `indices`.
    entries: Vec<Entry>,
    /// The base indices of the primes of all relations, one relation after another.
    primes: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    square_root: Value,
    large: [u32; 2],
    negative: bool,
    /// The end of its primes.
    end: usize,
}

/// A relation that cycles are made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct UsedRelation<'a> {
    /// |u|, whose square is the product of all the primes and of 4, modulo n.
    pub(super) square_root: &'a Value,
    /// The large primes; 1 for none.
    pub(super) large: [u32; 2],
    /// The sign of the value.
    pub(super) negative: bool,
    /// The base indices of the primes of the value and of a, with multiplicity, in any order.
    pub(super) primes: &'a [u32],
}

impl UsedRelations {
    /// Reads the relations of `cycles` again. Returns `None` if one is not readable, which no
    /// relation of a store is.
    ///
    /// # Errors
    ///
    /// The reason, if `control` stopped the computation.
    pub(super) fn read(
        instance: &Instance,
        store: &Store,
        cycles: &[Vec<u32>],
        control: &Control,
    ) -> Result<Option<Self>, StopReason> {
        let mut poll = PeriodicPoll::new(control);
        // Marks take the time of a look at each, where sorting would take more and not stop.
        let mut is_used = vec![false; store.relations.len()];
        for cycle in cycles {
            poll.add(cycle.len())?;
            for &index in cycle {
                match is_used.get_mut(index as usize) {
                    Some(mark) => *mark = true,
                    None => return Ok(None),
                }
            }
        }
        let marked = (0..).zip(is_used).filter(|&(_, is_used)| is_used);
        let indices: Vec<u32> = marked.map(|(index, _)| index).collect();
        let mut used = UsedRelations {
            entries: Vec::with_capacity(indices.len()),
            indices: Vec::new(),
            primes: Vec::new(),
        };
        let mut current: Option<(u64, Family)> = None;
        for index in indices.iter().map(|&index| index as usize) {
            poll.add(READING)?;
            let Some(number) = store.family_of(index) else {
                return Ok(None);
            };
            let family = match current.take() {
                Some((same, family)) if same == number => Some(family),
                _ => Family::new(instance, number),
            };
            let Some(family) = family else {
                return Ok(None);
            };
            let Ok(relation) = store.read(index, instance, &family) else {
                return Ok(None);
            };
            used.primes.extend_from_slice(&relation.primes);
            let factors = family.factors.iter().map(|&index| index as u32);
            used.primes.extend(factors);
            used.entries.push(Entry {
                square_root: relation.square_root,
                large: relation.large,
                negative: relation.negative,
                end: used.primes.len(),
            });
            current = Some((number, family));
        }
        used.indices = indices;
        Ok(Some(used))
    }

    /// Returns the relation with this index in the store.
    pub(super) fn get(&self, index: u32) -> Option<UsedRelation<'_>> {
        let place = self.indices.binary_search(&index).ok()?;
        let entry = self.entries.get(place)?;
        let before = place
            .checked_sub(1)
            .and_then(|before| self.entries.get(before));
        Some(UsedRelation {
            square_root: &entry.square_root,
            large: entry.large,
            negative: entry.negative,
            primes: self
                .primes
                .get(before.map_or(0, |before| before.end)..entry.end)?,
        })
    }
}
