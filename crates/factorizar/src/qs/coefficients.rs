//! The leading coefficients a of the polynomials: products of primes of the factor base.
//!
//! All primes of an a but the last are drawn at random. The last is the one that brings the product
//! closest to the best size for the interval. Cost: a dozen draws for each a.

use std::collections::HashSet;
use std::ops::Range;

use crate::qs::factor_base::FactorBase;
use crate::qs::parameters::Parameters;

/// A generator of leading coefficients, each different from those before.
#[derive(Debug)]
pub(super) struct Coefficients {
    /// The natural logarithm that a should have.
    target: f32,
    /// Number of primes of each a.
    count: usize,
    /// The indices of the factor base from which primes are drawn.
    pool: Range<usize>,
    /// The state of the random number generator.
    random_state: u64,
    /// The coefficients returned so far, by the indices of their primes.
    used: HashSet<Vec<usize>>,
}

impl Coefficients {
    /// Creates a generator for a k n of about `kn`.
    ///
    /// Each a is about sqrt(k n / 2) / half, which makes the values of the polynomial equally large
    /// in the middle of the interval and at its ends.
    pub(super) fn new(base: &FactorBase, kn: f64, parameters: &Parameters, seed: u64) -> Self {
        let target = ((kn / 2.0).sqrt() / f64::from(parameters.half)).ln() as f32;
        let count = (target / parameters.coefficient_prime.ln())
            .round()
            .max(2.0) as usize;
        let mean = (target / count as f32).exp();
        let index = |size: f32| {
            (1..base.len)
                .find(|&index| f32::from(base.prime(index)) >= size)
                .unwrap_or(base.len)
        };
        let wide = (index(mean * 0.6), index(mean * 1.6));
        let start = wide.0.min(base.len.saturating_sub(12)).max(1);
        let end = wide.1.max(start + 12).min(base.len);
        Coefficients {
            target,
            count,
            pool: start..end,
            random_state: seed,
            used: HashSet::new(),
        }
    }

    /// Returns the primes of a new a, as indices into the base, or `None` if no new one was found.
    pub(super) fn next(&mut self, base: &FactorBase) -> Option<Vec<usize>> {
        // The best of twelve draws, or the first that succeeds at all.
        let mut best: Option<(f32, Vec<usize>)> = None;
        for draw in 0..400 {
            if draw >= 12 && best.is_some() {
                break;
            }
            if let Some((miss, factors)) = self.draw(base)
                && best.as_ref().is_none_or(|(least, _)| miss < *least)
            {
                best = Some((miss, factors));
            }
        }
        let (_, factors) = best?;
        self.used.insert(factors.clone());
        Some(factors)
    }

    /// Draws an a, and returns by how much its logarithm misses the target; `None` if it was used
    /// before or no prime completes it.
    fn draw(&mut self, base: &FactorBase) -> Option<(f32, Vec<usize>)> {
        let mut factors = Vec::with_capacity(self.count);
        let mut left = self.target;
        while factors.len() + 1 < self.count {
            let index = self.pool.start + self.random(self.pool.len());
            if base.roots[index] != 0 && !factors.contains(&index) {
                left -= f32::from(base.prime(index)).ln();
                factors.push(index);
            }
        }
        let size = left.exp();
        let above = base.primes[1..base.len].partition_point(|&p| f32::from(p) < size) + 1;
        let nearest = [above.saturating_sub(1), above]
            .into_iter()
            .filter(|&index| index > 1 && index < base.len)
            .filter(|&index| base.roots[index] != 0 && !factors.contains(&index))
            .map(|index| ((f32::from(base.prime(index)).ln() - left).abs(), index))
            .min_by(|one, other| one.0.total_cmp(&other.0));
        let (miss, last) = nearest?;
        factors.push(last);
        factors.sort_unstable();
        (!self.used.contains(&factors)).then_some((miss, factors))
    }

    /// Returns a random number below `bound`, by splitmix64 (Sebastiano Vigna, 2015).
    fn random(&mut self, bound: usize) -> usize {
        self.random_state = self.random_state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.random_state ^ self.random_state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((u128::from(z ^ z >> 31) * bound as u128) >> 64) as usize
    }
}
