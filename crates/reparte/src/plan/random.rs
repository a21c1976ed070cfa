//! The plan's random numbers.

/// A SplitMix64 generator (Steele, Lea and Flood, "Fast Splittable Pseudorandom
/// Number Generators", 2014). Equal seeds give equal numbers.
#[derive(Debug)]
pub(crate) struct SplitMix {
    state: u64,
}

impl SplitMix {
    /// Creates a generator from a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Returns a number below `bound`, which must not be 0. The bias is below
    /// one in 2^40 for the bounds in use.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
