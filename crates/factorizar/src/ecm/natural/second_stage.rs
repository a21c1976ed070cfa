//! The second stage of a curve for bounds chosen at run time.
//!
//! The method is that of [`second_stage`](crate::ecm::second_stage), with the pairs of
//! [`prime_pairs`](crate::prime_pairs). Points are divided by their Z, many with one inversion, so
//! that a pair costs one multiplication.
//!
//! Cost: 0.6 multiplications a prime, and 10 for each baby and giant.

use crate::control::{Control, StopReason};
use crate::ecm::natural::curve::RingCurves;
use crate::ecm::natural::inverse::quotients;
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

/// Points between two questions whether to stop.
const POLL: usize = 16;

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
    let babies = baby_steps(curves, point, pairs, control)?;
    babies.iter().try_for_each(|baby| after_step(&baby.z))?;
    let (babies, mut factors) = quotients(ring, &babies);
    let first_giant = pairs.blocks().next().map_or(1, |block| block.giants.start);
    let mut giants = GiantSteps::new(curves, point, pairs.stride(), first_giant);
    let mut product: Option<A::Residues> = None;
    for block in pairs.blocks() {
        let mut steps = Vec::new();
        for _ in block.giants.clone() {
            if steps.len() % POLL == 0 {
                control.poll()?;
            }
            let giant = giants.next(curves);
            after_step(&giant.z)?;
            steps.push(giant);
        }
        let (steps, found) = quotients(ring, &steps);
        merge(&mut factors, found);
        for (giant, list) in steps.iter().zip(block.lists()) {
            for part in list.chunks(POLL) {
                control.poll()?;
                for &index in part {
                    let difference = ring.sub(giant, &babies[usize::from(index)]);
                    after_step(&difference)?;
                    product = Some(match product {
                        Some(product) => ring.mul(&product, &difference),
                        None => ring.mul(&difference, &ring.load(|_| 1u64.into())),
                    });
                }
            }
        }
    }
    if let Some(product) = product {
        merge(&mut factors, shared(ring, &product));
    }
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

/// Returns the multiples by all babies.
fn baby_steps<A: LaneRing>(
    curves: &RingCurves<'_, A>,
    point: &Point<A::Residues>,
    pairs: &PrimePairs,
    control: &Control,
) -> Result<Vec<Point<A::Residues>>, StopReason> {
    let two = curves.double(point);
    let three = curves.add(&two, point, point);
    let six = curves.double(&three);
    let five = curves.add(&three, &two, point);
    // The last two multiples of each residue modulo 6: -5 and 1, -1 and 5.
    let mut ones = [five.clone(), point.clone()];
    let mut fives = [point.clone(), five];
    let mut at = 1;
    let mut steps = Vec::with_capacity(pairs.babies().len());
    for (index, &baby) in pairs.babies().iter().enumerate() {
        if index % POLL == 0 {
            control.poll()?;
        }
        let one = baby % 6 == 1;
        while at < if one { baby } else { baby - 4 } {
            for pair in [&mut ones, &mut fives] {
                let next = curves.add(&pair[1], &six, &pair[0]);
                pair.swap(0, 1);
                pair[1] = next;
            }
            at += 6;
        }
        let step = if one { &ones[1] } else { &fives[1] };
        steps.push(step.clone());
    }
    Ok(steps)
}

/// The multiples k D Q of a point Q, for consecutive k.
struct GiantSteps<R> {
    /// D Q.
    stride: Point<R>,
    next: Point<R>,
    after: Point<R>,
}

impl<R: Clone> GiantSteps<R> {
    fn new<A: LaneRing<Residues = R>>(
        curves: &RingCurves<'_, A>,
        point: &Point<R>,
        stride: u64,
        first: u64,
    ) -> Self {
        let (stride, _) = curves.ladder(point, stride);
        let (next, after) = curves.ladder(&stride, first);
        GiantSteps {
            stride,
            next,
            after,
        }
    }

    fn next<A: LaneRing<Residues = R>>(&mut self, curves: &RingCurves<'_, A>) -> Point<R> {
        let following = curves.add(&self.after, &self.stride, &self.next);
        let after = std::mem::replace(&mut self.after, following);
        std::mem::replace(&mut self.next, after)
    }
}
