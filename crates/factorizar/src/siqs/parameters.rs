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

/// A row: bits of n, base, blocks, multiple, bits of the primes of a, slack.
type Row = (f64, f64, f64, f64, f64, f64);

/// From this size on two large primes take less time than one, in bits: 72 digits.
const TWO_LARGE_FROM: f64 = 240.0;

/// With one large prime.
const ONE_LARGE: [Row; 9] = [
    (128.0, 500.0, 2.0, 40.0, 9.6, 6.0),
    (133.0, 600.0, 2.0, 50.0, 9.8, 7.0),
    (149.0, 950.0, 2.0, 50.0, 10.0, 9.0),
    (166.0, 1_500.0, 2.0, 60.0, 10.2, 12.0),
    (182.0, 2_700.0, 2.0, 65.0, 10.4, 15.0),
    (198.0, 4_500.0, 2.0, 70.0, 10.5, 17.0),
    (215.0, 10_000.0, 2.0, 75.0, 10.6, 17.0),
    (232.0, 23_000.0, 4.0, 100.0, 10.6, 17.0),
    (TWO_LARGE_FROM, 29_000.0, 4.0, 98.0, 10.8, 17.0),
];

/// With two large primes. The threshold is low already, so there is little slack.
const TWO_LARGE: [Row; 6] = [
    (TWO_LARGE_FROM, 18_000.0, 4.0, 98.0, 10.8, 5.0),
    (249.0, 25_000.0, 6.0, 95.0, 11.0, 5.0),
    (265.0, 45_000.0, 8.0, 90.0, 11.5, 5.0),
    (281.0, 75_000.0, 10.0, 100.0, 11.5, 5.0),
    (298.0, 115_000.0, 12.0, 110.0, 11.5, 5.0),
    (330.0, 200_000.0, 20.0, 145.0, 11.5, 5.0),
];

/// The exponent of the large-prime bound that bounds a product of two large primes.
const TWO_LARGE_EXPONENT: f64 = 1.8;

impl Parameters {
    /// Returns the parameters for an n of so many bits.
    pub(super) fn of(bits: u32) -> Self {
        let bits = f64::from(bits);
        let (table, two_large) = if bits < TWO_LARGE_FROM {
            (&ONE_LARGE[..], 0.0)
        } else {
            (&TWO_LARGE[..], TWO_LARGE_EXPONENT)
        };
        let above = table
            .iter()
            .position(|row| row.0 >= bits)
            .unwrap_or(table.len() - 1)
            .max(1);
        let (low, high) = (table[above - 1], table[above]);
        // Beyond the table the last two rows are continued.
        let share = (bits - low.0).max(0.0) / (high.0 - low.0);
        let between = |low: f64, high: f64| low + (high - low) * share;
        let geometric = |low: f64, high: f64| (between(low.ln(), high.ln())).exp();
        Parameters {
            base_len: geometric(low.1, high.1).round() as usize,
            blocks: 2 * (between(low.2, high.2) / 2.0).round().clamp(1.0, 16.0) as usize,
            large_multiple: between(low.3, high.3) as u32,
            two_large,
            coefficient_bits: between(low.4, high.4),
            slack: between(low.5, high.5),
        }
    }

    /// Returns the length of the interval.
    pub(super) fn interval(&self) -> u32 {
        (self.blocks * BLOCK) as u32
    }
}
