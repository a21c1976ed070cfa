//! Elliptic curves modulo a number of any size, with bounds chosen at run time.
//!
//! [`find`] computes curves in step where the processor can. A curve's result depends on the
//! modulus, the bounds and the curve's parameter sigma alone: every implementation of
//! [`LaneRing`] computes the same residues.
//!
//! Cost: 12.5 B1 multiplications for the first stage of a curve, 0.6 for each prime between the
//! bounds for the second.
//!
//! Sources: those of [`ecm`](crate::ecm); Paul Zimmermann and Bruce Dodson, "20 years of ECM",
//! Algorithmic Number Theory Symposium, 2006, for the bounds.

mod curve;
mod first_stage;
mod inverse;
mod one_lane;
mod point;
mod second_stage;

use crate::control::{Control, Progress, StopReason};
use crate::lanes::{LaneRing, LaneRingComputation};
use crate::montgomery::dispatch;
use crate::montgomery::ring::{Ring, RingComputation};
use crate::natural::Natural;
use crate::parallel::in_parallel;
use crate::prime_pairs::PrimePairs;
use crate::simd::ifma;
use curve::RingCurves;
use first_stage::FirstStage;
use one_lane::OneLane;
use second_stage::{Factors, merge, shared};

/// From this B1 on, several threads compute curves. Shorter curves end before a thread has started.
const PARALLEL_FROM: u32 = 5_000;

/// The bounds B1 and B2, and the tables that follow from them.
#[derive(Debug)]
pub(crate) struct Tables {
    first_stage: FirstStage,
    pairs: PrimePairs,
}

impl Tables {
    /// Computes the tables for bounds `b1`, from 13 to 2^28, and `b2`, below 2^48.
    ///
    /// # Errors
    ///
    /// The reason, if `control` stopped the computation.
    pub(crate) fn new(b1: u32, b2: u64, control: &Control) -> Result<Self, StopReason> {
        Ok(Tables {
            first_stage: FirstStage::up_to(b1, control)?,
            pairs: PrimePairs::between(b1.into(), b2, second_stage::COSTS, control)?,
        })
    }
}

/// A divisor of a number, and the parameter of the curve that found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) divisor: Natural,
    pub(crate) sigma: u64,
}

/// Tries `count` curves on `n`, from the parameter `sigma` on, and returns the divisor of the first
/// curve that finds one other than 1 and `n`.
///
/// `n` is odd and above 1, `sigma` at least 6, and the last parameter below 2^63. Long curves are
/// computed by several threads, if `control` has them.
///
/// # Errors
///
/// The reason, if `control` stopped the computation.
pub(crate) fn find(
    n: &Natural,
    tables: &Tables,
    sigma: u64,
    count: u64,
    control: &Control,
) -> Result<Option<Found>, StopReason> {
    let threads = if tables.first_stage.bound() < PARALLEL_FROM {
        1
    } else {
        control.thread_count()
    };
    let lanes = ifma::run_ring(n, LaneCount).unwrap_or(1) as u64;
    let mut tried = 0;
    // Each thread computes the curves of all lanes, and all wait for each other: the first curve
    // that succeeds does not depend on their number.
    while tried < count {
        let batches = in_parallel(threads, threads, |thread| {
            let first = tried + thread as u64 * lanes;
            let count = lanes.min(count.saturating_sub(first));
            run_lanes(n, tables, sigma + first, count, control)
        });
        for found in batches {
            if let Some(found) = found? {
                return Ok(Some(found));
            }
        }
        tried = count.min(tried + lanes * threads as u64);
        control.report(Progress::LargeCurves {
            bits: n.bits(),
            b1: tables.first_stage.bound(),
            tried,
            count,
        });
    }
    Ok(None)
}

/// Does the work of [`find`] for as many curves as there are lanes, or fewer.
fn run_lanes(
    n: &Natural,
    tables: &Tables,
    sigma: u64,
    count: u64,
    control: &Control,
) -> Result<Option<Found>, StopReason> {
    if count == 0 {
        return Ok(None);
    }
    let curve_run = CurveRun {
        tables,
        sigma,
        control,
    };
    let factors = ifma::run_ring(n, curve_run)
        .unwrap_or_else(|curve_run| dispatch::run(n, OnRing(curve_run)))?;
    for (sigma, factor) in (sigma..sigma + count).zip(factors) {
        let divisor = match factor {
            Some(factor) if factor == *n => stepwise(n, tables, sigma, control)?,
            _ => factor,
        };
        if let Some(divisor) = divisor {
            return Ok(Some(Found { divisor, sigma }));
        }
    }
    Ok(None)
}

/// Repeats a curve that has found all primes of `n` at once, and looks for a factor after each
/// step.
fn stepwise(
    n: &Natural,
    tables: &Tables,
    sigma: u64,
    control: &Control,
) -> Result<Option<Natural>, StopReason> {
    match dispatch::run(
        n,
        Stepwise(CurveRun {
            tables,
            sigma,
            control,
        }),
    ) {
        Ok(()) => Ok(None),
        Err(Ended::Stopped(reason)) => Err(reason),
        Err(Ended::Factor(factor)) => Ok((factor != *n).then_some(factor)),
    }
}

/// Both stages on the curves of `sigma` and the parameters that follow, one curve for each lane.
#[derive(Debug, Clone, Copy)]
struct CurveRun<'a> {
    tables: &'a Tables,
    sigma: u64,
    control: &'a Control,
}

impl LaneRingComputation for CurveRun<'_> {
    type Output = Result<Factors, StopReason>;

    fn run<A: LaneRing>(self, ring: &A) -> Self::Output {
        let CurveRun {
            tables,
            sigma,
            control,
        } = self;
        let (curves, point, inverted) = RingCurves::suyama(ring, sigma);
        let mut factors = inverted.factors;
        let stage = &tables.first_stage;
        let point = stage.run(&curves, point, control, |_| Ok::<(), StopReason>(()))?;
        merge(&mut factors, shared(ring, &point.z));
        let found = second_stage::run(&curves, &point, &tables.pairs, control, |_| {
            Ok::<(), StopReason>(())
        })?;
        merge(&mut factors, found);
        Ok(factors)
    }
}

/// Asks for the number of lanes.
struct LaneCount;

impl LaneRingComputation for LaneCount {
    type Output = usize;

    fn run<A: LaneRing>(self, _: &A) -> usize {
        A::COUNT
    }
}

/// A computation in one lane, by the arithmetic of a ring.
struct OnRing<C>(C);

impl<C: LaneRingComputation> RingComputation for OnRing<C> {
    type Output = C::Output;

    fn run<R: Ring>(self, ring: &R) -> C::Output {
        self.0.run(&OneLane::new(ring))
    }
}

/// The end of a curve whose factors are looked for after each step.
enum Ended {
    Stopped(StopReason),
    /// The first factor. It may be the modulus.
    Factor(Natural),
}

impl From<StopReason> for Ended {
    fn from(reason: StopReason) -> Self {
        Ended::Stopped(reason)
    }
}

/// A curve whose factors are looked for after each step.
struct Stepwise<'a>(CurveRun<'a>);

impl RingComputation for Stepwise<'_> {
    type Output = Result<(), Ended>;

    fn run<R: Ring>(self, ring: &R) -> Self::Output {
        let CurveRun {
            tables,
            sigma,
            control,
        } = self.0;
        let ring = &OneLane::new(ring);
        let check = |factors: Factors| match factors.into_iter().flatten().next() {
            Some(factor) => Err(Ended::Factor(factor)),
            None => Ok(()),
        };
        let (curves, point, inverted) = RingCurves::suyama(ring, sigma);
        check(inverted.factors)?;
        let stage = &tables.first_stage;
        // A look takes up to a millisecond at 1,000 digits.
        let check = |z: &R::Residue| {
            control.poll()?;
            check(shared(ring, z))
        };
        let point = stage.run(&curves, point, control, |point| check(&point.z))?;
        second_stage::run(&curves, &point, &tables.pairs, control, check)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
