//! Arithmetic on several residues in step: the interface between the elliptic curves and the
//! processor.
//!
//! A Montgomery multiplication is a chain of three dependent products. A core that could start one
//! product a cycle waits for most of them. Several curves of one modulus, computed in step, fill
//! the gaps. A formula is written once, over [`LaneArithmetic`], and runs on two residues in
//! ordinary registers (`ecm::pair`) or on eight in a vector register
//! (`simd::ifma`). Above 128 bits the interface is [`LaneRing`].

use crate::natural::Natural;

/// Arithmetic modulo one odd n on several residues at once, one for each curve.
///
/// Each factor of a product is a product, a number below n, or the sum or difference of two such;
/// one of the two factors may be made of three. What is subtracted is a product or a number below
/// n. An implementation may rely on this, and leave sums and differences unreduced.
pub(crate) trait LaneArithmetic: Copy {
    /// One residue for each curve.
    type Lanes: Copy;
    /// The number of residues.
    const COUNT: usize;

    /// Returns `a * b` lane by lane, divided by the R of the implementation's Montgomery form.
    fn mul(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes;
    /// Returns `a + b` lane by lane.
    fn add(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes;
    /// Returns `a - b` lane by lane.
    fn sub(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes;

    /// Returns `a * a` lane by lane.
    #[inline(always)]
    fn square(self, a: Self::Lanes) -> Self::Lanes {
        self.mul(a, a)
    }

    /// Returns numbers below n as residues, without converting them to Montgomery form.
    fn load(self, number: impl Fn(usize) -> u64) -> Self::Lanes;

    /// Passes each lane's residue to `receive`, or another number with the same gcd with n.
    fn for_each(self, lanes: Self::Lanes, receive: impl FnMut(u128));
}

/// A computation that is generic over the lanes it runs on.
pub(crate) trait LaneComputation {
    /// The result of the computation.
    type Output;
    /// Computes the result in the lanes of `arithmetic`.
    fn run<A: LaneArithmetic>(self, arithmetic: A) -> Self::Output;
}

/// Arithmetic modulo one odd number of any size, on one residue or several at once.
///
/// Residues are too large for registers, so they are passed by reference. The factors of a product
/// are products, numbers that were loaded, or the sums or differences of two such; what is
/// subtracted is a product or was loaded. An implementation may rely on this, and leave sums and
/// differences unreduced.
pub(crate) trait LaneRing {
    /// One residue for each lane.
    type Residues: Clone;
    /// The number of lanes.
    const COUNT: usize;

    /// Returns the modulus.
    fn modulus(&self) -> &Natural;
    /// Returns `a * b` lane by lane.
    fn mul(&self, a: &Self::Residues, b: &Self::Residues) -> Self::Residues;
    /// Returns `a * a` lane by lane.
    fn square(&self, a: &Self::Residues) -> Self::Residues;
    /// Returns `a + b` lane by lane.
    fn add(&self, a: &Self::Residues, b: &Self::Residues) -> Self::Residues;
    /// Returns `a - b` lane by lane.
    fn sub(&self, a: &Self::Residues, b: &Self::Residues) -> Self::Residues;
    /// Returns the residues of numbers, one for each lane.
    fn load(&self, number: impl FnMut(usize) -> Natural) -> Self::Residues;
    /// Returns the numbers below the modulus that residues stand for, one for each lane.
    fn numbers(&self, residues: &Self::Residues) -> Vec<Natural>;
}

/// A computation that is generic over the lanes of a modulus of any size.
pub(crate) trait LaneRingComputation {
    /// The result of the computation.
    type Output;
    /// Computes the result in the lanes of `ring`.
    fn run<A: LaneRing>(self, ring: &A) -> Self::Output;
}
