//! The factorization of one number, with servers for the work that is worth a call.

use std::iter;
use std::ops::ControlFlow::{Break, Continue};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use factorizar::{
    CancelFlag, Control, CurveRange, Error, Natural, QuadraticSieve, SieveError, SmallFactorStep,
    factor_natural_with, p_minus_1, small_factor_steps,
};
use reparte::{Search, TaskError, TaskErrorKind};

use crate::factor::job::{CurveJob, SieveJob, Task, TaskResult, call_time};
use crate::factor::stage::{SharedStage, Sieving, Stage};
use crate::factor::stop::Stop;
use crate::factor::yields::Yields;

/// Composites of fewer bits are factored in this process, in some tenths of a second.
const SPREAD_FROM_BITS: u32 = 160;

/// Largest composites for the sieve, in bits. Above, curves are tried until they find a factor.
const SIEVED_TO_BITS: u32 = 416;

/// Curves between two rounds, more than a round has.
const ROUND: u64 = 10_000;

/// Tasks that fail one after the other, after which no more are sent.
const MAX_FAILURES: u32 = 20;

/// Parts of the time that is left that a call takes at most, so that little is lost at the end.
const PARTS_LEFT: u32 = 4;

/// The shortest time that calls are sized for.
const SHORTEST_CALL: Duration = Duration::from_millis(50);

/// The factorization of one number after another, on the same servers.
pub(super) struct Factorizer {
    pub(super) search: Search<Task, TaskResult>,
    /// Stops the work of this process.
    pub(super) flag: CancelFlag,
    pub(super) threads: usize,
    pub(super) stage: SharedStage,
}

impl Factorizer {
    /// Returns the prime factors of `n`, ascending, and adds what its sieves have yielded.
    pub(super) fn factor(
        &mut self,
        n: &Natural,
        yields: &mut Vec<Yields>,
    ) -> Result<Vec<Natural>, Stop> {
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
                let divisor = self.divisor(&composite, yields)?;
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

    /// Returns a divisor of an odd composite that is no power.
    fn divisor(&mut self, n: &Natural, yields: &mut Vec<Yields>) -> Result<Natural, Stop> {
        for round in 0.. {
            if let Some(divisor) = self.small_divisor(n, round)? {
                return Ok(divisor);
            }
            if n.bits() <= SIEVED_TO_BITS {
                break;
            }
        }
        let mut of_number = Yields::default();
        let divisor = self.sieve(n, &mut of_number);
        yields.push(of_number);
        divisor
    }

    /// Looks for a factor with p - 1, in this process, and curves, on the servers.
    fn small_divisor(&mut self, n: &Natural, round: u64) -> Result<Option<Natural>, Stop> {
        let mut bounds = Vec::new();
        let mut levels = Vec::new();
        for step in small_factor_steps(n) {
            match step {
                SmallFactorStep::PMinus1 { b1, b2, .. } if round == 0 => bounds.push((b1, b2)),
                SmallFactorStep::Curves(curves) => levels.extend(shifted(curves, round)),
                _ => {}
            }
        }
        let job = Arc::new(CurveJob::new(n, levels));
        let ended = CancelFlag::new();
        let (flag, control) = (self.flag.clone(), Control::new().cancel_flag(&ended));
        let control = control.deadline(move || flag.is_cancelled());
        let divisor = Mutex::new(None);
        let known = || divisor.lock().unwrap_or_else(PoisonError::into_inner);
        thread::scope(|scope| {
            scope.spawn(|| {
                let find = |&(b1, b2)| p_minus_1(n, b1, b2, &control).ok().flatten();
                let found = bounds.iter().find_map(find);
                if found.is_some() {
                    *known() = found;
                }
            });
            let tasks = iter::from_fn(|| {
                let has_work = !job.is_empty() && known().is_none();
                has_work.then(|| Task::Curves(Arc::clone(&job)))
            });
            let (digits, stage) = (n.digits(), self.stage.clone());
            let mut failures = Failures::default();
            let found = self.search.until(tasks, |_, outcome| {
                let level = job.levels.iter().find(|(_, ranges)| !ranges.is_empty());
                if let Some((curves, _)) = level {
                    stage.set(Stage::Curves {
                        digits,
                        bounds: curves.b1(),
                    });
                }
                match failures.check(outcome) {
                    Ok(Some(TaskResult::Factor(factor))) => Break(Ok(factor)),
                    Err(stop) => Break(Err(stop)),
                    Ok(_) => match known().take() {
                        Some(factor) => Break(Ok(factor)),
                        None => Continue(()),
                    },
                }
            });
            match found {
                Ok(None) => Ok(None),
                // p - 1 is no longer needed.
                Ok(Some(end)) => {
                    ended.cancel();
                    end.map(Some)
                }
                Err(error) => {
                    ended.cancel();
                    Err(error.into())
                }
            }
        })
        .map(|found| found.or_else(|| known().take()))
    }

    /// Sieves on the servers, and computes a divisor from what they find.
    fn sieve(&mut self, n: &Natural, yields: &mut Yields) -> Result<Natural, Stop> {
        let sieve = match QuadraticSieve::new(n, QuadraticSieve::VERSION) {
            Ok(sieve) => sieve,
            Err(SieveError::Factor { prime }) => return Ok(prime.into()),
            Err(error) => return Err(Stop::failed(error.to_string())),
        };
        let job = Arc::new(SieveJob::new(n, sieve));
        let mut relations = job.sieve.relations();
        let mut needed = relations.needed();
        let spare = needed / 100 + 10;
        let (digits, began) = (n.digits(), Instant::now());
        loop {
            let tasks = iter::from_fn(|| {
                let has_work = !job.ranges.is_empty();
                has_work.then(|| Task::Sieve(Arc::clone(&job)))
            });
            let stage = &self.stage;
            let run = self.search.handle();
            let mut failures = Failures::default();
            let enough = self.search.until(tasks, |_, outcome| {
                let sieved = match failures.check(outcome) {
                    Ok(Some(TaskResult::Sieved(sieved))) => sieved,
                    Ok(_) => return Continue(()),
                    Err(stop) => return Break(Err(stop)),
                };
                relations.add_checked(&sieved.relations);
                yields.add(&sieved);
                for (server, ranges) in yields.put_out() {
                    run.remove_server(&server);
                    ranges
                        .into_iter()
                        .for_each(|range| job.ranges.give_back(range));
                }
                let sieving = Sieving {
                    digits,
                    began,
                    began_at: 0,
                    permille: relations.permille(needed),
                    relations: relations.len(),
                    full: relations.full(),
                    found: relations.found(),
                    needed,
                };
                if let Some(left) = sieving.time_left() {
                    let part = (left / PARTS_LEFT).max(SHORTEST_CALL);
                    job.ranges.set_call_time(call_time(digits).min(part));
                }
                let is_enough = sieving.found >= needed;
                stage.set(Stage::Sieving(sieving));
                if is_enough {
                    Break(Ok(()))
                } else {
                    Continue(())
                }
            })?;
            match enough {
                // Those of a server that was put out.
                None if !job.ranges.is_empty() => continue,
                None => return Err(Stop::failed("the sieve has no more polynomials")),
                Some(result) => result?,
            }
            self.stage.set(Stage::LinearAlgebra {
                digits,
                relations: relations.found(),
            });
            if let Some(divisor) = relations.divisor(&self.control())? {
                return Ok(divisor);
            }
            needed = relations.found() + spare;
        }
    }
}

/// Returns the curves of a later round, with parameters of their own.
fn shifted(curves: CurveRange, round: u64) -> Option<CurveRange> {
    let first = curves
        .first_sigma()
        .checked_add(round.checked_mul(ROUND)?)?;
    CurveRange::new(curves.b1(), curves.b2(), first, curves.count()).ok()
}

/// The tasks that have failed one after the other.
#[derive(Debug, Default)]
struct Failures(u32);

impl Failures {
    /// Returns the result, if there is one.
    ///
    /// # Errors
    ///
    /// The tasks fail one after another, as the others would too.
    fn check(
        &mut self,
        outcome: Result<TaskResult, TaskError>,
    ) -> Result<Option<TaskResult>, Stop> {
        match outcome {
            Ok(result) => {
                self.0 = 0;
                Ok(Some(result))
            }
            Err(error) if has_ended(&error) => Ok(None),
            Err(error) => {
                self.0 += 1;
                match self.0 {
                    MAX_FAILURES => Err(Stop::failed(format!("calls fail everywhere: {error}"))),
                    _ => Ok(None),
                }
            }
        }
    }
}

/// Returns whether a task has failed because the run has ended, or a signal ends it.
fn has_ended(error: &TaskError) -> bool {
    matches!(
        error.kind(),
        TaskErrorKind::NotRun | TaskErrorKind::Cancelled
    )
}
