//! Numbers above 2^128, and computations on them that are stopped.

mod random;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use factorizar::{
    CancelFlag, Control, Error, Natural, NaturalFactors, Progress, StopReason, factor_natural,
    factor_natural_with,
};
use random::Splitmix;

fn product(primes: &[Natural]) -> Natural {
    primes
        .iter()
        .fold(Natural::from(1u64), |product, prime| &product * prime)
}

#[track_caller]
fn check(mut primes: Vec<Natural>) {
    primes.sort_unstable();
    let n = product(&primes);
    let factors = factor_natural(&n).expect("at most a thousand digits");
    assert_eq!(factors.as_slice(), primes, "{n}");
    assert_eq!(factors.product(), n);
}

#[test]
fn two_primes_of_130_to_150_bits() {
    let mut random = Splitmix(1);
    for bits in 130..=150 {
        check(vec![random.prime(bits / 2), random.prime(bits - bits / 2)]);
    }
}

#[test]
fn three_and_four_primes() {
    let mut random = Splitmix(2);
    for bits in [40, 44, 47] {
        check((0..3).map(|_| random.prime(bits)).collect());
        check((0..4).map(|_| random.prime(bits - 8)).collect());
    }
}

#[test]
fn powers_and_powers_with_other_primes() {
    let mut random = Splitmix(3);
    let (p, q) = (random.prime(70), random.prime(20));
    check(vec![p.clone(), p.clone()]);
    check(vec![p.clone(); 7]);
    check(vec![p.clone(), p.clone(), q.clone(), q]);
    check(vec![random.prime(45), random.prime(45), p.clone()]);
    // Squares and cubes of which the sieve or the curves find one prime.
    let square = random.prime(47);
    check(vec![square.clone(), square.clone(), random.prime(48)]);
    check(vec![square.clone(), square.clone(), square, p]);
    let far = random.prime(400);
    check(vec![far.clone(), far]);
    let two = Natural::from(2u64);
    check(vec![two.clone(); 3_000]);
    check([vec![two; 100], vec![random.prime(200)]].concat());
}

#[test]
fn tiny_factors_and_a_huge_prime() {
    let mut random = Splitmix(4);
    for bits in [129, 300, 1_000, 3_000] {
        let small = [2u64, 3, 3, 65_537, 1_000_003].map(Natural::from);
        check([small.to_vec(), vec![random.prime(bits)]].concat());
    }
}

#[test]
fn a_small_prime_beside_a_large_one() {
    let mut random = Splitmix(10);
    for (small, large) in [
        (20, 120),
        (30, 300),
        (36, 160),
        (40, 500),
        (44, 90),
        (50, 130),
    ] {
        check(vec![random.prime(small), random.prime(large)]);
    }
    // All of them at once.
    let sizes = [5, 9, 14, 21, 27, 33, 40, 250];
    check(sizes.iter().map(|&bits| random.prime(bits)).collect());
}

/// Arnault's strong pseudoprime to the eleven prime bases up to 31 (1995), p (2 p - 1).
#[test]
fn arnaults_pseudoprime() {
    let p: Natural = "24444516448431392447461".parse().unwrap();
    let q: Natural = "48889032896862784894921".parse().unwrap();
    let n = product(&[p.clone(), q.clone()]);
    assert_eq!(
        n.to_string(),
        "1195068768795265792518361315725116351898245581"
    );
    assert!(!n.is_prime());
    check(vec![p, q]);
}

/// Carmichael numbers (6 m + 1) (12 m + 1) (18 m + 1), by Chernick.
#[test]
fn carmichael_numbers() {
    let mut found = 0;
    for m in 1u64 << 43.. {
        let primes = [6, 12, 18].map(|factor| Natural::from(m).mul_add_u64(factor, 1));
        if primes.iter().all(Natural::is_prime) {
            assert!(!product(&primes).is_prime());
            check(primes.to_vec());
            found += 1;
            if found == 2 {
                return;
            }
        }
    }
}

#[test]
fn zero_one_and_numbers_of_two_words() {
    for n in [0u64, 1] {
        assert!(factor_natural(&n.into()).unwrap().is_empty());
    }
    for n in [2u128, 360, u128::MAX, u128::MAX - 158] {
        let expected = NaturalFactors::from(factorizar::factor(n));
        assert_eq!(factor_natural(&n.into()), Ok(expected));
    }
}

#[test]
fn more_than_a_thousand_digits_are_refused() {
    let n = Natural::from(10u64).pow(1_000);
    assert_eq!(factor_natural(&n), Err(Error::TooLong { digits: 1_001 }));
}

fn told(n: &Natural, control: Control) -> (NaturalFactors, Vec<Progress>) {
    let steps = Arc::new(std::sync::Mutex::new(Vec::new()));
    let told = Arc::clone(&steps);
    let control = control.observer(move |progress| told.lock().expect("no panic").push(progress));
    let factors = factor_natural_with(n, &control).expect("nothing stops it");
    let steps = steps.lock().expect("no panic").clone();
    (factors, steps)
}

/// Compares the relations that are added, their order, and when they suffice.
#[test]
fn any_number_of_threads_takes_the_same_steps() {
    let mut random = Splitmix(5);
    let n = product(&[random.prime(70), random.prime(71)]);
    let alone = told(&n, Control::new());
    let sieved = |step: &&Progress| matches!(step, Progress::Sieve { .. });
    assert!(alone.1.iter().filter(sieved).count() > 10, "{alone:?}");
    for threads in 2..=8 {
        assert_eq!(
            told(&n, Control::new().threads(threads)),
            alone,
            "{threads}"
        );
    }
}

#[test]
fn a_deadline_at_any_moment_keeps_what_was_found() {
    let mut random = Splitmix(6);
    let hard = [random.prime(70), random.prime(72)];
    let n = product(&[&hard[..], &[Natural::from(10_007u64)]].concat());
    for threads in [1, 3] {
        for polls in [0, 1, 2, 5, 100, 400] {
            let left = AtomicUsize::new(polls);
            let control = Control::new().threads(threads).deadline(move || {
                left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
                    .is_err()
            });
            match factor_natural_with(&n, &control) {
                Err(Error::Stopped(left)) => {
                    assert_eq!(left.reason(), StopReason::OutOfTime);
                    assert_eq!(left.factors().to_string(), "10007");
                    assert_eq!(left.cofactors(), [product(&hard)]);
                }
                other => panic!("{polls} polls: {other:?}"),
            }
        }
    }
}

/// Stops a factorization after so many questions to its control, by the deadline or the flag.
/// Returns whether it was stopped.
fn stopped_after(n: &Natural, polls: usize, reason: StopReason) -> bool {
    let asked = AtomicUsize::new(0);
    let flag = CancelFlag::new();
    let raised = flag.clone();
    let control = Control::new().cancel_flag(&flag).deadline(move || {
        let passed = asked.fetch_add(1, Ordering::Relaxed) >= polls;
        if passed && reason == StopReason::Cancelled {
            // The next question is answered by the flag.
            raised.cancel();
        }
        passed && reason == StopReason::OutOfTime
    });
    match factor_natural_with(n, &control) {
        Ok(factors) => {
            assert_eq!(factors.product(), *n);
            false
        }
        Err(Error::Stopped(left)) => {
            assert_eq!(left.reason(), reason, "{polls} polls");
            assert!(!left.cofactors().is_empty(), "{polls} polls");
            let found = left.factors().product();
            assert_eq!(&product(left.cofactors()) * &found, *n, "{polls} polls");
            assert!(left.factors().iter().all(Natural::is_prime));
            true
        }
        Err(other) => panic!("{other:?}"),
    }
}

/// The numbers pass through small primes, curves, the sieve and its linear algebra, powers, and
/// numbers of two words.
#[test]
fn a_stop_at_any_stage_keeps_the_product() {
    let mut random = Splitmix(11);
    let hard = [random.prime(64), random.prime(66)];
    let (p, q) = (random.prime(50), random.prime(52));
    let numbers = [
        product(&[&hard[..], &[Natural::from(10_007u64)]].concat()),
        product(&[p.clone(), p, q.clone(), q]),
        product(&[random.prime(40), random.prime(50), random.prime(300)]),
    ];
    for n in numbers {
        for reason in [StopReason::OutOfTime, StopReason::Cancelled] {
            let mut polls = 0;
            while stopped_after(&n, polls, reason) {
                polls += 1 + polls / 4;
            }
            assert!(polls > 20, "{n} takes {polls} questions");
        }
    }
}

/// The test of a prime of 1,000 digits takes a tenth of a second.
#[test]
fn the_test_of_a_large_prime_can_be_stopped() {
    let power = Natural::from(2u64).pow(2_203);
    let n = power.checked_sub(&1u64.into()).unwrap();
    let mut polls = 0;
    while stopped_after(&n, polls, StopReason::OutOfTime) {
        polls += 1;
    }
    assert!(polls > 2 * 2_203 / 150, "{polls} questions");
}

/// Compares the time that each estimate leaves with the time that was left, in units of work: one
/// step of the progress is one leading coefficient.
#[test]
fn the_time_left_is_estimated_from_the_first_quarter_on() {
    let mut random = Splitmix(12);
    for bits in [70, 75, 80] {
        let n = product(&[random.prime(bits), random.prime(bits)]);
        let (_, steps) = told(&n, Control::new());
        let done: Vec<f64> = steps
            .iter()
            .filter_map(|step| match step {
                Progress::Sieve { permille, .. } => Some(f64::from(*permille) / 1_000.0),
                _ => None,
            })
            .collect();
        assert!(done.len() >= 20, "{} units", done.len());
        assert!(done.is_sorted(), "{done:?}");
        for (index, part) in done.iter().enumerate().skip(done.len() / 4) {
            let passed = index as f64 + 1.0;
            let left = done.len() as f64 - passed;
            let estimate = passed * (1.0 - part) / part;
            let near = estimate <= 1.5 * left && left <= 1.5 * estimate;
            // The last unit is never used to its end.
            assert!(
                near || (estimate - left).abs() <= 1.0,
                "{estimate:.1} units left at {passed} of {} ({bits} bits): {done:?}",
                done.len()
            );
        }
    }
}

#[test]
fn a_number_beyond_the_sieve_is_cancelled() {
    let mut random = Splitmix(7);
    let hard = product(&[random.prime(800), random.prime(900)]);
    let flag = CancelFlag::new();
    let started = Arc::new(std::sync::Barrier::new(2));
    let (raised, gate) = (flag.clone(), Arc::clone(&started));
    let canceller = std::thread::spawn(move || {
        gate.wait();
        raised.cancel();
    });
    let control = Control::new().cancel_flag(&flag);
    started.wait();
    match factor_natural_with(&hard, &control) {
        Err(Error::Stopped(left)) => assert_eq!(left.reason(), StopReason::Cancelled),
        other => panic!("{other:?}"),
    }
    canceller.join().unwrap();
}
