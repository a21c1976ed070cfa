//! The second stage of a curve for bounds chosen at run time.
//!
//! The method is that of [`second_stage`](crate::ecm::second_stage), with the pairs of
//! [`prime_pairs`](crate::prime_pairs). Points are divided by their Z, many with one inversion, so
//! that a pair costs one multiplication.
//!
//! Cost: 0.6 multiplications a prime, and 10 for each baby and giant.

use crate::control::{Control, StopReason};
use crate::differential::{DifferentialGroup, GiantSteps};
use crate::ecm::natural::curve::RingCurves;
use crate::ecm::natural::inverse::divide_by_z;
use crate::ecm::natural::point::Point;
use crate::lanes::LaneRing;
use crate::natural::Natural;
use crate::prime_pairs::{PointCosts, PrimePairs};

/// The costs by which the stride is chosen.
pub(super) const COSTS: PointCosts = PointCosts {
    step: 6.0,
    baby: 4.0,
    giant: 10.0,
};

/// Pairs between two questions whether to stop.
const POLL: usize = 32;

/// The factors that the second stage has found, one place for each lane.
pub(super) type Factors = Vec<Option<Natural>>;

/// Runs the second stage on `point`, and returns the factors, the modulus among them.
///
/// `after_step` is called with each residue that may have a factor, and may end the stage early.
pub(super) fn run<A: LaneRing, E: From<StopReason>>(
    curves: &RingCurves<'_, A>,
    point: &Point<A::Residues>,
    pairs: &PrimePairs,
    control: &Control,
    mut after_step: impl FnMut(&A::Residues) -> Result<(), E>,
) -> Result<Factors, E> {
    let ring = curves.ring;
    let mut babies = curves.multiples(point, pairs.babies(), control)?;
    babies.iter().try_for_each(|baby| after_step(&baby.z))?;
    let mut factors = divide_by_z(ring, &mut babies, control)?;
    let babies: Vec<A::Residues> = babies.into_iter().map(|baby| baby.x).collect();
    let first_giant = pairs.blocks().next().map_or(1, |block| block.giants.start);
    let mut steps = GiantSteps::new(curves, point, pairs.stride(), first_giant);
    let mut giants = Vec::new();
    // Two products by turns, so that a multiplication need not wait for the one before.
    let mut products = [ring.load(|_| 1u64.into()), ring.load(|_| 1u64.into())];
    for block in pairs.blocks() {
        let count = block.giants.end - block.giants.start;
        steps.take(curves, count, &mut giants, control)?;
        giants.iter().try_for_each(|giant| after_step(&giant.z))?;
        merge(&mut factors, divide_by_z(ring, &mut giants, control)?);
        for part in block.pairs.chunks(POLL) {
            control.poll()?;
            for (index, pair) in part.iter().enumerate() {
                let giant = &giants[usize::from(pair.giant)].x;
                let difference = ring.sub(giant, &babies[usize::from(pair.baby)]);
                after_step(&difference)?;
                let product = &mut products[index % 2];
                *product = ring.mul(product, &difference);
            }
        }
    }
    let [even, odd] = &products;
    merge(&mut factors, shared(ring, &ring.mul(even, odd)));
    Ok(factors)
}

/// Keeps the factors that were found first.
pub(super) fn merge(factors: &mut Factors, later: Factors) {
    for (factor, later) in factors.iter_mut().zip(later) {
        if factor.is_none() {
            *factor = later;
        }
    }
}

/// Returns the common factors of the residues with the modulus, where they are not 1.
pub(super) fn shared<A: LaneRing>(ring: &A, residues: &A::Residues) -> Factors {
    let n = ring.modulus();
    let numbers = ring.numbers(residues);
    // One gcd for all lanes; each lane on its own only if that is not 1.
    let product = numbers.iter().fold(Natural::from(1u64), |product, number| {
        (&product * number).rem(n).unwrap_or_default()
    });
    if product.gcd(n).is_one() {
        return vec![None; numbers.len()];
    }
    let factors = numbers.iter().map(|number| number.gcd(n));
    factors
        .map(|factor| (!factor.is_one()).then_some(factor))
        .collect()
}
