//! Arithmetic on several residues in step: the interface between the elliptic curves and the
//! processor.
//!
//! A Montgomery multiplication is a chain of three dependent products. A core that could start one
//! product a cycle waits for most of them. Several curves of one modulus, computed in step, fill
//! the gaps. A formula is written once, over [`LaneArithmetic`], and runs on two residues in
//! ordinary registers ([`ecm::pair`](crate::ecm)) or on eight in a vector register
//! ([`simd::ifma`](crate::simd)).

/// Arithmetic modulo one odd n on several residues at once, one for each curve.
///
/// Factors of a product may be products, numbers below n, sums and differences of two products, and
/// sums of three products. What is subtracted must be a product or a number below n. Within these
/// bounds an implementation may leave its results unreduced.
pub(crate) trait LaneArithmetic: Copy {
    /// One residue for each curve.
    type Lanes: Copy;
    /// The number of residues.
    const COUNT: usize;

    fn mul(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes;
    fn add(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes;
    fn sub(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes;

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
    type Output;
    fn run<A: LaneArithmetic>(self, arithmetic: A) -> Self::Output;
}
