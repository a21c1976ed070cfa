//! Servers to call, in processes of their own: the command's, and Python's.

use std::process::Command;

use test_support::Running;

use super::reparte;

/// `reparte serve` on a port of the system's choice, and its address.
pub fn serve(arguments: &[&str]) -> (Running, String) {
    let mut all = vec!["serve", "127.0.0.1:0"];
    all.extend(arguments);
    let running = Running::start(reparte(&all));
    let address = running.address();
    (running, address)
}

/// A program of Python's SimpleXMLRPCServer, with or without introspection.
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
