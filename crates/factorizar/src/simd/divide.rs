//! Which of many primes divide a number, by floating-point reciprocals.
//!
//! The quotient by a prime that divides is off an integer by rounding alone, any other by some 1 / p.
//! A loop that is written once and compiled twice, for every processor and for those with AVX2, which
//! take four primes at once. Cost, with AVX2: 1.5 instructions a prime, where an exact division in
//! integers takes 5.

/// Reciprocals that are looked at together.
pub(crate) const GROUP: usize = 32;

/// Neighbouring primes of the trial division.
#[derive(Debug)]
pub(crate) struct Group {
    /// 1 / p, rounded, for ascending p.
    pub(crate) reciprocals: [f64; GROUP],
    /// The square of the smallest.
    pub(crate) square: f64,
}

/// Numbers are below this.
pub(crate) const BELOW: u64 = 1 << 50;

/// The first of `groups` that has a prime dividing `n`, below [`BELOW`], or seems to; or
/// nothing when there is none among those whose primes may be the smaller part of `n`.
pub(crate) fn find(n: u64, groups: &[Group]) -> Option<usize> {
    debug_assert!(n < BELOW);
    #[cfg(target_arch = "x86_64")]
    if super::has_avx2() {
        // SAFETY: the processor has what the function is compiled for.
        #[allow(unsafe_code, reason = "a safe function for processors that have AVX2")]
        return unsafe { find_avx2(n as f64, groups) };
    }
    find_plainly(n, groups)
}

/// As [`find`], with the instructions that every processor of the target has.
pub(crate) fn find_plainly(n: u64, groups: &[Group]) -> Option<usize> {
    scan(n as f64, groups)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn find_avx2(n: f64, groups: &[Group]) -> Option<usize> {
    scan(n, groups)
}

#[inline(always)]
fn scan(n: f64, groups: &[Group]) -> Option<usize> {
    // n times a reciprocal is wrong by less than n / p 2^-52, and is off any integer by at least
    // 1 / p less that, unless p divides n.
    let share = n / (1u64 << 51) as f64;
    for (index, group) in groups.iter().enumerate() {
        if n < group.square {
            return None;
        }
        let mut least = [1.0; 8];
        for reciprocals in group.reciprocals.as_chunks::<8>().0 {
            for (least, reciprocal) in least.iter_mut().zip(reciprocals) {
                let quotient = n * reciprocal;
                let off = (quotient - quotient.round_ties_even()).abs();
                *least = if off < *least { off } else { *least };
            }
        }
        let near = share * group.reciprocals[0];
        if least.iter().any(|&off| off <= near) {
            return Some(index);
        }
    }
    None
}
