//! Vector instructions, chosen at run time: the one module that may say `unsafe`.
//!
//! What is computed is written elsewhere, once, in safe Rust: a loop over floating-point numbers
//! ([`divide`]), and the curves over any [`Arithmetic`](crate::ecm::Arithmetic). Here it is compiled
//! for processors that have AVX2 or AVX-512 IFMA. `unsafe` are the calls of what is compiled so, and
//! they are sound because the processor was asked first. Without those instructions the same
//! factors are found; the tests compare.

pub(crate) mod divide;
#[cfg(target_arch = "x86_64")]
mod eight;

use crate::ecm::Work;

/// Whether there is AVX2.
#[inline]
pub(crate) fn has_avx2() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

/// Moduli of [`run_eight`] are below this.
pub(crate) const EIGHT_BELOW: u64 = 1 << 52;

/// Whether [`run_eight`] does anything.
#[inline]
pub(crate) fn has_eight() -> bool {
    #[cfg(target_arch = "x86_64")]
    return eight::has();
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

/// Does the work modulo an odd `n` below [`EIGHT_BELOW`], whose inverse modulo 2^64 is `inverse`, in
/// eight lanes; or nothing where the processor has no AVX-512 IFMA.
#[cfg_attr(
    not(target_arch = "x86_64"),
    expect(unused_variables, reason = "no such instructions")
)]
pub(crate) fn run_eight<T: Work>(n: u64, inverse: u64, work: T) -> Option<T::Output> {
    #[cfg(target_arch = "x86_64")]
    return eight::run(n, inverse, work);
    #[cfg(not(target_arch = "x86_64"))]
    return None;
}
