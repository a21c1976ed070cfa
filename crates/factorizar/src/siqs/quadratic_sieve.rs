//! The quadratic sieve in units that any machine can sieve.

use std::error;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::control::{Control, StopReason};
use crate::natural::Natural;
use crate::parallel::in_parallel;
use crate::siqs::MAX_BITS;
use crate::siqs::collector::spare_cycles;
use crate::siqs::factor_base::NoBase;
use crate::siqs::family::Family;
use crate::siqs::instance::Instance;
use crate::siqs::linear_algebra;
use crate::siqs::relation::RelationError;
use crate::siqs::store::{Checked, Store};
use crate::siqs::unit::{Siever, frame, unframe};

/// The smallest numbers that the sieve takes, in bits.
const MIN_BITS: u32 = 100;

/// The quadratic sieve of one number, in units that any machine can sieve.
///
/// Everything but the relations follows from the number and the version: each machine creates the
/// same sieve. A first leading coefficient and a count name a unit. Its result is bytes, which
/// whoever collects them checks exactly: relations that were made up, by accident or on purpose, are
/// refused.
///
/// ```
/// use factorizar::{Control, Natural, QuadraticSieve};
///
/// let n = &Natural::from(1_000_000_000_000_037u64) * &Natural::from((1u128 << 61) - 1);
/// let sieve = QuadraticSieve::new(&n, QuadraticSieve::VERSION)?;
/// let mut relations = sieve.relations();
/// let mut first = 0;
/// let divisor = loop {
///     // On another machine.
///     let packed = sieve.sieve(first, 4, &Control::new())?;
///     relations.add(first, 4, &packed)?;
///     first += 4;
///     if relations.found() >= relations.needed()
///         && let Some(divisor) = relations.divisor(&Control::new())?
///     {
///         break divisor;
///     }
/// };
/// assert!(n.exact_quotient(&divisor).is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct QuadraticSieve {
    instance: Instance,
}

/// The reason why a unit was not sieved.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SieveError {
    /// The version of the parameters is another one than [`QuadraticSieve::VERSION`].
    Version {
        /// The version that was asked for.
        version: u32,
    },
    /// The number is even, or has fewer bits than 100 or more than 416.
    Number {
        /// Number of its bits.
        bits: u32,
    },
    /// The number has a small prime factor.
    Factor {
        /// The prime.
        prime: u32,
    },
    /// The unit is past the end of the list of leading coefficients.
    PastTheEnd {
        /// The length of the list.
        units: u64,
    },
    /// The computation was stopped by its [`Control`].
    Stopped(StopReason),
}

impl fmt::Display for SieveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SieveError::Version { version } => write!(
                f,
                "the sieve has version {}, not {version}: use the same version of this crate",
                QuadraticSieve::VERSION
            ),
            SieveError::Number { bits } => write!(
                f,
                "the number has {bits} bits: send an odd composite of {MIN_BITS} to {MAX_BITS} bits"
            ),
            SieveError::Factor { prime } => {
                write!(f, "the number has the factor {prime}: divide it out first")
            }
            SieveError::PastTheEnd { units } => {
                write!(
                    f,
                    "there are {units} leading coefficients: ask for earlier ones"
                )
            }
            SieveError::Stopped(reason) => reason.fmt(f),
        }
    }
}

impl error::Error for SieveError {}

impl From<StopReason> for SieveError {
    fn from(reason: StopReason) -> Self {
        SieveError::Stopped(reason)
    }
}

impl QuadraticSieve {
    /// The version of the parameters: it changes whenever the same number gets another list.
    pub const VERSION: u32 = 2;

    /// Creates the sieve of `n`, which is odd, composite, not the power of a prime, and has 100 to
    /// 416 bits.
    ///
    /// # Errors
    ///
    /// A [`SieveError`] that says why `n` or the version can't be served.
    pub fn new(n: &Natural, version: u32) -> Result<Self, SieveError> {
        Self::new_with(n, version, &Control::new())
    }

    /// Creates the sieve of `n`, as [`new`](Self::new) does, unless `control` stops it.
    ///
    /// The base of a number of 100 digits takes a tenth of a second.
    ///
    /// # Errors
    ///
    /// A [`SieveError`] that says why `n` or the version can't be served, or that it was stopped.
    pub fn new_with(n: &Natural, version: u32, control: &Control) -> Result<Self, SieveError> {
        if version != Self::VERSION {
            return Err(SieveError::Version { version });
        }
        let bits = n.bits();
        if !n.is_odd() || !(MIN_BITS..=MAX_BITS).contains(&bits) {
            return Err(SieveError::Number { bits });
        }
        let instance = Instance::new(n, control).map_err(|reason| match reason {
            NoBase::Factor(prime) => SieveError::Factor { prime },
            NoBase::Stopped(reason) => SieveError::Stopped(reason),
        })?;
        Ok(QuadraticSieve { instance })
    }

    /// Returns the number of leading coefficients.
    #[must_use]
    pub fn units(&self) -> u64 {
        self.instance.coefficients.count()
    }

    /// Sieves the polynomials of `count` leading coefficients from number `first` on, and returns
    /// their relations.
    ///
    /// The result is the same for any number of threads.
    ///
    /// # Errors
    ///
    /// [`SieveError::PastTheEnd`], or [`SieveError::Stopped`] if `control` stopped it.
    pub fn sieve(&self, first: u64, count: u64, control: &Control) -> Result<Vec<u8>, SieveError> {
        let units = self.units();
        let end = first.checked_add(count).filter(|&end| end <= units);
        let end = end.ok_or(SieveError::PastTheEnd { units })?;
        let ended = AtomicBool::new(false);
        let results = in_parallel(control.thread_count(), (end - first) as usize, |index| {
            // Relaxed: the flag only saves sieving that would be lost.
            if ended.load(Ordering::Relaxed) {
                return Ok(Vec::new());
            }
            let relations = self.sieve_family(first + index as u64, control, &ended);
            if relations.is_err() {
                ended.store(true, Ordering::Relaxed);
            }
            relations
        });
        let mut packed = Vec::new();
        for relations in results {
            frame(&mut packed, &relations?);
        }
        Ok(packed)
    }

    /// Sieves the polynomials of one leading coefficient. The result is of no use if `ended` was
    /// set meanwhile.
    fn sieve_family(
        &self,
        number: u64,
        control: &Control,
        ended: &AtomicBool,
    ) -> Result<Vec<u8>, SieveError> {
        let family = Family::new(&self.instance, number);
        let family = family.ok_or(SieveError::PastTheEnd {
            units: self.units(),
        })?;
        let mut relations = Vec::new();
        Siever::new(&self.instance).sieve(&family, control, ended, &mut relations)?;
        Ok(relations)
    }

    /// Checks the result of a unit, on any thread: it takes most of the time that
    /// [`Relations::add`] takes.
    ///
    /// # Errors
    ///
    /// The reason why the relations are refused, all of them.
    pub fn check(
        &self,
        first: u64,
        count: u64,
        packed: &[u8],
    ) -> Result<CheckedRelations, RelationError> {
        check(&self.instance, first, count, packed)
    }

    /// Creates an empty collection of relations.
    #[must_use]
    pub fn relations(&self) -> Relations<'_> {
        Relations {
            instance: &self.instance,
            store: Store::default(),
        }
    }
}

/// Relations of a unit that were [checked](QuadraticSieve::check).
#[derive(Debug)]
pub struct CheckedRelations {
    units: Vec<Checked>,
}

impl CheckedRelations {
    /// Returns the number of relations.
    #[must_use]
    pub fn len(&self) -> usize {
        self.units.iter().map(Checked::len).sum()
    }

    /// Returns whether there is no relation.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn check(
    instance: &Instance,
    first: u64,
    count: u64,
    packed: &[u8],
) -> Result<CheckedRelations, RelationError> {
    let mut rest = packed;
    let mut units = Vec::new();
    let end = first.checked_add(count).ok_or(RelationError::OutOfRange)?;
    for number in first..end {
        let relations = unframe(&mut rest)?;
        let family = Family::new(instance, number).ok_or(RelationError::OutOfRange)?;
        let checked = Checked::new(relations.to_vec(), instance, number, &family)?;
        if checked.repeats_a_relation() {
            return Err(RelationError::Repeated);
        }
        units.push(checked);
    }
    match rest.is_empty() {
        true => Ok(CheckedRelations { units }),
        false => Err(RelationError::OutOfRange),
    }
}

/// The relations of a [`QuadraticSieve`], as they come from the machines that sieve.
#[derive(Debug)]
pub struct Relations<'a> {
    instance: &'a Instance,
    store: Store,
}

impl Relations<'_> {
    /// Checks the result of a unit and adds its relations, all or none. Returns how many were new.
    ///
    /// # Errors
    ///
    /// The reason why they are refused.
    pub fn add(&mut self, first: u64, count: u64, packed: &[u8]) -> Result<usize, RelationError> {
        let checked = check(self.instance, first, count, packed)?;
        Ok(self.add_checked(&checked))
    }

    /// Adds relations that the [sieve of the same number](QuadraticSieve::check) has checked.
    /// Returns how many were new.
    pub fn add_checked(&mut self, checked: &CheckedRelations) -> usize {
        let before = self.store.relations.len();
        checked.units.iter().for_each(|unit| self.store.add(unit));
        self.store.relations.len() - before
    }

    /// Returns the number of relations, with and without large primes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.store.relations.len()
    }

    /// Returns whether there is no relation.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of relations without large primes.
    #[must_use]
    pub fn full(&self) -> usize {
        self.store.whole()
    }

    /// Estimates the part of the sieving that is done when `needed` are to be
    /// [found](Self::found), in thousandths.
    #[must_use]
    pub fn permille(&self, needed: usize) -> u16 {
        self.store.permille(needed, self.instance.cycle_power())
    }

    /// Returns the number of relations found so far, or of sets of them that serve as one.
    #[must_use]
    pub fn found(&self) -> usize {
        self.store.cycles()
    }

    /// Returns the number that suffices, as a rule.
    #[must_use]
    pub fn needed(&self) -> usize {
        self.instance.base.len() + 1 + spare_cycles(self.instance)
    }

    /// Returns a divisor of the number, other than 1 and the number, or `None` if the relations do
    /// not give one yet.
    ///
    /// # Errors
    ///
    /// The reason, if `control` stopped the computation.
    pub fn divisor(&self, control: &Control) -> Result<Option<Natural>, StopReason> {
        linear_algebra::find_divisor(self.instance, &self.store, control)
    }
}
