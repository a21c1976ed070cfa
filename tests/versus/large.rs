//! Numbers of 40 to 80 digits beside PARI/GP: CPU time per number, in one run.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::process::Command;

use factorizar::{Natural, factor_natural};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

const HELP: &str = "\
CPU time of a product of two primes of like size, beside PARI/GP, one thread each.

    large [DIGITS]...

DIGITS is from 40 on; without any: 40 50 60 70. Each size has three numbers from a fixed seed, which
both factor by turns; each figure is the median of the three. gp measures its own CPU time, and may
take 2 GB of memory: apt-get install pari-gp.
";

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help") {
        return Ok(io::stdout().write_all(HELP.as_bytes())?);
    }
    let mut sizes = Vec::new();
    for argument in &arguments {
        sizes.push(argument.parse().map_err(|_| format!("{argument}: see --help"))?);
    }
    if sizes.is_empty() {
        sizes = vec![40, 50, 60, 70];
    }
    writeln!(io::stdout(), "digits      ours   PARI/GP     ratio    (seconds, medians of three)")?;
    for digits in sizes {
        if digits < 40 {
            return Err(format!("{digits} digits: give 40 or more").into());
        }
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for n in semiprimes(digits) {
            let start = cpu_time(UsageWho::RUSAGE_SELF)?;
            let factors = factor_natural(&n)?;
            ours.push(cpu_time(UsageWho::RUSAGE_SELF)? - start);
            if factors.len() != 2 || factors.product() != n {
                return Err(format!("{n}: {factors}").into());
            }
            theirs.push(pari(&n)?);
        }
        let (ours, theirs) = (median(ours), median(theirs));
        let ratio = theirs / ours;
        writeln!(io::stdout(), "{digits:6}{ours:10.3}{theirs:10.3}{ratio:10.2}")?;
    }
    Ok(())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
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

fn cpu_time(who: UsageWho) -> Outcome<f64> {
    let usage = getrusage(who)?;
    let time = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(time as f64 / 1e6)
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

/// Sebastiano Vigna's splitmix64 (2015): the same numbers at every run.
fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ *state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}
