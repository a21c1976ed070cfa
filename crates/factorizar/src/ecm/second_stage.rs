//! The second stage of a curve: finds a prime whose group order has one prime between B1 and B2.
//!
//! Let Q be the point after the first stage. The order's last prime r is written as k D ± j, where
//! D is the stride, j is below D / 2 and coprime to D. Modulo the prime factor sought, r Q is
//! infinity, so the "giant step" k D Q and the "baby step" j Q have the same X / Z. The difference
//! of the two then has the factor in common with the modulus. One difference serves for both k D +
//! j and k D - j. The pairs (k, j) for which one of the two is prime depend on the bounds alone, so
//! they are computed at compile time.
//!
//! Cost: 2 multiplications a pair, 6 for each giant and baby step.
//!
//! Source: Peter L. Montgomery, "Speeding the Pollard and elliptic curve methods of factorization",
//! Mathematics of Computation 48 (1987), section 4.

use crate::ecm::curve::{Curves, Point};
use crate::ecm::lucas_chain::is_prime;
use crate::lanes::LaneArithmetic;

/// The most pairs of one table.
const MAX_PAIRS: usize = 4096;
/// The most giant steps of one table.
const MAX_GIANTS: usize = 192;

/// The number of baby steps: the multiples j Q for j = 6 i ± 1 up to 105.
const BABIES: usize = 36;

/// The pairs that cover the primes between the two bounds.
#[derive(Debug)]
pub(super) struct SecondStage {
    /// D: 15 or 105 times a power of two.
    stride: u32,
    /// The values of j for each giant step in turn, as indices into the baby steps.
    pairs: [u8; MAX_PAIRS],
    /// The index in `pairs` after the last pair of each giant step k. There are none for k = 0.
    ends: [u16; MAX_GIANTS],
    /// The number of giant steps, k = 0 included.
    giants: usize,
}

impl SecondStage {
    /// Computes the pairs for the primes above `b1` up to some D / 2 above `b2`.
    pub(super) const fn between(b1: u32, b2: u32, stride: u32) -> Self {
        let mut stage = SecondStage {
            stride,
            pairs: [0; MAX_PAIRS],
            ends: [0; MAX_GIANTS],
            giants: 1 + (b2 / stride) as usize,
        };
        assert!(stage.giants <= MAX_GIANTS, "too many giant steps");
        assert!(b1 >= stride / 2, "the primes below D / 2 would be left out");
        let mut filled = 0;
        let mut giant = 1;
        while giant < stage.giants {
            let middle = giant as u32 * stride;
            let mut index = 0;
            while baby(index) < stride / 2 {
                let j = baby(index);
                let seven = stride.is_multiple_of(7) && j.is_multiple_of(7);
                let coprime = !(seven || j.is_multiple_of(5));
                let wanted = (middle + j > b1 && is_prime(middle + j))
                    || (middle - j > b1 && is_prime(middle - j));
                if coprime && wanted {
                    stage.pairs[filled] = index as u8;
                    filled += 1;
                }
                index += 1;
            }
            stage.ends[giant] = filled as u16;
            giant += 1;
        }
        stage
    }

    /// Returns the product of the differences of all pairs, in each lane. `point` is Q.
    ///
    /// The product includes Z of Q, so that it has a factor found by the first stage as well.
    #[inline(always)]
    pub(super) fn differences<A: LaneArithmetic>(
        &self,
        curves: &Curves<A>,
        point: Point<A::Lanes>,
    ) -> A::Lanes {
        let ring = curves.ring;
        let odd = self.stride >> self.stride.trailing_zeros();
        let (babies, odd_multiple) = baby_steps(curves, point, odd, self.stride / 2);
        let mut products = [point.z; BABIES];
        for (product, baby) in products.iter_mut().zip(&babies[..half(self.stride)]) {
            *product = ring.mul(baby.x, baby.z);
        }
        let mut first = odd_multiple;
        for _ in 0..self.stride.trailing_zeros() {
            first = curves.double(first);
        }
        let (mut before, mut giant) = (first, first);
        let mut difference = point.z;
        let mut begin = 0;
        for (step, &end) in self.ends[..self.giants].iter().enumerate().skip(1) {
            if step == 2 {
                giant = curves.double(first);
            } else if step > 2 {
                (giant, before) = (curves.add(giant, first, before), giant);
            }
            let product = ring.mul(giant.x, giant.z);
            for &index in &self.pairs[begin..usize::from(end)] {
                let index = usize::from(index) % BABIES;
                let baby = babies[index];
                // Xg Zj - Xj Zg = (Xg - Xj) (Zg + Zj) - Xg Zg + Xj Zj: one multiplication, as the
                // last two products are known.
                let cross = ring.mul(ring.sub(giant.x, baby.x), ring.add(giant.z, baby.z));
                let cross = ring.add(ring.sub(cross, product), products[index]);
                difference = ring.mul(difference, cross);
            }
            begin = usize::from(end);
        }
        difference
    }
}

/// Returns the number of baby steps below D / 2.
fn half(stride: u32) -> usize {
    (stride as usize / 2).div_ceil(3)
}

/// Returns the multiple j of a baby step: 1, 5, 7, 11, and so on.
const fn baby(index: usize) -> u32 {
    let index = index as u32;
    3 * index + 1 + index % 2
}

/// Returns the baby steps up to `last`, and the multiple of the point by `odd`, which is 15 or 105.
#[inline(always)]
fn baby_steps<A: LaneArithmetic>(
    curves: &Curves<A>,
    point: Point<A::Lanes>,
    odd: u32,
    last: u32,
) -> ([Point<A::Lanes>; BABIES], Point<A::Lanes>) {
    let two = curves.double(point);
    let three = curves.add(two, point, point);
    let six = curves.double(three);
    let five = curves.add(three, two, point);
    let mut babies = [point; BABIES];
    babies[1] = five;
    babies[2] = curves.add(six, point, five);
    babies[3] = curves.add(six, five, point);
    let last = last.max(odd);
    for index in 4..BABIES {
        if baby(index) > last {
            break;
        }
        babies[index] = curves.add(babies[index - 2], six, babies[index - 4]);
    }
    // odd = (odd - 2) + 2, and both odd - 2 and odd - 4 are baby steps.
    let below = (odd as usize - 2) / 3;
    let multiple = curves.add(babies[below], two, babies[below - 1]);
    (babies, multiple)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prime_between_the_bounds_is_in_a_pair() {
        for (low, high, stride) in [(30, 900, 60), (60, 2_000, 120), (120, 6_000, 210)] {
            let stage = SecondStage::between(low, high, stride);
            let mut begin = 0;
            let mut covered = vec![false; high as usize + 200];
            for giant in 1..stage.giants {
                let end = usize::from(stage.ends[giant]);
                for &index in &stage.pairs[begin..end] {
                    let (middle, j) = (giant * stride as usize, baby(index.into()) as usize);
                    for number in [middle - j, middle + j] {
                        covered[number] = true;
                    }
                }
                begin = end;
            }
            for prime in (low + 1..high - stride).filter(|&n| is_prime(n)) {
                assert!(covered[prime as usize], "{prime}");
            }
        }
    }
}
