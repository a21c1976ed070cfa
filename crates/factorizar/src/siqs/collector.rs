//! The collection of relations above 2^128, in the order of the families of polynomials.
//!
//! Each thread takes the next family of polynomials, sieves it and checks its relations. They are
//! added in the order of the families: those of a later one wait until every earlier one is added.
//! So the relations, the moment at which they suffice, and the divisor are the same for any number
//! of threads. What other threads have sieved beyond that moment is lost, less than one family for
//! each.
//!
//! Cost: two locks of a mutex for each family.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::control::{Control, Progress, StopReason};
use crate::natural::Natural;
use crate::parallel::on_threads;
use crate::siqs::family::Family;
use crate::siqs::instance::Instance;
use crate::siqs::linear_algebra;
use crate::siqs::store::{Checked, Store};
use crate::siqs::unit::Siever;

/// Cycles beyond the number of base primes.
const SPARE: usize = 100;

/// Returns the number of cycles that are collected beyond the number of base primes. A small base
/// is eliminated as rows of bits, which needs few of them.
pub(super) fn spare_cycles(instance: &Instance) -> usize {
    SPARE.min(instance.base.len() / 50 + 4)
}

/// The collection for one number.
#[derive(Debug)]
pub(super) struct Collector<'a> {
    pub(super) instance: &'a Instance,
    pub(super) control: &'a Control,
    pub(super) threads: usize,
}

/// The state that the threads share.
#[derive(Debug, Default)]
struct Shared {
    /// The number of families given out, and of those whose relations are added.
    given: u64,
    added: u64,
    /// Relations of families that an earlier one has to come before.
    /// Invariant: every number in it is above `added`.
    waiting: BTreeMap<u64, Checked>,
    store: Store,
    /// The number of cycles that suffices.
    needed: usize,
    /// Set once: the cycles suffice (`Ok`), or the computation was stopped.
    outcome: Option<Result<(), StopReason>>,
}

impl Collector<'_> {
    /// Returns a divisor of n, or `None` if no new polynomials are left.
    pub(super) fn find_divisor(&self) -> Result<Option<Natural>, StopReason> {
        let mut shared = Shared {
            needed: self.instance.base.len() + 1 + spare_cycles(self.instance),
            ..Shared::default()
        };
        loop {
            shared = self.collect(shared);
            match shared.outcome.take() {
                None => return Ok(None),
                Some(Err(stop)) => return Err(stop),
                Some(Ok(())) => {}
            }
            let divisor = linear_algebra::find_divisor(self.instance, &shared.store, self.control)?;
            if divisor.is_some() {
                return Ok(divisor);
            }
            shared.needed = shared.store.cycles() + spare_cycles(self.instance);
            // What was sieved ahead is sieved again.
            shared.given = shared.added;
            shared.waiting.clear();
        }
    }

    fn collect(&self, shared: Shared) -> Shared {
        let shared = Mutex::new(shared);
        let ended = AtomicBool::new(false);
        on_threads(self.threads, || self.run_thread(&shared, &ended));
        shared.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one family after another, until there is an outcome.
    fn run_thread(&self, shared: &Mutex<Shared>, ended: &AtomicBool) {
        let mut siever = Siever::new(self.instance);
        // Relaxed: `ended` only saves sieving that would be lost. The outcome itself is read and
        // written under the mutex.
        while !ended.load(Ordering::Relaxed) {
            let number = lock(shared).next();
            let Some(family) = Family::new(self.instance, number) else {
                return;
            };
            let mut packed = Vec::new();
            let sieved = siever.sieve(&family, self.control, ended, &mut packed);
            let checked = Checked::new(packed, self.instance, number, &family).ok();
            let mut shared = lock(shared);
            match sieved {
                Ok(false) => return,
                Ok(true) => shared.submit(self, number, checked.unwrap_or_default()),
                Err(stop) => _ = shared.outcome.get_or_insert(Err(stop)),
            }
            if shared.outcome.is_some() {
                ended.store(true, Ordering::Relaxed);
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
    fn next(&mut self) -> u64 {
        self.given += 1;
        self.given - 1
    }

    /// Adds the relations of a family, and of those that waited for it.
    fn submit(&mut self, collector: &Collector<'_>, number: u64, checked: Checked) {
        self.waiting.insert(number, checked);
        while self.outcome.is_none() {
            let Some(checked) = self.waiting.remove(&self.added) else {
                return;
            };
            self.store.add(&checked);
            self.added += 1;
            let found = self.store.cycles();
            collector.control.report(Progress::Sieve {
                bits: collector.instance.n.bits(),
                found,
                needed: self.needed,
                permille: self
                    .store
                    .permille(self.needed, collector.instance.cycle_power()),
            });
            if found >= self.needed {
                self.outcome = Some(Ok(()));
            }
        }
    }
}
