//! Factors its arguments, or the numbers of its standard input, as GNU factor does.
//!
//! ```text
//! cargo run --release -p factorizar --example factorizar -- 360 147573952589676412927
//! seq 10 20 | cargo run --release -p factorizar --example factorizar
//! ```

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use factorizar::{Natural, factor_natural};

/// Prints the factors of each word; returns whether all words were numbers.
fn print_factors<'a>(
    words: impl Iterator<Item = &'a str>,
    to: &mut impl Write,
) -> io::Result<bool> {
    let mut all = true;
    for word in words {
        let factors = word
            .parse::<Natural>()
            .and_then(|n| Ok((factor_natural(&n)?, n)));
        match factors {
            Ok((factors, n)) if factors.is_empty() => writeln!(to, "{n}:")?,
            Ok((factors, n)) => writeln!(to, "{n}: {factors}")?,
            Err(error) => {
                all = false;
                writeln!(io::stderr(), "factorizar: {word:?}: {error}")?;
            }
        }
    }
    Ok(all)
}

fn main() -> io::Result<ExitCode> {
    let mut to = io::stdout().lock();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut all = true;
    if arguments.is_empty() {
        for line in io::stdin().lock().lines() {
            all &= print_factors(line?.split_whitespace(), &mut to)?;
            to.flush()?;
        }
    } else {
        all = print_factors(arguments.iter().map(String::as_str), &mut to)?;
    }
    Ok(if all {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
