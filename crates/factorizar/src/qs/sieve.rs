//! The sieve: finds the positions of an interval whose values are likely to be products of small
//! primes.
//!
//! Each byte stands for a position, and starts at 128 less the threshold. The logarithm of each
//! prime is added to the bytes at which it divides. A byte that reaches 128 is a candidate; the
//! search tests the top bits of many bytes at once. The smallest primes cost the most and add the
//! least, and are left out.
//!
//! The last step of a prime may fall behind the interval, where nothing is read. The number of
//! steps then depends on the prime alone, and neighbours in the base take the same number of steps,
//! which the processor's branch prediction can learn.
//!
//! Cost: 2 / p additions a byte for each prime p.

use crate::qs::factor_base::FactorBase;
use crate::qs::polynomial::Polynomial;

/// The bytes of an interval and room behind it. A `u16` cannot index beyond it, which saves bounds
/// checks.
type Bytes = [u8; 1 << 16];

/// Bytes that the search for candidates tests together.
const BLOCK: usize = 64;

/// The bytes of the interval that is sieved.
#[derive(Debug)]
pub(super) struct Interval {
    bytes: Box<Bytes>,
    len: u16,
}

impl Interval {
    /// Creates an interval of `len` bytes, a multiple of [`BLOCK`]. `len` and the largest prime of
    /// the base together are below 2^16.
    pub(super) fn new(len: u16) -> Self {
        debug_assert!(usize::from(len).is_multiple_of(BLOCK));
        Interval {
            bytes: Box::new([0; 1 << 16]),
            len,
        }
    }

    /// Sets all bytes to `initial_byte`, and adds the logarithms of the primes from index `first`
    /// on.
    pub(super) fn sieve(
        &mut self,
        base: &FactorBase,
        polynomial: &Polynomial,
        first: usize,
        initial_byte: u8,
    ) {
        self.bytes[..usize::from(self.len)].fill(initial_byte);
        let [one, other] = &polynomial.positions;
        let primes = base.primes[first..base.len].iter().zip(&base.logs[first..]);
        let positions = one[first..].iter().zip(&other[first..]);
        let mut steps = self.len.div_ceil(base.prime(first));
        for ((&p, &log), (&one, &other)) in primes.zip(positions) {
            // A prime of a has no positions.
            if one >= p {
                continue;
            }
            let (p, one, other) = (p as u16, one as u16, other as u16);
            while u32::from(steps - 1) * u32::from(p) >= u32::from(self.len) {
                steps -= 1;
            }
            let mut positions = [one, other];
            match steps {
                1 => mark::<1>(&mut self.bytes, &mut positions, p, log),
                2 => mark::<2>(&mut self.bytes, &mut positions, p, log),
                3 => mark::<3>(&mut self.bytes, &mut positions, p, log),
                4 => mark::<4>(&mut self.bytes, &mut positions, p, log),
                5 => mark::<5>(&mut self.bytes, &mut positions, p, log),
                6 => mark::<6>(&mut self.bytes, &mut positions, p, log),
                7 => mark::<7>(&mut self.bytes, &mut positions, p, log),
                _ => {
                    for _ in 0..steps / 4 {
                        mark::<4>(&mut self.bytes, &mut positions, p, log);
                    }
                    for _ in 0..steps % 4 {
                        mark::<1>(&mut self.bytes, &mut positions, p, log);
                    }
                }
            }
        }
    }

    /// Returns the positions whose bytes have reached 128.
    pub(super) fn candidates(&self) -> impl Iterator<Item = usize> + '_ {
        let blocks = self.bytes[..usize::from(self.len)].chunks_exact(BLOCK);
        let marked = blocks
            .enumerate()
            .filter(|(_, block)| block.iter().fold(0, |bits, byte| bits | byte) >= 128);
        marked.flat_map(|(index, block)| {
            let bytes = block.iter().enumerate();
            bytes
                .filter(|(_, byte)| **byte >= 128)
                .map(move |(offset, _)| BLOCK * index + offset)
        })
    }
}

/// Takes `STEPS` steps from both positions of a prime, and adds its logarithm at each.
#[inline(always)]
fn mark<const STEPS: usize>(bytes: &mut Bytes, positions: &mut [u16; 2], p: u16, log: u8) {
    for _ in 0..STEPS {
        for position in positions.iter_mut() {
            let byte = &mut bytes[usize::from(*position)];
            *byte = byte.wrapping_add(log);
            *position = position.wrapping_add(p);
        }
    }
}
