//! Polynomials shared out to threads, and their relations put together in one order.
//!
//! Each thread takes the next a, and sieves its polynomials. What it finds is added when all that
//! comes before has been, however long that takes: so the relations, the moment they suffice, and
//! the divisor are the same for any number of threads. What more threads have sieved beyond that
//! moment is lost, less than an a each. Cost: a lock a polynomial.

use std::collections::BTreeMap;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use super::choice::{Coefficients, Parameters};
use super::factor_base::FactorBase;
use super::polynomial::Polynomial;
use super::relation::{RelationBatch, Relations};
use super::sieve::Interval;
use super::square_root;
use crate::{Control, Progress, StopReason};

/// Rows beyond the number of columns, so that there are dependencies to choose from.
const SPARE: usize = 6;

/// What all threads read.
#[derive(Debug)]
pub(super) struct Collector<'a> {
    pub(super) n: u128,
    /// k n modulo 2^128.
    pub(super) square: u128,
    pub(super) base: &'a FactorBase,
    pub(super) size: Parameters,
    /// The first prime that is sieved, as an index into the base.
    pub(super) first: usize,
    /// What the interval's bytes begin as.
    pub(super) start: u8,
    pub(super) control: &'a Control,
}

/// What they share.
#[derive(Debug)]
struct Shared {
    choice: Coefficients,
    /// How many a have been given out, and of how many all relations have been added.
    given: usize,
    added: usize,
    /// What was found with an a that is not the next to be added.
    waiting: BTreeMap<usize, RelationBatch>,
    relations: Relations,
    needed: usize,
    outcome: Option<Result<u128, StopReason>>,
}

impl Collector<'_> {
    /// A divisor of n, by so many threads, the calling one included; or nothing if the choices are
    /// used up.
    pub(super) fn divisor(
        &self,
        choice: Coefficients,
        threads: usize,
    ) -> Result<Option<u128>, StopReason> {
        let largest = u32::from(self.base.prime(self.base.len - 1));
        let shared = Mutex::new(Shared {
            choice,
            given: 0,
            added: 0,
            waiting: BTreeMap::new(),
            relations: Relations::new(largest * self.size.large),
            needed: self.base.len + SPARE,
            outcome: None,
        });
        let ended = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(|| self.work(&shared, &ended));
            }
            self.work(&shared, &ended);
        });
        let shared = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
        shared.outcome.transpose()
    }

    /// What one thread does: one a after another.
    fn work(&self, shared: &Mutex<Shared>, ended: &AtomicBool) {
        let mut interval = Interval::new(2 * self.size.half as u16);
        loop {
            let next = lock(shared).next(self.base);
            let Some((turn, factors)) = next else {
                return;
            };
            let mut polynomial = Polynomial::new(self.base, self.square, factors, self.size.half);
            let mut found = RelationBatch::default();
            let mut more = true;
            while more {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                let polled = self.control.poll();
                if polled.is_ok() {
                    interval.sieve(self.base, &polynomial, self.first, self.start);
                    for position in interval.candidates() {
                        found.consider(self.base, &polynomial, position);
                    }
                    found.end_polynomial();
                    more = polynomial.advance(self.base);
                }
                let mut shared = lock(shared);
                match polled {
                    Ok(()) => shared.offer(self, turn, &mut found, more),
                    Err(stop) => _ = shared.outcome.get_or_insert(Err(stop)),
                }
                if shared.outcome.is_some() {
                    ended.store(true, Ordering::Relaxed);
                }
            }
        }
    }
}

/// A thread that panics ends the computation: what the others read then does not matter.
fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// The next a, and its number.
    fn next(&mut self, base: &FactorBase) -> Option<(usize, Vec<usize>)> {
        let factors = self.choice.next(base)?;
        self.given += 1;
        Some((self.given - 1, factors))
    }

    /// Adds what was `found`, or keeps it until its turn; no `more` of this a will come.
    fn offer(
        &mut self,
        collect: &Collector<'_>,
        turn: usize,
        found: &mut RelationBatch,
        more: bool,
    ) {
        if turn == self.added {
            self.add(collect, &mem::take(found));
            if !more {
                self.end_turn(collect);
            }
        } else if !more {
            self.waiting.insert(turn, mem::take(found));
        }
    }

    fn end_turn(&mut self, collect: &Collector<'_>) {
        loop {
            if self.outcome.is_some() {
                return;
            }
            self.added += 1;
            collect.control.report(Progress::Relations {
                of: collect.n,
                found: self.relations.len(),
                needed: self.needed,
            });
            let Some(found) = self.waiting.remove(&self.added) else {
                return;
            };
            self.add(collect, &found);
        }
    }

    /// Adds relations, a polynomial at a time, until they give a divisor.
    fn add(&mut self, collect: &Collector<'_>, found: &RelationBatch) {
        for polynomial in 0..found.polynomials() {
            if self.outcome.is_some() {
                return;
            }
            self.relations.add(found, polynomial);
            if self.relations.len() >= self.needed {
                self.outcome =
                    square_root::divisor(collect.n, collect.base, &self.relations).map(Ok);
                self.needed = self.relations.len() + SPARE;
            }
        }
    }
}
