//! Random numbers and primes, the same ones in every run.

// Each test file takes what it needs.
#![allow(dead_code, reason = "no test file uses all of it")]

use factorizar::Natural;

/// Sebastiano Vigna's random generator splitmix64 (2015).
pub(crate) struct Splitmix(pub(crate) u64);

impl Splitmix {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// Returns a number of exactly so many bits.
    pub(crate) fn bits(&mut self, bits: u32) -> Natural {
        let limbs: Vec<u64> = (0..bits.div_ceil(64)).map(|_| self.next()).collect();
        let n = Natural::from_limbs(&limbs);
        let n = &n >> n.bits().saturating_sub(bits);
        let top = &Natural::from(1u64) << (bits - 1);
        if n.bit(bits - 1) { n } else { &n + &top }
    }

    /// Returns a composite of exactly so many bits.
    pub(crate) fn composite(&mut self, bits: u32) -> Natural {
        loop {
            let n = self.bits(bits);
            if !n.is_prime() {
                return n;
            }
        }
    }

    /// Returns a prime of exactly so many bits.
    pub(crate) fn prime(&mut self, bits: u32) -> Natural {
        loop {
            let n = self.bits(bits);
            if n.is_prime() {
                return n;
            }
        }
    }
}
