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
#[derive(Debug, Clone, Copy)]
pub(super) struct Ring<'a, W>(pub(super) &'a Montgomery<W>);

impl<W: Word> Ring<'_, W> {
    #[inline(always)]
    pub(super) fn mul<const L: usize>(self, a: Lanes<W, L>, b: Lanes<W, L>) -> Lanes<W, L> {
        std::array::from_fn(|lane| self.0.mul(a[lane], b[lane]))
    }

    #[inline(always)]
    pub(super) fn square<const L: usize>(self, a: Lanes<W, L>) -> Lanes<W, L> {
        self.mul(a, a)
    }

    #[inline(always)]
    pub(super) fn add<const L: usize>(self, a: Lanes<W, L>, b: Lanes<W, L>) -> Lanes<W, L> {
        std::array::from_fn(|lane| self.0.add(a[lane], b[lane]))
    }

    #[inline(always)]
    pub(super) fn sub<const L: usize>(self, a: Lanes<W, L>, b: Lanes<W, L>) -> Lanes<W, L> {
        std::array::from_fn(|lane| self.0.sub(a[lane], b[lane]))
    }
}
