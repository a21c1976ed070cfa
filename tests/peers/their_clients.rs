//! Every peer's client, which calls the example `validator1`: the eight methods, a fault and
//! system.listMethods. The scripts check the answers themselves.

use xmlrpc_server::Service;

use crate::our_server::{self, FRONTS};
use crate::script::command;
use crate::validator1::validator1;
use test_support::Running;

const CLIENTS: [(&str, &str); 13] = [
    ("python2", "clients/python.py"),
    ("python3", "clients/python.py"),
    (
        "cc -lxmlrpc_client -lxmlrpc -lxmlrpc_util",
        "clients/xmlrpc-c.c",
    ),
    ("sh", "clients/xmlrpc-command.sh"),
    ("perl", "clients/rpc-xml.pl"),
    ("perl", "clients/frontier.pl"),
    ("ruby", "clients/ruby.rb"),
    ("node", "clients/node.js"),
    ("php", "clients/php.php"),
    ("php", "clients/ixr.php"),
    ("java -cp /usr/share/java/axmlrpc.jar", "clients/java.java"),
    ("tclsh", "clients/tcl.tcl"),
    ("ocaml xmlrpc-light", "clients/ocaml.ml"),
];

#[test]
#[ignore = "needs what tests/peers/install installs"]
fn every_peers_client_calls_validator1_on_both_fronts() {
    for front in FRONTS {
        let mut service = Service::new();
        service.group("validator1", validator1().unwrap()).unwrap();
        let ours = our_server::start(front, service);
        let clients = CLIENTS.map(|(runner, script)| {
            let mut command = command(runner, script);
            command.arg(ours.url());
            (runner, Running::start(command))
        });
        for (runner, client) in clients {
            let ended = client.end();
            assert_eq!(
                (ended.status.code(), ended.stdout.as_str()),
                (Some(0), "ok\n"),
                "{runner}'s, {front:?}: {}",
                ended.stderr
            );
        }
    }
}

/// npm's davexmlrpc sends no `Content-Type`. A web page can do that too (decision 10).
#[test]
#[ignore = "needs what tests/peers/install installs"]
fn a_client_that_sends_no_content_type_is_refused() {
    for front in FRONTS {
        let mut service = Service::new();
        service.group("validator1", validator1().unwrap()).unwrap();
        let ours = our_server::start(front, service);
        let mut command = command("node", "clients/dave.js");
        command.arg(ours.url());
        let ended = Running::start(command).end();
        assert!(ended.stdout.contains("415"), "{front:?}: {ended:?}");
    }
}
