//! The self-initializing quadratic sieve (SIQS), for numbers above 2^128.
//!
//! It is the method of [`qs`](crate::qs), with what pays at 40 digits and more: an interval of many
//! blocks, primes beyond a block that are sorted before they are sieved, large primes, block
//! Lanczos. Its parts can run on other machines: a few numbers name a unit of sieving, and its
//! relations travel as bytes that whoever collects them checks. In the order of their use:
//!
//! - [`multiplier`], [`factor_base`], [`parameters`], [`coefficients`]: what follows from n
//!   ([`instance`]), with arithmetic from [`modular`](crate::modular);
//! - [`family`]: the polynomials of one leading coefficient, with values of 256 bits ([`value`]);
//! - [`sieve`]: the candidates, by sums of logarithms;
//! - [`candidates`] and [`cofactor`]: the candidates that are relations;
//! - [`relation`]: relations as bytes, and their check;
//! - [`mod@unit`]: all of this for one unit, and [`quadratic_sieve`] for other machines;
//! - [`store`] and [`collector`]: the relations of all threads;
//! - [`cycles`], [`used_relations`], [`elimination`], [`lanczos`] and [`bit_blocks`],
//!   [`linear_algebra`], [`square_root`]: from relations to a divisor, with questions to the control
//!   after every so much work ([`periodic_poll`]).
//!
//! Cost: about exp(sqrt(log n log log n)), twice as much for every three digits more.
//!
//! Sources: Carl Pomerance, "The quadratic sieve factoring algorithm", Eurocrypt 1984; Robert D.
//! Silverman, "The multiple polynomial quadratic sieve", 1987; W. R. Alford and Carl Pomerance,
//! "Implementing the self-initializing quadratic sieve on a distributed network", 1995. Each part
//! names its own.

mod bit_blocks;
mod candidates;
mod coefficients;
mod cofactor;
mod collector;
mod cycles;
mod elimination;
mod factor_base;
mod family;
mod instance;
mod lanczos;
mod linear_algebra;
mod multiplier;
mod parameters;
mod periodic_poll;
pub(crate) mod quadratic_sieve;
pub(crate) mod relation;
mod sieve;
mod sparse_matrix;
mod square_root;
mod store;
mod unit;
mod used_relations;
mod value;

use crate::control::{Control, StopReason};
use crate::natural::Natural;
use collector::Collector;
use factor_base::NoBase;
use instance::Instance;

/// The largest numbers that the sieve takes, in bits: 125 digits, which take years.
pub(crate) const MAX_BITS: u32 = 416;

/// Returns a divisor of `n` other than 1 and `n`, or `None` if no new polynomials are left.
///
/// `n` is odd, composite, above 2^100, of [`MAX_BITS`] at most, and not the power of a prime.
///
/// # Errors
///
/// The reason, if `control` stopped the computation.
pub(crate) fn find_divisor(n: &Natural, control: &Control) -> Result<Option<Natural>, StopReason> {
    let instance = match Instance::new(n, control) {
        Ok(instance) => instance,
        Err(NoBase::Factor(prime)) => return Ok(Some(prime.into())),
        Err(NoBase::Stopped(reason)) => return Err(reason),
    };
    let collector = Collector {
        instance: &instance,
        control,
        threads: control.thread_count(),
    };
    collector.find_divisor()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Instant;

    use super::*;
    use crate::siqs::parameters::Parameters;

    /// Returns the first prime from about 10^(digits) times `start` on.
    fn prime(digits: u32, start: u64) -> Natural {
        let low = Natural::from(10u64).pow(digits - 3).mul_add_u64(start, 1);
        (0..)
            .map(|step| low.mul_add_u64(1, 2 * step))
            .find(Natural::is_prime)
            .unwrap_or_default()
    }

    /// Returns a product of two primes of like size.
    fn semiprime(digits: u32, seed: u64) -> Natural {
        let half = digits / 2;
        let low = prime(half, 350 + 17 * seed % 400);
        &low * &prime(digits - half + 1, 110 + 13 * seed % 100)
    }

    fn check(n: &Natural, control: &Control) {
        let divisor = find_divisor(n, control).unwrap().expect("a divisor");
        let quotient = n.exact_quotient(&divisor).expect("a divisor");
        assert!(!divisor.is_one() && !quotient.is_one(), "{n}");
    }

    #[test]
    fn products_of_two_primes() {
        for digits in [32, 36, 38, 39, 40, 41, 43, 45] {
            for seed in 0..3 {
                check(&semiprime(digits, seed), &Control::new());
            }
        }
    }

    /// The usual parameters have two large primes at sizes that take half a minute.
    #[test]
    fn two_large_primes() {
        for (digits, seed) in [(41, 1), (44, 2), (47, 0)] {
            let n = semiprime(digits, seed);
            let parameters = Parameters {
                two_large: 1.8,
                slack: 5.0,
                ..Parameters::of(n.bits())
            };
            let control = Control::new();
            let instance = Instance::with(&n, parameters, &control).unwrap();
            let collector = Collector {
                instance: &instance,
                control: &control,
                threads: 2,
            };
            let divisor = collector.find_divisor().unwrap().expect("a divisor");
            assert!(n.exact_quotient(&divisor).is_some(), "{n}");
        }
    }

    /// A deadline that passes at one of the questions after the sieve stops the computation there.
    #[test]
    fn the_steps_after_the_sieve_ask_the_control() {
        let n = semiprime(47, 1);
        let polls = Arc::new(AtomicUsize::new(0));
        let sieved = Arc::new(AtomicUsize::new(0));
        let stopped_at = |limit: usize| {
            polls.store(0, Ordering::Relaxed);
            let (asked, count, at_end) = (polls.clone(), polls.clone(), sieved.clone());
            let control = Control::new()
                .deadline(move || asked.fetch_add(1, Ordering::Relaxed) >= limit)
                .observer(move |_| at_end.store(count.load(Ordering::Relaxed), Ordering::Relaxed));
            find_divisor(&n, &control)
        };
        assert!(matches!(stopped_at(usize::MAX), Ok(Some(_))));
        let (all, sieved) = (
            polls.load(Ordering::Relaxed),
            sieved.load(Ordering::Relaxed),
        );
        // Cycles, matrix, elimination, two for each turn of block Lanczos, its vectors, the roots.
        assert!(all > sieved + 150, "{} questions", all - sieved);
        for limit in [sieved, sieved + 3, (sieved + all) / 2, all - 20, all - 1] {
            assert_eq!(
                stopped_at(limit),
                Err(StopReason::OutOfTime),
                "{limit} of {all}"
            );
            assert_eq!(
                polls.load(Ordering::Relaxed),
                limit + 1,
                "no question after the stop"
            );
        }
    }

    #[test]
    #[ignore = "a measurement: DIGITS=60 cargo test --release -p factorizar siqs_time -- --ignored --nocapture"]
    fn siqs_time() {
        let digits = std::env::var("DIGITS")
            .ok()
            .and_then(|text| text.parse().ok());
        for seed in 0..3 {
            let n = semiprime(digits.unwrap_or(50), seed);
            let start = Instant::now();
            check(&n, &Control::new());
            println!("{} digits {n}: {:?}", n.digits(), start.elapsed());
        }
    }
}
