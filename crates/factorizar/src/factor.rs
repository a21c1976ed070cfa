//! The order in which the algorithms are tried.
//!
//! Small primes go by trial division. What is left is split, and its parts split again, until all
//! are prime: a square by its root, a cube above 64 bits by its root, anything else by rho, whose
//! cost depends on the smaller prime.

use crate::primality::is_prime_past_trial;
use crate::{Factors, rho, trial};

/// The prime factors of `n`, each as often as it divides it, in ascending order.
///
/// 0 and 1 have none. The factors of every other number multiply to it. Each is prime by the test
/// of [`is_prime`](crate::is_prime), hence proven below 3.3e24 and a Baillie-PSW probable prime
/// from there on.
///
/// The time goes with the square root of the second largest prime factor: some 20 microseconds when
/// that is 2^24, half a second at 2^50, and more than a minute for two primes of 64 bits. The call
/// cannot be interrupted.
///
/// ```
/// use factorizar::factor;
///
/// assert_eq!(factor(23_434_252_232_434).as_slice(), [2, 409, 443, 1327, 48733]);
/// assert!(factor(1).is_empty());
/// ```
#[must_use]
pub fn factor(n: u128) -> Factors {
    let mut primes = Vec::new();
    if n > 1 {
        let rest = trial::divide_out(n, &mut primes);
        if rest > 1 {
            split(rest, &mut primes);
        }
    }
    Factors::new(primes)
}

/// Appends the primes of `rest`, which trial division left and is not 1.
fn split(rest: u128, primes: &mut Vec<u128>) {
    // Each part is above 2^10, so there are never more than twelve.
    let mut parts = vec![rest];
    while let Some(part) = parts.pop() {
        if is_prime_past_trial(part) {
            primes.push(part);
        } else {
            let divisor = divisor(part);
            parts.extend([divisor, part / divisor]);
        }
    }
}

/// A divisor of an odd composite number, other than 1 and itself.
fn divisor(n: u128) -> u128 {
    let root = n.isqrt();
    if root * root == n {
        return root;
    }
    if let Ok(n) = u64::try_from(n) {
        return rho::divisor(n).into();
    }
    // Rho needs milliseconds for the cube of a prime of 42 bits; of fifth and higher powers the
    // roots are small enough for it.
    exact_cube_root(n).unwrap_or_else(|| rho::divisor(n))
}

/// The cube root of `n`, if that is whole.
fn exact_cube_root(n: u128) -> Option<u128> {
    // Bit by bit from the top: a root has 43 bits at most, so that no cube overflows but the last,
    // which is above every n.
    let root = (0..43).rev().fold(0u128, |root, bit| {
        let next = root | 1 << bit;
        if next.checked_pow(3).is_some_and(|cube| cube <= n) {
            next
        } else {
            root
        }
    });
    (root.pow(3) == n).then_some(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cube_roots() {
        let largest = 6_981_463_658_331u128;
        assert_eq!(
            largest.checked_pow(3).map(exact_cube_root),
            Some(Some(largest))
        );
        assert_eq!((largest + 1).checked_pow(3), None);
        for root in [1, 2, 1_031, (1 << 42) - 11, largest - 1] {
            assert_eq!(exact_cube_root(root * root * root), Some(root));
            assert_eq!(exact_cube_root(root * root * root + 1), None);
            assert_eq!(exact_cube_root(root * root * root + 2 * root * root), None);
        }
        assert_eq!(exact_cube_root(u128::MAX), None);
    }
}
