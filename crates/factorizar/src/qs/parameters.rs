//! The parameters of the sieve, by the size of the number.
//!
//! They were measured; near the best values the time changes little.

use crate::qs::factor_base::FactorBase;

/// The parameters of the sieve for one number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parameters {
    /// Number of primes in the factor base.
    pub(super) base_len: usize,
    /// Half the length of the interval; a multiple of 32.
    pub(super) half: u32,
    /// The smallest prime that is sieved.
    pub(super) smallest_sieved: u16,
    /// The bound of large primes, as a multiple of the largest prime of the base.
    pub(super) large_prime_multiple: u32,
    /// The part of a large prime's bits by which the threshold is lowered.
    large_prime_weight: f32,
    /// The approximate size of the primes of a leading coefficient.
    pub(super) coefficient_prime: f32,
}

/// The parameters, in the order of the fields, for some sizes of n in bits.
const TABLE: [(f32, [f32; 6]); 5] = [
    (60.0, [45.0, 2048.0, 13.0, 25.0, 0.95, 200.0]),
    (80.0, [90.0, 4096.0, 23.0, 30.0, 0.95, 200.0]),
    (96.0, [140.0, 4096.0, 27.0, 40.0, 0.95, 200.0]),
    (112.0, [280.0, 8192.0, 37.0, 50.0, 1.0, 250.0]),
    (128.0, [500.0, 8192.0, 50.0, 60.0, 1.0, 300.0]),
];

impl Parameters {
    /// Returns the parameters for `n`, interpolated between the entries of the table.
    pub(super) fn of(n: u128) -> Self {
        let bits = (n as f32).log2();
        let above = TABLE.iter().position(|(size, _)| *size >= bits);
        let above = above.unwrap_or(TABLE.len() - 1).max(1);
        let ((low, from), (high, to)) = (TABLE[above - 1], TABLE[above]);
        let part = ((bits - low) / (high - low)).clamp(0.0, 1.0);
        let at: [f32; 6] =
            std::array::from_fn(|index| from[index] + part * (to[index] - from[index]));
        Parameters {
            base_len: at[0] as usize,
            half: at[1] as u32 / 32 * 32,
            smallest_sieved: at[2] as u16,
            large_prime_multiple: at[3] as u32,
            large_prime_weight: at[4],
            coefficient_prime: at[5],
        }
    }

    /// Returns the sum of logarithms, in bits, from which on a position is a candidate.
    ///
    /// `kn` is about k n, and `first_sieved` the index of the smallest prime that is sieved.
    pub(super) fn threshold(&self, base: &FactorBase, kn: f64, first_sieved: usize) -> u8 {
        // The size of q where it is largest, at the ends and in the middle of the interval.
        let value = (f64::from(self.half) * (kn / 8.0).sqrt()).log2() as f32;
        // The average part of a value that the primes left out of the sieve divide; two factors of
        // 2.
        let not_sieved: f32 = (1..first_sieved)
            .map(|index| f32::from(base.prime(index)))
            .map(|p| 2.0 * p.log2() / (p - 1.0))
            .sum::<f32>()
            + 2.0;
        let large_prime = f32::from(base.prime(base.len - 1)) * self.large_prime_multiple as f32;
        let least = value - not_sieved - large_prime.log2() * self.large_prime_weight;
        least.clamp(20.0, 120.0) as u8
    }
}
