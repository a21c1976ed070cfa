//! The factoring kernel beside its peers: CPU time per number, in one run. `--help` says more.

mod figures;
mod random;

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use factorizar::{factor, factoriz_sum_range, is_prime};
use figures::cpu_micros;
use nix::sys::resource::UsageWho;
use random::splitmix;

const HELP: &str = "\
The kernel's CPU time per number beside machine-factor, num-prime, GNU factor and PARI/GP.

    kernel [--rounds N] [WORK]...

WORK is ten, one-by-one, range, or a size in bits from 40 to 128 (products of two primes of like
size); without any: ten one-by-one range 48 64 80 96 112 127. Rounds are interleaved; each figure is
the median of N (5). GNU factor and PARI/GP run as one process over a file of numbers, and what the
process takes without factoring is subtracted: apt-get install coreutils pari-gp.
";

const FIRST: u128 = 23_434_252_232_434;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let (mut rounds, mut works) = (5, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--help" | "-h" => return Ok(io::stdout().write_all(HELP.as_bytes())?),
            "--rounds" => rounds = arguments.next().ok_or("--rounds takes a number")?.parse()?,
            _ => works.push(argument),
        }
    }
    if works.is_empty() {
        let all = [
            "ten",
            "one-by-one",
            "range",
            "48",
            "64",
            "80",
            "96",
            "112",
            "127",
        ];
        works = all.map(str::to_owned).to_vec();
    }
    for work in &works {
        run(&Work::named(work)?, rounds)?;
    }
    Ok(())
}

/// Numbers, and who factors them.
struct Work {
    title: String,
    numbers: Vec<u128>,
    peers: Vec<Peer>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Peer {
    /// The crate, one number at a time.
    Ours,
    /// The crate, over the range of the numbers.
    OursRange,
    MachineFactor,
    NumPrime,
    GnuFactor,
    Pari,
}

impl Work {
    fn named(name: &str) -> Outcome<Self> {
        use Peer::{GnuFactor, MachineFactor, NumPrime, Ours, OursRange, Pari};
        let consecutive = |count: u128| (FIRST..FIRST + count).collect();
        Ok(match name {
            "ten" => Work {
                title: "the article's ten numbers, 1000 times over".to_owned(),
                numbers: (0..10_000).map(|index| FIRST + index % 10).collect(),
                peers: vec![Ours, MachineFactor, NumPrime],
            },
            "one-by-one" => Work {
                title: "20000 consecutive numbers of 14 digits, one by one".to_owned(),
                numbers: consecutive(20_000),
                peers: vec![Ours, MachineFactor, NumPrime, GnuFactor, Pari],
            },
            "range" => Work {
                title: "1000000 consecutive numbers of 14 digits, as a range".to_owned(),
                numbers: consecutive(1_000_000),
                peers: vec![OursRange, GnuFactor],
            },
            bits => {
                let size: u32 = bits.parse().map_err(|_| format!("{bits}: see --help"))?;
                if !(40..=128).contains(&size) {
                    return Err(format!("{bits} bits: give sizes from 40 to 128").into());
                }
                let count = if size <= 64 { 2_000 } else { 200 };
                let mut peers = vec![Ours, Pari];
                if size <= 64 {
                    peers.extend([MachineFactor, NumPrime, GnuFactor]);
                }
                Work {
                    title: format!("{count} products of two primes, {size} bits"),
                    numbers: semiprimes(size, count),
                    peers,
                }
            }
        })
    }
}

/// Measures and prints one work.
fn run(work: &Work, rounds: usize) -> Outcome<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", work.title)?;
    let files = Files::write(&work.numbers)?;
    let mut times: Vec<(Peer, Vec<f64>)> = Vec::new();
    for &peer in &work.peers {
        match peer.time(&work.numbers, &files) {
            Ok(_) => times.push((peer, Vec::new())),
            Err(error) => writeln!(out, "    {peer:?} left out: {error}")?,
        }
    }
    for _ in 0..rounds {
        for (peer, times) in &mut times {
            times.push(peer.time(&work.numbers, &files)?);
        }
    }
    let mut ours = None;
    for (peer, times) in &mut times {
        times.sort_unstable_by(f64::total_cmp);
        let median = times[times.len() / 2] / work.numbers.len() as f64;
        let ours = *ours.get_or_insert(median);
        let ratio = median / ours;
        writeln!(
            out,
            "    {:<16}{median:>12.3} µs{ratio:>9.2}",
            format!("{peer:?}")
        )?;
    }
    Ok(())
}

impl Peer {
    /// CPU time for all of the numbers, in microseconds.
    fn time(self, numbers: &[u128], files: &Files) -> Outcome<f64> {
        let own = |work: &dyn Fn()| -> Outcome<f64> {
            let start = cpu_micros(UsageWho::RUSAGE_SELF)?;
            work();
            Ok(cpu_micros(UsageWho::RUSAGE_SELF)? - start)
        };
        let each = |work: fn(u128)| own(&|| numbers.iter().for_each(|&n| work(black_box(n))));
        match self {
            Peer::Ours => each(|n| drop(black_box(factor(n)))),
            Peer::OursRange => own(&|| {
                let sums = factoriz_sum_range(numbers[0], numbers.len() as u64);
                black_box(sums.sum::<u128>());
            }),
            Peer::MachineFactor => each(|n| {
                black_box(machine_factor::factorize(n as u64));
            }),
            Peer::NumPrime => each(|n| drop(black_box(num_prime::nt_funcs::factorize64(n as u64)))),
            Peer::GnuFactor => {
                Ok(child("factor", &[], &files.lines)? - child("factor", &[], &files.empty)?)
            }
            Peer::Pari => {
                let gp = |script: &PathBuf| child("gp", &["-q", "-f"], script);
                Ok(gp(&files.script)? - gp(&files.script_without)?)
            }
        }
    }
}

/// CPU time of a process that reads a file, in microseconds.
fn child(program: &str, arguments: &[&str], input: &PathBuf) -> Outcome<f64> {
    let start = cpu_micros(UsageWho::RUSAGE_CHILDREN)?;
    let input = fs::File::open(input)?;
    let status = Command::new(program)
        .args(arguments)
        .stdin(input)
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("{program}: {error}"))?;
    if !status.success() {
        return Err(format!("{program} ended with {status}").into());
    }
    Ok(cpu_micros(UsageWho::RUSAGE_CHILDREN)? - start)
}

/// The numbers as the peers read them; removed at the end.
struct Files {
    folder: PathBuf,
    lines: PathBuf,
    empty: PathBuf,
    script: PathBuf,
    /// The script up to the factoring.
    script_without: PathBuf,
}

impl Files {
    fn write(numbers: &[u128]) -> io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("versus-kernel-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let lines: String = numbers.iter().map(|n| format!("{n}\n")).collect();
        let pushes: String = numbers
            .iter()
            .map(|n| format!("listput(v,{n});\n"))
            .collect();
        let file = |name: &str, text: String| {
            let path = folder.join(name);
            fs::write(&path, text).map(|()| path)
        };
        Ok(Files {
            lines: file("lines", lines)?,
            empty: file("empty", String::new())?,
            script: file(
                "script",
                format!("v=List();\n{pushes}for(i=1,#v,factor(v[i]));\nquit\n"),
            )?,
            script_without: file("script-without", format!("v=List();\n{pushes}quit\n"))?,
            folder,
        })
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // Nothing hangs on the files of the temporary folder.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Products of two primes, of exactly `bits` bits.
fn semiprimes(bits: u32, count: usize) -> Vec<u128> {
    let mut state = 20_050_901;
    let mut prime = |bits: u32| loop {
        // The two highest bits are set, so that a product has all of its bits.
        let n = u128::from(splitmix(&mut state) >> (64 - bits) | 3 << (bits - 2) | 1);
        if is_prime(n) {
            return n;
        }
    };
    (0..count)
        .map(|_| prime(bits / 2) * prime(bits - bits / 2))
        .collect()
}
