//! clnt_lineal: calls `factoriz_sum` ten times in a row, and says how long it took.

use std::process::ExitCode;
use std::time::Instant;

use procdistrib::{ClientProgram, print};

const HELP: &str = "\
Has a server factor numbers, one after the other. Prints the sum of each one's prime
factors as it comes, then the seconds that all took.

Usage: clnt_lineal [URL] [options]

  URL            the server; http://localhost:9000 unless told
  --base N       the first number; 23434252232434 unless told
  --count K      how many numbers, each one more than the last; 10 unless told
  -h, --help     print this
  -V, --version  print the version

RUST_LOG=debug shows what happens on the way.
Exit codes: 0 done, 1 the output can't be written, 2 bad argument, 4 the server can't
be reached or the connection broke, 5 a call failed.
";

fn main() -> ExitCode {
    procdistrib::run_client(|| {
        let client = ClientProgram::for_numbers("clnt_lineal", HELP)?;
        let start = Instant::now();
        for n in client.numbers.iter() {
            print(client.server.call::<String>("factoriz_sum", (n,))?)?;
        }
        print(format_args!("Tiempo: {:.6}", start.elapsed().as_secs_f64()))
    })
}
