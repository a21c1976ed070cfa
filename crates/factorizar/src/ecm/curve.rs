//! Montgomery curves B y^2 = x^3 + A x^2 + x, of whose points only X and Z are kept.
//!
//! Suyama's parameter sigma gives a curve and a point on it such that 12 divides the order of the
//! curve's group modulo every prime. A doubling costs 5 multiplications, an addition of points with
//! a known difference 6.
//!
//! Sources: Peter L. Montgomery, "Speeding the Pollard and elliptic curve methods of factorization",
//! Mathematics of Computation 48 (1987), sections 10.3.1 and 10.3.2, the latter for Suyama's
//! parameter.

use super::lanes::{Lanes, Ring};
use crate::montgomery::Montgomery;
use crate::word::Word;

/// The points X : Z, one for each curve.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point<W, const L: usize> {
    pub(super) x: Lanes<W, L>,
    pub(super) z: Lanes<W, L>,
}

/// Curves of one modulus.
#[derive(Debug)]
pub(super) struct Curves<'a, W, const L: usize, const LOOSE: bool> {
    pub(super) ring: Ring<'a, W, LOOSE>,
    /// (A + 2) / 4.
    coefficient: Lanes<W, L>,
}

impl<'a, W: Word, const L: usize, const LOOSE: bool> Curves<'a, W, L, LOOSE> {
    /// The curves of the parameters `sigmas`, from 6 on, and their points; or a factor of the
    /// modulus, where the parameters happened upon one.
    pub(super) fn suyama(
        modulus: &'a Montgomery<W>,
        sigmas: [u64; L],
    ) -> Result<(Self, Point<W, L>), W> {
        let ring = Ring(modulus);
        let small = |number| [modulus.residue(number); L];
        let sigma = sigmas.map(|sigma| modulus.residue(sigma));
        // The product with one is for the loose ring: u is subtracted below.
        let u = ring.mul(ring.sub(ring.square(sigma), small(5)), [modulus.one(); L]);
        let double = ring.add(sigma, sigma);
        let v = ring.add(double, double);
        let point = Point {
            x: ring.mul(ring.square(u), u),
            z: ring.mul(ring.square(v), v),
        };
        // (A + 2) / 4 = (v - u)^3 (3 u + v) / (16 u^3 v).
        let slope = ring.sub(v, u);
        let upper = ring.mul(
            ring.mul(ring.square(slope), slope),
            ring.add(ring.add(u, u), ring.add(u, v)),
        );
        let lower = ring.mul(small(16), ring.mul(point.x, v));
        let inverse = invert(ring, lower)?;
        let coefficient = ring.mul(upper, inverse);
        Ok((Curves { ring, coefficient }, point))
    }

    #[inline(always)]
    pub(super) fn double(&self, p: Point<W, L>) -> Point<W, L> {
        let ring = self.ring;
        let sum = ring.square(ring.add(p.x, p.z));
        let difference = ring.square(ring.sub(p.x, p.z));
        let product = ring.sub(sum, difference);
        Point {
            x: ring.mul(sum, difference),
            z: ring.mul(
                product,
                ring.add(difference, ring.mul(self.coefficient, product)),
            ),
        }
    }

    /// `p + q`, where `difference` is p - q or q - p.
    #[inline(always)]
    pub(super) fn add(
        &self,
        p: Point<W, L>,
        q: Point<W, L>,
        difference: Point<W, L>,
    ) -> Point<W, L> {
        let ring = self.ring;
        let one = ring.mul(ring.sub(p.x, p.z), ring.add(q.x, q.z));
        let other = ring.mul(ring.add(p.x, p.z), ring.sub(q.x, q.z));
        Point {
            x: ring.mul(difference.z, ring.square(ring.add(one, other))),
            z: ring.mul(difference.x, ring.square(ring.sub(one, other))),
        }
    }
}

/// The inverse of each lane for the price of one (Montgomery, 1987), or what a lane shares with the
/// modulus.
fn invert<W: Word, const L: usize, const LOOSE: bool>(
    ring: Ring<'_, W, LOOSE>,
    lanes: Lanes<W, L>,
) -> Result<Lanes<W, L>, W> {
    let mut before = [ring.0.one(); L];
    let mut product = ring.0.one();
    // The strict operations want residues.
    let lanes = lanes.map(|lane| ring.0.tighten(lane));
    for (before, &lane) in before.iter_mut().zip(&lanes) {
        *before = product;
        product = ring.0.mul(product, lane);
    }
    let mut inverse = ring.0.invert(product)?;
    let mut inverses = lanes;
    for (lane, before) in inverses.iter_mut().zip(before).rev() {
        let value = *lane;
        *lane = ring.0.mul(inverse, before);
        inverse = ring.0.mul(inverse, value);
    }
    Ok(inverses)
}
