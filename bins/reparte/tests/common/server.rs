//! Servers to call: of the command's own, in this process, and Python's.

use std::net::TcpListener;
use std::process::Command;

use xmlrpc_server::Service;
use xmlrpc_server::front::hyper;

use super::{Running, reparte};

/// `reparte serve` on a port of the system's choice, and its address.
pub fn serve(arguments: &[&str]) -> (Running, String) {
    let mut all = vec!["serve", "127.0.0.1:0"];
    all.extend(arguments);
    let running = Running::start(reparte(&all));
    let url = running.line_after("listening on ");
    let (_, address) = url.split_once("://").unwrap();
    (running, address.to_owned())
}

/// A server in this process; it ends with this.
pub struct Local {
    pub address: String,
    server: Option<hyper::Server>,
}

impl Local {
    pub fn new(service: Service) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = hyper::Server::new(listener, service).unwrap();
        Local {
            address: server.address().to_string(),
            server: Some(server),
        }
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop();
            server.wait().unwrap();
        }
    }
}

/// What Python's SimpleXMLRPCServer publishes here; with or without introspection.
const PYTHON: &str = "
import sys
from xmlrpc.server import SimpleXMLRPCServer
server = SimpleXMLRPCServer(('127.0.0.1', 0), allow_none=True, logRequests=False)
def kind(value):
    'The name of the type that came.'
    return type(value).__name__
server.register_function(kind)
server.register_function(lambda value: value, 'echo')
if 'introspection' in sys.argv:
    server.register_introspection_functions()
sys.stderr.write('listening on %s:%d\\n' % server.server_address)
sys.stderr.flush()
server.serve_forever()
";

/// A server of Python's, and its address. None, which is told, where there is no Python 3;
/// under `CI` that fails.
#[allow(clippy::print_stderr, reason = "a test that can't be run says so")]
pub fn python(arguments: &[&str]) -> Option<(Running, String)> {
    let is_there = Command::new("python3").arg("--version").output().is_ok();
    if !is_there {
        assert!(std::env::var_os("CI").is_none(), "no python3 to be called");
        eprintln!("not tested: there is no python3 to be called");
        return None;
    }
    let mut command = Command::new("python3");
    command.args(["-c", PYTHON]).args(arguments);
    let running = Running::start(command);
    let address = running.line_after("listening on ");
    Some((running, address))
}
