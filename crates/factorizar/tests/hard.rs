//! Numbers that need elliptic curves or the quadratic sieve, and computations that are stopped.

mod random;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use factorizar::{
    CancelFlag, Certainty, Control, Progress, StopReason, factor, factor_batch, factor_with,
    is_prime,
};
use random::Splitmix;

impl Splitmix {
    fn below_bits(&mut self, bits: u32) -> u128 {
        let n = u128::from(self.next()) << 64 | u128::from(self.next());
        n >> (128 - bits)
    }

    fn prime_of_bits(&mut self, bits: u32) -> u128 {
        loop {
            let n = self.below_bits(bits) | 1 << (bits - 1) | 1;
            if is_prime(n) {
                return n;
            }
        }
    }
}

fn check_product(mut primes: Vec<u128>) {
    primes.sort_unstable();
    let n: u128 = primes.iter().product();
    assert_eq!(factor(n).as_slice(), primes, "{n}");
}

/// Checks the product and the primality of the factors of a number that is not made of known primes.
fn check_random(random: &mut Splitmix, bits: u32) {
    let n = random.below_bits(bits) | 1 << (bits - 1);
    let factors = factor(n);
    assert_eq!(factors.product(), n);
    assert!(factors.as_slice().is_sorted(), "{n}: {factors}");
    assert!(factors.iter().all(is_prime), "{n}: {factors}");
}

#[test]
fn two_primes_of_every_size() {
    let mut random = Splitmix(1);
    for bits in 20..=64 {
        for other in [bits, (bits + 3).min(64), (bits + 9).min(64)] {
            check_product(vec![
                random.prime_of_bits(bits),
                random.prime_of_bits(other),
            ]);
        }
    }
}

#[test]
fn three_and_four_primes_of_every_size() {
    let mut random = Splitmix(2);
    for bits in 13..=42 {
        check_product((0..3).map(|_| random.prime_of_bits(bits)).collect());
    }
    for bits in 13..=32 {
        check_product((0..4).map(|_| random.prime_of_bits(bits)).collect());
    }
}

#[test]
fn squares_and_cubes_with_another_prime() {
    let mut random = Splitmix(3);
    for bits in 20..=40 {
        let p = random.prime_of_bits(bits);
        check_product(vec![p, p, random.prime_of_bits(bits + 5)]);
        check_product(vec![p, p, random.prime_of_bits(13)]);
        if bits <= 30 {
            check_product(vec![p, p, p, random.prime_of_bits(bits)]);
        }
    }
}

#[test]
fn random_numbers_of_40_to_128_bits() {
    let mut random = Splitmix(4);
    for round in 0..2_000 {
        check_random(&mut random, 40 + round % 89);
    }
}

#[test]
#[ignore = "takes a quarter of an hour: cargo test --release million -- --ignored --nocapture"]
fn a_million_random_numbers_of_40_to_128_bits() {
    let mut random = Splitmix(5);
    for bits in 40..=128 {
        for _ in 0..1_000_000 / 89 + 1 {
            check_random(&mut random, bits);
        }
        eprintln!("{bits} bits done");
    }
}

#[test]
fn every_seed_gives_the_same_factors_and_the_same_seed_the_same_work() {
    let mut random = Splitmix(6);
    // Of a size that the quadratic sieve factors on every processor.
    let n = random.prime_of_bits(50) * random.prime_of_bits(52);
    let told = |seed: u64| {
        let count = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&count);
        let control = Control::new().seed(seed).observer(move |progress| {
            if matches!(progress, Progress::Relations { .. }) {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });
        let factors = factor_with(n, &control).unwrap();
        assert_eq!(factors, factor(n));
        count.load(Ordering::Relaxed)
    };
    assert!(told(1) > 0);
    for seed in [0, 1, 2, u64::MAX] {
        assert_eq!(told(seed), told(seed), "{seed}");
    }
}

#[test]
fn a_stop_in_the_midst_keeps_what_was_found() {
    let mut random = Splitmix(7);
    let hard = random.prime_of_bits(55) * random.prime_of_bits(56);
    for polls in [0, 1, 5, 20, 60] {
        let left = Arc::new(AtomicUsize::new(polls));
        let control = Control::new().deadline(move || {
            let counted =
                left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
            counted.is_err()
        });
        let unfinished = factor_with(12 * hard, &control).unwrap_err();
        assert_eq!(unfinished.reason(), StopReason::OutOfTime);
        assert_eq!(unfinished.factors().as_slice(), [2, 2, 3], "{polls} polls");
        assert_eq!(unfinished.cofactor(), hard);
    }
}

#[test]
fn a_stop_from_another_thread() {
    let mut random = Splitmix(8);
    let hard: Vec<u128> = (0..10_000)
        .map(|_| random.prime_of_bits(60) * random.prime_of_bits(60))
        .collect();
    let cancel = CancelFlag::new();
    let control = Control::new().cancel_flag(&cancel).threads(2);
    let started = Arc::new(std::sync::Barrier::new(2));
    let results = std::thread::scope(|scope| {
        let gate = Arc::clone(&started);
        scope.spawn(move || {
            gate.wait();
            cancel.cancel();
        });
        started.wait();
        factor_batch(&hard, &control)
    });
    let unfinished = results.iter().filter(|result| result.is_err()).count();
    assert!(unfinished > 0, "10000 numbers of 120 bits in no time");
    for (result, n) in results.iter().zip(&hard) {
        match result {
            Ok(factors) => assert_eq!(factors.product(), *n),
            Err(left) => assert_eq!(left.factors().product() * left.cofactor(), *n),
        }
    }
}

#[test]
fn which_primes_are_proven() {
    let proven = 3_317_044_064_679_887_385_961_813;
    let probable = (1 << 89) - 1;
    for (n, certainty) in [
        (0, Certainty::Proven),
        (360, Certainty::Proven),
        (proven, Certainty::Proven),
        (5 * proven, Certainty::Proven),
        (probable, Certainty::Probable),
        (6 * probable, Certainty::Probable),
    ] {
        assert_eq!(factor(n).certainty(), certainty, "{n}");
    }
}
