//! Montgomery curves B y^2 = x^3 + A x^2 + x, and the arithmetic of their points.
//!
//! A point is kept as X : Z, without y. Suyama's parameter sigma gives a curve and a point on it
//! such that 12 divides the order of the curve's group modulo every prime, which makes a smooth
//! order more likely.
//!
//! Cost: 6 multiplications for a doubling, and 6 for an addition of two points whose difference is
//! known.
//!
//! Sources: Peter L. Montgomery, "Speeding the Pollard and elliptic curve methods of
//! factorization", Mathematics of Computation 48 (1987), sections 10.3.1 and 10.3.2, the latter for
//! Suyama's parameter.

use crate::lanes::LaneArithmetic;

/// A point X : Z on each of the curves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point<V> {
    pub(super) x: V,
    pub(super) z: V,
}

/// Several curves of one modulus, one in each lane.
#[derive(Debug)]
pub(super) struct Curves<A: LaneArithmetic> {
    pub(super) ring: A,
    /// (A + 2) / 4, as a fraction. An inverse would save the sixth multiplication of each doubling,
    /// and cost more than it saves.
    numerator: A::Lanes,
    denominator: A::Lanes,
}

impl<A: LaneArithmetic> Curves<A> {
    /// Returns the curves of the parameters `sigma`, `sigma + 1`, and so on, and a point on each.
    ///
    /// `sigma` is at least 6, and its square is below the modulus.
    #[inline(always)]
    pub(super) fn suyama(ring: A, sigma: u64) -> (Self, Point<A::Lanes>) {
        let numbers = |of: fn(u64, u64) -> u64| {
            ring.load(|lane| {
                let sigma = sigma + lane as u64;
                of(sigma * sigma - 5, 4 * sigma)
            })
        };
        // Small integers are taken as residues without conversion: each is then off by a factor 1 /
        // R. X and Z are products of equally many of them, and so are numerator and denominator, so
        // that the powers of R cancel in X / Z and in the fraction.
        let (u, v) = (numbers(|u, _| u), numbers(|_, v| v));
        let cube = |a| ring.mul(ring.square(a), a);
        let point = Point {
            x: cube(u),
            z: cube(v),
        };
        // (A + 2) / 4 = (v - u)^3 (3 u + v) / (16 u^3 v).
        let curves = Curves {
            ring,
            numerator: ring.mul(cube(ring.sub(v, u)), numbers(|u, v| 3 * u + v)),
            denominator: ring.mul(point.x, numbers(|_, v| 16 * v)),
        };
        (curves, point)
    }

    /// Returns `p + p`.
    #[inline(always)]
    pub(super) fn double(&self, p: Point<A::Lanes>) -> Point<A::Lanes> {
        let ring = self.ring;
        let sum = ring.square(ring.add(p.x, p.z));
        let difference = ring.square(ring.sub(p.x, p.z));
        let product = ring.sub(sum, difference);
        let scaled = ring.mul(self.denominator, difference);
        Point {
            x: ring.mul(sum, scaled),
            z: ring.mul(product, ring.add(scaled, ring.mul(self.numerator, product))),
        }
    }

    /// Returns `p + q`, where `difference` is p - q or q - p.
    #[inline(always)]
    pub(super) fn add(
        &self,
        p: Point<A::Lanes>,
        q: Point<A::Lanes>,
        difference: Point<A::Lanes>,
    ) -> Point<A::Lanes> {
        let ring = self.ring;
        let one = ring.mul(ring.sub(p.x, p.z), ring.add(q.x, q.z));
        let other = ring.mul(ring.add(p.x, p.z), ring.sub(q.x, q.z));
        Point {
            x: ring.mul(difference.z, ring.square(ring.add(one, other))),
            z: ring.mul(difference.x, ring.square(ring.sub(one, other))),
        }
    }
}
