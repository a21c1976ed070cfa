//! Eight residues modulo a number of several words, by the 52-bit instructions of AVX-512 IFMA.
//!
//! A residue has L limbs of 52 bits, and a register has one limb of all eight. R = 2^(52 L). The
//! product and its reduction alternate limb by limb. Residues stay below 4 n and are not reduced
//! further; R is at least 16 n.
//!
//! Cost: 4 L^2 + L vector multiplications for eight products, 3 L^2 + 2 L for eight squares; sums
//! and differences take 3 to 5 L simple instructions, for the carries.
//!
//! Source: Shay Gueron and Vlad Krasnov, "Software implementation of modular exponentiation, using
//! advanced vector instructions architectures", 2012, for carries that wait in the upper bits.

use std::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_and_si512, _mm512_loadu_si512, _mm512_madd52hi_epu64,
    _mm512_madd52lo_epu64, _mm512_set1_epi64, _mm512_setzero_si512, _mm512_srai_epi64,
    _mm512_srli_epi64, _mm512_storeu_si512, _mm512_sub_epi64,
};

use crate::lanes::{LaneRing, LaneRingComputation};
use crate::natural::Natural;
use crate::simd::ifma::eight_lanes::{LANES, is_available};
use crate::word::inverse_of_odd;

/// Bits of a limb.
const LIMB_BITS: u32 = 52;
const MASK: u64 = (1 << LIMB_BITS) - 1;

/// Bits of R beyond those of the modulus.
const SPARE_BITS: u32 = 4;

/// Runs a computation modulo an odd number above 1 in eight lanes. Gives the computation back if
/// the processor has no IFMA, or the number is too long.
pub(super) fn run<C: LaneRingComputation>(
    modulus: &Natural,
    computation: C,
) -> Result<C::Output, C> {
    fn fixed<const L: usize, C: LaneRingComputation>(
        modulus: &Natural,
        computation: C,
    ) -> Result<C::Output, C> {
        match EightRings::<L>::new(modulus) {
            Some(ring) => Ok(computation.run(&ring)),
            None => Err(computation),
        }
    }
    match (modulus.bits() + SPARE_BITS).div_ceil(LIMB_BITS) {
        0..=3 => fixed::<3, C>(modulus, computation),
        4 => fixed::<4, C>(modulus, computation),
        5 => fixed::<5, C>(modulus, computation),
        6 => fixed::<6, C>(modulus, computation),
        7 => fixed::<7, C>(modulus, computation),
        8 => fixed::<8, C>(modulus, computation),
        9 | 10 => fixed::<10, C>(modulus, computation),
        11 | 12 => fixed::<12, C>(modulus, computation),
        _ => Err(computation),
    }
}

/// One residue in each lane, limb by limb.
#[derive(Debug, Clone)]
pub(super) struct EightResidues<const L: usize>([__m512i; L]);

/// Arithmetic modulo n in eight lanes.
///
/// Invariant: only [`EightRings::new`] constructs one, so where a value of this type exists the
/// processor has AVX-512 IFMA. Every `unsafe` block below relies on it.
#[derive(Debug)]
struct EightRings<const L: usize> {
    modulus: Natural,
    /// n in every lane.
    n: EightResidues<L>,
    /// 2 n in every lane.
    twice: EightResidues<L>,
    /// The inverse of -n modulo 2^52, in every lane.
    inverse: __m512i,
    /// R^2 mod n, by which numbers are converted to Montgomery form.
    r_squared: EightResidues<L>,
    /// The number 1, by which they are converted back.
    one: EightResidues<L>,
}

impl<const L: usize> EightRings<L> {
    /// Prepares a modulus, or returns `None` if the processor has no IFMA.
    fn new(modulus: &Natural) -> Option<Self> {
        if !is_available() {
            return None;
        }
        let low = modulus.as_limbs().first().copied().unwrap_or(1);
        let inverse = (inverse_of_odd(low.into()) as u64).wrapping_neg();
        let r_squared = (&Natural::from(1u64) << (2 * LIMB_BITS * L as u32)).rem(modulus)?;
        Some(EightRings {
            modulus: modulus.clone(),
            n: broadcast(modulus),
            twice: broadcast(&(modulus << 1)),
            inverse: vector([inverse & MASK; LANES]),
            r_squared: broadcast(&r_squared),
            one: broadcast(&1u64.into()),
        })
    }
}

/// Returns a register of eight numbers. The processor has IFMA.
fn vector(numbers: [u64; LANES]) -> __m512i {
    #[allow(unsafe_code, reason = "an instruction that the processor has")]
    // SAFETY: the callers have asked the processor; the array has the 64 bytes that are read.
    unsafe {
        _mm512_loadu_si512(numbers.as_ptr().cast())
    }
}

/// Returns the limb of 52 bits with this index.
fn limb(number: &Natural, index: usize) -> u64 {
    let bit = LIMB_BITS as usize * index;
    let word = |index: usize| number.as_limbs().get(index).copied().unwrap_or(0);
    let both = u128::from(word(bit / 64 + 1)) << 64 | u128::from(word(bit / 64));
    (both >> (bit % 64)) as u64 & MASK
}

/// Returns a number in every lane. The processor has IFMA.
fn broadcast<const L: usize>(number: &Natural) -> EightResidues<L> {
    EightResidues(std::array::from_fn(|index| {
        vector([limb(number, index); LANES])
    }))
}

#[allow(
    unsafe_code,
    reason = "code for IFMA, which the processor has where an EightRings exists"
)]
impl<const L: usize> LaneRing for EightRings<L> {
    type Residues = EightResidues<L>;

    const COUNT: usize = LANES;

    fn modulus(&self) -> &Natural {
        &self.modulus
    }

    #[inline]
    fn mul(&self, a: &EightResidues<L>, b: &EightResidues<L>) -> EightResidues<L> {
        // SAFETY: an `EightRings` exists, hence the processor has IFMA.
        unsafe { product(self, a, b) }
    }

    #[inline]
    fn square(&self, a: &EightResidues<L>) -> EightResidues<L> {
        // SAFETY: as above.
        unsafe { square(self, a) }
    }

    #[inline]
    fn add(&self, a: &EightResidues<L>, b: &EightResidues<L>) -> EightResidues<L> {
        // SAFETY: as above.
        unsafe { sum(a, b) }
    }

    #[inline]
    fn sub(&self, a: &EightResidues<L>, b: &EightResidues<L>) -> EightResidues<L> {
        // SAFETY: as above.
        unsafe { difference(self, a, b) }
    }

    fn load(&self, number: impl FnMut(usize) -> Natural) -> EightResidues<L> {
        let lanes: [usize; LANES] = std::array::from_fn(|lane| lane);
        let numbers = lanes
            .map(number)
            .map(|number| number.rem(&self.modulus).unwrap_or_default());
        let residues = EightResidues(std::array::from_fn(|index| {
            vector(std::array::from_fn(|lane| limb(&numbers[lane], index)))
        }));
        self.mul(&residues, &self.r_squared)
    }

    fn numbers(&self, residues: &EightResidues<L>) -> Vec<Natural> {
        let mut numbers = vec![Natural::ZERO; LANES];
        for register in self.mul(residues, &self.one).0.iter().rev() {
            let mut limbs = [0u64; LANES];
            // SAFETY: as above; the array has the 64 bytes that are written.
            unsafe { _mm512_storeu_si512(limbs.as_mut_ptr().cast(), *register) };
            for (number, limb) in numbers.iter_mut().zip(limbs) {
                *number = (&*number << LIMB_BITS).mul_add_u64(1, limb);
            }
        }
        for number in &mut numbers {
            while let Some(less) = number.checked_sub(&self.modulus) {
                *number = less;
            }
        }
        numbers
    }
}

/// Returns `a * b / R`, below 2 n.
#[target_feature(enable = "avx512f,avx512ifma")]
fn product<const L: usize>(
    ring: &EightRings<L>,
    a: &EightResidues<L>,
    b: &EightResidues<L>,
) -> EightResidues<L> {
    let (a, n) = (&a.0, &ring.n.0);
    let zero = _mm512_setzero_si512();
    // Limbs grow beyond 52 bits: each is a sum of 4 L parts of 52 bits at most.
    let mut t = [zero; L];
    for &limb in &b.0 {
        for index in 0..L {
            t[index] = _mm512_madd52lo_epu64(t[index], a[index], limb);
        }
        // A multiple of n that makes the lowest 52 bits 0. The rest of them is carried.
        let times = _mm512_madd52lo_epu64(zero, t[0], ring.inverse);
        for index in 0..L {
            t[index] = _mm512_madd52lo_epu64(t[index], n[index], times);
        }
        let carry = _mm512_srli_epi64::<LIMB_BITS>(t[0]);
        // The upper halves of the products belong to the next limb, which drops by one place.
        for index in 0..L {
            let above = if index + 1 < L { t[index + 1] } else { zero };
            let above = _mm512_madd52hi_epu64(above, a[index], limb);
            t[index] = _mm512_madd52hi_epu64(above, n[index], times);
        }
        t[0] = _mm512_add_epi64(t[0], carry);
    }
    carried(t)
}

/// Returns `a * a / R`, below 2 n.
#[target_feature(enable = "avx512f,avx512ifma")]
#[expect(clippy::needless_range_loop, reason = "two indices make a place")]
fn square<const L: usize>(ring: &EightRings<L>, a: &EightResidues<L>) -> EightResidues<L> {
    let (a, n) = (&a.0, &ring.n.0);
    let zero = _mm512_setzero_si512();
    // The square in two halves, low[L] to low[2 L - 1] being `high`. Each product of two different
    // limbs is computed once and doubled.
    let (mut low, mut high) = ([zero; L], [zero; L]);
    for i in 0..L {
        for j in i + 1..L {
            let place = i + j;
            let to = if place < L {
                &mut low[place]
            } else {
                &mut high[place - L]
            };
            *to = _mm512_madd52lo_epu64(*to, a[i], a[j]);
            let place = place + 1;
            let to = if place < L {
                &mut low[place]
            } else {
                &mut high[place - L]
            };
            *to = _mm512_madd52hi_epu64(*to, a[i], a[j]);
        }
    }
    for index in 0..L {
        low[index] = _mm512_add_epi64(low[index], low[index]);
        high[index] = _mm512_add_epi64(high[index], high[index]);
    }
    for i in 0..L {
        let place = 2 * i;
        let to = if place < L {
            &mut low[place]
        } else {
            &mut high[place - L]
        };
        *to = _mm512_madd52lo_epu64(*to, a[i], a[i]);
        let place = place + 1;
        let to = if place < L {
            &mut low[place]
        } else {
            &mut high[place - L]
        };
        *to = _mm512_madd52hi_epu64(*to, a[i], a[i]);
    }
    // The reduction, as in `product`.
    for next in high {
        let times = _mm512_madd52lo_epu64(zero, low[0], ring.inverse);
        for index in 0..L {
            low[index] = _mm512_madd52lo_epu64(low[index], n[index], times);
        }
        let carry = _mm512_srli_epi64::<LIMB_BITS>(low[0]);
        for index in 0..L {
            let above = if index + 1 < L { low[index + 1] } else { next };
            low[index] = _mm512_madd52hi_epu64(above, n[index], times);
        }
        low[0] = _mm512_add_epi64(low[0], carry);
    }
    carried(low)
}

/// Returns `a + b`.
#[target_feature(enable = "avx512f,avx512ifma")]
fn sum<const L: usize>(a: &EightResidues<L>, b: &EightResidues<L>) -> EightResidues<L> {
    carried(std::array::from_fn(|index| {
        _mm512_add_epi64(a.0[index], b.0[index])
    }))
}

/// Returns `a - b + 2 n`, for a `b` below 2 n.
#[target_feature(enable = "avx512f,avx512ifma")]
#[expect(clippy::needless_range_loop, reason = "four arrays with one index")]
fn difference<const L: usize>(
    ring: &EightRings<L>,
    a: &EightResidues<L>,
    b: &EightResidues<L>,
) -> EightResidues<L> {
    let mask = _mm512_set1_epi64(MASK as i64);
    let mut carry = _mm512_setzero_si512();
    let mut limbs = [carry; L];
    for index in 0..L {
        let limb = _mm512_sub_epi64(
            _mm512_add_epi64(a.0[index], ring.twice.0[index]),
            b.0[index],
        );
        let limb = _mm512_add_epi64(limb, carry);
        limbs[index] = _mm512_and_si512(limb, mask);
        // A shift that keeps the sign, since a limb may be below zero.
        carry = _mm512_srai_epi64::<LIMB_BITS>(limb);
    }
    EightResidues(limbs)
}

/// Moves what exceeds 52 bits to the next limb.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn carried<const L: usize>(mut limbs: [__m512i; L]) -> EightResidues<L> {
    let mask = _mm512_set1_epi64(MASK as i64);
    let mut carry = _mm512_setzero_si512();
    for limb in &mut limbs {
        let sum = _mm512_add_epi64(*limb, carry);
        *limb = _mm512_and_si512(sum, mask);
        carry = _mm512_srli_epi64::<LIMB_BITS>(sum);
    }
    EightResidues(limbs)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares every operation with that of natural numbers, on small numbers and large ones.
    struct AsNaturals;

    impl LaneRingComputation for AsNaturals {
        type Output = ();

        fn run<A: LaneRing>(self, ring: &A) {
            let n = ring.modulus();
            let small = |number: u64| Natural::from(number);
            let near = |below: u64| n.checked_sub(&small(below)).unwrap_or_default();
            let half = n >> 1;
            let numbers: Vec<Natural> = (0..A::COUNT as u64)
                .flat_map(|lane| [small(lane), near(lane + 1), &half + &small(lane)])
                .map(|number| number.rem(n).unwrap())
                .collect();
            for shift in 0..numbers.len() {
                let a = |lane: usize| numbers[lane].clone();
                let b = |lane: usize| numbers[(lane + shift) % numbers.len()].clone();
                let (x, y) = (ring.load(a), ring.load(b));
                let is =
                    |residues: &A::Residues, of: fn(&Natural, &Natural, &Natural) -> Natural| {
                        let wanted =
                            (0..A::COUNT).map(|lane| of(&a(lane), &b(lane), n).rem(n).unwrap());
                        assert!(ring.numbers(residues).into_iter().eq(wanted), "modulo {n}");
                    };
                let minus = |a: &Natural, b: &Natural, n: &Natural| (a + n).checked_sub(b).unwrap();
                is(&x, |a, _, _| a.clone());
                is(&ring.mul(&x, &y), |a, b, _| a * b);
                is(&ring.square(&y), |_, b, _| b * b);
                is(&ring.add(&x, &y), |a, b, _| a + b);
                is(&ring.sub(&x, &y), minus);
                // Factors of the largest size that is allowed.
                let (sum, difference) = (ring.add(&x, &y), ring.sub(&x, &y));
                is(&ring.square(&sum), |a, b, _| (a + b).pow(2));
                is(&ring.square(&difference), |a, b, _| a.abs_diff(b).pow(2));
                is(&ring.mul(&sum, &difference), |a, b, n| {
                    &(a + b) * &(a + n).checked_sub(b).unwrap()
                });
            }
        }
    }

    #[test]
    fn as_natural_numbers() {
        for bits in [
            2, 51, 64, 129, 152, 153, 204, 256, 308, 359, 361, 412, 413, 516, 620,
        ] {
            let power = &Natural::from(1u64) << bits;
            let [least, most] = [&power >> 1, power].map(|n| n.checked_sub(&1u64.into()).unwrap());
            for n in [most, least.mul_add_u64(1, 2)] {
                let ran = run(&n, AsNaturals);
                if is_available() {
                    assert!(ran.is_ok(), "{bits} bits");
                } else {
                    eprintln!("not compared: this processor has no AVX-512 IFMA");
                }
            }
        }
        let long = (&Natural::from(1u64) << 620).mul_add_u64(1, 1);
        assert!(run(&long, AsNaturals).is_err());
    }
}
