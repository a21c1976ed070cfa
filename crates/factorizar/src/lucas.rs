//! The strong Lucas probable-prime test. Together with Miller-Rabin to base 2 it is Baillie-PSW.
//!
//! Parameters by Selfridge's method A: D is the first of 5, -7, 9, -11, ... with Jacobi symbol
//! (D/n) = -1, P = 1 and Q = (1 - D) / 4. With n + 1 = d 2^s, d odd, a prime n divides U_d or one
//! of V_d, V_2d, ..., V_{d 2^(s-1)}. Cost: some 4 log2(n) multiplications modulo n.
//!
//! Source: Robert Baillie and Samuel S. Wagstaff, "Lucas pseudoprimes", Mathematics of Computation
//! 35 (1980).

pub(crate) mod natural;

use crate::montgomery::Montgomery;
use crate::word::Word;

/// The size of the first D that Selfridge's method tries.
const SMALLEST_D: u64 = 5;

/// Returns whether the modulus, which is odd and above 1000, is a strong Lucas probable prime.
///
/// Every prime is one. Of the composites below 10^6, 58 are; 5459 is the smallest.
pub(crate) fn is_strong_probable_prime<W: Word>(ring: &Montgomery<W>) -> bool {
    let n = ring.modulus();
    let Some(discriminant) = discriminant(n) else {
        return false;
    };
    // The odd part of n + 1, which itself may overflow: n ends in as many ones as n + 1 in zeros.
    let twos = n.wrapping_add(W::ONE).trailing_zeros();
    let odd = n.shr(1).shr(twos - 1).wrapping_add(W::ONE);
    let mut term = Term::at(ring, discriminant, odd);
    if term.u == W::ZERO || term.v == W::ZERO {
        return true;
    }
    for _ in 1..twos {
        term.double(ring);
        if term.v == W::ZERO {
            return true;
        }
    }
    false
}

/// Returns Selfridge's D, or `None` if the search shows that n is composite.
fn discriminant<W: Word>(n: W) -> Option<i64> {
    // A square has no D with symbol -1: the search would not end.
    if is_square(n.into()) {
        return None;
    }
    let mut size = SMALLEST_D as i64;
    loop {
        let d = if size % 4 == 1 { size } else { -size };
        match jacobi(d, n) {
            -1 => return Some(d),
            0 => return None,
            _ => size += 2,
        }
    }
}

/// Returns whether `n` is a perfect square.
fn is_square(n: u128) -> bool {
    let root = n.isqrt();
    root * root == n
}

/// The terms U_k and V_k of the Lucas sequences, and Q^k, as residues.
struct Term<W> {
    u: W,
    v: W,
    q: W,
}

impl<W: Word> Term<W> {
    /// Returns the term of index `k`, above zero, by doubling and adding along the bits of `k`.
    fn at(ring: &Montgomery<W>, discriminant: i64, k: W) -> Self {
        let d = signed(ring, discriminant);
        let q = signed(ring, (1 - discriminant) / 4);
        let mut term = Term {
            u: ring.one(),
            v: ring.one(),
            q,
        };
        for index in (0..W::BITS - 1 - k.leading_zeros()).rev() {
            term.double(ring);
            if k.bit(index) {
                term = Term {
                    u: ring.half(ring.add(term.u, term.v)),
                    v: ring.half(ring.add(ring.mul(d, term.u), term.v)),
                    q: ring.mul(term.q, q),
                };
            }
        }
        term
    }

    /// Goes from index k to 2 k.
    fn double(&mut self, ring: &Montgomery<W>) {
        self.u = ring.mul(self.u, self.v);
        self.v = ring.sub(ring.mul(self.v, self.v), ring.add(self.q, self.q));
        self.q = ring.mul(self.q, self.q);
    }
}

/// Returns the residue of a number that may be negative.
fn signed<W: Word>(ring: &Montgomery<W>, number: i64) -> W {
    let size = ring.residue(number.unsigned_abs());
    if number < 0 {
        ring.sub(W::ZERO, size)
    } else {
        size
    }
}

/// Returns the Jacobi symbol (d/n), for odd `d` and odd `n`.
fn jacobi<W: Word>(d: i64, n: W) -> i8 {
    let size = d.unsigned_abs();
    let three = |n: u64| n % 4 == 3;
    let n_is_three = n.bit(0) && n.bit(1);
    // (-1/n) for the sign, then quadratic reciprocity, after which everything fits a machine word.
    let flips = [d < 0 && n_is_three, three(size) && n_is_three];
    let remainder: u128 = n.rem(W::from(size)).into();
    let symbol = small_jacobi(remainder as u64, size);
    if flips[0] == flips[1] {
        symbol
    } else {
        -symbol
    }
}

/// Returns the Jacobi symbol (a/n), for odd `n`.
fn small_jacobi(mut a: u64, mut n: u64) -> i8 {
    let mut symbol = 1;
    while a != 0 {
        let twos = a.trailing_zeros();
        a >>= twos;
        if twos % 2 == 1 && matches!(n % 8, 3 | 5) {
            symbol = -symbol;
        }
        if a % 4 == 3 && n % 4 == 3 {
            symbol = -symbol;
        }
        (a, n) = (n % a, a);
    }
    if n == 1 { symbol } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primality::is_prime;

    #[test]
    fn jacobi_of_a_prime_is_eulers_criterion() {
        for p in [1_009u64, 1_013, 1_019, 1_021, 1_048_583] {
            let ring = Montgomery::new(p);
            for size in (5..99).step_by(2) {
                for d in [size, -size] {
                    let euler = ring.pow(signed(&ring, d), p / 2);
                    let symbol = if euler == ring.one() { 1 } else { -1 };
                    assert_eq!(jacobi(d, p), symbol, "({d}/{p})");
                }
            }
        }
        assert_eq!(jacobi(-15, 1_005u64), 0);
    }

    /// Compares the composites that pass with OEIS A217255: there are 58 below 10^6.
    #[test]
    fn strong_lucas_pseudoprimes_pass_and_are_not_prime() {
        let passing = |n: &u64| is_strong_probable_prime(&Montgomery::new(*n));
        let odd = || (1_001..1_000_000u64).step_by(2);
        let pseudoprimes: Vec<u64> = odd()
            .filter(|&n| !is_prime(n.into()))
            .filter(passing)
            .collect();
        let first = [
            5_459, 5_777, 10_877, 16_109, 18_971, 22_499, 24_569, 25_199, 40_309, 58_519,
        ];
        assert_eq!(pseudoprimes[..first.len()], first);
        assert_eq!(pseudoprimes.len(), 58);
        for n in odd().filter(|&n| is_prime(n.into())) {
            assert!(passing(&n), "{n} is prime");
        }
    }

    #[test]
    fn a_square_is_known() {
        for root in [2, 3, 1_009, (1 << 61) - 1, u128::from(u64::MAX)] {
            let square = root * root;
            assert!(is_square(square), "{square}");
            assert!(!is_square(square - 1) && !is_square(square + 1), "{square}");
        }
    }

    #[test]
    fn at_the_width_of_the_word() {
        for (n, passes) in [
            (u128::MAX, false),
            (u128::MAX - 158, true),
            ((1 << 127) - 1, true),
            ((1 << 127) + 1, false),
            (u128::from(u64::MAX) * u128::from(u64::MAX), false),
        ] {
            assert_eq!(is_strong_probable_prime(&Montgomery::new(n)), passes, "{n}");
        }
        assert!(!is_strong_probable_prime(&Montgomery::new(u64::MAX)));
        assert!(is_strong_probable_prime(&Montgomery::new(u64::MAX - 58)));
    }
}
