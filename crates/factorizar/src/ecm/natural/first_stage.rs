//! The first stage of a curve for bounds chosen at run time: multiplies a point by prime powers.
//!
//! Each odd prime has a Lucas chain, as in [`lucas_chain`](crate::ecm::lucas_chain). Its second
//! number is the prime times one of ten ratios near the golden section; the cheapest of ten is
//! chosen once for all curves. Two bytes a prime remember the prime and the ratio.
//!
//! Cost: 8.6 multiplications for each bit of the product of all powers, which has 1.44 B1 bits.

use crate::control::{Control, StopReason};
use crate::differential::DifferentialGroup;
use crate::ecm::lucas_chain::{HALF_DIFFERENCE, HALVE, SUBTRACT, SWAP, THIRDS, cost, next};
use crate::ecm::natural::curve::RingCurves;
use crate::ecm::natural::point::Point;
use crate::lanes::LaneRing;
use crate::prime_sieve::PrimeSieve;

/// Chains between two questions whether to stop.
const POLL: usize = 1024;

/// Number of ratios to choose from.
const RATIOS: usize = 10;

/// The ratios of the second number to the prime: continued fractions of ones, but for one 2. They
/// make the Euclidean algorithm slow, hence the chain short.
fn ratios() -> [f64; RATIOS] {
    std::array::from_fn(|place| {
        // The first has no 2, and is the golden section.
        let tail = (5f64.sqrt() - 1.0) / 2.0;
        (0..=RATIOS + 2).rev().fold(tail, |tail, index| {
            let quotient = if index > 0 && index == place {
                2.0
            } else {
                1.0
            };
            1.0 / (quotient + tail)
        })
    })
}

/// The prime powers up to B1, each prime with its chain.
#[derive(Debug)]
pub(super) struct FirstStage {
    bound: u32,
    /// Half the distance from the prime before, and the index of the ratio. Below 2^28 no distance
    /// is above 510.
    primes: Vec<(u8, u8)>,
    ratios: [f64; RATIOS],
}

impl FirstStage {
    /// Chooses the chains of all odd primes up to `bound`, which is below 2^28.
    pub(super) fn up_to(bound: u32, control: &Control) -> Result<Self, StopReason> {
        let mut stage = FirstStage {
            bound,
            primes: Vec::new(),
            ratios: ratios(),
        };
        let mut before = 1;
        let end = bound.into();
        for prime in PrimeSieve::up_to(end).primes(1, end) {
            if stage.primes.len().is_multiple_of(POLL) {
                control.poll()?;
            }
            let prime = prime as u32;
            let costs = stage.ratios.map(|ratio| cost(prime, second(prime, ratio)));
            let least = costs.iter().enumerate().min_by_key(|(_, cost)| **cost);
            let ratio = least.map_or(0, |(index, _)| index);
            stage
                .primes
                .push(((prime - before).div_ceil(2) as u8, ratio as u8));
            before = prime;
        }
        Ok(stage)
    }

    /// Returns B1.
    pub(super) fn bound(&self) -> u32 {
        self.bound
    }

    /// Multiplies `point` by all prime powers. `after_prime` is called after each prime with the
    /// point, and may end the stage early.
    pub(super) fn run<A: LaneRing, E>(
        &self,
        curves: &RingCurves<'_, A>,
        mut point: Point<A::Residues>,
        control: &Control,
        mut after_prime: impl FnMut(&Point<A::Residues>) -> Result<(), E>,
    ) -> Result<Point<A::Residues>, E>
    where
        E: From<StopReason>,
    {
        // Suyama's curves have a group order divisible by 12.
        for _ in 0..self.bound.ilog2() + 2 {
            point = curves.double(&point);
        }
        after_prime(&point)?;
        point = multiply(curves, point, 3, 2);
        let mut prime = 1;
        for &(half, ratio) in &self.primes {
            control.poll()?;
            prime += 2 * u32::from(half);
            let second = second(prime, self.ratios[usize::from(ratio)]);
            let mut power = u64::from(prime);
            while power <= self.bound.into() {
                point = multiply(curves, point, prime, second);
                power *= u64::from(prime);
            }
            after_prime(&point)?;
        }
        Ok(point)
    }
}

/// Returns the second number of a chain: above half the prime, and below the prime.
fn second(prime: u32, ratio: f64) -> u32 {
    let near = (f64::from(prime) * ratio).round() as u32;
    near.clamp(prime / 2 + 1, prime - 1)
}

/// Returns the multiple by a prime, by the chain of `second`.
fn multiply<A: LaneRing>(
    curves: &RingCurves<'_, A>,
    point: Point<A::Residues>,
    prime: u32,
    second: u32,
) -> Point<A::Residues> {
    // The points change places by their indices, since they are too large to be moved.
    let [mut a, mut b, mut c] = [0, 1, 2];
    let mut points = [curves.double(&point), point.clone(), point];
    let (mut d, mut e) = (prime - second, 2 * second - prime);
    while d != e {
        let sum = |a: usize, b: usize, c: usize, points: &[Point<A::Residues>; 3]| {
            curves.add(&points[a], &points[b], &points[c])
        };
        match next(&mut d, &mut e) {
            SWAP => (a, b) = (b, a),
            THIRDS => {
                let third = sum(a, b, c, &points);
                let other = curves.add(&third, &points[a], &points[b]);
                points[b] = curves.add(&points[b], &third, &points[a]);
                points[a] = other;
            }
            HALF_DIFFERENCE => {
                points[b] = sum(a, b, c, &points);
                points[a] = curves.double(&points[a]);
            }
            SUBTRACT => {
                points[c] = sum(a, b, c, &points);
                (b, c) = (c, b);
            }
            HALVE => {
                points[c] = sum(a, c, b, &points);
                points[a] = curves.double(&points[a]);
            }
            _ => {
                points[c] = sum(b, c, a, &points);
                points[b] = curves.double(&points[b]);
            }
        }
    }
    curves.add(&points[a], &points[b], &points[c])
}
