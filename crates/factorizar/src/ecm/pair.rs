//! Several residues at once, so that their multiplications overlap.
//!
//! A Montgomery multiplication is a chain of three dependent products: a core that could start one
//! product a cycle waits for most of them. Two curves of one modulus, worked in step, fill the
//! gaps; the pair costs little more than one of them alone. Where a register holds eight residues,
//! eight curves are.

use crate::lanes::LaneArithmetic;
use crate::montgomery::Montgomery;
use crate::word::Word;

/// Two lanes, by the ring's operations.
///
/// With `LAZY` nothing is compared: sums are not reduced, and differences have 16 n added. That holds
/// for moduli that leave ten bits of their word: a product is below 2 n as long as its factors'
/// product is below 2^10 n^2, and what is subtracted must be below 16 n. Here sums and differences
/// are of products and of sums of two or four products, hence at most 20 n; the largest product is
/// the square of such a difference, 400 n^2.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'a, W, const LAZY: bool>(pub(super) &'a Montgomery<W>);

/// Whether a modulus may be worked loosely.
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
    fn from_fn(self, of: impl Fn(usize) -> u64) -> [W; 2] {
        std::array::from_fn(|lane| W::from(of(lane)))
    }

    #[inline(always)]
    fn for_each(self, lanes: [W; 2], to: impl FnMut(u128)) {
        lanes
            .map(|lane| self.0.reduce(lane).into())
            .into_iter()
            .for_each(to);
    }
}
