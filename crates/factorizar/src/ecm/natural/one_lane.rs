//! One lane: a ring in ordinary registers as the lanes of curves.

use crate::lanes::LaneRing;
use crate::montgomery::ring::Ring;
use crate::natural::Natural;

/// A ring, with the modulus as a number.
#[derive(Debug)]
pub(super) struct OneLane<'a, R> {
    ring: &'a R,
    modulus: Natural,
}

impl<'a, R: Ring> OneLane<'a, R> {
    pub(super) fn new(ring: &'a R) -> Self {
        OneLane {
            ring,
            modulus: ring.modulus(),
        }
    }
}

impl<R: Ring> LaneRing for OneLane<'_, R> {
    type Residues = R::Residue;

    const COUNT: usize = 1;

    fn modulus(&self) -> &Natural {
        &self.modulus
    }

    #[inline]
    fn mul(&self, a: &R::Residue, b: &R::Residue) -> R::Residue {
        self.ring.mul(a, b)
    }

    #[inline]
    fn square(&self, a: &R::Residue) -> R::Residue {
        self.ring.square(a)
    }

    #[inline]
    fn add(&self, a: &R::Residue, b: &R::Residue) -> R::Residue {
        self.ring.add(a, b)
    }

    #[inline]
    fn sub(&self, a: &R::Residue, b: &R::Residue) -> R::Residue {
        self.ring.sub(a, b)
    }

    fn load(&self, mut number: impl FnMut(usize) -> Natural) -> R::Residue {
        self.ring.residue(&number(0))
    }

    fn numbers(&self, residues: &R::Residue) -> Vec<Natural> {
        vec![self.ring.number(residues)]
    }
}
