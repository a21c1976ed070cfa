//! serv_lineal: publishes `factoriz_sum` and its companions on localhost:9000.

use std::process::ExitCode;

use procdistrib::{ServerProgram, WorkLimits};

const HELP: &str = "\
Publishes factoriz_sum(n), the sum of n's prime factors, and factor(n), the factors
themselves, over XML-RPC on localhost:9000, until Ctrl-C; and ecm_curves and
siqs_relations, by which `reparte factor` spreads one number over many servers.

Usage: serv_lineal [options]

  --bind ADDR:PORT  listen there instead, on loopback; port 0 lets the system choose,
                    and the address is printed on standard error
  --bind unix:/PATH  listen on a Unix socket, for its owner alone
  --workers N       calls answered at a time, up to 1024; 1 unless told
  --max-seconds S   the longest that a call may compute; 600 unless told
  --max-digits N    the longest number taken, 1000 digits at most; 100 unless told
  -h, --help        print this
  -V, --version     print the version

Standard error has a line per request; RUST_LOG=xmlrpc_server::access=off hides them.
Ctrl-C or SIGTERM lets running calls finish, for 10 s at most; a second one does not.
Exit codes: 0 ended by Ctrl-C or SIGTERM, 2 bad argument, 3 can't listen, 130 or 143
ended by a second signal.
";

fn main() -> ExitCode {
    procdistrib::run_server(|| {
        let mut limits = WorkLimits::default();
        let mut server = ServerProgram::on_localhost("serv_lineal", HELP, Some(&mut limits))?;
        server.publish_factoring(limits)?;
        server.serve_forever()
    })
}
