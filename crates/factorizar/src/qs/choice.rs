//! The sizes that suit a number, and the choice of the primes of each a.
//!
//! The primes of an a are drawn at random but for the last, which is the one that brings the product
//! closest to what the interval wants. Cost: a dozen draws for each a.

use std::collections::HashSet;

use super::factor_base::FactorBase;

/// The sizes of the sieve for a number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parameters {
    /// Primes of the base.
    pub(super) primes: usize,
    /// Half the interval; a multiple of 32.
    pub(super) half: u32,
    /// The smallest prime that is sieved.
    pub(super) smallest: u16,
    /// Large primes are below the base's largest times this.
    pub(super) large: u32,
    /// Bits by which the threshold is lowered, for what the logarithms leave out.
    slack: f32,
    /// About the primes of a.
    aim: f32,
}

/// For sizes of n in bits: primes, half the interval, smallest, large, slack, aim. Measured; near
/// the best values the time changes little.
const SIZES: [(f32, [f32; 6]); 5] = [
    (60.0, [45.0, 2048.0, 13.0, 25.0, 0.95, 200.0]),
    (80.0, [90.0, 4096.0, 23.0, 30.0, 0.95, 200.0]),
    (96.0, [140.0, 4096.0, 27.0, 40.0, 0.95, 200.0]),
    (112.0, [280.0, 8192.0, 37.0, 50.0, 1.0, 250.0]),
    (128.0, [500.0, 8192.0, 50.0, 60.0, 1.0, 300.0]),
];

impl Parameters {
    /// Between the entries of the table, in proportion.
    pub(super) fn of(n: u128) -> Self {
        let bits = (n as f32).log2();
        let above = SIZES.iter().position(|(size, _)| *size >= bits);
        let above = above.unwrap_or(SIZES.len() - 1).max(1);
        let ((low, from), (high, to)) = (SIZES[above - 1], SIZES[above]);
        let part = ((bits - low) / (high - low)).clamp(0.0, 1.0);
        let at: [f32; 6] =
            std::array::from_fn(|index| from[index] + part * (to[index] - from[index]));
        Parameters {
            primes: at[0] as usize,
            half: at[1] as u32 / 32 * 32,
            smallest: at[2] as u16,
            large: at[3] as u32,
            slack: at[4],
            aim: at[5],
        }
    }

    /// What the logarithms of the sieved primes must add up to.
    pub(super) fn threshold(&self, base: &FactorBase, scale: f64, first: usize) -> u8 {
        // The size of q where it is largest, at the ends and in the middle.
        let value = (f64::from(self.half) * (scale / 8.0).sqrt()).log2() as f32;
        // What the primes that are not sieved divide out on average; of 2, two factors.
        let left_out: f32 = (1..first)
            .map(|index| f32::from(base.prime(index)))
            .map(|p| 2.0 * p.log2() / (p - 1.0))
            .sum::<f32>()
            + 2.0;
        let largest = f32::from(base.prime(base.len - 1)) * self.large as f32;
        let least = value - left_out - largest.log2() * self.slack;
        least.clamp(20.0, 120.0) as u8
    }
}

/// Chooses the primes of one a after another.
#[derive(Debug)]
pub(super) struct Coefficients {
    /// The logarithm that a should have.
    target: f32,
    /// How many primes it has.
    count: usize,
    /// The base's indices that they are drawn from.
    pool: std::ops::Range<usize>,
    state: u64,
    used: HashSet<Vec<usize>>,
}

impl Coefficients {
    /// For k n of about `scale`: a of about sqrt(k n / 2) / half, with which q is as large in the
    /// middle of the interval as at its ends.
    pub(super) fn new(base: &FactorBase, scale: f64, size: &Parameters, seed: u64) -> Self {
        let target = ((scale / 2.0).sqrt() / f64::from(size.half)).ln() as f32;
        let count = (target / size.aim.ln()).round().max(2.0) as usize;
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
            state: seed,
            used: HashSet::new(),
        }
    }

    /// The primes of a new a, as indices into the base; nothing when the choices are used up.
    pub(super) fn next(&mut self, base: &FactorBase) -> Option<Vec<usize>> {
        // Of some draws that complete themselves with a prime of the right size, the best.
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
        let position = base.primes[1..base.len].partition_point(|&p| f32::from(p) < size) + 1;
        let nearest = [position.saturating_sub(1), position]
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

    /// A number below `bound`, by splitmix64 (Sebastiano Vigna, 2015).
    fn random(&mut self, bound: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.state ^ self.state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((u128::from(z ^ z >> 31) * bound as u128) >> 64) as usize
    }
}
