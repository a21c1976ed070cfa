//! The candidates that are relations.
//!
//! The base primes that divide a candidate's value are found without dividing it: those of the
//! buckets by a search for the position, the others by comparing the position with the roots, many
//! primes at once. The value is then divided by the primes that were found. What is left is 1, a
//! large prime, a product of two, or too much.
//!
//! Cost: some 0.5 us a candidate.

use crate::simd::roots::{entries_at, matches};
use crate::siqs::cofactor;
use crate::siqs::family::{Family, Polynomial};
use crate::siqs::instance::Instance;
use crate::siqs::parameters::BLOCK;
use crate::siqs::relation;
use crate::siqs::sieve::Sieve;

/// Primes below this are divided out before it is known whether the candidate is worth it.
const POWERS_BELOW: u32 = 24;

/// The division of candidates.
#[derive(Debug)]
pub(super) struct Candidates<'a> {
    instance: &'a Instance,
    /// 1 / p of the base primes that are not in buckets.
    reciprocals: Vec<f32>,
    found: Vec<u32>,
    entries: Vec<u32>,
    listed: Vec<u32>,
}

impl<'a> Candidates<'a> {
    pub(super) fn new(instance: &'a Instance) -> Self {
        let primes = &instance.base.primes[..instance.first_bucket];
        Candidates {
            instance,
            reciprocals: primes.iter().map(|&p| 1.0 / p as f32).collect(),
            found: Vec::new(),
            entries: Vec::new(),
            listed: Vec::new(),
        }
    }

    /// Appends the relation of the candidate at `position` of `block`, if it is one.
    pub(super) fn divide(
        &mut self,
        sieve: &Sieve<'_>,
        family: &Family,
        (number, polynomial): (u32, &Polynomial),
        (block, position, mark): (usize, usize, u8),
        relations: &mut Vec<u8>,
    ) {
        let instance = self.instance;
        let place = (block * BLOCK + position) as u32;
        let x = place as i32 - (instance.parameters.interval() / 2) as i32;
        let (mut rest, _) = polynomial.value(x).unsigned();
        if rest.is_zero() {
            return;
        }
        let twos = rest.divide_by_twos();
        self.found.clear();
        let primes = &instance.base.primes;
        let (level, reciprocals) = (sieve.level, &self.reciprocals);
        let small = instance.first_sieved;
        let (first, second) = (&sieve.roots.first, &sieve.roots.second);
        let roots = (&first[..small], &second[..small]);
        matches(
            level,
            place,
            &primes[..small],
            reciprocals,
            roots,
            &mut self.found,
        );
        // With what the primes that are not sieved add, it may be known to fail.
        let mut logs = u32::from(mark) + twos * u32::from(instance.logs[0]);
        for &index in &self.found {
            let index = index as usize;
            // The powers of larger primes are rare.
            let mut times = 1;
            if primes[index] < POWERS_BELOW {
                times = 0;
                while rest.divide_exactly(primes[index]) {
                    times += 1;
                }
            }
            logs += times * u32::from(instance.logs[index]);
        }
        if logs < instance.exact_threshold {
            return;
        }
        for &index in &self.found {
            while rest.divide_exactly(primes[index as usize]) {}
        }
        self.found.clear();
        let end = instance.first_bucket;
        let roots = (&first[small..end], &second[small..end]);
        matches(
            level,
            place,
            &primes[small..end],
            &reciprocals[small..],
            roots,
            &mut self.found,
        );
        self.found
            .iter_mut()
            .for_each(|index| *index += small as u32);
        self.found
            .extend(family.factors.iter().map(|&index| index as u32));
        for slice in &sieve.slices {
            self.entries.clear();
            entries_at(level, slice.bucket.block(block), place, &mut self.entries);
            let indices = self
                .entries
                .iter()
                .map(|entry| slice.start as u32 + (entry >> 20));
            self.found.extend(indices);
        }
        self.listed.clear();
        for &index in &self.found {
            let prime = primes[index as usize];
            while rest.divide_exactly(prime) {
                self.listed.push(index);
            }
        }
        let Some(rest) = rest.to_u64() else { return };
        self.listed.sort_unstable();
        let large = match rest {
            1 => [0, 0],
            _ if rest < instance.large_bound.into() => [rest as u32, 0],
            _ if rest < instance.product_bound => match cofactor::split(rest, instance) {
                Some(primes) => primes,
                None => return,
            },
            _ => return,
        };
        let large = &large[..large.iter().filter(|&&prime| prime != 0).count()];
        relation::pack(relations, number, x, large, &self.listed);
    }
}
