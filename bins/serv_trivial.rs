//! serv_trivial: publishes `cuad(n)`, n squared, on localhost:9000.

use std::process::ExitCode;

use procdistrib::ServerProgram;
use xmlrpc_wire::{Fault, Value};

const HELP: &str = "\
Publishes cuad(n), n squared, over XML-RPC on localhost:9000, until Ctrl-C.

Usage: serv_trivial [options]

  --bind ADDR:PORT  listen there instead, on loopback; port 0 lets the system choose,
                    and the address is printed on standard error
  --bind unix:/PATH  listen on a Unix socket, for its owner alone
  --workers N       calls answered at a time, up to 1024; 1 unless told
  -h, --help        print this
  -V, --version     print the version

Standard error has a line per request; RUST_LOG=xmlrpc_server::access=off hides them.
Ctrl-C or SIGTERM lets running calls finish, for 10 s at most; a second one does not.
Exit codes: 0 ended by Ctrl-C or SIGTERM, 2 bad argument, 3 can't listen, 130 or 143
ended by a second signal.
";

fn cuad(n: Value) -> Result<Value, Fault> {
    let wide = match n {
        Value::Double(n) => return Ok(Value::Double(n * n)),
        Value::Int(n) => i64::from(n),
        Value::Int64(n) => n,
        other => {
            let what = other.type_name();
            return Err(Fault::application(format!(
                "cuad takes a number, not a {what}"
            )));
        }
    };
    let square = wide.checked_mul(wide).ok_or_else(|| {
        Fault::application(format!(
            "the square of {wide} is beyond 64 bits; send a double"
        ))
    })?;
    Ok(Value::from(square))
}

fn main() -> ExitCode {
    procdistrib::run_server(|| {
        let mut server = ServerProgram::on_localhost("serv_trivial", HELP, None)?;
        server.register("cuad", cuad)?;
        server.serve_forever()
    })
}
