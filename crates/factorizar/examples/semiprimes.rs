//! Measures products of two primes of like size: for each size in bits, the median and the longest
//! time of eleven.
//!
//!     cargo run --release -p factorizar --example semiprimes -- 48 64 80

use std::error::Error;
use std::io::{self, Write};
use std::time::Instant;

use factorizar::{factor, is_prime};

const COUNT: usize = 11;

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    let mut random = Splitmix(20_050_901);
    for argument in std::env::args().skip(1) {
        let bits: u32 = argument.parse()?;
        if !(22..=128).contains(&bits) {
            return Err(format!("{bits} bits: give sizes from 22 to 128").into());
        }
        let mut times = Vec::with_capacity(COUNT);
        while times.len() < COUNT {
            let (p, q) = (random.prime(bits / 2), random.prime(bits - bits / 2));
            let start = Instant::now();
            let factors = factor(p * q);
            times.push(start.elapsed());
            assert_eq!(factors.as_slice(), [p.min(q), p.max(q)]);
        }
        times.sort_unstable();
        let (median, longest) = (times[COUNT / 2], times[COUNT - 1]);
        writeln!(
            out,
            "{bits} bits: median {median:.1?}, longest {longest:.1?} of {COUNT}"
        )?;
    }
    Ok(())
}

/// Sebastiano Vigna's random generator splitmix64 (2015), with the same numbers in every run.
struct Splitmix(u64);

impl Splitmix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// Returns a prime of `bits` bits. The two highest are set, so that a product of two has all bits.
    fn prime(&mut self, bits: u32) -> u128 {
        loop {
            let n = u128::from(self.next() >> (64 - bits) | 3 << (bits - 2) | 1);
            if is_prime(n) {
                return n;
            }
        }
    }
}
