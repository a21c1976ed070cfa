//! serv_processes: publishes `factoriz_sum` and its companions on the port given as its
//! argument.

use std::process::ExitCode;

use procdistrib::{ServerProgram, WorkLimits};

const USAGE: &str = "\
Usar  serv_processes nroport
ej: serv_processes 9000";

const HELP: &str = "\
Publishes factoriz_sum(n), the sum of n's prime factors, and factor(n), the factors
themselves, over XML-RPC on a port of this machine, until Ctrl-C; and ecm_curves and
siqs_relations, by which `reparte factor` spreads one number over many servers.

Usage: serv_processes PORT|HOST:PORT|unix:/PATH [options]

  PORT              listen on 127.0.0.1:PORT: only programs of this machine can call
  HOST:PORT         listen there; an address that other machines reach, such as
                    0.0.0.0:9000, needs --token-file or --without-token
  unix:/PATH        listen on a Unix socket, for its owner alone
  --bind ADDR:PORT  the same as the argument; port 0 lets the system choose, and the
                    address is printed on standard error
  --workers N       calls answered at a time, up to 1024; one per core unless told
  --max-seconds S   the longest that a call may compute; 600 unless told
  --max-digits N    the longest number taken, 1000 digits at most; 100 unless told
  --max-request N   the longest request, in bytes; 16777216 unless told
  --max-memory N    what all clients may hold of requests and answers together, in
                    bytes, and never less than two of the longest requests; 268435456
                    unless told. Beyond it they are told to come again (503)
  --grace S         how long running calls have to finish once the server is stopped;
                    10 unless told
  --token-file FILE
                    let only those call who send the token in this file: 16 printable
                    characters or more, for its owner's eyes alone (mode 0600)
  --tls-cert FILE, --tls-key FILE
                    speak TLS 1.3 (https) with this certificate and key (PEM)
  --tls-client-ca FILE  only with clients that these authorities vouch for (PEM)
  --host NAME       a name by which clients call the server; may be given again
  --without-token   let anyone call who reaches the address: there is no password and
                    no encryption, so only for a network that you trust
  -h, --help        print this
  -V, --version     print the version

Standard error has a line per request; RUST_LOG=xmlrpc_server::access=off hides them.
Ctrl-C or SIGTERM lets running calls finish, for --grace; a second one does not.
Exit codes: 0 ended by Ctrl-C or SIGTERM, 2 bad argument, 3 can't listen, 130 or 143
ended by a second signal, 255 no argument.
";

fn main() -> ExitCode {
    procdistrib::run_server(|| {
        let mut limits = WorkLimits::default();
        let mut server = ServerProgram::on_given_port("serv_processes", HELP, USAGE, &mut limits)?;
        server.publish_factoring(limits)?;
        server.serve_forever()
    })
}
