//! Montgomery curves modulo a number of any size, and the arithmetic of their points.
//!
//! The curves and the formulas are those of [`curve`](crate::ecm::curve). Here the curve's
//! coefficient is no fraction: a curve is long enough to pay for an inverse, which all lanes share.
//!
//! Cost: 5 multiplications for a doubling, and 6 for an addition.

use crate::differential::DifferentialGroup;
use crate::ecm::natural::inverse::{Inverted, invert};
use crate::ecm::natural::point::Point;
use crate::lanes::LaneRing;
use crate::natural::Natural;

/// One curve in each lane.
#[derive(Debug)]
pub(super) struct RingCurves<'a, A: LaneRing> {
    pub(super) ring: &'a A,
    /// (A + 2) / 4.
    coefficient: A::Residues,
}

impl<'a, A: LaneRing> RingCurves<'a, A> {
    /// Returns the curves of the parameters `sigma`, `sigma + 1`, and so on, and a point on each.
    ///
    /// `sigma` is at least 6. Where the coefficient's denominator has a factor in common with the
    /// modulus, [`Inverted`] has the factor.
    pub(super) fn suyama(ring: &'a A, sigma: u64) -> (Self, Point<A::Residues>, Inverted<A>) {
        let of_sigma = |of: fn(u128) -> u128| {
            ring.load(|lane| Natural::from(of(u128::from(sigma) + lane as u128)))
        };
        // Sigma is below 2^63, hence all of these are below 2^128.
        let u = of_sigma(|sigma| sigma * sigma - 5);
        let v = of_sigma(|sigma| 4 * sigma);
        let sixteen = ring.load(|_| 16u64.into());
        let three = ring.load(|_| 3u64.into());
        let cube = |a: &A::Residues| ring.mul(&ring.square(a), a);
        let point = Point {
            x: cube(&u),
            z: cube(&v),
        };
        // (A + 2) / 4 = (v - u)^3 (3 u + v) / (16 u^3 v).
        let denominator = ring.mul(&ring.mul(&point.x, &v), &sixteen);
        let numerator = ring.mul(
            &cube(&ring.mul(&ring.sub(&v, &u), &ring.load(|_| 1u64.into()))),
            &ring.add(&ring.mul(&u, &three), &v),
        );
        let inverted = invert(ring, &denominator);
        let curves = RingCurves {
            ring,
            coefficient: ring.mul(&numerator, &inverted.inverse),
        };
        (curves, point, inverted)
    }
}

impl<A: LaneRing> DifferentialGroup for RingCurves<'_, A> {
    type Element = Point<A::Residues>;

    fn double(&self, p: &Point<A::Residues>) -> Point<A::Residues> {
        let ring = self.ring;
        let sum = ring.square(&ring.add(&p.x, &p.z));
        let difference = ring.square(&ring.sub(&p.x, &p.z));
        let product = ring.sub(&sum, &difference);
        let scaled = ring.mul(&self.coefficient, &product);
        Point {
            x: ring.mul(&sum, &difference),
            z: ring.mul(&product, &ring.add(&difference, &scaled)),
        }
    }

    fn add(
        &self,
        p: &Point<A::Residues>,
        q: &Point<A::Residues>,
        difference: &Point<A::Residues>,
    ) -> Point<A::Residues> {
        let ring = self.ring;
        let one = ring.mul(&ring.sub(&p.x, &p.z), &ring.add(&q.x, &q.z));
        let other = ring.mul(&ring.add(&p.x, &p.z), &ring.sub(&q.x, &q.z));
        Point {
            x: ring.mul(&difference.z, &ring.square(&ring.add(&one, &other))),
            z: ring.mul(&difference.x, &ring.square(&ring.sub(&one, &other))),
        }
    }
}
