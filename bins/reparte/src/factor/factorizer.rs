//! The factorization of one number, with servers for the work that is worth a call.

use factorizar::{CancelFlag, Control, Error, Natural, factor_natural_with};
use reparte::Search;

use crate::exit::Failure;
use crate::factor::cpu_times::CpuTimes;
use crate::factor::destination::Destination;
use crate::factor::job::{Task, TaskResult};
use crate::factor::relation_journal::RelationJournal;
use crate::factor::stage::SharedStage;
use crate::factor::stop::Stop;
use crate::factor::yields::SharedYields;

/// Composites of fewer bits are factored in this process, in some tenths of a second.
const SPREAD_FROM_BITS: u32 = 160;

/// Largest composites for the sieve, in bits. Above, curves are tried until they find a factor.
const SIEVED_TO_BITS: u32 = 416;

pub(super) type ReadDestinations = Box<dyn Fn() -> Result<Vec<Destination>, Failure>>;

/// The factorization of one number after another, on the same servers.
pub(super) struct Factorizer {
    pub(super) search: Search<Task, TaskResult>,
    /// Stops the work of this process.
    pub(super) flag: CancelFlag,
    pub(super) threads: usize,
    pub(super) stage: SharedStage,
    pub(super) journal: Option<RelationJournal>,
    /// Returns the servers that the flags name.
    pub(super) destinations: ReadDestinations,
    pub(super) cpu_times: CpuTimes,
    /// The yields of all numbers.
    pub(super) yields: SharedYields,
    /// Sentences on servers that may withhold relations, which were not told yet.
    pub(super) suspicions: Vec<String>,
}

impl Factorizer {
    /// Returns the prime factors of `n`, ascending.
    pub(super) fn factor(&mut self, n: &Natural) -> Result<Vec<Natural>, Stop> {
        let at_once = Control::new().deadline(|| true);
        let (mut primes, mut composites) = match factor_natural_with(n, &at_once) {
            Ok(factors) => (factors.as_slice().to_vec(), Vec::new()),
            Err(Error::Stopped(left)) => (
                left.factors().as_slice().to_vec(),
                left.cofactors().to_vec(),
            ),
            Err(error) => return Err(Stop::failed(error.to_string())),
        };
        while let Some(composite) = composites.pop() {
            if composite.is_prime() {
                primes.push(composite);
            } else if let Some((root, exponent)) = composite.perfect_power() {
                composites.extend((0..exponent).map(|_| root.clone()));
            } else if composite.bits() < SPREAD_FROM_BITS {
                primes.extend_from_slice(&self.factor_here(&composite)?);
            } else {
                let divisor = self.divisor(&composite)?;
                let quotient = composite.exact_quotient(&divisor);
                composites.push(divisor);
                composites.extend(quotient);
            }
        }
        primes.sort_unstable();
        Ok(primes)
    }

    /// Returns the control of work in this process.
    pub(super) fn control(&self) -> Control {
        Control::new().cancel_flag(&self.flag).threads(self.threads)
    }

    fn factor_here(&self, n: &Natural) -> Result<Vec<Natural>, Stop> {
        match factor_natural_with(n, &self.control()) {
            Ok(factors) => Ok(factors.as_slice().to_vec()),
            Err(_) => Err(Stop::Interrupted),
        }
    }

    /// Returns a divisor of an odd composite that is no power: that of the journal, or else a new
    /// one, which the journal has then.
    fn divisor(&mut self, n: &Natural) -> Result<Natural, Stop> {
        let known = self.journal.as_ref().map(|journal| journal.divisor(n));
        if let Some(divisor) = known.transpose()?.flatten() {
            return Ok(divisor);
        }
        let divisor = self.find_divisor(n)?;
        if let Some(journal) = &mut self.journal {
            journal.add_divisor(n, &divisor)?;
        }
        Ok(divisor)
    }

    fn find_divisor(&mut self, n: &Natural) -> Result<Natural, Stop> {
        for round in 0.. {
            if let Some(divisor) = self.small_divisor(n, round)? {
                return Ok(divisor);
            }
            if n.bits() <= SIEVED_TO_BITS {
                break;
            }
        }
        self.sieve(n)
    }
}
