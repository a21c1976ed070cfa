//! Two lanes in ordinary registers, by Montgomery arithmetic.
//!
//! A pair costs little more than one residue alone, since the processor overlaps the
//! multiplications of its two lanes.

use crate::lanes::LaneArithmetic;
use crate::montgomery::Montgomery;
use crate::word::Word;

/// Arithmetic modulo n in two lanes.
///
/// With `LAZY` sums are not reduced, and differences have 16 n added. This is right for a modulus
/// that leaves ten bits of its word free: a product is below 2 n as long as the product of its
/// factors is below 2^10 n^2, and what is subtracted is below 16 n. On curves, sums and differences
/// are of products and of sums of two or four products, hence at most 20 n, and the largest product
/// is the square of such a difference, 400 n^2.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'a, W, const LAZY: bool>(pub(super) &'a Montgomery<W>);

/// Returns whether a modulus leaves enough bits free for a lazy [`Pair`].
pub(super) fn allows_lazy<W: Word>(ring: &Montgomery<W>) -> bool {
    ring.modulus().leading_zeros() >= 10
}

impl<W: Word, const LAZY: bool> LaneArithmetic for Pair<'_, W, LAZY> {
    type Lanes = [W; 2];

    const COUNT: usize = 2;

    #[inline(always)]
    fn mul(self, a: [W; 2], b: [W; 2]) -> [W; 2] {
        std::array::from_fn(|lane| {
            if LAZY {
                self.0.lazy_mul(a[lane], b[lane])
            } else {
                self.0.mul(a[lane], b[lane])
            }
        })
    }

    #[inline(always)]
    fn add(self, a: [W; 2], b: [W; 2]) -> [W; 2] {
        std::array::from_fn(|lane| {
            if LAZY {
                a[lane].wrapping_add(b[lane])
            } else {
                self.0.add(a[lane], b[lane])
            }
        })
    }

    #[inline(always)]
    fn sub(self, a: [W; 2], b: [W; 2]) -> [W; 2] {
        std::array::from_fn(|lane| {
            if LAZY {
                let sixteen = self.0.modulus().wrapping_mul(W::from(16));
                a[lane].wrapping_add(sixteen).wrapping_sub(b[lane])
            } else {
                self.0.sub(a[lane], b[lane])
            }
        })
    }

    #[inline(always)]
    fn load(self, number: impl Fn(usize) -> u64) -> [W; 2] {
        std::array::from_fn(|lane| W::from(number(lane)))
    }

    #[inline(always)]
    fn for_each(self, lanes: [W; 2], receive: impl FnMut(u128)) {
        lanes
            .map(|lane| self.0.reduce(lane).into())
            .into_iter()
            .for_each(receive);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_free_bits_allow_a_lazy_pair() {
        for (free_bits, is_allowed) in [(9, false), (10, true), (11, true)] {
            let (short, long) = (u64::MAX >> free_bits, u128::MAX >> free_bits);
            assert_eq!(allows_lazy(&Montgomery::new(short)), is_allowed, "{short}");
            assert_eq!(allows_lazy(&Montgomery::new(long)), is_allowed, "{long}");
        }
    }

    /// Computes (x y + x) (y - x) in each lane, and returns the residues.
    fn computed<const LAZY: bool>(ring: &Montgomery<u64>, x: [u64; 2], y: [u64; 2]) -> Vec<u128> {
        let pair: Pair<'_, u64, LAZY> = Pair(ring);
        let (x, y) = (pair.load(|lane| x[lane]), pair.load(|lane| y[lane]));
        let product = pair.mul(pair.add(pair.mul(x, y), x), pair.sub(y, x));
        let mut residues = Vec::new();
        pair.for_each(product, |residue| residues.push(residue));
        residues
    }

    #[test]
    fn lazy_lanes_compute_as_those_of_the_ring() {
        let ring = Montgomery::new((1_u64 << 54) - 33);
        let (x, y) = ([1 << 53, 7], [3, (1 << 54) - 34]);
        let expected = [0, 1].map(|lane| {
            let sum = ring.add(ring.mul(x[lane], y[lane]), x[lane]);
            u128::from(ring.mul(sum, ring.sub(y[lane], x[lane])))
        });
        assert_eq!(computed::<true>(&ring, x, y), expected);
        assert_eq!(computed::<false>(&ring, x, y), expected);
    }
}
