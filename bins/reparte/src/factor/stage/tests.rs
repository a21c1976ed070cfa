//! Tests of the time that is left, over the progress of sieves in units of work.

use factorizar::{Control, Natural, QuadraticSieve};

use super::*;

/// The progress of a sieve: leading coefficients that are sieved, and thousandths.
type Progress = Vec<(u64, u16)>;

/// A product of two primes of 28 and 29 digits.
const SMALL: &str = "210000000000000000000000000577000000000000000000000000019";

/// The progress of a product of two primes of 35 digits, as the test below prints it:
/// 2561920266802070119639065260863978041117518733180267411937560202415423, at each ten.
const RECORDED: [u16; 22] = [
    45, 95, 141, 185, 237, 286, 331, 376, 424, 473, 518, 565, 609, 656, 703, 748, 790, 835, 877,
    923, 970, 1000,
];

/// The progress of a product of two primes of 40 digits, which has 79 and is sieved with two large
/// primes: 8539734222673567065463550869546574496278086185495919612915056738168718046411221, at each
/// ten.
const RECORDED_79: [u16; 38] = [
    45, 75, 101, 131, 158, 181, 204, 233, 259, 286, 311, 335, 359, 384, 408, 435, 460, 486, 511,
    537, 563, 588, 614, 641, 666, 691, 717, 742, 769, 794, 820, 844, 871, 898, 924, 949, 975, 1000,
];

/// Sieves in order until the relations suffice, and notes the progress at every `step`
/// coefficients. The last one has all that were needed.
fn progress(n: &str, step: u64) -> Progress {
    let n: Natural = n.parse().unwrap();
    let sieve = QuadraticSieve::new(&n, QuadraticSieve::VERSION).unwrap();
    let mut relations = sieve.relations();
    let needed = relations.needed();
    let mut progress = Vec::new();
    let mut sieved = 0;
    while relations.found() < needed {
        let packed = sieve.sieve(sieved, step, &Control::new()).unwrap();
        relations.add(sieved, step, &packed).unwrap();
        sieved += step;
        progress.push((sieved, relations.permille(needed)));
    }
    progress
}

/// Checks the estimates of a run that has sieved at a constant speed, from `began` on, a
/// coefficient a second: from a quarter of its own time on they are right within a factor of
/// 1.5, or within a hundredth of the whole time.
#[track_caller]
fn check_estimates(progress: &Progress, began: (u64, u16)) {
    let &(end, _) = progress.last().unwrap();
    // The relations sufficed somewhere within the last step.
    let (step, _) = progress[0];
    let quarter = began.0 + (end - began.0) / 4;
    let mut checked = 0;
    for &(sieved, permille) in progress.iter().filter(|&&(sieved, _)| sieved >= quarter) {
        let elapsed = Duration::from_secs(sieved - began.0);
        let estimate = time_left(elapsed, permille, began.1).unwrap().as_secs_f64();
        let left = (end - sieved) as f64;
        let least = left - step as f64;
        let spare = (end - began.0) as f64 / 100.0;
        assert!(
            (least / 1.5 - spare..=left * 1.5 + spare).contains(&estimate),
            "after {sieved} of {end}, {permille} thousandths: {estimate:.1} and not {left}"
        );
        checked += 1;
    }
    assert!(checked >= 10, "{checked} estimates");
}

#[test]
fn what_is_left_goes_by_the_part_that_this_run_has_done() {
    let second = Duration::from_secs(1);
    for (elapsed, permille, began_at, left) in [
        (10, 250, 0, Some(30)),
        (10, 750, 500, Some(10)),
        (10, 1_000, 0, Some(0)),
        (10, 0, 0, None),
        (10, 400, 500, None),
    ] {
        let expected = left.map(|left| second * left);
        assert_eq!(time_left(second * elapsed, permille, began_at), expected);
    }
}

#[test]
fn from_the_first_quarter_on_the_time_left_is_right_within_a_half() {
    let sieved = progress(SMALL, 2);
    check_estimates(&sieved, (0, 0));
    // As after a resume.
    check_estimates(&sieved, sieved[sieved.len() / 3]);
}

#[test]
fn of_recorded_sieves_too() {
    for recorded in [&RECORDED[..], &RECORDED_79] {
        let sieved = recorded.iter().zip(1..);
        let sieved = sieved
            .map(|(&permille, tens)| (10 * tens, permille))
            .collect();
        check_estimates(&sieved, (0, 0));
        check_estimates(&sieved, sieved[recorded.len() / 3]);
    }
}

/// Prints the progress of a sieve: the number and the step come from the environment.
#[test]
#[ignore = "prints what a test has recorded, in some minutes"]
fn print_progress() {
    let n = std::env::var("NUMBER").unwrap();
    let step = std::env::var("STEP").unwrap().parse().unwrap();
    panic!("{:?}", progress(&n, step));
}
