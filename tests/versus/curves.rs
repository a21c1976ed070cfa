//! Elliptic curves beside GMP-ECM: CPU time of one curve, and to a factor. `--help` says more.

mod figures;
mod random;

use std::error::Error;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::process::{Command, Stdio};

use factorizar::{Control, CurveRange, Natural, ecm_curves};
use figures::{cpu_micros, median};
use nix::sys::resource::UsageWho;
use random::splitmix;

const HELP: &str = "\
CPU time of the curves of `factorizar` beside GMP-ECM's, on numbers of 100 digits.

    curves [--rounds N] [--numbers N]

First one curve with B1 = 11,000, 50,000 and 250,000: the median of N interleaved rounds (5) of 16
curves of ours and 4 of GMP-ECM's, with its own B2 for both. Then the time to the factor of 25
digits of N numbers (12), by curves with B1 = 50,000 and the B2 of the crate's schedule, beside the
214 curves that GMP-ECM expects to need: apt-get install gmp-ecm.
";

/// B1, and the B2 that GMP-ECM 7.0.5 chooses for it.
const BOUNDS: [(u32, u64); 3] = [
    (11_000, 1_873_422),
    (50_000, 12_746_592),
    (250_000, 128_992_510),
];

/// GMP-ECM's expected number of curves for 25 digits with B1 = 50,000, from its README.
const EXPECTED_CURVES: f64 = 214.0;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let (mut rounds, mut count) = (5, 12);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || -> Outcome<usize> {
            let text = arguments.next().ok_or("a number is missing")?;
            Ok(text.parse()?)
        };
        match argument.as_str() {
            "--help" | "-h" => return Ok(io::stdout().write_all(HELP.as_bytes())?),
            "--rounds" => rounds = number()?.max(1),
            "--numbers" => count = number()?,
            _ => return Err(format!("{argument}: see --help").into()),
        }
    }
    let mut state = 20_050_901;
    let n = &prime(50, &mut state) * &prime(51, &mut state);
    let mut out = io::stdout().lock();
    let mut peers_curve = None;
    for (b1, b2) in BOUNDS {
        let (mut ours, mut peers) = (Vec::new(), Vec::new());
        for round in 0..rounds as u64 {
            ours.push(our_curves(&n, b1, b2, 10 + 16 * round, 16)? / 16.0);
            peers.push(gmp_ecm(&n, b1, 4)?);
        }
        let (ours, peers) = (median(ours), median(peers));
        if b1 == 50_000 {
            peers_curve = Some(peers);
        }
        writeln!(
            out,
            "one curve, B1 = {b1}: ours {ours:.1} ms, GMP-ECM {peers:.1} ms, ratio {:.2}",
            peers / ours
        )?;
    }
    let mut total = 0.0;
    for _ in 0..count {
        let n = &prime(25, &mut state) * &prime(76, &mut state);
        let start = cpu_micros(UsageWho::RUSAGE_SELF)?;
        let range = CurveRange::new(50_000, 10_000_000, 10, 4_000)?;
        ecm_curves(&n, range, &Control::new())?.ok_or("no factor of 25 digits")?;
        total += cpu_micros(UsageWho::RUSAGE_SELF)? - start;
    }
    if let (Some(curve), true) = (peers_curve, count > 0) {
        let (ours, peers) = (total / count as f64 / 1e6, curve * EXPECTED_CURVES / 1e3);
        writeln!(
            out,
            "25 digits of 100, mean of {count}: ours {ours:.1} s, GMP-ECM expects {peers:.1} s, \
             ratio {:.2}",
            peers / ours
        )?;
    }
    Ok(())
}

/// CPU time of curves that find nothing, with their tables, in milliseconds.
fn our_curves(n: &Natural, b1: u32, b2: u64, sigma: u64, count: u64) -> Outcome<f64> {
    let start = cpu_micros(UsageWho::RUSAGE_SELF)?;
    let found = ecm_curves(n, CurveRange::new(b1, b2, sigma, count)?, &Control::new())?;
    if found.is_some() {
        return Err("a factor of 50 digits, which no curve should find".into());
    }
    Ok((cpu_micros(UsageWho::RUSAGE_SELF)? - start) / 1e3)
}

/// CPU time of one of GMP-ECM's curves, in milliseconds, without the start of its process.
fn gmp_ecm(n: &Natural, b1: u32, count: u32) -> Outcome<f64> {
    let run = |count: u32| -> Outcome<f64> {
        let start = cpu_micros(UsageWho::RUSAGE_CHILDREN)?;
        let mut child = Command::new("ecm")
            .args([
                "-q",
                "-param",
                "0",
                "-c",
                &count.to_string(),
                &b1.to_string(),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| format!("ecm: {error}"))?;
        let mut input = String::new();
        writeln!(input, "{n}")?;
        let mut stdin = child.stdin.take().ok_or("ecm has no standard input")?;
        stdin.write_all(input.as_bytes())?;
        drop(stdin);
        child.wait()?;
        Ok((cpu_micros(UsageWho::RUSAGE_CHILDREN)? - start) / 1e3)
    };
    Ok((run(count + 1)? - run(1)?) / f64::from(count))
}

/// A prime of this many digits.
fn prime(digits: usize, state: &mut u64) -> Natural {
    loop {
        let limbs: Vec<u64> = (0..digits.div_ceil(19) + 1)
            .map(|_| splitmix(state))
            .collect();
        let power = Natural::from(10u64).pow(digits as u32 - 1);
        let n = Natural::from_limbs(&limbs).rem(&power).unwrap_or_default();
        let n = &n + &power;
        if n.is_prime() {
            return n;
        }
    }
}
