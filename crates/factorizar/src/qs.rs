//! The quadratic sieve to 128 bits: finds a divisor of a composite number.
//!
//! The sieve looks for values of quadratic polynomials that are products of small primes. Each of
//! them gives a relation: a square y^2 that is a product of small primes modulo n. From a few more
//! relations than there are primes, linear algebra finds a set of them whose product is a square on
//! both sides. The two square roots then differ, as a rule, by a number that has a common factor
//! with n.
//!
//! It is built for numbers of 65 to 128 bits, where everything is small: the interval fits the
//! first-level cache, a new polynomial costs a few additions for each prime, and plain elimination
//! on rows of bits takes a few hundredths of the time. The parts, in the order of their use:
//!
//! - [`multiplier`]: a small k, such that k n is a square modulo many small primes;
//! - [`factor_base`]: those primes, with arithmetic from
//!   [`modular`](crate::modular);
//! - [`parameters`]: the lengths and bounds for the size of n;
//! - [`coefficients`]: the leading coefficients a of the polynomials;
//! - [`polynomial`]: the polynomials, and the positions at which each prime divides their values;
//! - [`sieve`]: the candidates, by sums of logarithms;
//! - [`relation_batch`]: the candidates that are relations ([`relation`]);
//! - [`relation_store`]: the relations collected so far;
//! - [`collector`]: the loop over all of these, on the threads that the control allows;
//! - [`bit_matrix`](crate::bit_matrix) and [`square_root`]: from relations to a divisor.
//!
//! Cost: about exp(sqrt(log n log log n)), twice as much for every 8 to 10 bits more. It does not
//! depend on the size of the primes of n.
//!
//! Sources: Carl Pomerance, "The quadratic sieve factoring algorithm", Eurocrypt 1984; Scott P.
//! Contini, "Factoring integers with the self-initializing quadratic sieve", 1997.

mod coefficients;
mod collector;
mod factor_base;
mod multiplier;
mod parameters;
mod polynomial;
mod relation;
mod relation_batch;
mod relation_store;
mod sieve;
mod square_root;

use crate::control::{Control, StopReason};
use coefficients::Coefficients;
use collector::Collector;
use factor_base::FactorBase;
use parameters::Parameters;

/// From this size on a number takes long enough that starting other threads pays.
const PARALLEL_BITS: u32 = 90;

/// Returns a divisor of `n` other than 1 and `n`, or `None` if no new polynomials are left, which
/// was not seen above 2^60.
///
/// `n` is odd, composite, above 2^56, and not the power of a prime.
///
/// # Errors
///
/// The reason, if `control` stopped the computation.
pub(crate) fn find_divisor(n: u128, control: &Control) -> Result<Option<u128>, StopReason> {
    let parameters = Parameters::of(n);
    let multiplier = multiplier::multiplier(n);
    let base = match FactorBase::new(n, multiplier, parameters.base_len) {
        Ok(base) => base,
        Err(prime) => return Ok(Some(prime)),
    };
    let kn = n as f64 * f64::from(multiplier);
    let coefficients = Coefficients::new(&base, kn, &parameters, control.initial_seed());
    let first_sieved = (1..base.len)
        .find(|&index| base.prime(index) >= parameters.smallest_sieved)
        .unwrap_or(1);
    let collector = Collector {
        n,
        kn: n.wrapping_mul(multiplier.into()),
        base: &base,
        parameters,
        first_sieved,
        initial_byte: 128 - parameters.threshold(&base, kn, first_sieved),
        control,
    };
    let threads = if n >> PARALLEL_BITS == 0 {
        1
    } else {
        control.thread_count()
    };
    collector.find_divisor(coefficients, threads)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};

    use super::*;

    fn check(n: u128, control: &Control) {
        let found = find_divisor(n, control).unwrap().expect("a divisor");
        assert!(n.is_multiple_of(found) && found != 1 && found != n, "{n}");
    }

    #[test]
    fn products_of_two_primes_of_every_size() {
        let prime = |bits: u32| {
            (1u128 << bits..)
                .find(|&n| crate::primality::is_prime(n))
                .unwrap()
        };
        for bits in 30..=62 {
            check(prime(bits) * prime(bits + 1), &Control::new());
        }
        for bits in 25..=56 {
            check(prime(bits) * prime(bits) * prime(13), &Control::new());
        }
        check(u128::MAX / 3 / 5 / 17 / 257 / 641, &Control::new());
        check(
            340_282_366_920_938_463_463_374_607_431_768_211_455,
            &Control::new(),
        );
    }

    #[test]
    fn every_residue_modulo_eight() {
        for primes in [(1, 3), (3, 7), (5, 1), (7, 5), (1, 1)] {
            let prime = |from: u128, class: u128| {
                (from..)
                    .find(|&n| n % 8 == class && crate::primality::is_prime(n))
                    .unwrap()
            };
            check(
                prime(1 << 35, primes.0) * prime(1 << 36, primes.1),
                &Control::new(),
            );
        }
    }

    #[test]
    fn every_seed_finds_it_and_a_deadline_stops_it() {
        let n = 1_099_511_627_689 * 1_099_511_627_609;
        for seed in [0, 1, u64::MAX] {
            check(n, &Control::new().seed(seed));
        }
        let late = Control::new().deadline(|| true);
        assert_eq!(find_divisor(n, &late), Err(StopReason::OutOfTime));
    }

    /// Compares the relations that are added, their order, and when they suffice.
    #[test]
    fn any_number_of_threads_gets_the_same_relations() {
        let n = ((1 << 61) - 1) * 1_099_511_627_689;
        let steps = |threads: usize| {
            let told = Arc::new(Mutex::new(Vec::new()));
            let steps = Arc::clone(&told);
            let control = Control::new()
                .threads(threads)
                .observer(move |progress| steps.lock().unwrap().push(progress));
            let found = find_divisor(n, &control).unwrap().expect("a divisor");
            let steps = told.lock().unwrap().clone();
            (found, steps)
        };
        let alone = steps(1);
        assert!(alone.1.len() > 2, "{alone:?}");
        for threads in [2, 3, 16] {
            assert_eq!(steps(threads), alone, "{threads} threads");
        }
    }

    #[test]
    fn a_stop_ends_all_threads() {
        let n = ((1 << 61) - 1) * 1_099_511_627_689;
        for polls in [0, 1, 7, 40] {
            let left = AtomicUsize::new(polls);
            let control = Control::new().threads(3).deadline(move || {
                left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
                    .is_err()
            });
            assert_eq!(
                find_divisor(n, &control),
                Err(StopReason::OutOfTime),
                "{polls}"
            );
        }
    }
}
