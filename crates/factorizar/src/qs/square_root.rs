//! From a set of relations with even exponents to a divisor.
//!
//! The product of the y's, and the product of the primes to half of their exponents, have the same
//! square modulo n. For an n that is no prime power they differ, up to sign, in at least half of
//! all cases; then the difference shares a divisor with n. Cost: a multiplication a prime.
//!
//! Source: Michael A. Morrison and John Brillhart, "A method of factoring and the factorization of
//! F7", Mathematics of Computation 29 (1975).

use super::factor_base::FactorBase;
use super::matrix::Matrix;
use super::relation::{Relations, SIGN};
use crate::montgomery::Montgomery;
use crate::word::gcd_with_odd;

/// A divisor of `n` from the relations, if one of their dependencies gives it.
pub(super) fn divisor(n: u128, base: &FactorBase, relations: &Relations) -> Option<u128> {
    let mut matrix = Matrix::new(relations.len(), base.len + 1);
    for row in 0..relations.len() {
        for relation in relations.row(row) {
            for &factor in relations.factors(relation) {
                matrix.flip(row, column(factor));
            }
        }
    }
    let ring = Montgomery::new(n);
    matrix
        .dependencies()
        .iter()
        .find_map(|rows| try_dependency(&ring, base, relations, rows))
}

fn column(factor: u16) -> usize {
    if factor == SIGN {
        0
    } else {
        usize::from(factor) + 1
    }
}

fn try_dependency(
    ring: &Montgomery<u128>,
    base: &FactorBase,
    relations: &Relations,
    rows: &[usize],
) -> Option<u128> {
    let n = ring.modulus();
    let mut exponents = vec![0u32; base.len + 1];
    let (mut left, mut right) = (ring.one(), ring.one());
    for &row in rows {
        let mut large = 1;
        for relation in relations.row(row) {
            left = ring.mul(left, ring.residue_of(relation.y));
            large = relation.large;
            for &factor in relations.factors(relation) {
                exponents[column(factor)] += 1;
            }
        }
        // A pair's large prime, squared.
        right = ring.mul(right, ring.residue(large.into()));
    }
    debug_assert!(exponents.iter().all(|exponent| exponent % 2 == 0));
    for (index, &exponent) in exponents[1..].iter().enumerate() {
        if exponent > 0 {
            let prime = ring.residue(base.prime(index).into());
            right = ring.mul(right, ring.pow(prime, u128::from(exponent / 2)));
        }
    }
    debug_assert_eq!(ring.mul(left, left), ring.mul(right, right));
    let shared = gcd_with_odd(ring.sub(left, right), n);
    (shared != 1 && shared != n).then_some(shared)
}
