//! A search among many small primes for divisors of a number, by floating-point reciprocals.
//!
//! n / p is computed as n times a rounded 1 / p. If p divides n, the result differs from an integer
//! by rounding errors alone; if not, by at least about 1 / p. The loop is written once and compiled
//! twice: for every processor of the target, and for those with AVX2, which take four primes at
//! once. Cost with AVX2: 1.5 instructions a prime, where an exact division in integers takes 5.

/// Primes that are tested together.
pub(crate) const GROUP_SIZE: usize = 32;

/// Neighbouring primes of the trial division.
#[derive(Debug)]
pub(crate) struct PrimeGroup {
    /// 1 / p, rounded, for ascending p.
    pub(crate) reciprocals: [f64; GROUP_SIZE],
    /// The square of the smallest prime.
    pub(crate) square: f64,
}

/// Numbers are below this: the rounding error of a quotient is then less than half of 1 / p, which
/// tells primes that divide from those that do not.
pub(crate) const LIMIT: u64 = 1 << 50;

/// Returns whether the processor has AVX2, so that [`find`] is worth its call.
#[inline]
pub(crate) fn is_fast() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

/// Returns the index of the first of `groups` in which a prime divides `n`, or may divide it by the
/// floating-point test.
///
/// `None` if no prime up to the square root of `n` passes the test. `n` is below [`LIMIT`].
pub(crate) fn find(n: u64, groups: &[PrimeGroup]) -> Option<usize> {
    debug_assert!(n < LIMIT);
    #[cfg(target_arch = "x86_64")]
    if is_fast() {
        // SAFETY: the processor has the feature that the function is compiled for.
        #[allow(unsafe_code, reason = "a safe function for processors that have AVX2")]
        return unsafe { find_avx2(n as f64, groups) };
    }
    find_portable(n, groups)
}

/// Does what [`find`] does, with the instructions that every processor of the target has.
pub(crate) fn find_portable(n: u64, groups: &[PrimeGroup]) -> Option<usize> {
    scan(n as f64, groups)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn find_avx2(n: f64, groups: &[PrimeGroup]) -> Option<usize> {
    scan(n, groups)
}

#[inline(always)]
fn scan(n: f64, groups: &[PrimeGroup]) -> Option<usize> {
    // n times a reciprocal has an error below n / p 2^-52. If p does not divide n, the result is at
    // least 1 / p less that error from any integer.
    let error_factor = n / (1u64 << 51) as f64;
    for (index, group) in groups.iter().enumerate() {
        if n < group.square {
            return None;
        }
        let mut least = [1.0; 8];
        for reciprocals in group.reciprocals.as_chunks::<8>().0 {
            for (least, reciprocal) in least.iter_mut().zip(reciprocals) {
                let quotient = n * reciprocal;
                let distance = (quotient - quotient.round_ties_even()).abs();
                *least = if distance < *least { distance } else { *least };
            }
        }
        let error = error_factor * group.reciprocals[0];
        if least.iter().any(|&distance| distance <= error) {
            return Some(index);
        }
    }
    None
}
