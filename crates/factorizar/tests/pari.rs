//! Numbers compared with PARI/GP, on request: apt-get install pari-gp.
//!
//! ```text
//! cargo test --release -p factorizar --test pari -- --ignored --test-threads 1
//! ```

mod random;

use std::io::Write;
use std::process::{Command, Stdio};

use factorizar::{Natural, factor, factor_natural};
use random::Splitmix;

/// Returns the primes of each number as PARI/GP finds them, with a space after each.
///
/// # Panics
///
/// If gp cannot be started: a comparison that was asked for is not left out.
fn pari(numbers: impl Iterator<Item = String>) -> Vec<String> {
    // With its usual stack gp gives up on large numbers, and ends with success nevertheless.
    let mut gp = Command::new("gp")
        .args(["-q", "-f", "-D", "parisizemax=2000000000"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("gp, from the package pari-gp");
    // One line a number: its primes, each as often as it divides.
    let mut script = "show(n) = { my(f = factor(n)); for(i = 1, #f~, for(j = 1, f[i,2], \
                      print1(f[i,1], \" \"))); print() };\n"
        .to_owned();
    let mut count = 0;
    for n in numbers {
        script.push_str(&format!("show({n})\n"));
        count += 1;
    }
    script.push_str("quit\n");
    let mut input = gp.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || input.write_all(script.as_bytes()));
    let output = gp.wait_with_output().expect("gp ends");
    writer
        .join()
        .expect("the writer does not panic")
        .expect("gp reads its script");
    let text = String::from_utf8(output.stdout).expect("digits");
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), count, "{text}");
    lines
}

fn compare(numbers: &[Natural]) {
    let lines = pari(numbers.iter().map(Natural::to_string));
    for (n, line) in numbers.iter().zip(lines) {
        let factors = factor_natural(n).expect("at most a thousand digits");
        assert_eq!(factors.to_string(), line.trim_end(), "{n}");
    }
}

#[test]
#[ignore = "needs gp, and half a minute: cargo test --release -- --ignored"]
fn ten_thousand_random_numbers_as_pari() {
    let mut random = Splitmix(9);
    let numbers: Vec<u128> = (0..10_000)
        .map(|round| {
            let n = u128::from(random.next()) << 64 | u128::from(random.next());
            n >> (round % 89)
        })
        .collect();
    let lines = pari(numbers.iter().map(u128::to_string));
    for (n, line) in numbers.iter().zip(lines) {
        assert_eq!(factor(*n).to_string(), line.trim_end(), "{n}");
    }
}

/// Compares 500 composites of these sizes: random ones, and products of two or three primes of like
/// size or of an eighth and seven eighths of the bits.
fn compare_composites(bits: std::ops::RangeInclusive<u32>) {
    let mut random = Splitmix((*bits.start()).into());
    let sizes: Vec<u32> = bits.collect();
    let numbers: Vec<Natural> = (0..500)
        .map(|round| (round, sizes[round % sizes.len()]))
        .map(|(round, bits)| match round % 8 {
            5 => &random.prime(bits / 2) * &random.prime(bits - bits / 2),
            6 => &(&random.prime(bits / 3) * &random.prime(bits / 3)) * &random.prime(bits / 3),
            7 => &random.prime(bits / 8) * &random.prime(bits - bits / 8),
            _ => random.composite(bits),
        })
        .collect();
    compare(&numbers);
}

#[test]
#[ignore = "needs gp, and some minutes: cargo test --release -- --ignored"]
fn composites_of_130_to_149_bits_as_pari() {
    compare_composites(130..=149);
}

#[test]
#[ignore = "needs gp, and some minutes: cargo test --release -- --ignored"]
fn composites_of_150_to_169_bits_as_pari() {
    compare_composites(150..=169);
}

#[test]
#[ignore = "needs gp, and some minutes: cargo test --release -- --ignored"]
fn composites_of_170_to_185_bits_as_pari() {
    compare_composites(170..=185);
}

#[test]
#[ignore = "needs gp, and some minutes: cargo test --release -- --ignored"]
fn composites_of_186_to_200_bits_as_pari() {
    compare_composites(186..=200);
}

/// Compares 25 products of two primes of 30 digits.
fn compare_sixty_digits(seed: u64) {
    let mut random = Splitmix(seed);
    let mut numbers = Vec::new();
    while numbers.len() < 25 {
        let n = &random.prime(99) * &random.prime(100);
        if n.digits() == 60 {
            numbers.push(n);
        }
    }
    compare(&numbers);
}

#[test]
#[ignore = "needs gp, and two minutes: cargo test --release -- --ignored"]
fn sixty_digits_as_pari_1() {
    compare_sixty_digits(61);
}

#[test]
#[ignore = "needs gp, and two minutes: cargo test --release -- --ignored"]
fn sixty_digits_as_pari_2() {
    compare_sixty_digits(62);
}

#[test]
#[ignore = "needs gp, and two minutes: cargo test --release -- --ignored"]
fn sixty_digits_as_pari_3() {
    compare_sixty_digits(63);
}

#[test]
#[ignore = "needs gp, and two minutes: cargo test --release -- --ignored"]
fn sixty_digits_as_pari_4() {
    compare_sixty_digits(64);
}
