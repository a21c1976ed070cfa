//! The sieve proper: logarithms of primes added up over an interval that the first-level cache
//! holds.
//!
//! Each byte starts below 128 by what the primes have to add for its value to be worth a look; the
//! loop that looks for such bytes tests their top bits, many bytes at once. The smallest primes,
//! which cost most and say least, are left out. A prime's last step may fall behind the interval,
//! where nobody looks: so how many steps it takes depends on the prime alone, and neighbours in the
//! base take equally many, which the processor's branch prediction can tell. Cost: 2 / p additions a
//! byte for each prime p.

use super::factor_base::FactorBase;
use super::polynomial::Polynomial;

/// The bytes of an interval, and room behind it: what a `u16` can index.
type Bytes = [u8; 1 << 16];

/// Bytes that are looked at together.
const BLOCK: usize = 64;

/// The interval that is sieved.
#[derive(Debug)]
pub(super) struct Interval {
    bytes: Box<Bytes>,
    len: u16,
}

impl Interval {
    /// Of `len` bytes, a multiple of [`BLOCK`], that leave room for the largest prime of a base.
    pub(super) fn new(len: u16) -> Self {
        debug_assert!(usize::from(len).is_multiple_of(BLOCK));
        Interval {
            bytes: Box::new([0; 1 << 16]),
            len,
        }
    }

    /// Adds the logarithms of the primes from index `first` on to bytes that begin as `start`.
    pub(super) fn sieve(
        &mut self,
        base: &FactorBase,
        polynomial: &Polynomial,
        first: usize,
        start: u8,
    ) {
        self.bytes[..usize::from(self.len)].fill(start);
        let [one, other] = &polynomial.positions;
        let primes = base.primes[first..base.len].iter().zip(&base.logs[first..]);
        let positions = one[first..].iter().zip(&other[first..]);
        let mut steps = self.len.div_ceil(base.prime(first));
        for ((&p, &log), (&one, &other)) in primes.zip(positions) {
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

    /// The positions whose bytes have reached 128.
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

/// Takes so many steps from both positions of a prime.
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
