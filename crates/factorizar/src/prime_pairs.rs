//! Pairs of primes for the second stages of curves and of p - 1.
//!
//! A prime r between the bounds is written as k D - j or k D + j, where D is the stride, k D a
//! "giant" and j a "baby" coprime to D. One multiplication serves for both k D - j and k D + j, so
//! each giant should have babies for which both are prime. Babies reach up to several D, hence a
//! prime has a choice of giants, and takes the nearest that gives it a partner. 0.6 multiplications
//! a prime are enough, where one representation for each prime takes 0.75.
//!
//! The pairs depend on the bounds alone. They are computed in blocks of giants, and kept if they
//! take less than 32 MiB.
//!
//! Cost: a sieve of Eratosthenes over the interval; 7 ms of CPU time for 2^21 numbers.
//!
//! Sources: Peter L. Montgomery, "Speeding the Pollard and elliptic curve methods of
//! factorization", Mathematics of Computation 48 (1987), section 4; Alexander Kruppa, "Speeding up
//! integer multiplication and factorization", 2010, section 5, for pairing with a choice.

use std::borrow::Cow;
use std::ops::Range;

use crate::control::{Control, StopReason};
use crate::prime_sieve::PrimeSieve;

/// The most giants of one block.
const BLOCK_GIANTS: u64 = 256;
/// The least, so that most primes find a partner in their block.
const LEAST_GIANTS: u64 = 16;
/// The numbers that a block spans, if its number of giants allows: they take some milliseconds.
const BLOCK_SPAN: u64 = 1 << 21;

/// Babies of one tile. The pairs of a block are in the order of their tiles, so that the babies in
/// use stay in the first-level cache, and the giants in the second.
const TILE_BABIES: usize = 64;

/// The most pairs that are kept between two uses; each takes four bytes.
const MAX_KEPT: usize = 1 << 23;

/// The strides to choose from, with their numbers of coprime residues.
const STRIDES: [(u32, u32); 9] = [
    (30, 8),
    (60, 16),
    (210, 48),
    (420, 96),
    (840, 192),
    (2_310, 480),
    (4_620, 960),
    (9_240, 1_920),
    (30_030, 5_760),
];

/// The largest baby as a multiple of the stride, and the number of pairs that each prime then takes.
/// Measured on the primes between 5e4 and 5e6; the share depends little on the stride.
const REACHES: [(u32, f64); 4] = [(1, 0.75), (2, 0.665), (4, 0.595), (8, 0.55)];

/// The costs of the points of a second stage, in multiplications.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PointCosts {
    /// For each odd number up to the largest baby that is not a multiple of 3.
    pub(crate) step: f64,
    /// Besides, for each baby that is used.
    pub(crate) baby: f64,
    /// For each giant.
    pub(crate) giant: f64,
}

/// The pairs that cover the primes above a bound, up to another.
#[derive(Debug)]
pub(crate) struct PrimePairs {
    stride: u64,
    /// The babies, ascending.
    babies: Vec<u32>,
    /// The index in `babies` of each odd number up to the reach.
    baby_index: Vec<u16>,
    low: u64,
    high: u64,
    sieve: PrimeSieve,
    /// The first blocks.
    kept: Vec<PairBlock>,
}

/// The pairs of consecutive giants.
#[derive(Debug, Clone)]
pub(crate) struct PairBlock {
    /// The quotients k of the giants k D.
    pub(crate) giants: Range<u64>,
    pub(crate) pairs: Vec<Pair>,
}

/// A giant and a baby.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair {
    /// The index of the giant in its block.
    pub(crate) giant: u8,
    /// The index of the baby.
    pub(crate) baby: u16,
}

impl PrimePairs {
    /// Chooses a stride for the primes above `low` up to `high`, by the cost of its points, and
    /// computes the first pairs. `low` is 13 or more, the largest prime factor of a stride.
    ///
    /// # Errors
    ///
    /// The reason, if `control` stopped the computation.
    pub(crate) fn between(
        low: u64,
        high: u64,
        costs: PointCosts,
        control: &Control,
    ) -> Result<Self, StopReason> {
        debug_assert!(low >= 13, "primes that divide the stride have no baby");
        let (stride, reach) = cheapest_stride(low, high, costs);
        let coprime = |n: &u32| gcd(*n, stride) == 1;
        let babies: Vec<u32> = (1..stride * reach).step_by(2).filter(coprime).collect();
        let mut baby_index = vec![0; (stride * reach) as usize / 2];
        for (index, &baby) in babies.iter().enumerate() {
            baby_index[baby as usize / 2] = index as u16;
        }
        let mut pairs = PrimePairs {
            stride: stride.into(),
            babies,
            baby_index,
            low,
            high,
            sieve: PrimeSieve::up_to(high.max(low) + u64::from(stride) * (BLOCK_GIANTS + 1)),
            kept: Vec::new(),
        };
        let mut room = MAX_KEPT;
        for index in 0..pairs.block_count() {
            control.poll()?;
            let block = pairs.compute(index);
            let Some(left) = room.checked_sub(block.pairs.len()) else {
                break;
            };
            room = left;
            pairs.kept.push(block);
        }
        Ok(pairs)
    }

    /// Returns the stride D.
    pub(crate) fn stride(&self) -> u64 {
        self.stride
    }

    /// Returns the babies, ascending: numbers coprime to the stride.
    pub(crate) fn babies(&self) -> &[u32] {
        &self.babies
    }

    /// Iterates over the blocks, in the order of their giants.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = Cow<'_, PairBlock>> {
        (0..self.block_count()).map(|index| match self.kept.get(index as usize) {
            Some(block) => Cow::Borrowed(block),
            None => Cow::Owned(self.compute(index)),
        })
    }

    /// Returns the giants of a whole block.
    fn block_giants(&self) -> u64 {
        (BLOCK_SPAN / self.stride).clamp(LEAST_GIANTS, BLOCK_GIANTS)
    }

    fn block_count(&self) -> u64 {
        let begin = self.low / self.stride * self.stride;
        self.high
            .saturating_sub(begin)
            .div_ceil(self.stride * self.block_giants())
    }

    /// Pairs the primes of one block with each other.
    fn compute(&self, index: u64) -> PairBlock {
        let stride = self.stride;
        let first = self.low / stride + index * self.block_giants();
        // The primes lie between the giant before the first, and the last.
        let count = self.block_giants().min(self.high / stride + 1 - first);
        let begin = first * stride;
        let len = (count * stride) as usize / 2;
        let mut open = self.sieve.odd_flags(begin + 1 - begin % 2, len);
        let number = |place: usize| begin + 1 - begin % 2 + 2 * place as u64;
        for (place, open) in open.iter_mut().enumerate() {
            *open &= number(place) > self.low && number(place) <= self.high;
        }
        let reach = 2 * self.baby_index.len() as u64;
        let mut tiles = vec![Vec::new(); self.babies.len().div_ceil(TILE_BABIES)];
        for place in 0..len {
            if !open[place] {
                continue;
            }
            let prime = number(place);
            let nearest = (prime - begin) / stride;
            // Place of k D + j, for the prime k D - j.
            let partner = |giant: u64| {
                let giant = begin + (giant + 1) * stride;
                (2 * giant - prime - number(0)) as usize / 2
            };
            let farthest = count.min((prime + reach - begin).div_ceil(stride) - 1);
            let giant = (nearest..farthest)
                .find(|&giant| open.get(partner(giant)).is_some_and(|open| *open))
                .unwrap_or(nearest);
            if let Some(open) = open.get_mut(partner(giant)) {
                *open = false;
            }
            let baby = begin + (giant + 1) * stride - prime;
            let baby = self.baby_index[baby as usize / 2];
            tiles[usize::from(baby) / TILE_BABIES].push(Pair {
                giant: giant as u8,
                baby,
            });
        }
        for tile in &mut tiles {
            tile.sort_unstable_by_key(|pair| (pair.giant, pair.baby));
        }
        PairBlock {
            giants: first + 1..first + 1 + count,
            pairs: tiles.concat(),
        }
    }
}

/// Returns the stride and the reach whose points and pairs cost least.
fn cheapest_stride(low: u64, high: u64, costs: PointCosts) -> (u32, u32) {
    let span = high.saturating_sub(low) as f64;
    let primes = span / (high as f64).ln().max(1.0);
    let choices = STRIDES.iter().flat_map(|&(stride, coprime)| {
        REACHES.iter().map(move |&(reach, share)| {
            let (stride, coprime) = (f64::from(stride), f64::from(coprime * reach));
            let points = stride * f64::from(reach) / 3.0 * costs.step + coprime * costs.baby;
            points + span / stride * costs.giant + primes * share
        })
    });
    let least = choices.enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
    let index = least.map_or(0, |(index, _)| index);
    (
        STRIDES[index / REACHES.len()].0,
        REACHES[index % REACHES.len()].0,
    )
}

fn gcd(mut a: u32, mut b: u32) -> u32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    const COSTS: PointCosts = PointCosts {
        step: 6.0,
        baby: 4.0,
        giant: 10.0,
    };

    /// Checks every block, kept or not, and returns the number of pairs.
    fn check(low: u64, high: u64) -> usize {
        let pairs = PrimePairs::between(low, high, COSTS, &Control::new()).unwrap();
        let mut covered = std::collections::BTreeSet::new();
        let mut count = 0;
        let mut giants = low / pairs.stride() + 1;
        for (index, block) in pairs.blocks().enumerate() {
            assert_eq!(block.pairs, pairs.compute(index as u64).pairs);
            assert_eq!(block.giants.start, giants);
            giants = block.giants.end;
            for pair in &block.pairs {
                let baby = u64::from(pairs.babies()[usize::from(pair.baby)]);
                let giant = (block.giants.start + u64::from(pair.giant)) * pairs.stride();
                assert!(giant < block.giants.end * pairs.stride());
                covered.extend(giant.checked_sub(baby));
                covered.insert(giant + baby);
                count += 1;
            }
        }
        let sieve = PrimeSieve::up_to(high);
        for prime in sieve.primes(low, high) {
            assert!(covered.contains(&prime), "{prime} of {low} to {high}");
        }
        count
    }

    #[test]
    fn every_prime_between_the_bounds_is_in_a_pair() {
        let bounds = [
            (13, 14),
            (20, 100),
            (100, 100),
            (150, 6_000),
            (2_000, 200_000),
            (29_999, 30_031),
            (1 << 33, (1 << 33) + 3_000_000),
            (16, 20_000_000),
        ];
        for (low, high) in bounds {
            check(low, high);
        }
    }

    #[test]
    fn most_primes_share_a_pair() {
        let primes = PrimeSieve::up_to(5_000_000)
            .primes(50_000, 5_000_000)
            .count();
        let share = check(50_000, 5_000_000) as f64 / primes as f64;
        assert!((0.4..0.61).contains(&share), "{share}");
    }

    #[test]
    fn strides_have_their_numbers_of_residues() {
        for (stride, coprime) in STRIDES {
            let count = (1..stride).filter(|&n| gcd(n, stride) == 1).count();
            assert_eq!(count, coprime as usize);
        }
    }
}
