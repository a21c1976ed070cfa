//! Several residues at once, so that their multiplications overlap.
//!
//! A Montgomery multiplication is a chain of three dependent products: a core that could start one
//! product a cycle waits for most of them. Two curves of one modulus, worked in step, fill the
//! gaps; the pair costs little more than one of them alone. Where a register holds eight residues,
//! eight curves are.

use crate::montgomery::Montgomery;
use crate::word::Word;

/// Arithmetic modulo one n on several residues at once, each the business of one curve.
///
/// Factors of a product may be products, numbers below n, and sums and differences of two products,
/// or one of them a sum of three; what is subtracted must be a product or a number below n.
pub(crate) trait Arithmetic: Copy {
    /// One residue for each curve.
    type Lanes: Copy;
    /// How many there are.
    const COUNT: usize;

    fn mul(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes;
    fn add(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes;
    fn sub(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes;

    #[inline(always)]
    fn square(self, a: Self::Lanes) -> Self::Lanes {
        self.mul(a, a)
    }

    /// Numbers below n as residues: whose, does not matter.
    fn lanes(self, of: impl Fn(usize) -> u64) -> Self::Lanes;

    /// A number that shares the same with n as the residue, for each lane.
    fn each(self, lanes: Self::Lanes, to: impl FnMut(u128));
}

/// Something to compute with an arithmetic.
pub(crate) trait Work {
    type Output;
    fn run<A: Arithmetic>(self, arithmetic: A) -> Self::Output;
}

/// Two lanes, by the ring's operations.
///
/// With `LOOSE` nothing is compared: sums are not reduced, and differences have 16 n added. That holds
/// for moduli that leave ten bits of their word: a product is below 2 n as long as its factors'
/// product is below 2^10 n^2, and what is subtracted must be below 16 n. Here sums and differences
/// are of products and of sums of two or four products, hence at most 20 n; the largest product is
/// the square of such a difference, 400 n^2.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'a, W, const LOOSE: bool>(pub(super) &'a Montgomery<W>);

/// Whether a modulus may be worked loosely.
pub(super) fn may_be_loose<W: Word>(ring: &Montgomery<W>) -> bool {
    ring.modulus().leading_zeros() >= 10
}

impl<W: Word, const LOOSE: bool> Arithmetic for Pair<'_, W, LOOSE> {
    type Lanes = [W; 2];

    const COUNT: usize = 2;

    #[inline(always)]
    fn mul(self, a: [W; 2], b: [W; 2]) -> [W; 2] {
        std::array::from_fn(|lane| {
            if LOOSE {
                self.0.loose_mul(a[lane], b[lane])
            } else {
                self.0.mul(a[lane], b[lane])
            }
        })
    }

    #[inline(always)]
    fn add(self, a: [W; 2], b: [W; 2]) -> [W; 2] {
        std::array::from_fn(|lane| {
            if LOOSE {
                a[lane].wrapping_add(b[lane])
            } else {
                self.0.add(a[lane], b[lane])
            }
        })
    }

    #[inline(always)]
    fn sub(self, a: [W; 2], b: [W; 2]) -> [W; 2] {
        std::array::from_fn(|lane| {
            if LOOSE {
                let sixteen = self.0.modulus().wrapping_mul(W::from(16));
                a[lane].wrapping_add(sixteen).wrapping_sub(b[lane])
            } else {
                self.0.sub(a[lane], b[lane])
            }
        })
    }

    #[inline(always)]
    fn lanes(self, of: impl Fn(usize) -> u64) -> [W; 2] {
        std::array::from_fn(|lane| W::from(of(lane)))
    }

    #[inline(always)]
    fn each(self, lanes: [W; 2], to: impl FnMut(u128)) {
        lanes
            .map(|lane| self.0.tighten(lane).into())
            .into_iter()
            .for_each(to);
    }
}
