//! A divisor of a composite number by the self-initializing quadratic sieve.
//!
//! Values of well-chosen quadratic polynomials are sieved for those that fall apart into small
//! primes. Each gives a square y^2 that is a product of small primes modulo n; from a few more such
//! relations than there are primes, linear algebra finds a product that is a square on both sides,
//! and the difference of its roots shares a divisor with n.
//!
//! Built for numbers of 65 to 128 bits, where all of it is small: the interval lies in the
//! first-level cache, a new polynomial costs some hundred instructions, and plain elimination on
//! bit rows takes a few hundredths of the time. The parts, in their order:
//!
//! - [`multiplier`]: a small k, so that k n is a square modulo many small primes;
//! - [`factor_base`]: those primes;
//! - [`choice`]: how large everything is, and the primes of each leading coefficient;
//! - [`polynomial`]: the polynomials, and where each prime divides their values;
//! - [`sieve`]: the candidates;
//! - [`relation`]: the candidates that keep their promise;
//! - [`collector`]: all of these, by as many threads as the control allows;
//! - [`matrix`] and [`square_root`]: from relations to a divisor.
//!
//! Cost: about exp(sqrt(log n log log n)); twice as much with every 8 to 10 bits. It does not depend
//! on the size of the primes of n.
//!
//! Sources: Carl Pomerance, "The quadratic sieve factoring algorithm", Eurocrypt 1984; Scott P.
//! Contini, "Factoring integers with the self-initializing quadratic sieve", 1997.

mod choice;
mod collector;
mod factor_base;
mod matrix;
mod modular;
mod multiplier;
mod polynomial;
mod relation;
mod sieve;
mod square_root;

use crate::{Control, StopReason};
use choice::{Coefficients, Parameters};
use collector::Collector;
use factor_base::FactorBase;

/// From so many bits on a number takes long enough for other threads to start.
const PARALLEL_BITS: u32 = 90;

/// A divisor of `n` other than 1 and n, or nothing if the choices of polynomials are used up, which
/// was not seen above 2^60.
///
/// `n` must be odd, composite, above 2^56, and not the power of a prime.
pub(crate) fn find_divisor(n: u128, control: &Control) -> Result<Option<u128>, StopReason> {
    let size = Parameters::of(n);
    let multiplier = multiplier::multiplier(n);
    let base = match FactorBase::new(n, multiplier, size.primes) {
        Ok(base) => base,
        Err(prime) => return Ok(Some(prime)),
    };
    let scale = n as f64 * f64::from(multiplier);
    let choice = Coefficients::new(&base, scale, &size, control.initial_seed());
    let first = (1..base.len)
        .find(|&index| base.prime(index) >= size.smallest)
        .unwrap_or(1);
    let collect = Collector {
        n,
        square: n.wrapping_mul(multiplier.into()),
        base: &base,
        size,
        first,
        start: 128 - size.threshold(&base, scale, first),
        control,
    };
    let threads = if n >> PARALLEL_BITS == 0 {
        1
    } else {
        control.thread_count()
    };
    collect.divisor(choice, threads)
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
        let prime = |bits: u32| (1u128 << bits..).find(|&n| crate::is_prime(n)).unwrap();
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
                    .find(|&n| n % 8 == class && crate::is_prime(n))
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

    /// What is added, in which order, and when it suffices.
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
