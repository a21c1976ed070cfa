//! The square root step: from a dependency of the matrix to a divisor.
//!
//! The product of the y of a dependency, and the product of its primes to half of their exponents,
//! have the same square modulo n. If n is not the power of a prime, they differ, up to the sign, in
//! at least half of all cases. The difference then has a common factor with n.
//!
//! Cost: a multiplication modulo n for each relation, and a power for each prime.
//!
//! Source: Michael A. Morrison and John Brillhart, "A method of factoring and the factorization of
//! F7", Mathematics of Computation 29 (1975).

use crate::bit_matrix::Matrix;
use crate::montgomery::Montgomery;
use crate::qs::factor_base::FactorBase;
use crate::qs::relation::SIGN;
use crate::qs::relation_store::RelationStore;
use crate::word::gcd_with_odd;

/// Returns a divisor of `n`, other than 1 and `n`, if one of the dependencies between the relations
/// gives it.
pub(super) fn find_divisor(n: u128, base: &FactorBase, store: &RelationStore) -> Option<u128> {
    let mut matrix = Matrix::new(store.row_count(), base.len + 1);
    for row in 0..store.row_count() {
        for relation in store.row(row) {
            for &prime in store.primes(relation) {
                matrix.flip(row, column(prime));
            }
        }
    }
    let ring = Montgomery::new(n);
    matrix
        .dependencies()
        .iter()
        .find_map(|rows| try_dependency(&ring, base, store, rows))
}

/// Returns the column of the matrix for the sign or for a prime.
fn column(prime: u16) -> usize {
    if prime == SIGN {
        0
    } else {
        usize::from(prime) + 1
    }
}

/// Returns a divisor if the two square roots of a dependency differ by more than the sign.
fn try_dependency(
    ring: &Montgomery<u128>,
    base: &FactorBase,
    store: &RelationStore,
    rows: &[usize],
) -> Option<u128> {
    let n = ring.modulus();
    let mut exponents = vec![0u32; base.len + 1];
    let (mut left, mut right) = (ring.one(), ring.one());
    for &row in rows {
        let mut large = 1;
        for relation in store.row(row) {
            left = ring.mul(left, ring.residue_of(relation.y));
            large = relation.large;
            for &prime in store.primes(relation) {
                exponents[column(prime)] += 1;
            }
        }
        // The relations of a pair have the same large prime, whose square has this root.
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
