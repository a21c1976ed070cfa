//! clnt_processes: spreads calls of `factoriz_sum` over servers, through `Repartidor`.

use std::fmt::Display;
use std::process::ExitCode;
use std::time::Instant;

use procdistrib::{ClaimedFactors, FactoringRun, Failure};
use reparte::{Repartidor, XmlRpc};

const USAGE: &str = "\
Usar  clnt_processes server:port [[server:port] ...]
ej: clnt_processes  localhost:9000  10.12.33.112:9000  10.12.33.113:9000";

const HELP: &str = "\
Has servers factor numbers, all servers at a time. Prints the sum of each number's
prime factors, in order, then the seconds that all took.

Usage: clnt_processes SERVER... [options]

  SERVER         server:port, or an http:// or https:// URL; with N/ before it for N
                 calls at a time, else as many as the server says, or one
  --local N      start N servers in this process, one worker each, and use them too
  --base N       the first number; 23434252232434 unless told
  --count K      how many numbers, each one more than the last; 10 unless told
  --journal FILE keep each result in FILE before it counts: run again with the same
                 FILE and numbers, it goes on where it was, however it ended
  --verify       ask for the factors (method factor), not their sum, and check that
                 they are primes whose product is the number; a server that gives
                 others, or has no such method, gets no more calls and is named
  --token-file FILE  send the token in this file, which only its owner may read
  --proxy URL    call every server through this HTTP proxy, http://host:port
  --ca FILE      trust the https:// servers that these authorities vouch for (PEM)
  --tls-cert FILE, --tls-key FILE
                 show them this certificate (PEM)
  -h, --help     print this
  -V, --version  print the version

A server that dies is put aside, tried again later, and its work goes to the others.
Standard error tells of it, and at the end who did what. RUST_LOG=debug shows more.
The results are printed at the end. Ctrl-C or SIGTERM before that ends the run: what
was had is printed, and the numbers without a result are named; a second one ends the
program at once.
Exit codes: 0 all results, 1 the output can't be written, 2 bad argument, 3 --local
can't start its servers, 4 every server is gone, 5 some call failed, 6 ended by a
signal, 7 the journal can't be used or written, 130 or 143 ended by a second signal,
255 no server given. With 4, 5, 6 and 7 the results that were had are printed.
";

fn main() -> ExitCode {
    procdistrib::run_client(|| {
        let run = FactoringRun::from_command_line("clnt_processes", HELP, USAGE)?;
        let start = Instant::now();
        let servers = |function| XmlRpc::list_with(&run.servers, function, &run.options);
        if run.verify {
            let factors = Repartidor::builder().destinos(servers("factor")?);
            let checked = factors.verify(ClaimedFactors::check);
            spread(run.with_journal("factor", checked)?.start()?, run, start)
        } else {
            let sums = Repartidor::<_, String>::builder().destinos(servers("factoriz_sum")?);
            spread(run.with_journal("factoriz_sum", sums)?.start()?, run, start)
        }
    })
}

/// Has the servers factor all numbers. Each result displays as the sum.
fn spread<R: Display + Send + 'static>(
    mut repartidor: Repartidor<(String,), R>,
    run: FactoringRun,
    start: Instant,
) -> Result<(), Failure> {
    let handle = repartidor.handle();
    run.end_at_signal(&handle)?;
    let sent = run
        .numbers
        .iter()
        .try_for_each(|n| repartidor.enviar((n,)).map(drop));
    let results = repartidor.terminar();
    let seconds = start.elapsed().as_secs_f64();
    run.finish(sent, results, &handle.summary(), seconds)
}
