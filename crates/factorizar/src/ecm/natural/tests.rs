//! Tests of the curves of a number of any size.

use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A prime of 41 digits, whose curves are not smooth for any bound of these tests.
fn large_prime() -> Natural {
    Natural::from(10u64).pow(40).mul_add_u64(1, 121)
}

fn tables(b1: u32, b2: u64) -> Tables {
    Tables::new(b1, b2, &Control::new()).unwrap()
}

/// The curves that find a prime: the order of their point, by PARI/GP, has primes up to B1 as
/// often as the first stage has them, and one more prime up to B2 at most.
const FINDERS: [(u128, u32, u64, &[u64]); 6] = [
    (1_000_012_361, 100, 1_000, &[37, 42, 45, 53]),
    (1_000_012_361, 100, 0, &[53]),
    (
        31_415_926_535_933,
        2_000,
        100_000,
        &[17, 19, 30, 31, 40, 62, 68],
    ),
    (31_415_926_535_933, 300, 1_000_000, &[31, 68, 78]),
    (271_828_182_845_904_533, 11_000, 2_000_000, &[50, 78]),
    (
        142_857_142_857_142_857_179,
        50_000,
        5_000_000,
        &[34, 40, 49, 90],
    ),
];

#[test]
fn curves_find_a_prime_as_their_orders_say() {
    for (p, b1, b2, finders) in FINDERS {
        let p = Natural::from(p);
        let n = &p * &large_prime();
        let tables = tables(b1, b2);
        let next = |from: u64, end: u64| {
            let found = find(&n, &tables, from, end - from, &Control::new()).unwrap();
            found.map(|found| {
                assert_eq!(found.divisor, p);
                found.sigma
            })
        };
        if b1 <= 2_000 {
            let mut found = Vec::new();
            while let Some(sigma) = next(found.last().map_or(6, |last| last + 1), 100) {
                found.push(sigma);
            }
            assert_eq!(found, finders, "{p} with {b1} and {b2}");
        } else {
            // With the curve before, which finds nothing.
            for &sigma in finders {
                assert_eq!(next(sigma - 1, sigma + 1), Some(sigma), "{p}");
            }
        }
    }
}

#[test]
fn primes_that_a_curve_finds_at_once_are_separated() {
    let primes = [3u64, 5, 7, 11, 1_009, 1_013, 10_007, 10_009, 100_003];
    let tables = tables(1_000, 50_000);
    for power in [1, 2, 9] {
        let n = primes.iter().fold(Natural::from(1u64), |n, &p| {
            &n * &Natural::from(p).pow(power)
        });
        for sigma in [6, 7, 8, 11, 100, 1 << 60] {
            let found = find(&n, &tables, sigma, 10, &Control::new()).unwrap();
            let divisor = found.expect("a divisor").divisor;
            assert!(!divisor.is_one() && divisor != n && n.exact_quotient(&divisor).is_some());
        }
    }
    for n in [3u64, 5, 7, 9, 15, 21, 25, 1_009, 2_047] {
        if let Some(found) = find(&n.into(), &tables, 6, 20, &Control::new()).unwrap() {
            assert!(
                found
                    .divisor
                    .to_u64()
                    .is_some_and(|d| d > 1 && d < n && n % d == 0)
            );
        }
    }
}

#[test]
fn numbers_of_every_length() {
    let tables = tables(300, 1_000_000);
    let p = Natural::from(31_415_926_535_933u128);
    // 2^3217 - 1 is prime.
    for bits in (60..700).step_by(39).chain([3_217]) {
        let power = &Natural::from(1u64) << bits;
        let mut other = power.checked_sub(&1u64.into()).unwrap();
        while bits < 700 && !other.is_prime() {
            other = other.mul_add_u64(1, 2);
        }
        let n = &p * &other;
        let found = find(&n, &tables, 31, 1, &Control::new()).unwrap();
        let divisor = found.expect("a divisor").divisor;
        assert_eq!(divisor, p, "{bits} bits");
    }
}

#[test]
fn eight_lanes_find_what_one_finds() {
    let primes = [
        Natural::from(1_000_012_361u64),
        Natural::from(31_415_926_535_933u128),
        Natural::from(10_007u64 * 10_009 * 1_000_003),
    ];
    let tables = tables(100, 1_000);
    let control = Control::new();
    for bits in [40, 90, 130, 200, 250, 300, 350, 410, 500, 600] {
        let other = (&Natural::from(1u64) << bits).mul_add_u64(1, 1);
        for p in &primes {
            let n = &(p * &other);
            for sigma in [6, 37, 1_000, (1 << 62) - 8] {
                let run = |sigma| CurveRun {
                    tables: &tables,
                    sigma,
                    control: &control,
                };
                let Ok(eight) = ifma::run_ring(n, run(sigma)) else {
                    eprintln!("not compared: this processor has no AVX-512 IFMA");
                    return;
                };
                let each = (sigma..sigma + 8)
                    .flat_map(|sigma| dispatch::run(n, OnRing(run(sigma))).unwrap());
                assert_eq!(eight, Ok(each.collect()), "{n} from {sigma} on");
            }
        }
    }
}

#[test]
fn threads_change_no_result() {
    let p = Natural::from(31_415_926_535_933u128);
    let n = &p * &large_prime();
    let tables = tables(5_000, 20_000);
    for (from, count) in [(6, 0), (6, 3), (6, 30), (6, 31), (20, 50), (63, 5)] {
        let find = |threads| {
            let control = Control::new().threads(threads);
            find(&n, &tables, from, count, &control)
        };
        let one = find(1);
        for threads in [2, 3, 8] {
            assert_eq!(find(threads), one, "{threads} threads from {from} on");
        }
    }
}

#[test]
fn the_observer_sees_all_curves() {
    let n = &large_prime() * &large_prime();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let observed = Arc::clone(&seen);
    let control = Control::new().observer(move |step| {
        if let Progress::LargeCurves {
            b1, tried, count, ..
        } = step
        {
            observed.lock().unwrap().push((b1, tried, count));
        }
    });
    assert_eq!(find(&n, &tables(50, 0), 6, 21, &control), Ok(None));
    let seen = seen.lock().unwrap();
    assert!(
        seen.is_sorted() && seen.last() == Some(&(50, 21, 21)),
        "{seen:?}"
    );
}

#[test]
fn stops_at_every_moment() {
    let n = &large_prime() * &large_prime();
    let tables = tables(100, 20_000);
    let mut polls = 0;
    loop {
        let left = AtomicUsize::new(polls);
        let control = Control::new().deadline(move || {
            let less = |left: usize| left.checked_sub(1);
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
                .is_err()
        });
        match find(&n, &tables, 6, 9, &control) {
            Err(reason) => assert_eq!(reason, StopReason::OutOfTime),
            Ok(found) => {
                assert!(found.is_none() && polls > 100, "{polls} polls: {found:?}");
                return;
            }
        }
        polls += 1 + polls / 8;
    }
}

/// A curve that looks for a factor after each step computes a gcd for each point and each pair,
/// which takes up to a millisecond.
#[test]
fn a_curve_in_steps_asks_before_each_look_for_a_factor() {
    let n = &large_prime() * &large_prime();
    let tables = tables(100, 20_000);
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let control = Control::new().deadline(move || {
        count.fetch_add(1, Ordering::Relaxed);
        false
    });
    let run = CurveRun {
        tables: &tables,
        sigma: 6,
        control: &control,
    };
    assert!(dispatch::run(&n, Stepwise(run)).is_ok());
    let blocks = tables.pairs.blocks();
    let looks: usize = blocks
        .map(|block| (block.giants.end - block.giants.start) as usize + block.pairs.len())
        .sum();
    let looks = looks + tables.pairs.babies().len();
    let asked = asked.load(Ordering::Relaxed);
    assert!(asked >= looks, "{asked} questions for {looks} looks");
}

#[test]
#[ignore = "a measurement: cargo test --release -p factorizar lanes_beside -- --ignored --nocapture"]
fn lanes_beside_one() {
    let tables = tables(2_000, 150_000);
    let control = Control::new();
    println!("digits   one lane   eight lanes, each   (milliseconds a curve)");
    for digits in (40..=180).step_by(20) {
        let n = &Natural::from(10u64).pow(digits).mul_add_u64(1, 7);
        let run = CurveRun {
            tables: &tables,
            sigma: 1_000,
            control: &control,
        };
        let least = |work: &dyn Fn()| {
            let rounds = (0..5).map(|_| {
                let start = std::time::Instant::now();
                work();
                start.elapsed().as_secs_f64() * 1e3
            });
            rounds.fold(f64::MAX, f64::min)
        };
        let one = least(&|| drop(dispatch::run(n, OnRing(run))));
        let eight = least(&|| drop(ifma::run_ring(n, run)));
        println!("{digits:6}{one:11.3}{:14.3}", eight / 8.0);
    }
}

/// Tables that take minutes end at the first question.
#[test]
fn tables_can_be_stopped() {
    let stopped = Control::new().deadline(|| true);
    let first = Tables::new((1 << 28) - 1, 0, &stopped);
    assert_eq!(first.err(), Some(StopReason::OutOfTime));
    let second = Tables::new(16, 1 << 40, &stopped);
    assert_eq!(second.err(), Some(StopReason::OutOfTime));
}

#[test]
#[ignore = "a measurement: cargo test --release -p factorizar between_questions -- --ignored --nocapture"]
fn longest_time_between_questions() {
    for (digits, b1, b2) in [
        (40, 50_000, 5_000_000),
        (100, 1_000_000, 250_000_000),
        (180, 11_000, 1_500_000),
        (1_000, 300, 20_000),
    ] {
        let n = &Natural::from(10u64).pow(digits - 1).mul_add_u64(1, 9);
        let longest = Arc::new(Mutex::new((std::time::Instant::now(), 0.0)));
        let seen = Arc::clone(&longest);
        let control = Control::new().deadline(move || {
            let (last, longest) = &mut *seen.lock().unwrap();
            *longest = last.elapsed().as_secs_f64().max(*longest);
            *last = std::time::Instant::now();
            false
        });
        let tables = Tables::new(b1, b2, &control).unwrap();
        let found = find(n, &tables, 6, 1, &control).unwrap();
        let milliseconds = longest.lock().unwrap().1 * 1e3;
        println!("{digits} digits: {milliseconds:.1} ms, {}", found.is_some());
    }
}
