//! The polynomials of one leading coefficient.
//!
//! For an a of s primes there are 2^(s-1) numbers b, up to the sign, with b^2 = k n modulo 4 a. The
//! values a x^2 + b x + c with c = (b^2 - k n) / 4 a are even, since k n is 1 modulo 8, and 4 a times
//! such a value is the square of u = 2 a x + b modulo n.
//!
//! Each b is a sum of s terms with signs. The signs follow a Gray code, so that consecutive
//! polynomials differ in one term, and their roots modulo p by a number that is computed once.
//!
//! Cost: some s products modulo p for each prime of the base and each a.
//!
//! Source: Scott P. Contini, "Factoring integers with the self-initializing quadratic sieve", 1997.

use std::collections::HashMap;

use crate::control::{Control, StopReason};
use crate::modular::{invert, mul};
use crate::natural::Natural;
use crate::simd::family_roots::{Division, Divisor, divide, positions};
use crate::simd::level::Level;
use crate::siqs::instance::Instance;
use crate::siqs::value::Value;

/// Sentinel: a prime of a has no roots.
pub(crate) const NO_ROOT: u32 = u32::MAX;

/// A leading coefficient, and the terms of its b.
#[derive(Debug)]
pub(super) struct Family {
    /// The base indices of the primes of a, ascending.
    pub(super) factors: Vec<usize>,
    a: Natural,
    /// The terms of b.
    terms: Vec<Natural>,
    /// For each prime of a, the square root of k n times the inverse of the other primes.
    small_terms: Vec<u32>,
    /// Set if the sum of the terms is even; then a is added to make it odd.
    with_a: bool,
}

/// One polynomial a x^2 + b x + c.
#[derive(Debug, Clone, Copy)]
pub(super) struct Polynomial {
    a: Value,
    b: Value,
    c: Value,
}

/// The roots of the polynomials of a family modulo the base primes.
#[derive(Debug, Default)]
pub(super) struct Roots {
    /// Positions in the interval, below p.
    pub(super) first: Vec<u32>,
    pub(super) second: Vec<u32>,
    /// For each term of b, by how much the roots change.
    pub(super) deltas: Vec<Vec<u32>>,
    /// The primes of leading coefficients so far, by base index. There are some hundred.
    divisors: HashMap<usize, Divisor>,
}

impl Family {
    /// Returns the family with this number, or `None` past the end of the list.
    pub(super) fn new(instance: &Instance, number: u64) -> Option<Self> {
        let base = &instance.base;
        let factors = instance.coefficients.get(base, number)?;
        let primes: Vec<u32> = factors.iter().map(|&index| base.primes[index]).collect();
        let a = primes
            .iter()
            .fold(Natural::from(1u64), |a, &p| a.mul_add_u64(p.into(), 0));
        let mut small_terms = Vec::with_capacity(primes.len());
        let mut terms = Vec::with_capacity(primes.len());
        for (&index, &p) in factors.iter().zip(&primes) {
            let others = primes.iter().filter(|&&other| other != p);
            let rest = others.fold(1, |rest, &other| mul(rest, other % p, p));
            let term = mul(base.roots[index], invert(rest, p), p);
            let term = term.min(p - term);
            small_terms.push(term);
            let (cofactor, _) = a.div_rem_u64(p.into())?;
            terms.push(cofactor.mul_add_u64(term.into(), 0));
        }
        let sum_is_odd = terms.iter().fold(false, |odd, term| odd ^ term.is_odd());
        Some(Family {
            factors,
            a,
            terms,
            small_terms,
            with_a: !sum_is_odd,
        })
    }

    /// Returns the number of polynomials.
    pub(super) fn len(&self) -> u32 {
        1 << (self.terms.len() - 1)
    }

    /// Returns the polynomial with this number.
    pub(super) fn polynomial(&self, instance: &Instance, number: u32) -> Polynomial {
        let gray = number ^ number >> 1;
        let (mut plus, mut minus) = (Natural::ZERO, Natural::ZERO);
        if self.with_a {
            plus = self.a.clone();
        }
        for (index, term) in self.terms.iter().enumerate() {
            let sum = if gray >> index & 1 == 1 {
                &mut minus
            } else {
                &mut plus
            };
            *sum = &*sum + term;
        }
        let size = plus.abs_diff(&minus);
        let b = Value::of(&size);
        // b^2 is far below k n: b has s times the size of a at most.
        let negative_c = instance.kn.abs_diff(&size.pow(2));
        let quotient = (&negative_c >> 2)
            .div_rem(&self.a)
            .map(|(quotient, _)| quotient);
        Polynomial {
            a: Value::of(&self.a),
            b: if plus < minus { b.negated() } else { b },
            c: Value::of(&quotient.unwrap_or_default()).negated(),
        }
    }

    /// Returns the term in which the polynomial with this number, from 1 on, differs from the one
    /// before, and whether the roots grow.
    pub(super) fn step(number: u32) -> (usize, bool) {
        let term = number.trailing_zeros();
        (term as usize, number >> 1 >> term & 1 == 0)
    }

    /// Computes the roots of polynomial 0, and the changes to the others.
    ///
    /// # Errors
    ///
    /// The reason, if `control` stopped the computation. It is asked before each prime of a.
    pub(super) fn roots(
        &self,
        instance: &Instance,
        level: Level,
        control: &Control,
        roots: &mut Roots,
    ) -> Result<(), StopReason> {
        let base = &instance.base;
        roots.first.clone_from(&base.roots);
        roots.second.clear();
        roots.second.resize(base.len(), self.with_a.into());
        roots.deltas.resize_with(self.factors.len(), Vec::new);
        let terms = self.factors.iter().zip(&self.small_terms);
        for ((&index, &term), deltas) in terms.zip(&mut roots.deltas) {
            control.poll()?;
            deltas.resize(base.len(), 0);
            let divisor = roots
                .divisors
                .entry(index)
                .or_insert_with(|| Divisor::new(base.primes[index]));
            let division = Division {
                divisor,
                term,
                roots: &mut roots.first,
                sums: &mut roots.second,
                deltas,
            };
            divide(level, &base.primes, &instance.moduli, division);
        }
        positions(
            level,
            &base.primes,
            &instance.offsets,
            &mut roots.first,
            &mut roots.second,
        );
        // 2 and the primes of a have none.
        for &index in self.factors.iter().chain(&[0]) {
            roots.first[index] = NO_ROOT;
            roots.second[index] = NO_ROOT;
            for deltas in &mut roots.deltas {
                deltas[index] = 0;
            }
        }
        Ok(())
    }
}

impl Polynomial {
    /// Returns the value at `x`.
    pub(super) fn value(&self, x: i32) -> Value {
        let slope = self.a.times_signed(x).plus(self.b);
        slope.times_signed(x).plus(self.c)
    }

    /// Returns u = 2 a x + b, whose square is 4 a times the value modulo n.
    pub(super) fn square_root(&self, x: i32) -> Value {
        let half = self.a.times_signed(x);
        half.plus(half).plus(self.b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::siqs::periodic_poll::tests::questions;

    #[test]
    fn roots_are_roots_of_every_polynomial() {
        let n: Natural = "369503144638782693794961917939723396921312984817285838723301"
            .parse()
            .unwrap();
        let instance = Instance::new(&n, &Control::new()).unwrap();
        let family = Family::new(&instance, 5).unwrap();
        let [mut roots, avx2, avx512] =
            [Level::Portable, Level::Avx2, Level::Avx512].map(|level| {
                let mut roots = Roots::default();
                let asked = questions(|control| {
                    family.roots(&instance, level, control, &mut roots).unwrap();
                });
                // The roots modulo a large base are divided by one prime in some milliseconds.
                assert_eq!(asked, family.factors.len());
                roots
            });
        for other in [avx2, avx512] {
            assert_eq!(
                (&other.first, &other.second, &other.deltas),
                (&roots.first, &roots.second, &roots.deltas)
            );
        }
        let shift = instance.parameters.interval() as i32 / 2;
        for number in 0..family.len() {
            let polynomial = family.polynomial(&instance, number);
            if number > 0 {
                let (term, up) = Family::step(number);
                for (index, &p) in instance.base.primes.iter().enumerate() {
                    let delta = roots.deltas[term][index];
                    let delta = if up { delta } else { p - delta };
                    for root in [&mut roots.first[index], &mut roots.second[index]] {
                        if *root != NO_ROOT {
                            *root = (*root + delta) % p;
                        }
                    }
                }
            }
            for (index, &p) in instance.base.primes.iter().enumerate().skip(1) {
                for root in [roots.first[index], roots.second[index]] {
                    if root != NO_ROOT {
                        let (mut value, _) = polynomial.value(root as i32 - shift).unsigned();
                        assert!(value.divide_exactly(p), "{p} at {root} of {number}");
                    }
                }
            }
            // u^2 - k n = 4 a times the value.
            for x in [-1_000, 0, 77] {
                let (u, _) = polynomial.square_root(x).unsigned();
                let (value, negative) = polynomial.value(x).unsigned();
                let natural = |value: Value| Natural::from_limbs(&value.limbs());
                let product = &(&family.a * &natural(value)) << 2;
                let square = natural(u).pow(2);
                let (more, less) = if negative {
                    (&instance.kn, &square)
                } else {
                    (&square, &instance.kn)
                };
                assert_eq!(more.checked_sub(less), Some(product));
                assert!(value.limbs()[0].is_multiple_of(2));
            }
        }
    }
}
