//! The polynomials whose values are sieved, and where each prime divides them.
//!
//! With k n = 1 modulo 8, a a product of primes of the base and b odd with b^2 = k n modulo 4 a,
//! y = 2 a x + b has y^2 - k n = 4 a q(x), q(x) = a x^2 + b x + c. The values of q, for x within
//! the interval, stay below some M sqrt(k n / 8), and always y^2 = 4 a q(x) modulo n. From s primes
//! in a come 2^(s-1) values of b, taken in the order of a Gray code: from one to the next, the
//! positions of a prime p move by an amount that is known beforehand.
//!
//! Cost: an inverse and s remainders for each prime of the base with a new a; two additions for
//! each with a new b.
//!
//! Sources: Robert D. Silverman, "The multiple polynomial quadratic sieve", Mathematics of
//! Computation 48 (1987); W. R. Alford and Carl Pomerance, "Implementing the self-initializing
//! quadratic sieve on a distributed network", 1995.

use super::factor_base::{FactorBase, NO_POSITION, inverse};
use super::modular::{invert, mul};

/// The polynomials of one a, at one of its b.
#[derive(Debug)]
pub(super) struct Polynomial {
    a: u64,
    b: i128,
    c: i128,
    /// The primes of a, as indices into the base.
    pub(super) factors: Vec<usize>,
    /// The parts of b, whose signs change.
    parts: Vec<i128>,
    /// Half the interval: x runs from -half to half.
    half: i128,
    /// k n modulo 2^128, and the inverse of a.
    square: u128,
    inverse: u128,
    /// Where each prime divides: the first two positions from the interval's start.
    pub(super) positions: [Vec<i16>; 2],
    /// By how much the positions move when a part of b changes its sign.
    shifts: Vec<Vec<i16>>,
    /// How many b have been used.
    used: u32,
}

impl Polynomial {
    /// The first polynomial for the a of these `factors`.
    pub(super) fn new(base: &FactorBase, square: u128, factors: Vec<usize>, half: u32) -> Self {
        let a: u64 = factors.iter().map(|&f| u64::from(base.prime(f))).product();
        let parts: Vec<i128> = factors
            .iter()
            .map(|&factor| {
                let p = base.prime(factor);
                let others = a / u64::from(p);
                let inverse = invert((others % u64::from(p)) as u16, p);
                let scale = mul(base.roots[factor], inverse, p);
                i128::from(others) * i128::from(scale.min(p - scale))
            })
            .collect();
        let mut b = parts.iter().sum();
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
            square,
            inverse: inverse(a.into()),
            positions: [vec![NO_POSITION; len], vec![NO_POSITION; len]],
            shifts: vec![vec![0; len]; parts.len() - 1],
            parts,
            used: 1,
        };
        polynomial.find_positions(base);
        polynomial.set_c();
        polynomial
    }

    fn find_positions(&mut self, base: &FactorBase) {
        let middle = self.half as u32;
        for index in 1..base.len {
            if self.factors.contains(&index) {
                continue;
            }
            let p = base.prime(index);
            let remainder = |n: i128| (n as u64 % u64::from(p)) as u16;
            let inverse = invert((self.a % u64::from(p)) as u16, p);
            for (shifts, &part) in self.shifts.iter_mut().zip(&self.parts) {
                shifts[index] = mul(remainder(part), inverse, p) as i16;
            }
            let halved = mul(inverse, p.div_ceil(2), p);
            let b = remainder(self.b);
            let root = base.roots[index];
            let middle = (middle % u32::from(p)) as u16;
            for (positions, root) in self.positions.iter_mut().zip([root, p - root]) {
                let x = mul((root + p - b) % p, halved, p);
                positions[index] = ((x + middle) % p) as i16;
            }
        }
    }

    /// c = (b^2 - k n) / 4 a. The division is exact, so the low bits of the dividend suffice.
    fn set_c(&mut self) {
        let b = self.b as u128;
        let quarter = b.wrapping_mul(b).wrapping_sub(self.square) >> 2;
        let quotient = quarter.wrapping_mul(self.inverse);
        // 126 bits are right, and c has far fewer: the sign is bit 125.
        self.c = (quotient << 2) as i128 >> 2;
    }

    /// Goes on to the next b; `false` when all have been used.
    pub(super) fn advance(&mut self, base: &FactorBase) -> bool {
        let part = self.used.trailing_zeros() as usize;
        let Some(shifts) = self.shifts.get(part) else {
            return false;
        };
        // The part's sign: it changes every 2^(part + 1) steps.
        let down = self.used >> (part + 1) & 1 == 0;
        let change = 2 * self.parts[part];
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

    /// The value q at a position of the interval.
    pub(super) fn value(&self, position: usize) -> i128 {
        let x = position as i128 - self.half;
        (i128::from(self.a) * x + self.b) * x + self.c
    }

    /// The size of y at a position of the interval.
    pub(super) fn y(&self, position: usize) -> u128 {
        let x = position as i128 - self.half;
        (2 * i128::from(self.a) * x + self.b).unsigned_abs()
    }
}

/// Adds modulo each prime. A prime without positions has no move either, and stays where it is.
fn shift_up(positions: &mut [i16], shifts: &[i16], primes: &[i16]) {
    for ((position, &step), &p) in positions.iter_mut().zip(shifts).zip(primes) {
        // Places stay as they are when the step is zero, also NO_POSITION.
        let moved = position.wrapping_add(step).wrapping_sub(p);
        let moved = moved.wrapping_add(p & (moved >> 15));
        *position = if step == 0 { *position } else { moved };
    }
}

fn shift_down(positions: &mut [i16], shifts: &[i16], primes: &[i16]) {
    for ((position, &step), &p) in positions.iter_mut().zip(shifts).zip(primes) {
        let moved = position.wrapping_sub(step);
        *position = moved.wrapping_add(p & (moved >> 15));
    }
}
