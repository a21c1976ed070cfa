//! Montgomery curves B y^2 = x^3 + A x^2 + x, of whose points only X and Z are kept.
//!
//! Suyama's parameter sigma gives a curve and a point on it such that 12 divides the order of the
//! curve's group modulo every prime. A doubling costs 6 multiplications, an addition of points with
//! a known difference 6.
//!
//! Sources: Peter L. Montgomery, "Speeding the Pollard and elliptic curve methods of factorization",
//! Mathematics of Computation 48 (1987), sections 10.3.1 and 10.3.2, the latter for Suyama's
//! parameter.

use crate::lanes::LaneArithmetic;

/// The points X : Z, one for each curve.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point<V> {
    pub(super) x: V,
    pub(super) z: V,
}

/// Curves of one modulus.
#[derive(Debug)]
pub(super) struct Curves<A: LaneArithmetic> {
    pub(super) ring: A,
    /// (A + 2) / 4, as a fraction: an inverse would cost more than a doubling's sixth multiplication.
    numerator: A::Lanes,
    denominator: A::Lanes,
}

impl<A: LaneArithmetic> Curves<A> {
    /// The curves of the parameter `sigma`, from 6 on and below the modulus's root, and the next
    /// ones, and their points.
    #[inline(always)]
    pub(super) fn suyama(ring: A, sigma: u64) -> (Self, Point<A::Lanes>) {
        let numbers = |of: fn(u64, u64) -> u64| {
            ring.from_fn(|lane| {
                let sigma = sigma + lane as u64;
                of(sigma * sigma - 5, 4 * sigma)
            })
        };
        // Integers serve as residues: X and Z, and numerator and denominator, are products of equally
        // many, so that what the residues have too much divides out.
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

    /// `p + q`, where `difference` is p - q or q - p.
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
