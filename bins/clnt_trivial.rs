//! clnt_trivial: calls `cuad(7)` on http://localhost:9000 and prints the answer.

use std::process::ExitCode;

use procdistrib::{ClientProgram, print};

const HELP: &str = "\
Calls cuad(7) on a server and prints the answer, 49.

Usage: clnt_trivial [URL]

  URL            the server; http://localhost:9000 unless told
  -h, --help     print this
  -V, --version  print the version

RUST_LOG=debug shows what happens on the way.
Exit codes: 0 done, 1 the output can't be written, 2 bad argument, 4 the server can't
be reached or the connection broke, 5 the call failed.
";

fn main() -> ExitCode {
    procdistrib::run_client(|| {
        let client = ClientProgram::for_one_call("clnt_trivial", HELP)?;
        print(client.server.call::<i64>("cuad", (7,))?)
    })
}
