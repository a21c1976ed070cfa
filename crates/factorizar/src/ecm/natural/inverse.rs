//! Inverses of residues, with one inversion for all lanes and all residues of a list.
//!
//! Cost: 3 multiplications for each residue of a list, and one inversion of some 50 µs.
//!
//! Source: Peter L. Montgomery, "Speeding the Pollard and elliptic curve methods of factorization",
//! Mathematics of Computation 48 (1987), section 10.3.4.

use crate::control::{Control, StopReason};
use crate::ecm::natural::point::Point;
use crate::lanes::LaneRing;
use crate::natural::Natural;

/// Points between two questions whether to stop.
const POLL: usize = 32;

/// The inverses of the residues in all lanes.
#[derive(Debug)]
pub(super) struct Inverted<A: LaneRing> {
    /// The inverses. Those of lanes with a factor are of no use.
    pub(super) inverse: A::Residues,
    /// For each lane, the factor that the residue has in common with the modulus, if there is one.
    /// It may be the modulus.
    pub(super) factors: Vec<Option<Natural>>,
}

/// Inverts the residue of each lane.
pub(super) fn invert<A: LaneRing>(ring: &A, residues: &A::Residues) -> Inverted<A> {
    let n = ring.modulus();
    let mut numbers = ring.numbers(residues);
    let mut factors = vec![None; numbers.len()];
    let inverses = inverses(&numbers, n).unwrap_or_else(|| {
        for (number, factor) in numbers.iter_mut().zip(&mut factors) {
            let shared = number.gcd(n);
            if !shared.is_one() {
                *factor = Some(shared);
                *number = Natural::from(1u64);
            }
        }
        inverses(&numbers, n).unwrap_or_default()
    });
    let inverse = ring.load(|lane| inverses.get(lane).cloned().unwrap_or_default());
    Inverted { inverse, factors }
}

/// Returns the inverses modulo `n`, or `None` if one of the numbers has none.
fn inverses(numbers: &[Natural], n: &Natural) -> Option<Vec<Natural>> {
    let product = |a: &Natural, b: &Natural| (a * b).rem(n).unwrap_or_default();
    // The products of all numbers before each.
    let mut before = vec![Natural::from(1u64)];
    for number in numbers {
        let all = before
            .last()
            .map_or_else(Natural::default, |last| product(last, number));
        before.push(all);
    }
    let mut inverse = before.pop()?.inverse_modulo(n)?;
    let mut inverses = Vec::with_capacity(numbers.len());
    for (before, number) in before.iter().zip(numbers).rev() {
        inverses.push(product(&inverse, before));
        inverse = product(&inverse, number);
    }
    inverses.reverse();
    Some(inverses)
}

/// Divides X by Z, point by point, in place. Z is not of use any longer. Returns the factors that
/// [`invert`] gives for the product of all Z.
pub(super) fn divide_by_z<A: LaneRing>(
    ring: &A,
    points: &mut [Point<A::Residues>],
    control: &Control,
) -> Result<Vec<Option<Natural>>, StopReason> {
    // The products of each Z and all before it.
    let mut products: Vec<A::Residues> = Vec::with_capacity(points.len());
    for (index, point) in points.iter().enumerate() {
        if index.is_multiple_of(POLL) {
            control.poll()?;
        }
        products.push(match products.last() {
            Some(product) => ring.mul(product, &point.z),
            None => point.z.clone(),
        });
    }
    let Some(product) = products.pop() else {
        return Ok(vec![None; A::COUNT]);
    };
    let Inverted {
        mut inverse,
        factors,
    } = invert(ring, &product);
    for (index, point) in points.iter_mut().enumerate().rev() {
        if index.is_multiple_of(POLL) {
            control.poll()?;
        }
        let inverted = match products.pop() {
            Some(before) => ring.mul(&inverse, &before),
            None => inverse.clone(),
        };
        point.x = ring.mul(&point.x, &inverted);
        inverse = ring.mul(&inverse, &point.z);
    }
    Ok(factors)
}
