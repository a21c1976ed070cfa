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

use crate::control::{Control, StopReason};
use crate::lanes::{LaneRing, LaneRingComputation};
use crate::montgomery::dispatch;
use crate::montgomery::ring::{Ring, RingComputation};
use crate::natural::Natural;
use crate::prime_pairs::PrimePairs;
use curve::RingCurves;
use first_stage::FirstStage;
use one_lane::OneLane;
use second_stage::{Factors, merge, shared};

/// The bounds B1 and B2, and the tables that follow from them.
#[derive(Debug)]
pub(crate) struct Tables {
    first_stage: FirstStage,
    pairs: PrimePairs,
}

impl Tables {
    /// Computes the tables for bounds `b1`, below 2^28, and `b2`, below 2^48.
    pub(crate) fn new(b1: u32, b2: u64) -> Self {
        Tables {
            first_stage: FirstStage::up_to(b1),
            pairs: PrimePairs::between(b1.into(), b2, second_stage::COSTS),
        }
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
/// `n` is odd and above 1, `sigma` at least 6, and the last parameter below 2^63.
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
    let mut tried = 0;
    while tried < count {
        let sigma = sigma + tried;
        let factors = dispatch::run(
            n,
            OnRing(CurveRun {
                tables,
                sigma,
                control,
            }),
        )?;
        for (lane, factor) in (0..count - tried).zip(&factors) {
            let sigma = sigma + lane;
            let divisor = match factor {
                Some(factor) if factor == n => stepwise(n, tables, sigma, control)?,
                _ => factor.clone(),
            };
            if let Some(divisor) = divisor {
                return Ok(Some(Found { divisor, sigma }));
            }
        }
        tried += factors.len() as u64;
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
        let check = |z: &R::Residue| check(shared(ring, z));
        let point = stage.run(&curves, point, control, |point| check(&point.z))?;
        second_stage::run(&curves, &point, &tables.pairs, control, check)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A prime of 41 digits, whose curves are not smooth for any bound of these tests.
    fn large_prime() -> Natural {
        Natural::from(10u64).pow(40).mul_add_u64(1, 121)
    }

    /// The curves that find a prime: the order of their point, by PARI/GP, has primes up to B1 as
    /// often as the first stage has them, and one more prime up to B2 at most.
    const FINDERS: [(u128, u32, u64, &[u64]); 6] = [
        (1_000_012_361, 100, 1_000, &[37, 42, 45, 53]),
        (1_000_012_361, 100, 0, &[53]),
        (
            31_415_926_535_933,
            2_000,
            100_000,
            &[17, 19, 30, 31, 40, 62, 68],
        ),
        (31_415_926_535_933, 300, 1_000_000, &[31, 68, 78]),
        (271_828_182_845_904_533, 11_000, 2_000_000, &[50, 78]),
        (
            142_857_142_857_142_857_179,
            50_000,
            5_000_000,
            &[34, 40, 49, 90],
        ),
    ];

    #[test]
    fn curves_find_a_prime_as_their_orders_say() {
        for (p, b1, b2, finders) in FINDERS {
            let p = Natural::from(p);
            let n = &p * &large_prime();
            let tables = Tables::new(b1, b2);
            let next = |from: u64, end: u64| {
                let found = find(&n, &tables, from, end - from, &Control::new()).unwrap();
                found.map(|found| {
                    assert_eq!(found.divisor, p);
                    found.sigma
                })
            };
            if b1 <= 2_000 {
                let mut found = Vec::new();
                while let Some(sigma) = next(found.last().map_or(6, |last| last + 1), 100) {
                    found.push(sigma);
                }
                assert_eq!(found, finders, "{p} with {b1} and {b2}");
            } else {
                // With the curve before, which finds nothing.
                for &sigma in finders {
                    assert_eq!(next(sigma - 1, sigma + 1), Some(sigma), "{p}");
                }
            }
        }
    }

    #[test]
    fn primes_that_a_curve_finds_at_once_are_separated() {
        let primes = [3u64, 5, 7, 11, 1_009, 1_013, 10_007, 10_009, 100_003];
        let tables = Tables::new(1_000, 50_000);
        for power in [1, 2, 9] {
            let n = primes.iter().fold(Natural::from(1u64), |n, &p| {
                &n * &Natural::from(p).pow(power)
            });
            for sigma in [6, 7, 8, 11, 100, 1 << 60] {
                let found = find(&n, &tables, sigma, 10, &Control::new()).unwrap();
                let divisor = found.expect("a divisor").divisor;
                assert!(!divisor.is_one() && divisor != n && n.exact_quotient(&divisor).is_some());
            }
        }
        for n in [3u64, 5, 7, 9, 15, 21, 25, 1_009, 2_047] {
            if let Some(found) = find(&n.into(), &tables, 6, 20, &Control::new()).unwrap() {
                assert!(
                    found
                        .divisor
                        .to_u64()
                        .is_some_and(|d| d > 1 && d < n && n % d == 0)
                );
            }
        }
    }

    #[test]
    fn numbers_of_every_length() {
        let tables = Tables::new(300, 1_000_000);
        let p = Natural::from(31_415_926_535_933u128);
        // 2^3217 - 1 is prime.
        for bits in (60..700).step_by(39).chain([3_217]) {
            let power = &Natural::from(1u64) << bits;
            let mut other = power.checked_sub(&1u64.into()).unwrap();
            while bits < 700 && !other.is_prime() {
                other = other.mul_add_u64(1, 2);
            }
            let n = &p * &other;
            let found = find(&n, &tables, 31, 1, &Control::new()).unwrap();
            let divisor = found.expect("a divisor").divisor;
            assert_eq!(divisor, p, "{bits} bits");
        }
    }

    #[test]
    fn stops_at_every_moment() {
        let n = &large_prime() * &large_prime();
        let tables = Tables::new(100, 20_000);
        let mut polls = 0;
        loop {
            let left = AtomicUsize::new(polls);
            let control = Control::new().deadline(move || {
                let less = |left: usize| left.checked_sub(1);
                left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
                    .is_err()
            });
            match find(&n, &tables, 6, 2, &control) {
                Err(reason) => assert_eq!(reason, StopReason::OutOfTime),
                Ok(found) => {
                    assert!(found.is_none() && polls > 100, "{polls} polls: {found:?}");
                    return;
                }
            }
            polls += 1 + polls / 8;
        }
    }
}
