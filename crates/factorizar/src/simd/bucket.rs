//! The hits of many primes, sorted by the block of the sieve's interval.

/// Roots modulo many primes: `first` and `second` have two for each of `primes`.
///
/// A root is below its prime, or `u32::MAX` for none, which then has the delta 0.
#[derive(Debug)]
pub(crate) struct RootSlices<'a> {
    pub(crate) primes: &'a [u32],
    pub(crate) first: &'a mut [u32],
    pub(crate) second: &'a mut [u32],
    pub(crate) deltas: &'a [u32],
}

impl RootSlices<'_> {
    /// Adds the deltas to the roots (`up`), or subtracts them, modulo the primes.
    #[inline(always)]
    pub(super) fn step(&mut self, up: bool) {
        let deltas = self.primes.iter().zip(self.deltas);
        let pairs = self.first.iter_mut().zip(&mut *self.second);
        if up {
            for ((&p, &delta), (first, second)) in deltas.zip(pairs) {
                // Below p, the subtraction wraps to a larger number.
                let add = |root: u32| {
                    let sum = root.wrapping_add(delta);
                    sum.min(sum.wrapping_sub(p))
                };
                (*first, *second) = (add(*first), add(*second));
            }
        } else {
            for ((&p, &delta), (first, second)) in deltas.zip(pairs) {
                let subtract = |root: u32| {
                    let difference = root.wrapping_sub(delta);
                    difference.min(difference.wrapping_add(p))
                };
                (*first, *second) = (subtract(*first), subtract(*second));
            }
        }
    }
}

/// The most primes of a slice: their index and a position of 20 bits share a word.
pub(crate) const SLICE: usize = 1 << 12;

/// Entries that are stored at once, of which some may be beyond the last.
pub(super) const REGISTER: usize = 16;

/// Blocks of the interval at most; a block has 2^15 positions.
pub(crate) const MAX_BLOCKS: usize = 32;

/// The hits of a slice of primes, sorted by block.
///
/// An entry has the prime's index within the slice above bit 20, and the position below.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    entries: Vec<u32>,
    /// For each block, the index behind its last entry.
    ends: [u32; MAX_BLOCKS],
    /// Entries that each block has room for.
    capacity: usize,
}

impl Bucket {
    /// Creates an empty bucket for `primes` primes of 2^15 or more. A block has at most one hit of
    /// each of their roots.
    pub(crate) fn new(primes: usize, blocks: usize) -> Self {
        // With room for a whole register behind the last entry.
        let capacity = 2 * primes + REGISTER;
        Bucket {
            entries: vec![0; capacity * blocks],
            ends: std::array::from_fn(|block| (block * capacity) as u32),
            capacity,
        }
    }

    /// Removes all entries.
    pub(crate) fn clear(&mut self) {
        self.ends = std::array::from_fn(|block| (block * self.capacity) as u32);
    }

    /// Returns the entries of a block.
    #[inline]
    pub(crate) fn block(&self, block: usize) -> &[u32] {
        &self.entries[block * self.capacity..self.ends[block] as usize]
    }

    /// Takes the entries of all blocks out, with the index behind the last one of each of the first
    /// `BLOCKS` blocks; nothing if `BLOCKS` is 0. There is room for a register of entries there.
    pub(super) fn take<const BLOCKS: usize>(&mut self) -> (Vec<u32>, [usize; BLOCKS]) {
        let ends = std::array::from_fn(|block| self.ends[block] as usize);
        let entries = match BLOCKS {
            0 => Vec::new(),
            _ => std::mem::take(&mut self.entries),
        };
        (entries, ends)
    }

    /// Puts back what [`take`](Self::take) took out.
    pub(super) fn put_back<const BLOCKS: usize>(
        &mut self,
        entries: Vec<u32>,
        ends: [usize; BLOCKS],
    ) {
        if BLOCKS > 0 {
            self.entries = entries;
        }
        for (block, (to, end)) in self.ends.iter_mut().zip(ends).enumerate() {
            *to = end.min((block + 1) * self.capacity) as u32;
        }
    }

    /// Adds hits.
    #[inline(always)]
    pub(super) fn add(&mut self, hits: &[u32]) {
        for &entry in hits {
            let block = (entry >> 15) as usize % MAX_BLOCKS;
            let end = self.ends[block];
            // There is room for all hits of roots; others have no effect.
            if let Some(slot) = self.entries.get_mut(end as usize) {
                *slot = entry;
                self.ends[block] = end + 1;
            }
        }
    }
}

/// Steps the roots of the primes from index `start` on, one by one, and adds their hits.
#[inline(always)]
pub(super) fn step_and_sort_from(
    start: usize,
    roots: RootSlices<'_>,
    up: bool,
    interval: u32,
    bucket: &mut Bucket,
) {
    let mut rest = RootSlices {
        primes: &roots.primes[start..],
        first: &mut roots.first[start..],
        second: &mut roots.second[start..],
        deltas: &roots.deltas[start..],
    };
    rest.step(up);
    let pairs = rest.first.iter().zip(rest.second.iter());
    for (index, (&p, (&first, &second))) in (start..).zip(rest.primes.iter().zip(pairs)) {
        for root in [first, second] {
            let mut position = root;
            while position < interval {
                bucket.add(&[(index as u32) << 20 | position]);
                position += p;
            }
        }
    }
}
