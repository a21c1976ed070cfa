//! The collection of relations, on one thread or several.
//!
//! Each thread takes the next leading coefficient a, and sieves the polynomials of that a. Its
//! relations are added in the order in which the a were given out: those of a later a wait until
//! every earlier one is complete. So the relations, the moment at which they suffice, and the
//! divisor are the same for any number of threads. What other threads have sieved beyond that
//! moment is lost, less than one a for each.
//!
//! | state of an a | next | when |
//! | --- | --- | --- |
//! | given out (`turn < given`) | being added | every earlier a is complete (`turn == completed`) |
//! | given out | waiting | its thread has sieved its last polynomial, and an earlier a is not complete |
//! | being added | complete | its last polynomial is added |
//! | waiting | complete | every earlier a is complete |
//!
//! Cost: one lock of a mutex for each polynomial.

use std::collections::BTreeMap;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::control::{Control, Progress, StopReason};
use crate::parallel::on_threads;
use crate::qs::coefficients::Coefficients;
use crate::qs::factor_base::FactorBase;
use crate::qs::parameters::Parameters;
use crate::qs::polynomial::Polynomial;
use crate::qs::relation_batch::RelationBatch;
use crate::qs::relation_store::RelationStore;
use crate::qs::sieve::Interval;
use crate::qs::square_root;

/// Rows beyond the number of columns. Each is a dependency, and half of them fail to give a
/// divisor.
const SPARE_ROWS: usize = 6;

/// The input of the collection, which all threads read.
#[derive(Debug)]
pub(super) struct Collector<'a> {
    pub(super) n: u128,
    /// k n modulo 2^128.
    pub(super) kn: u128,
    pub(super) base: &'a FactorBase,
    pub(super) parameters: Parameters,
    /// The index of the first prime that is sieved.
    pub(super) first_sieved: usize,
    /// The initial value of the interval's bytes: 128 less the threshold.
    pub(super) initial_byte: u8,
    pub(super) control: &'a Control,
}

/// The state that the threads share.
#[derive(Debug)]
struct Shared {
    coefficients: Coefficients,
    /// The number of a given out so far.
    given: usize,
    /// The number of a, in the order in which they were given out, whose relations are all added.
    completed: usize,
    /// The relations of complete a that an earlier one has to come before, by their turn.
    /// Invariant: every turn in it is above `completed`.
    waiting: BTreeMap<usize, RelationBatch>,
    store: RelationStore,
    /// The number of rows at which the linear algebra is tried next.
    needed: usize,
    /// Set once, by the first thread that has a divisor or is stopped; then nothing more is added.
    outcome: Option<Result<u128, StopReason>>,
}

impl Collector<'_> {
    /// Returns a divisor of n, found by `threads` threads, the calling one included, or `None` if
    /// no new leading coefficients are left.
    pub(super) fn find_divisor(
        &self,
        coefficients: Coefficients,
        threads: usize,
    ) -> Result<Option<u128>, StopReason> {
        let largest = u32::from(self.base.prime(self.base.len - 1));
        let shared = Mutex::new(Shared {
            coefficients,
            given: 0,
            completed: 0,
            waiting: BTreeMap::new(),
            store: RelationStore::new(largest * self.parameters.large_prime_multiple),
            needed: self.base.len + SPARE_ROWS,
            outcome: None,
        });
        let ended = AtomicBool::new(false);
        on_threads(threads, || self.run_thread(&shared, &ended));
        let shared = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
        shared.outcome.transpose()
    }

    /// Takes one a after another and sieves its polynomials, until there is an outcome.
    fn run_thread(&self, shared: &Mutex<Shared>, ended: &AtomicBool) {
        let mut interval = Interval::new(2 * self.parameters.half as u16);
        loop {
            let next = lock(shared).next(self.base);
            let Some((turn, factors)) = next else {
                return;
            };
            let mut polynomial = Polynomial::new(self.base, self.kn, factors, self.parameters.half);
            let mut batch = RelationBatch::default();
            let mut more = true;
            while more {
                // Relaxed: `ended` only saves sieving that would be lost. The outcome itself is
                // read and written under the mutex.
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                let polled = self.control.poll();
                if polled.is_ok() {
                    interval.sieve(self.base, &polynomial, self.first_sieved, self.initial_byte);
                    for position in interval.candidates() {
                        batch.test_candidate(self.base, &polynomial, position);
                    }
                    batch.end_polynomial();
                    more = polynomial.advance(self.base);
                }
                let mut shared = lock(shared);
                match polled {
                    Ok(()) => shared.submit(self, turn, &mut batch, more),
                    Err(stop) => _ = shared.outcome.get_or_insert(Err(stop)),
                }
                if shared.outcome.is_some() {
                    ended.store(true, Ordering::Relaxed);
                }
            }
        }
    }
}

/// Locks the shared state. A poisoned lock is taken too: the panic of the other thread goes on when
/// the scope of the threads ends, and no result is used.
fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Returns the turn of the next a, and its primes.
    fn next(&mut self, base: &FactorBase) -> Option<(usize, Vec<usize>)> {
        let factors = self.coefficients.next(base)?;
        self.given += 1;
        Some((self.given - 1, factors))
    }

    /// Adds a batch of the a of this turn if every earlier a is complete. If not, a batch stays
    /// with its thread while `more` polynomials of its a follow, and then waits here.
    fn submit(
        &mut self,
        collector: &Collector<'_>,
        turn: usize,
        batch: &mut RelationBatch,
        more: bool,
    ) {
        if turn == self.completed {
            self.add(collector, &mem::take(batch));
            if !more {
                self.complete_turn(collector);
            }
        } else if !more {
            self.waiting.insert(turn, mem::take(batch));
        }
    }

    /// Counts the a of the current turn as complete, and adds those that waited for it.
    fn complete_turn(&mut self, collector: &Collector<'_>) {
        loop {
            if self.outcome.is_some() {
                return;
            }
            self.completed += 1;
            collector.control.report(Progress::Relations {
                of: collector.n,
                found: self.store.row_count(),
                needed: self.needed,
            });
            let Some(batch) = self.waiting.remove(&self.completed) else {
                return;
            };
            self.add(collector, &batch);
        }
    }

    /// Adds relations, one polynomial at a time, until they give a divisor.
    fn add(&mut self, collector: &Collector<'_>, batch: &RelationBatch) {
        for polynomial in 0..batch.polynomial_count() {
            if self.outcome.is_some() {
                return;
            }
            self.store.add(batch, polynomial);
            if self.store.row_count() >= self.needed {
                self.outcome =
                    square_root::find_divisor(collector.n, collector.base, &self.store).map(Ok);
                self.needed = self.store.row_count() + SPARE_ROWS;
            }
        }
    }
}
