//! The multiplier for n above 2^128.
//!
//! It is a small k such that k n is a square modulo more small primes than n is. As in the smaller
//! sieve, only k with k n = 1 modulo 8 are tried. All odd values of 2 a x + b then give
//! (u^2 - k n) / 4 an even number, and the values are half as large as those of a x + b.
//!
//! Cost: one remainder of n a prime, and a Jacobi symbol for each multiplier and prime.
//!
//! Source: the function of Donald Knuth and Richard Schroeppel, in Carl Pomerance, Jeffrey Smith
//! and Randy Tuler, "A pipeline architecture for factoring large integers with the quadratic sieve
//! algorithm", SIAM Journal on Computing 17 (1988).

use crate::modular::is_residue;
use crate::natural::Natural;
use crate::small_primes::{SMALL_PRIMES, is_squarefree};

/// Multipliers are odd and below this.
const BOUND: u32 = 256;

/// Number of odd primes that the score counts.
const PRIMES: usize = 300;

/// Returns the multiplier k for an odd `n`: odd, squarefree, and such that k n = 1 modulo 8.
pub(super) fn multiplier(n: &Natural) -> u32 {
    let primes = SMALL_PRIMES[1..=PRIMES].iter().map(|&p| u32::from(p));
    let primes: Vec<(u32, u32, f64)> = primes
        .map(|p| {
            (
                p,
                n.rem_u32(p).unwrap_or(0),
                2.0 * f64::from(p).ln() / f64::from(p - 1),
            )
        })
        .collect();
    let low = n.as_limbs().first().copied().unwrap_or(1) as u32;
    let candidates = (1..BOUND).filter(|k| low.wrapping_mul(*k) % 8 == 1 && is_squarefree(*k));
    let scored = candidates.map(|k| {
        let mut score = -0.5 * f64::from(k).ln();
        for &(p, n, weight) in &primes {
            let kn = n * (k % p) % p;
            if kn == 0 {
                score += weight / 2.0;
            } else if is_residue(kn, p) {
                score += weight;
            }
        }
        (score, k)
    });
    scored
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map_or(1, |(_, k)| k)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_one_modulo_eight() {
        for low in (1u64..400).step_by(2) {
            let n = Natural::from_limbs(&[low, 7, 1]);
            let k = multiplier(&n);
            assert_eq!(low * u64::from(k) % 8, 1, "{k} for {n}");
        }
    }
}
