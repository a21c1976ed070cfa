//! Eight residues of two limbs in two registers, multiplied by the 52-bit instructions of AVX-512
//! IFMA.
//!
//! A residue is `low + 2^52 high`. Its limbs are signed, and nothing is carried between them before
//! a multiplication, so a sum takes two additions. R = 2^104.
//!
//! Cost: 15 vector multiplications for eight products and 13 for eight squares, one more for a
//! modulus above 2^64. A product that needs the one before waits some 30 cycles for it, in which
//! two products could be computed.

use std::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_loadu_si512, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64,
    _mm512_set1_epi64, _mm512_setzero_si512, _mm512_srai_epi64, _mm512_storeu_si512,
    _mm512_sub_epi64,
};

use crate::lanes::{LaneArithmetic, LaneComputation};
use crate::simd::ifma::eight_lanes::{LANES, is_available};

/// Bits of a limb.
const LIMB_BITS: u32 = 52;
const MASK: u64 = (1 << LIMB_BITS) - 1;

/// Runs a computation modulo `n`, whose inverse modulo 2^64 is given, in eight lanes; returns
/// `None` on a processor without IFMA.
pub(super) fn run<T: LaneComputation>(n: u128, inverse: u64, computation: T) -> Option<T::Output> {
    #[allow(unsafe_code, reason = "a safe function for processors that have IFMA")]
    // SAFETY: the processor has the features that the function is compiled for.
    is_available().then(|| unsafe { run_with_ifma(n, inverse, computation) })
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn run_with_ifma<T: LaneComputation>(number: u128, inverse: u64, computation: T) -> T::Output {
    let every_lane = |number: u128| TwoLimbs {
        low: _mm512_set1_epi64((number as u64 & MASK) as i64),
        high: _mm512_set1_epi64((number >> LIMB_BITS) as i64),
    };
    let (n, twice) = (every_lane(number), every_lane(2 * number));
    let inverse = _mm512_set1_epi64((inverse & MASK) as i64);
    if u64::try_from(number).is_ok() {
        computation.run(EightLanes::<false> {
            number,
            n,
            twice,
            inverse,
        })
    } else {
        computation.run(EightLanes::<true> {
            number,
            n,
            twice,
            inverse,
        })
    }
}

/// One residue in each lane, `low + 2^52 high`.
#[derive(Debug, Clone, Copy)]
struct TwoLimbs {
    low: __m512i,
    high: __m512i,
}

/// Arithmetic modulo n in eight lanes, for n below 2^99.
///
/// Products are below 2 n as long as the product of their factors is below 32 n^2; sums and
/// differences of two products are below 4 n. Without `LONG`, n is below 2^64: then the product of
/// two upper limbs is below 2^52, and its upper half is 0.
///
/// Invariant: only [`run_with_ifma`] constructs one, so where a value of this type exists the
/// processor has AVX-512 IFMA. Every `unsafe` block of the implementation relies on it.
#[derive(Debug, Clone, Copy)]
struct EightLanes<const LONG: bool> {
    number: u128,
    /// n in every lane.
    n: TwoLimbs,
    /// 2 n in every lane.
    twice: TwoLimbs,
    /// The inverse of n modulo 2^52.
    inverse: __m512i,
}

#[allow(
    unsafe_code,
    reason = "instructions of IFMA, which the processor has where an EightLanes exists"
)]
impl<const LONG: bool> EightLanes<LONG> {
    /// Adds what the lower limb exceeds to the upper one. The multiplications ignore it in the
    /// lower.
    #[inline(always)]
    fn carried(self, a: TwoLimbs) -> TwoLimbs {
        // SAFETY: an `EightLanes` exists, hence the processor has IFMA.
        unsafe {
            let carry = _mm512_srai_epi64::<LIMB_BITS>(a.low);
            TwoLimbs {
                low: a.low,
                high: _mm512_add_epi64(a.high, carry),
            }
        }
    }

    /// Returns `t / R` modulo n, where `t` has four limbs, the lowest below 2^52. The result is
    /// above `t / R - n`.
    #[inline(always)]
    fn reduced(self, t: [__m512i; 4]) -> TwoLimbs {
        let EightLanes { n, inverse, .. } = self;
        // SAFETY: as above.
        unsafe {
            let zero = _mm512_setzero_si512();
            // Twice a multiple of n with the same lowest limb is subtracted. That limb becomes 0,
            // so it isn't computed.
            let times = _mm512_madd52lo_epu64(zero, t[0], inverse);
            let middle = _mm512_madd52hi_epu64(zero, times, n.low);
            let middle = _mm512_madd52lo_epu64(middle, times, n.high);
            let upper = _mm512_madd52hi_epu64(zero, times, n.high);
            let second = _mm512_sub_epi64(t[1], middle);
            let carry = _mm512_srai_epi64::<LIMB_BITS>(second);
            let times = _mm512_madd52lo_epu64(zero, second, inverse);
            let upper = _mm512_madd52lo_epu64(upper, times, n.high);
            let upper = _mm512_madd52hi_epu64(upper, times, n.low);
            let third = _mm512_add_epi64(t[2], carry);
            let last = _mm512_madd52hi_epu64(zero, times, n.high);
            TwoLimbs {
                low: _mm512_sub_epi64(third, upper),
                high: _mm512_sub_epi64(t[3], last),
            }
        }
    }
}

#[allow(
    unsafe_code,
    reason = "instructions of IFMA, which the processor has where an EightLanes exists"
)]
impl<const LONG: bool> LaneArithmetic for EightLanes<LONG> {
    type Lanes = TwoLimbs;

    const COUNT: usize = LANES;

    #[inline(always)]
    fn mul(self, a: TwoLimbs, b: TwoLimbs) -> TwoLimbs {
        let (a, b) = (self.carried(a), self.carried(b));
        // SAFETY: as above.
        unsafe {
            let zero = _mm512_setzero_si512();
            let first = _mm512_madd52lo_epu64(zero, a.low, b.low);
            let second = _mm512_madd52hi_epu64(zero, a.low, b.low);
            let second = _mm512_madd52lo_epu64(second, a.low, b.high);
            let second = _mm512_madd52lo_epu64(second, a.high, b.low);
            // n is added here, so that the result is above 0.
            let third = _mm512_madd52hi_epu64(self.n.low, a.low, b.high);
            let third = _mm512_madd52hi_epu64(third, a.high, b.low);
            let third = _mm512_madd52lo_epu64(third, a.high, b.high);
            let mut fourth = self.n.high;
            if LONG {
                fourth = _mm512_madd52hi_epu64(fourth, a.high, b.high);
            }
            self.reduced([first, second, third, fourth])
        }
    }

    #[inline(always)]
    fn square(self, a: TwoLimbs) -> TwoLimbs {
        let a = self.carried(a);
        // SAFETY: as above.
        unsafe {
            let zero = _mm512_setzero_si512();
            // Below 2^52: a is below 8 n, and n below 2^99.
            let twice = _mm512_add_epi64(a.high, a.high);
            let first = _mm512_madd52lo_epu64(zero, a.low, a.low);
            let second = _mm512_madd52hi_epu64(zero, a.low, a.low);
            let second = _mm512_madd52lo_epu64(second, a.low, twice);
            let third = _mm512_madd52hi_epu64(self.n.low, a.low, twice);
            let third = _mm512_madd52lo_epu64(third, a.high, a.high);
            let mut fourth = self.n.high;
            if LONG {
                fourth = _mm512_madd52hi_epu64(fourth, a.high, a.high);
            }
            self.reduced([first, second, third, fourth])
        }
    }

    #[inline(always)]
    fn add(self, a: TwoLimbs, b: TwoLimbs) -> TwoLimbs {
        // SAFETY: as above.
        unsafe {
            TwoLimbs {
                low: _mm512_add_epi64(a.low, b.low),
                high: _mm512_add_epi64(a.high, b.high),
            }
        }
    }

    #[inline(always)]
    fn sub(self, a: TwoLimbs, b: TwoLimbs) -> TwoLimbs {
        let a = self.add(a, self.twice);
        // SAFETY: as above.
        unsafe {
            TwoLimbs {
                low: _mm512_sub_epi64(a.low, b.low),
                high: _mm512_sub_epi64(a.high, b.high),
            }
        }
    }

    #[inline(always)]
    fn load(self, number: impl Fn(usize) -> u64) -> TwoLimbs {
        let numbers: [u64; LANES] = std::array::from_fn(number);
        let lows = numbers.map(|number| number & MASK);
        let highs = numbers.map(|number| number >> LIMB_BITS);
        // SAFETY: as above; the arrays have the 64 bytes that are read.
        unsafe {
            TwoLimbs {
                low: _mm512_loadu_si512(lows.as_ptr().cast()),
                high: _mm512_loadu_si512(highs.as_ptr().cast()),
            }
        }
    }

    #[inline(always)]
    fn for_each(self, lanes: TwoLimbs, mut receive: impl FnMut(u128)) {
        let (mut lows, mut highs) = ([0i64; LANES], [0i64; LANES]);
        // SAFETY: as above; the arrays have the 64 bytes that are written.
        unsafe {
            _mm512_storeu_si512(lows.as_mut_ptr().cast(), lanes.low);
            _mm512_storeu_si512(highs.as_mut_ptr().cast(), lanes.high);
        }
        for (low, high) in lows.into_iter().zip(highs) {
            let mut number = ((i128::from(high) << LIMB_BITS) + i128::from(low)) as u128;
            // A residue is below 8 n.
            while number >= self.number {
                number -= self.number;
            }
            receive(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::word::inverse_of_odd;

    /// Products, sums and differences, and products of these, in every lane.
    struct Operations([u64; LANES], [u64; LANES]);

    impl LaneComputation for Operations {
        type Output = [Vec<u128>; 6];

        fn run<A: LaneArithmetic>(self, arithmetic: A) -> Self::Output {
            let a = arithmetic.load(|lane| self.0[lane]);
            let b = arithmetic.load(|lane| self.1[lane]);
            let (product, square) = (arithmetic.mul(a, b), arithmetic.square(b));
            let sum = arithmetic.add(product, square);
            let difference = arithmetic.sub(product, square);
            let results = [
                product,
                square,
                sum,
                difference,
                arithmetic.mul(sum, difference),
                arithmetic.square(difference),
            ];
            results.map(|lanes| {
                let mut numbers = Vec::new();
                arithmetic.for_each(lanes, |number| numbers.push(number));
                numbers
            })
        }
    }

    /// Returns `a * b` modulo `n`, which is below 2^127.
    fn times(a: u128, b: u128, n: u128) -> u128 {
        (0..128).rev().fold(0, |sum, bit| {
            let sum = 2 * sum % n;
            if b >> bit & 1 == 1 {
                (sum + a) % n
            } else {
                sum
            }
        })
    }

    #[test]
    fn as_integers() {
        for bits in [30, 48, 52, 53, 60, 63, 64, 65, 80, 98, 99] {
            for n in [(1 << (bits - 1)) + 9, (1u128 << bits) - 1] {
                let inverse = inverse_of_odd(n) as u64;
                let r = (0..104).fold(1, |r, _| 2 * r % n);
                for step in [1, 0x9e37_79b9_7f4a_7c15] {
                    let number = |index: usize| (step * (index as u128 + 1) % n) as u64;
                    let a: [u64; LANES] = std::array::from_fn(number);
                    let b: [u64; LANES] = std::array::from_fn(|lane| number(7 * lane + 3));
                    let Some(results) = run(n, inverse, Operations(a, b)) else {
                        eprintln!("not compared: this processor has no AVX-512 IFMA");
                        return;
                    };
                    for lane in 0..LANES {
                        let [a, b] = [a[lane], b[lane]].map(|number| u128::from(number) % n);
                        let [product, square, sum, difference, both, last] =
                            [0, 1, 2, 3, 4, 5].map(|index| results[index][lane]);
                        let context = format!("{a} and {b} modulo {n}");
                        assert_eq!(times(product, r, n), times(a, b, n), "{context}");
                        assert_eq!(times(square, r, n), times(b, b, n), "{context}");
                        assert_eq!(sum, (product + square) % n, "{context}");
                        assert_eq!(difference, (n + product - square) % n, "{context}");
                        assert_eq!(times(both, r, n), times(sum, difference, n), "{context}");
                        assert_eq!(
                            times(last, r, n),
                            times(difference, difference, n),
                            "{context}"
                        );
                    }
                }
            }
        }
    }
}
