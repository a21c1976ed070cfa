//! Factors the article's ten numbers in process, and prints the number, the prime factors and the
//! sum of each, then the median time of all ten together.
//!
//!     cargo run --release -p factorizar --example ten

use std::hint::black_box;
use std::io::{self, Write};
use std::time::Instant;

use factorizar::factor;

const ROUNDS: usize = 1001;

fn main() -> io::Result<()> {
    let numbers = 23_434_252_232_434..=23_434_252_232_443u128;
    let mut out = io::stdout().lock();
    for n in numbers.clone() {
        let factors = factor(n);
        writeln!(out, "{n}: {factors}: {}", factors.sum())?;
    }
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            for n in numbers.clone() {
                black_box(factor(black_box(n)).sum());
            }
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    let first = times[0];
    times.sort_unstable_by(f64::total_cmp);
    writeln!(
        out,
        "{first:.1} µs the first time, {:.1} µs the median of {ROUNDS}",
        times[ROUNDS / 2]
    )
}
