//! serv_lineal: publishes `factoriz_sum` on localhost:9000.

use std::process::ExitCode;

use procdistrib::{Server, factoriz_sum};

const HELP: &str = "\
Publishes factoriz_sum(n), the sum of n's prime factors, over XML-RPC on
localhost:9000, until Ctrl-C.

Usage: serv_lineal [options]

  --bind ADDR:PORT  listen there instead, on loopback; port 0 lets the system choose,
                    and the address is printed on standard error
  --workers N       calls answered at a time, up to 1024; 1 unless told
  -h, --help        print this
  -V, --version     print the version

Standard error has a line per request; RUST_LOG=xmlrpc_server::access=off hides them.
Ctrl-C or SIGTERM lets running calls finish, for 10 s at most; a second one does not.
Exit codes: 0 ended by Ctrl-C or SIGTERM, 2 bad argument, 3 can't listen, 130 or 143
ended by a second signal.
";

fn main() -> ExitCode {
    procdistrib::run_server(|| {
        let mut server = Server::of_this_machine("serv_lineal", HELP)?;
        server.register("factoriz_sum", factoriz_sum)?;
        server.serve_forever()
    })
}
