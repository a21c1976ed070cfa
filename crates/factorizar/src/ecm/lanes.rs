//! Several residues at once, so that their multiplications overlap.
//!
//! A Montgomery multiplication is a chain of three dependent products: a core that could start one
//! product a cycle waits for most of them. Two curves of one modulus, worked in step, fill the
//! gaps; the pair costs little more than one of them alone.

use crate::montgomery::Montgomery;
use crate::word::Word;

/// One residue for each curve.
pub(super) type Lanes<W, const L: usize> = [W; L];

/// The ring's operations on each lane.
///
/// With `LOOSE` nothing is compared: sums are not reduced, and differences have 16 n added. That holds
/// for moduli that leave ten bits of their word: a product is below 2 n as long as its factors'
/// product is below 2^10 n^2, and what is subtracted must be below 16 n. Here sums and differences
/// are of products and of sums of two or four products, hence at most 20 n; the largest product is
/// the square of such a difference, 400 n^2.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ring<'a, W, const LOOSE: bool>(pub(super) &'a Montgomery<W>);

/// Whether a modulus may be worked loosely.
pub(super) fn may_be_loose<W: Word>(ring: &Montgomery<W>) -> bool {
    ring.modulus().leading_zeros() >= 10
}

impl<W: Word, const LOOSE: bool> Ring<'_, W, LOOSE> {
    #[inline(always)]
    pub(super) fn mul<const L: usize>(self, a: Lanes<W, L>, b: Lanes<W, L>) -> Lanes<W, L> {
        std::array::from_fn(|lane| {
            if LOOSE {
                self.0.loose_mul(a[lane], b[lane])
            } else {
                self.0.mul(a[lane], b[lane])
            }
        })
    }

    #[inline(always)]
    pub(super) fn square<const L: usize>(self, a: Lanes<W, L>) -> Lanes<W, L> {
        self.mul(a, a)
    }

    #[inline(always)]
    pub(super) fn add<const L: usize>(self, a: Lanes<W, L>, b: Lanes<W, L>) -> Lanes<W, L> {
        std::array::from_fn(|lane| {
            if LOOSE {
                a[lane].wrapping_add(b[lane])
            } else {
                self.0.add(a[lane], b[lane])
            }
        })
    }

    #[inline(always)]
    pub(super) fn sub<const L: usize>(self, a: Lanes<W, L>, b: Lanes<W, L>) -> Lanes<W, L> {
        std::array::from_fn(|lane| {
            if LOOSE {
                let sixteen = self.0.modulus().wrapping_mul(W::from(16));
                a[lane].wrapping_add(sixteen).wrapping_sub(b[lane])
            } else {
                self.0.sub(a[lane], b[lane])
            }
        })
    }
}
