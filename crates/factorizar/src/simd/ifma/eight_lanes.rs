//! Eight residues in a 512-bit register, multiplied by the 52-bit instructions of AVX-512 IFMA.
//!
//! Montgomery's reduction as in [`montgomery`](crate::montgomery), with R = 2^52. Cost: 4 vector
//! multiplications for eight products. A product that needs the one before waits 13 cycles for it,
//! 15 from 2^48 on.

use std::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_loadu_si512, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64,
    _mm512_min_epu64, _mm512_set1_epi64, _mm512_setzero_si512, _mm512_storeu_si512,
    _mm512_sub_epi64,
};

use crate::lanes::{LaneArithmetic, LaneComputation};

/// Residues in a register.
pub(super) const LANES: usize = 8;

/// Moduli are below this.
pub(super) const MODULUS_LIMIT: u64 = 1 << 52;

/// Returns whether the processor has AVX-512 IFMA.
#[inline]
pub(super) fn is_available() -> bool {
    std::arch::is_x86_feature_detected!("avx512f")
        && std::arch::is_x86_feature_detected!("avx512ifma")
}

/// Runs a computation modulo `n`, whose inverse modulo 2^64 is given, in eight lanes; returns
/// `None` on a processor without IFMA.
pub(super) fn run<T: LaneComputation>(n: u64, inverse: u64, computation: T) -> Option<T::Output> {
    #[allow(unsafe_code, reason = "a safe function for processors that have IFMA")]
    // SAFETY: the processor has the features that the function is compiled for.
    is_available().then(|| unsafe { run_with_ifma(n, inverse, computation) })
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn run_with_ifma<T: LaneComputation>(n: u64, inverse: u64, computation: T) -> T::Output {
    let (modulus, inverse) = (
        _mm512_set1_epi64(n as i64),
        _mm512_set1_epi64((inverse % (1 << 52)) as i64),
    );
    if n < 1 << 48 {
        computation.run(EightLanes::<true> {
            n: modulus,
            inverse,
        })
    } else {
        computation.run(EightLanes::<false> {
            n: modulus,
            inverse,
        })
    }
}

/// Arithmetic modulo n in eight lanes.
///
/// Invariant: only [`run_with_ifma`] constructs one, so where a value of this type exists the
/// processor has AVX-512 IFMA. Every `unsafe` block of the implementation relies on it.
///
/// With `LAZY`, for n below 2^48, results stay unreduced: products are below 2 n as long as the
/// product of their factors is below 16 n^2, and sums and differences of two products are below 4
/// n.
#[derive(Debug, Clone, Copy)]
struct EightLanes<const LAZY: bool> {
    n: __m512i,
    /// The inverse of n modulo 2^52.
    inverse: __m512i,
}

#[allow(
    unsafe_code,
    reason = "instructions of IFMA, which the processor has where an EightLanes exists"
)]
impl<const LAZY: bool> LaneArithmetic for EightLanes<LAZY> {
    type Lanes = __m512i;

    const COUNT: usize = LANES;

    #[inline(always)]
    fn mul(self, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: an `EightLanes` exists, hence the processor has IFMA.
        unsafe {
            let zero = _mm512_setzero_si512();
            let low = _mm512_madd52lo_epu64(zero, a, b);
            let high = _mm512_madd52hi_epu64(self.n, a, b);
            let times = _mm512_madd52lo_epu64(zero, low, self.inverse);
            let product = _mm512_sub_epi64(high, _mm512_madd52hi_epu64(zero, times, self.n));
            if LAZY {
                product
            } else {
                // `product` is below 2 n. If it is below n, the subtraction wraps to a larger
                // number, so the minimum is the reduced residue either way.
                _mm512_min_epu64(product, _mm512_sub_epi64(product, self.n))
            }
        }
    }

    #[inline(always)]
    fn add(self, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: as above.
        unsafe {
            let sum = _mm512_add_epi64(a, b);
            if LAZY {
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
            if LAZY {
                let twice = _mm512_add_epi64(self.n, self.n);
                _mm512_sub_epi64(_mm512_add_epi64(a, twice), b)
            } else {
                // A difference below zero wraps, so the minimum is the one that has n added.
                let difference = _mm512_sub_epi64(a, b);
                _mm512_min_epu64(difference, _mm512_add_epi64(difference, self.n))
            }
        }
    }

    #[inline(always)]
    fn load(self, number: impl Fn(usize) -> u64) -> __m512i {
        let numbers: [u64; LANES] = std::array::from_fn(number);
        // SAFETY: as above; the array has the 64 bytes that are read.
        unsafe { _mm512_loadu_si512(numbers.as_ptr().cast()) }
    }

    #[inline(always)]
    fn for_each(self, lanes: __m512i, receive: impl FnMut(u128)) {
        let mut numbers = [0u64; LANES];
        // SAFETY: as above; the array has the 64 bytes that are written.
        unsafe { _mm512_storeu_si512(numbers.as_mut_ptr().cast(), lanes) };
        numbers.into_iter().map(u128::from).for_each(receive);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The product, the sum and the difference of two registers.
    struct Operations([u64; LANES], [u64; LANES]);

    impl LaneComputation for Operations {
        type Output = [Vec<u128>; 3];

        fn run<A: LaneArithmetic>(self, arithmetic: A) -> Self::Output {
            let a = arithmetic.load(|lane| self.0[lane]);
            let b = arithmetic.load(|lane| self.1[lane]);
            let results = [
                arithmetic.mul(a, b),
                arithmetic.add(a, b),
                arithmetic.sub(a, b),
            ];
            results.map(|lanes| {
                let mut numbers = Vec::new();
                arithmetic.for_each(lanes, |number| numbers.push(number));
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
