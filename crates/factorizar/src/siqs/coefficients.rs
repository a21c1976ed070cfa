//! The leading coefficients a of the polynomials, by number.
//!
//! Each a is a product of distinct primes of the base. All of them but one are a subset of a pool,
//! and the number is the subset's rank: the combinatorial number system gives each rank another
//! subset. The last prime brings the product to the size that suits the interval. It never is of
//! the pool: the pool has base primes of even index, and the last prime an odd one. So different
//! numbers have different a.
//!
//! Consecutive ranks would share most primes, and a with many common primes give the same relations
//! more often. Numbers are therefore scattered over the ranks by a multiplication modulo their
//! count.
//!
//! Cost: some hundred operations.

use crate::siqs::factor_base::FactorBase;

/// The list of leading coefficients of one n.
#[derive(Debug)]
pub(super) struct Coefficients {
    /// Indices of the base, even ones.
    pool: Vec<usize>,
    /// Number of primes that are drawn from the pool.
    drawn: usize,
    /// Number of leading coefficients.
    count: u64,
    /// Coprime to `count`.
    stride: u64,
    /// The natural logarithm that a should have.
    target: f64,
}

/// Leading coefficients that the list should have: far more than a number was seen to need.
const ENOUGH: u64 = 1 << 16;

/// Primes of the pool at most.
const MAX_POOL: usize = 60;

impl Coefficients {
    /// Creates the list for an a of about exp(`target`), whose primes have some `bits` bits.
    pub(super) fn new(base: &FactorBase, target: f64, bits: f64) -> Self {
        let primes = (target / (bits * std::f64::consts::LN_2)).round().max(3.0);
        let mean = (target / primes).exp();
        let middle = base.index_from(mean as u32);
        // Even indices around the middle, without the smallest primes and those of the multiplier.
        let usable = |&index: &usize| index % 2 == 0 && index >= 4 && base.roots[index] != 0;
        let mut by_distance: Vec<usize> = (0..base.len()).filter(usable).collect();
        by_distance.sort_by_key(|&index| index.abs_diff(middle));
        let drawn = primes as usize - 1;
        let len = (drawn..MAX_POOL)
            .find(|&len| binomial(len as u64, drawn as u64) >= ENOUGH)
            .unwrap_or(MAX_POOL);
        let mut pool = by_distance[..len.min(by_distance.len())].to_vec();
        pool.sort_unstable();
        let count = binomial(pool.len() as u64, drawn as u64);
        // About the golden section of the count.
        let mut stride = (count as f64 * 0.618_033_988_7) as u64 | 1;
        while gcd(stride, count) != 1 {
            stride += 2;
        }
        Coefficients {
            pool,
            drawn,
            count,
            stride,
            target,
        }
    }

    /// Returns the number of leading coefficients.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Returns the base indices of the primes of the a with this number, ascending, or `None` past
    /// the end of the list.
    pub(super) fn get(&self, base: &FactorBase, number: u64) -> Option<Vec<usize>> {
        if number >= self.count {
            return None;
        }
        let scattered = u128::from(number) * u128::from(self.stride) % u128::from(self.count);
        let mut rank = scattered as u64;
        let mut indices = Vec::with_capacity(self.drawn + 1);
        let mut end = self.pool.len() as u64;
        for size in (1..=self.drawn as u64).rev() {
            // The largest element whose smaller subsets all have lower ranks.
            let mut element = end - 1;
            while binomial(element, size) > rank {
                element -= 1;
            }
            rank -= binomial(element, size);
            indices.push(self.pool[element as usize]);
            end = element;
        }
        let product: f64 = indices
            .iter()
            .map(|&index| f64::from(base.primes[index]).ln())
            .sum();
        let size = (self.target - product)
            .exp()
            .clamp(3.0, f64::from(base.largest()));
        let near = base.index_from(size as u32) | 1;
        let usable = |index: &usize| {
            *index >= 5 && *index < base.len() && index % 2 == 1 && base.roots[*index] != 0
        };
        let distance = |index: &usize| (f64::from(base.primes[*index]) / size).ln().abs();
        let candidates = (near.saturating_sub(8)..near + 9).filter(usable);
        let nearest = candidates.min_by(|one, other| distance(one).total_cmp(&distance(other)));
        // Below the smallest usable prime, or above the largest.
        indices.push(match nearest {
            Some(index) => index,
            None if near < 16 => (0..base.len()).find(usable)?,
            None => (0..base.len()).rev().find(usable)?,
        });
        indices.sort_unstable();
        Some(indices)
    }
}

/// Returns the number of subsets of `size` of a set of `of`, at most 2^62.
fn binomial(of: u64, size: u64) -> u64 {
    if size > of {
        return 0;
    }
    let mut result = 1u128;
    for index in 0..u128::from(size) {
        result = result * (u128::from(of) - index) / (index + 1);
    }
    u64::try_from(result).unwrap_or(u64::MAX).min(1 << 62)
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::control::Control;
    use crate::natural::Natural;

    #[test]
    fn numbers_have_different_coefficients_of_the_right_size() {
        let n = Natural::from_limbs(&[1, 3, 5, 7]);
        for (len, target) in [(300, 34.0), (700, 35.0), (4_000, 60.0)] {
            let base = FactorBase::new(&n, 1, len, &Control::new()).unwrap();
            let coefficients = Coefficients::new(&base, target, 10.0);
            assert!(coefficients.count() > 10_000, "{}", coefficients.count());
            let mut seen = HashSet::new();
            let mut miss = 0.0;
            for number in 0..10_000 {
                let indices = coefficients.get(&base, number).unwrap();
                assert!(
                    indices.is_sorted_by(|one, other| one < other),
                    "{indices:?}"
                );
                let prime = |&index: &usize| f64::from(base.primes[index]).ln();
                miss += (indices.iter().map(prime).sum::<f64>() - target).abs();
                assert!(seen.insert(indices));
            }
            assert!(miss < 1_000.0, "{miss} of 10000 for {len}");
            let count = coefficients.count();
            assert!(coefficients.get(&base, count - 1).is_some());
            assert_eq!(coefficients.get(&base, count), None);
        }
    }
}
