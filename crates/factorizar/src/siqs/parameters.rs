//! The parameters of the sieve for the size of n.
//!
//! They are interpolated between sizes that were tuned by measurement; docs/factorizar.md has the
//! times. All of them follow from the number of bits alone, so that any machine names the same
//! polynomials by the same numbers.

/// Bytes of a block, which the first-level cache holds.
pub(crate) const BLOCK: usize = 1 << 15;

/// The lengths and bounds of a sieve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Parameters {
    /// Number of primes in the factor base.
    pub(super) base_len: usize,
    /// Blocks of the interval, half of them on each side of 0.
    pub(super) blocks: usize,
    /// Large primes are below this multiple of the largest prime of the base.
    pub(super) large_multiple: u32,
    /// The exponent of the large-prime bound that bounds a product of two large primes; 0 for one
    /// large prime.
    pub(super) two_large: f64,
    /// The size that the primes of a leading coefficient should have, in bits.
    pub(super) coefficient_bits: f64,
    /// Bits by which the threshold is lowered further.
    pub(super) slack: f64,
}

/// Rows: bits of n, base, blocks, multiple, exponent of two large primes, bits of the primes of a,
/// slack.
const TABLE: [(f64, f64, f64, f64, f64, f64, f64); 11] = [
    (128.0, 500.0, 2.0, 40.0, 0.0, 9.6, 6.0),
    (133.0, 600.0, 2.0, 50.0, 0.0, 9.8, 7.0),
    (149.0, 950.0, 2.0, 50.0, 0.0, 10.0, 9.0),
    (166.0, 1_500.0, 2.0, 60.0, 0.0, 10.2, 12.0),
    (182.0, 2_700.0, 2.0, 65.0, 0.0, 10.4, 15.0),
    (198.0, 4_500.0, 2.0, 70.0, 0.0, 10.5, 17.0),
    (215.0, 10_000.0, 2.0, 75.0, 0.0, 10.6, 17.0),
    (232.0, 23_000.0, 4.0, 100.0, 0.0, 10.6, 17.0),
    (265.0, 60_000.0, 8.0, 90.0, 0.0, 11.5, 18.0),
    (298.0, 100_000.0, 12.0, 110.0, 0.0, 11.5, 18.0),
    (330.0, 160_000.0, 20.0, 145.0, 0.0, 11.5, 18.0),
];

impl Parameters {
    /// Returns the parameters for an n of so many bits.
    pub(super) fn of(bits: u32) -> Self {
        let bits = f64::from(bits);
        let above = TABLE
            .iter()
            .position(|row| row.0 >= bits)
            .unwrap_or(TABLE.len() - 1)
            .max(1);
        let (low, high) = (TABLE[above - 1], TABLE[above]);
        // Beyond the table the last two rows are continued.
        let share = (bits - low.0).max(0.0) / (high.0 - low.0);
        let between = |low: f64, high: f64| low + (high - low) * share;
        let geometric = |low: f64, high: f64| (between(low.ln(), high.ln())).exp();
        Parameters {
            base_len: geometric(low.1, high.1).round() as usize,
            blocks: 2 * (between(low.2, high.2) / 2.0).round().clamp(1.0, 16.0) as usize,
            large_multiple: between(low.3, high.3) as u32,
            two_large: if bits >= high.0 { high.4 } else { low.4 },
            coefficient_bits: between(low.5, high.5),
            slack: between(low.6, high.6),
        }
    }

    /// Returns the length of the interval.
    pub(super) fn interval(&self) -> u32 {
        (self.blocks * BLOCK) as u32
    }
}
