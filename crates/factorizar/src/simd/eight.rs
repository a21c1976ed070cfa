//! Eight residues a register, by the 52-bit multiplications of AVX-512 IFMA.
//!
//! Montgomery's reduction as elsewhere in the crate, with R = 2^52. Cost: 4 multiplications for eight
//! products, 13 cycles from one to the next that needs it, 15 from 2^48 on.

use std::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_loadu_si512, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64,
    _mm512_min_epu64, _mm512_set1_epi64, _mm512_setzero_si512, _mm512_storeu_si512,
    _mm512_sub_epi64,
};

use super::EIGHT_BELOW;
use crate::ecm::{Arithmetic, Work};

/// Residues in a register.
const LANES: usize = 8;

/// Whether there is IFMA.
#[inline]
pub(super) fn has() -> bool {
    std::arch::is_x86_feature_detected!("avx512f")
        && std::arch::is_x86_feature_detected!("avx512ifma")
}

/// As [`run_eight`](super::run_eight).
pub(super) fn run<T: Work>(n: u64, inverse: u64, work: T) -> Option<T::Output> {
    debug_assert!(n < EIGHT_BELOW && n.wrapping_mul(inverse) == 1);
    #[allow(unsafe_code, reason = "a safe function for processors that have IFMA")]
    // SAFETY: the processor has what the function is compiled for.
    has().then(|| unsafe { run_able(n, inverse, work) })
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn run_able<T: Work>(n: u64, inverse: u64, work: T) -> T::Output {
    let (modulus, inverse) = (
        _mm512_set1_epi64(n as i64),
        _mm512_set1_epi64((inverse % (1 << 52)) as i64),
    );
    if n < 1 << 48 {
        work.run(Eight::<true> {
            n: modulus,
            inverse,
        })
    } else {
        work.run(Eight::<false> {
            n: modulus,
            inverse,
        })
    }
}

/// The arithmetic modulo n. Only [`run_able`] makes one, so where there is one there is IFMA, and
/// its instructions may be called.
///
/// With `LOOSE`, for n below 2^48, nothing is compared: products are below 2 n as long as their
/// factors' product is below 16 n^2, and sums and differences of two products are below 4 n.
#[derive(Debug, Clone, Copy)]
struct Eight<const LOOSE: bool> {
    n: __m512i,
    /// The inverse of n modulo 2^52.
    inverse: __m512i,
}

#[allow(
    unsafe_code,
    reason = "instructions that there are where there is an Eight"
)]
impl<const LOOSE: bool> Arithmetic for Eight<LOOSE> {
    type Lanes = __m512i;

    const COUNT: usize = LANES;

    #[inline(always)]
    fn mul(self, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: there is an `Eight`, hence IFMA.
        unsafe {
            let zero = _mm512_setzero_si512();
            let low = _mm512_madd52lo_epu64(zero, a, b);
            let high = _mm512_madd52hi_epu64(self.n, a, b);
            let times = _mm512_madd52lo_epu64(zero, low, self.inverse);
            let product = _mm512_sub_epi64(high, _mm512_madd52hi_epu64(zero, times, self.n));
            if LOOSE {
                product
            } else {
                // Below 2 n; what wraps is the larger of the two.
                _mm512_min_epu64(product, _mm512_sub_epi64(product, self.n))
            }
        }
    }

    #[inline(always)]
    fn add(self, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: as above.
        unsafe {
            let sum = _mm512_add_epi64(a, b);
            if LOOSE {
                sum
            } else {
                _mm512_min_epu64(sum, _mm512_sub_epi64(sum, self.n))
            }
        }
    }

    #[inline(always)]
    fn sub(self, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: as above.
        unsafe {
            if LOOSE {
                let twice = _mm512_add_epi64(self.n, self.n);
                _mm512_sub_epi64(_mm512_add_epi64(a, twice), b)
            } else {
                let difference = _mm512_sub_epi64(a, b);
                _mm512_min_epu64(difference, _mm512_add_epi64(difference, self.n))
            }
        }
    }

    #[inline(always)]
    fn lanes(self, of: impl Fn(usize) -> u64) -> __m512i {
        let numbers: [u64; LANES] = std::array::from_fn(of);
        // SAFETY: as above; the array has the 64 bytes that are read.
        unsafe { _mm512_loadu_si512(numbers.as_ptr().cast()) }
    }

    #[inline(always)]
    fn each(self, lanes: __m512i, to: impl FnMut(u128)) {
        let mut numbers = [0u64; LANES];
        // SAFETY: as above; the array has the 64 bytes that are written.
        unsafe { _mm512_storeu_si512(numbers.as_mut_ptr().cast(), lanes) };
        numbers.into_iter().map(u128::from).for_each(to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lanes' product, sum and difference.
    struct Operations([u64; LANES], [u64; LANES]);

    impl Work for Operations {
        type Output = [Vec<u128>; 3];

        fn run<A: Arithmetic>(self, arithmetic: A) -> Self::Output {
            let a = arithmetic.lanes(|lane| self.0[lane]);
            let b = arithmetic.lanes(|lane| self.1[lane]);
            let results = [
                arithmetic.mul(a, b),
                arithmetic.add(a, b),
                arithmetic.sub(a, b),
            ];
            results.map(|lanes| {
                let mut numbers = Vec::new();
                arithmetic.each(lanes, |number| numbers.push(number));
                numbers
            })
        }
    }

    #[test]
    fn as_integers() {
        let moduli = [
            3,
            1_031,
            (1 << 26) - 5,
            (1 << 48) - 59,
            (1 << 48) + 21,
            (1 << 51) + 9,
            (1 << 52) - 1,
        ];
        for n in moduli {
            // Newton's iteration, as in the ring.
            let inverse = (0..6).fold(n, |x: u64, _| {
                x.wrapping_mul(2u64.wrapping_sub(n.wrapping_mul(x)))
            });
            let numbers =
                |step: u64| std::array::from_fn(|lane| (n - 1) / 7 * lane as u64 * step % n);
            for (a, b) in [(1, 1), (1, 2), (3, 5), (7, 7)].map(|(a, b)| (numbers(a), numbers(b))) {
                let Some([products, sums, differences]) = run(n, inverse, Operations(a, b)) else {
                    eprintln!("not compared: this processor has no AVX-512 IFMA");
                    return;
                };
                for lane in 0..LANES {
                    let [a, b, n] = [a[lane], b[lane], n].map(u128::from);
                    let context = format!("{a} and {b} modulo {n}");
                    assert_eq!((products[lane] << 52) % n, a * b % n, "{context}");
                    assert_eq!(sums[lane] % n, (a + b) % n, "{context}");
                    assert_eq!(differences[lane] % n, (n + a - b) % n, "{context}");
                    assert!(products[lane] < 2 * n && sums[lane] < 2 * n, "{context}");
                }
            }
        }
    }
}
