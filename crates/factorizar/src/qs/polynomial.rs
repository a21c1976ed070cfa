//! The polynomials whose values are sieved, and the positions at which each prime divides them.
//!
//! For a number n with its multiplier k, such that k n = 1 modulo 8:
//!
//! - a is a product of s primes of the factor base;
//! - b is odd, and b^2 = k n modulo 4 a;
//! - c = (b^2 - k n) / 4 a.
//!
//! With y = 2 a x + b and q(x) = a x^2 + b x + c then y^2 - k n = 4 a q(x), so y^2 = 4 a q(x)
//! modulo n. For x from -M to M the values of q stay below about M sqrt(k n / 8), small enough to
//! be products of small primes often.
//!
//! An a has 2^(s-1) values of b. Each is a sum of s terms, one for each prime of a, with either
//! sign, plus a if that makes it odd. They are taken in the order of a Gray code, which changes the
//! sign of one term at a time. The positions of a prime p then move by an amount that is computed
//! once for each term.
//!
//! Cost: an inverse and s remainders for each prime of the base with a new a; two additions for
//! each prime with a new b.
//!
//! Sources: Robert D. Silverman, "The multiple polynomial quadratic sieve", Mathematics of
//! Computation 48 (1987); W. R. Alford and Carl Pomerance, "Implementing the self-initializing
//! quadratic sieve on a distributed network", 1995.

use crate::modular::{invert, mul};
use crate::qs::factor_base::{FactorBase, NO_POSITION};
use crate::word::inverse_of_odd;

/// A polynomial, which goes through all b of one a.
#[derive(Debug)]
pub(super) struct Polynomial {
    a: u64,
    b: i128,
    c: i128,
    /// The primes of a, as indices into the base.
    pub(super) factors: Vec<usize>,
    /// The terms whose sum, with changing signs, is b.
    terms: Vec<i128>,
    /// Half the length of the interval (M): x goes from -half to half, and a position is x + half.
    half: i128,
    /// k n modulo 2^128.
    kn: u128,
    /// The inverse of a modulo 2^128.
    a_inverse: u128,
    /// The first two positions in the interval at which each prime of the base divides the value,
    /// in two arrays. Invariant: they are below the prime, or [`NO_POSITION`] for 2, for the
    /// primes of a and for the padding.
    pub(super) positions: [Vec<i16>; 2],
    /// For each term but the last, the amount by which the positions of each prime move when the
    /// term changes its sign. It is 0 for primes without positions.
    shifts: Vec<Vec<i16>>,
    /// The number of b used so far, the current one included.
    used: u32,
}

impl Polynomial {
    /// Creates the first polynomial of an a, whose primes are given as indices into the base.
    pub(super) fn new(base: &FactorBase, kn: u128, factors: Vec<usize>, half: u32) -> Self {
        let a: u64 = factors.iter().map(|&f| u64::from(base.prime(f))).product();
        // By the Chinese remainder theorem: each term is 0 modulo the other primes of a, and a
        // square root of k n modulo its own prime.
        let terms: Vec<i128> = factors
            .iter()
            .map(|&factor| {
                let p = base.prime(factor);
                let others = a / u64::from(p);
                let inverse = invert((others % u64::from(p)) as u16, p);
                let scale = mul(base.roots[factor], inverse, p);
                i128::from(others) * i128::from(scale.min(p - scale))
            })
            .collect();
        let mut b = terms.iter().sum();
        if b % 2 == 0 {
            b += i128::from(a);
        }
        let len = base.primes.len();
        let mut polynomial = Polynomial {
            a,
            b,
            c: 0,
            factors,
            half: half.into(),
            kn,
            a_inverse: inverse_of_odd(a.into()),
            positions: [vec![NO_POSITION; len], vec![NO_POSITION; len]],
            shifts: vec![vec![0; len]; terms.len() - 1],
            terms,
            used: 1,
        };
        polynomial.find_positions(base);
        polynomial.set_c();
        polynomial
    }

    /// Computes the positions for the first b, and the shifts.
    fn find_positions(&mut self, base: &FactorBase) {
        let middle = self.half as u32;
        for index in 1..base.len {
            if self.factors.contains(&index) {
                continue;
            }
            let p = base.prime(index);
            let remainder = |n: i128| (n as u64 % u64::from(p)) as u16;
            let inverse = invert((self.a % u64::from(p)) as u16, p);
            for (shifts, &term) in self.shifts.iter_mut().zip(&self.terms) {
                shifts[index] = mul(remainder(term), inverse, p) as i16;
            }
            // 1 / (2 a) modulo p.
            let halved = mul(inverse, p.div_ceil(2), p);
            let b = remainder(self.b);
            let root = base.roots[index];
            let middle = (middle % u32::from(p)) as u16;
            // q(x) = 0 modulo p where y = 2 a x + b is a square root of k n.
            for (positions, root) in self.positions.iter_mut().zip([root, p - root]) {
                let x = mul((root + p - b) % p, halved, p);
                positions[index] = ((x + middle) % p) as i16;
            }
        }
    }

    /// Computes c = (b^2 - k n) / 4 a. The division is exact, so that the low bits of the dividend
    /// suffice.
    fn set_c(&mut self) {
        let b = self.b as u128;
        let quarter = b.wrapping_mul(b).wrapping_sub(self.kn) >> 2;
        let quotient = quarter.wrapping_mul(self.a_inverse);
        // The lowest 126 bits are right, and c has far fewer: bit 125 is its sign.
        self.c = (quotient << 2) as i128 >> 2;
    }

    /// Goes on to the next b; returns `false` if all have been used.
    pub(super) fn advance(&mut self, base: &FactorBase) -> bool {
        // The Gray code: after the i-th b the term changes whose index is the number of zeros at
        // the end of i. The last term keeps its sign, since b and -b give the same values.
        let term = self.used.trailing_zeros() as usize;
        let Some(shifts) = self.shifts.get(term) else {
            return false;
        };
        // A term changes its sign every 2^(term + 1) steps, from plus to minus first.
        let down = self.used >> (term + 1) & 1 == 0;
        let change = 2 * self.terms[term];
        if down {
            self.b -= change;
        } else {
            self.b += change;
        }
        for positions in &mut self.positions {
            if down {
                shift_up(positions, shifts, &base.primes);
            } else {
                shift_down(positions, shifts, &base.primes);
            }
        }
        self.used += 1;
        self.set_c();
        true
    }

    /// Returns the value q(x) at a position.
    pub(super) fn value(&self, position: usize) -> i128 {
        let x = position as i128 - self.half;
        (i128::from(self.a) * x + self.b) * x + self.c
    }

    /// Returns the absolute value of y at a position.
    pub(super) fn y(&self, position: usize) -> u128 {
        let x = position as i128 - self.half;
        (2 * i128::from(self.a) * x + self.b).unsigned_abs()
    }
}

/// Adds the shifts to the positions, modulo each prime.
fn shift_up(positions: &mut [i16], shifts: &[i16], primes: &[i16]) {
    for ((position, &shift), &p) in positions.iter_mut().zip(shifts).zip(primes) {
        // A shift of zero leaves the position as it is, also NO_POSITION.
        let moved = position.wrapping_add(shift).wrapping_sub(p);
        let moved = moved.wrapping_add(p & (moved >> 15));
        *position = if shift == 0 { *position } else { moved };
    }
}

/// Subtracts the shifts from the positions, modulo each prime. A shift of zero leaves
/// [`NO_POSITION`] as it is.
fn shift_down(positions: &mut [i16], shifts: &[i16], primes: &[i16]) {
    for ((position, &shift), &p) in positions.iter_mut().zip(shifts).zip(primes) {
        let moved = position.wrapping_sub(shift);
        *position = moved.wrapping_add(p & (moved >> 15));
    }
}
