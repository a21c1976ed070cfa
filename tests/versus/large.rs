//! Numbers of 40 to 80 digits: CPU time beside PARI/GP, and one thread beside several. `--help` says
//! more.

mod figures;
mod random;

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::process::Command;
use std::time::Instant;

use factorizar::{Control, Natural, factor_natural, factor_natural_with};
use figures::{cpu_micros, median};
use nix::sys::resource::UsageWho;
use random::splitmix;

const HELP: &str = "\
CPU time of a product of two primes of like size, beside PARI/GP, one thread each.

    large [DIGITS]...
    large --threads N [--rounds N] [DIGITS]...

DIGITS is from 40 on; without any: 40 50 60 70. Each size has three numbers from a fixed seed, which
both factor by turns; each figure is the median of the three. gp measures its own CPU time, and may
take 2 GB of memory: apt-get install pari-gp.

With --threads, the first number of each size (70) is factored on one thread and on N by turns, in 5
rounds unless told. The figures are the medians of each, and of the rounds' ratios. That needs N idle
cores.
";

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let (mut threads, mut rounds, mut sizes) = (None, 5, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || -> Outcome<usize> {
            let text = arguments.next().ok_or("a number is missing")?;
            Ok(text.parse()?)
        };
        match argument.as_str() {
            "--help" | "-h" => return Ok(io::stdout().write_all(HELP.as_bytes())?),
            "--threads" => threads = Some(number()?),
            "--rounds" => rounds = number()?.max(1),
            digits => sizes.push(
                digits
                    .parse()
                    .map_err(|_| format!("{digits}: see --help"))?,
            ),
        }
    }
    if let Some(digits) = sizes.iter().find(|&&digits| digits < 40) {
        return Err(format!("{digits} digits: give 40 or more").into());
    }
    match (threads, sizes.is_empty()) {
        (None, true) => beside_pari(&[40, 50, 60, 70]),
        (None, false) => beside_pari(&sizes),
        (Some(threads), true) => on_threads(threads, rounds, &[70]),
        (Some(threads), false) => on_threads(threads, rounds, &sizes),
    }
}

fn beside_pari(sizes: &[u32]) -> Outcome<()> {
    writeln!(
        io::stdout(),
        "digits      ours   PARI/GP     ratio    (seconds, medians of three)"
    )?;
    for &digits in sizes {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for n in semiprimes(digits) {
            ours.push(ours_on(&n, 1)?.cpu);
            theirs.push(pari(&n)?);
        }
        let (ours, theirs) = (median(ours), median(theirs));
        let ratio = theirs / ours;
        writeln!(
            io::stdout(),
            "{digits:6}{ours:10.3}{theirs:10.3}{ratio:10.2}"
        )?;
    }
    Ok(())
}

/// One thread beside several, by turns.
fn on_threads(threads: usize, rounds: usize, sizes: &[u32]) -> Outcome<()> {
    let mut out = io::stdout();
    for &digits in sizes {
        let n = semiprimes(digits).swap_remove(0);
        writeln!(out, "{digits} digits, {rounds} rounds: {n}")?;
        let (mut alone, mut shared) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            alone.push(ours_on(&n, 1)?);
            shared.push(ours_on(&n, threads)?);
        }
        for (name, of) in [
            ("wall", (|times| times.wall) as fn(&Times) -> f64),
            ("CPU", |times| times.cpu),
        ] {
            let ratios = alone
                .iter()
                .zip(&shared)
                .map(|(one, many)| of(many) / of(one));
            writeln!(
                out,
                "    {name:<5} 1 thread {:8.3} s, {threads} threads {:8.3} s, ratio {:.3}",
                median(alone.iter().map(of).collect()),
                median(shared.iter().map(of).collect()),
                median(ratios.collect()),
            )?;
        }
    }
    Ok(())
}

/// Seconds that a number has taken.
struct Times {
    wall: f64,
    cpu: f64,
}

/// Factors a product of two primes.
fn ours_on(n: &Natural, threads: usize) -> Outcome<Times> {
    let (start, before) = (Instant::now(), cpu_micros(UsageWho::RUSAGE_SELF)?);
    let factors = match threads {
        1 => factor_natural(n)?,
        _ => factor_natural_with(n, &Control::new().threads(threads))?,
    };
    let wall = start.elapsed().as_secs_f64();
    let cpu = (cpu_micros(UsageWho::RUSAGE_SELF)? - before) / 1e6;
    if factors.len() != 2 || factors.product() != *n {
        return Err(format!("{n}: {factors}").into());
    }
    Ok(Times { wall, cpu })
}

/// CPU time of gp for a number, in seconds, as gp measures it.
///
/// With its usual stack of 8 MB gp gives up on 70 digits, and ends with success nevertheless. So the
/// number of factors is asked for too.
fn pari(n: &Natural) -> Outcome<f64> {
    // gp counts milliseconds.
    let repeats = if n.digits() < 50 { 20 } else { 1 };
    let path = std::env::temp_dir().join(format!("versus-large-{}", std::process::id()));
    let script = format!(
        "default(nbthreads,1);t=getabstime();for(i=1,{repeats},f=factor({n}));\
         print(getabstime()-t,\" \",matsize(f)[1]);"
    );
    fs::write(&path, script)?;
    let output = Command::new("gp")
        .args(["-q", "-f", "-D", "parisizemax=2000000000"])
        .stdin(fs::File::open(&path)?)
        .output()
        .map_err(|error| format!("gp: {error}"))?;
    fs::remove_file(&path)?;
    let printed = String::from_utf8_lossy(&output.stdout);
    match printed.split_whitespace().collect::<Vec<_>>()[..] {
        [time, "2"] => Ok(time.parse::<f64>()? / 1e3 / f64::from(repeats)),
        _ => Err(format!("gp did not factor {n}: {printed}").into()),
    }
}

/// Three products of two primes of like size, of exactly `digits` digits.
fn semiprimes(digits: u32) -> Vec<Natural> {
    let mut state = 20_050_901 + u64::from(digits);
    let mut numbers = Vec::new();
    while numbers.len() < 3 {
        let mut prime = |digits: u32| loop {
            let limbs: [u64; 4] = std::array::from_fn(|_| splitmix(&mut state));
            let power = Natural::from(10u64).pow(digits);
            let n = Natural::from_limbs(&limbs).rem(&power).unwrap_or_default();
            if n.digits() == digits as usize && n.is_prime() {
                return n;
            }
        };
        let n = &prime(digits / 2) * &prime(digits - digits / 2);
        if n.digits() == digits as usize {
            numbers.push(n);
        }
    }
    numbers
}
