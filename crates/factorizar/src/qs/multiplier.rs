//! The multiplier: a small k such that k n is a square modulo more small primes than n is.
//!
//! A prime p divides values of the polynomials only if k n is a square modulo p, and then at 2 of p
//! positions. Only k with k n = 1 modulo 8 are tried, which gives every value three factors of 2.
//! The k with the largest score is taken: the expected sum of the logarithms of small primes, less
//! half the logarithm of k, by which the values grow.
//!
//! Cost: one remainder of n a prime, and additions.
//!
//! Source: the function of Donald Knuth and Richard Schroeppel, in Carl Pomerance, Jeffrey Smith
//! and Randy Tuler, "A pipeline architecture for factoring large integers with the quadratic sieve
//! algorithm", SIAM Journal on Computing 17 (1988).

use crate::modular::{is_residue, remainder};
use crate::small_primes::is_squarefree;

/// The odd primes that the score counts.
const PRIMES: [u16; 32] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137,
];

/// Multipliers are odd and below this.
const BOUND: usize = 152;

/// For each odd number, one bit for each of [`PRIMES`]: 1 if the number is a square modulo the
/// prime.
static RESIDUES: [u32; BOUND / 2] = residues();

/// Returns the multiplier k for an odd `n`: odd, squarefree, and such that k n = 1 modulo 8.
pub(super) fn multiplier(n: u128) -> u16 {
    let mut residues_of_n = 0u32;
    let mut weights = [0f32; PRIMES.len()];
    for (index, (&p, weight)) in PRIMES.iter().zip(&mut weights).enumerate() {
        residues_of_n |= u32::from(is_residue(remainder(n, p).into(), p.into())) << index;
        *weight = 2.0 * f32::from(p).ln() / f32::from(p - 1);
    }
    let candidates = (1..BOUND as u16).skip((n % 8) as usize - 1).step_by(8);
    let scored = candidates.filter(|&k| is_squarefree(k.into())).map(|k| {
        // k n is a square where both are, or neither is.
        let same = !(residues_of_n ^ RESIDUES[usize::from(k / 2)]);
        let mut score = -0.5 * f32::from(k).ln();
        for (index, (&p, weight)) in PRIMES.iter().zip(&weights).enumerate() {
            if k.is_multiple_of(p) {
                score += weight / 2.0;
            } else if same >> index & 1 == 1 {
                score += weight;
            }
        }
        (score, k)
    });
    scored
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map_or(1, |(_, k)| k)
}

/// Computes [`RESIDUES`].
const fn residues() -> [u32; BOUND / 2] {
    let mut table = [0; BOUND / 2];
    let mut half = 0;
    while half < table.len() {
        let mut index = 0;
        while index < PRIMES.len() {
            let p = PRIMES[index] as u32;
            let number = (2 * half + 1) as u32 % p;
            if is_residue(number, p) {
                table[half] |= 1 << index;
            }
            index += 1;
        }
        half += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_one_modulo_eight() {
        for n in (1u128 << 90 | 1..).step_by(2).take(200) {
            let k = multiplier(n);
            assert_eq!(u128::from(k) * n % 8, 1, "{k} for {n}");
            assert!(is_squarefree(k.into()));
        }
    }
}
