//! Which algorithm splits a composite number, by its size.
//!
//! | bits | algorithm |
//! | --- | --- |
//! | to 34 | Brent's rho |
//! | to 64 | the elliptic-curve method, one limb |
//! | to 128 | some curves of two limbs for primes that are small, then the quadratic sieve |
//!
//! Powers go by their roots first. docs/factorizar.md has the figures behind the table.

use crate::{Control, StopReason, ecm, perfect_power, qs, rho};

/// Up to here rho is quicker than the first curves, and so many steps nearly always suffice.
const RHO_BITS: u32 = 34;
const RHO_STEPS: u32 = 8_192;

/// Up to here a first pair of curves looks for a prime of some 16 bits: most composites that trial
/// division leaves have one, though those that are made to be hard have not.
const SHORT_BITS: u32 = 46;
const SHORT: (u32, usize) = (16, 2);

/// The curves that come first are at most so many.
const FIRST: usize = 8;

/// Far more curves than any number of its size was seen to need.
const MANY: usize = 2_000;

/// From so many bits on, so many curves for primes of so many bits, before the sieve: a tenth of
/// its time, which most numbers that are not made to be hard do not need.
const FIRST_CURVES: [(u32, u32, usize); 3] = [(72, 20, 2), (92, 25, 4), (108, 30, 6)];

/// A divisor of an odd composite number, other than 1 and itself, without primes below 2^10.
pub(crate) fn find_divisor(n: u128, control: &Control) -> Result<u128, StopReason> {
    match u64::try_from(n) {
        Ok(n) => narrow(n, control).map(u128::from),
        Err(_) => wide(n, control),
    }
}

fn narrow(n: u64, control: &Control) -> Result<u64, StopReason> {
    let root = n.isqrt();
    if root * root == n {
        return Ok(root);
    }
    let bits = u64::BITS - n.leading_zeros();
    if bits <= RHO_BITS {
        let quick = rho::quick_divisor(n, RHO_STEPS);
        return Ok(quick.unwrap_or_else(|| rho::find_divisor(n)));
    }
    let mut skip = 0;
    if bits <= SHORT_BITS {
        let (prime, curves) = SHORT;
        if let Some(divisor) = ecm::find_divisor(n, prime, skip, curves, control)? {
            return Ok(divisor);
        }
        skip = FIRST;
    }
    if let Some(divisor) = ecm::find_divisor(n, bits.div_ceil(2), skip, MANY, control)? {
        return Ok(divisor);
    }
    Ok(rho::find_divisor(n))
}

fn wide(n: u128, control: &Control) -> Result<u128, StopReason> {
    if let Some(root) = perfect_power::root(n) {
        return Ok(root);
    }
    let bits = u128::BITS - n.leading_zeros();
    let mut skip = 0;
    for (from, prime, curves) in FIRST_CURVES {
        if bits >= from {
            if let Some(divisor) = ecm::find_divisor(n, prime, skip, curves, control)? {
                return Ok(divisor);
            }
            skip += curves;
        }
    }
    if let Some(divisor) = qs::find_divisor(n, control)? {
        return Ok(divisor);
    }
    match ecm::find_divisor(n, bits / 2, skip, MANY, control)? {
        Some(divisor) => Ok(divisor),
        None => Ok(rho::find_divisor(n)),
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::time::Instant;

    use super::*;

    /// Products of two primes of like size, and of all of the bits.
    fn semiprimes(bits: u32, count: u128) -> Vec<u128> {
        let prime = |bits: u32, from: u128| {
            // Spread over the upper quarter, where the product of two has all bits.
            let spread = from * 0x9e37_79b9 % (1 << 32);
            let start = (3 << (bits - 2)) + ((spread << bits) >> 34);
            (start..).find(|&n| crate::is_prime(n)).unwrap_or(3)
        };
        (0..count)
            .map(|index| prime(bits / 2, index) * prime(bits - bits / 2, index + count))
            .collect()
    }

    /// The mean over the numbers of the least time of some rounds, in microseconds.
    fn time(numbers: &[u128], work: impl Fn(u128)) -> f64 {
        let least = |n: &u128| {
            let rounds = (0..5).map(|_| {
                let start = Instant::now();
                work(black_box(*n));
                start.elapsed().as_secs_f64() * 1e6
            });
            rounds.fold(f64::MAX, f64::min)
        };
        numbers.iter().map(least).sum::<f64>() / numbers.len() as f64
    }

    #[test]
    #[ignore = "a measurement: cargo test --release -p factorizar crossovers -- --ignored --nocapture"]
    fn crossovers() {
        let control = Control::new();
        println!("bits    rho, 2 walks             ECM              QS    (microseconds)");
        for bits in (32..=80).step_by(4) {
            let numbers = semiprimes(bits, 40);
            let rho =
                (bits <= 60).then(|| time(&numbers, |n| _ = rho::quick_divisor(n as u64, 1 << 20)));
            let curves = time(&numbers, |n| match u64::try_from(n) {
                Ok(n) => _ = ecm::find_divisor(n, bits / 2, 0, MANY, &control),
                Err(_) => _ = ecm::find_divisor(n, bits / 2, 0, MANY, &control),
            });
            let sieve = (bits >= 60).then(|| time(&numbers, |n| _ = qs::find_divisor(n, &control)));
            let show = |time: Option<f64>| time.map_or("-".to_owned(), |time| format!("{time:.1}"));
            println!("{bits:4}{:>16}{curves:>16.1}{:>16}", show(rho), show(sieve));
        }
    }

    #[test]
    fn every_rung_gives_a_divisor() {
        for bits in 24..=100 {
            for n in semiprimes(bits, 3) {
                let divisor = find_divisor(n, &Control::new()).unwrap();
                assert!(
                    n.is_multiple_of(divisor) && divisor != 1 && divisor != n,
                    "{n}"
                );
            }
        }
    }
}
