//! The functions `ecm_curves` and `siqs_relations` of the servers: units of one number's
//! factorization.
#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod common;

use std::thread;
use std::time::{Duration, Instant};

use common::server;
use factorizar::{Control, Natural, QuadraticSieve};
use rustix::process::Signal;
use test_support::PATIENCE;
use xmlrpc_client::{Error, ServerProxy, Value};

/// A product of two primes of 39 digits.
const N: &str = "30000000000000000000000000000000003847400000000000000000000000000000014319591";

/// A product of two primes of 61 and 65 bits.
const SMALL: &str = "85070591730234615715963856259051946033";

fn proxy(address: &str) -> ServerProxy {
    ServerProxy::new(&format!("http://{address}")).unwrap()
}

/// Sieves `count` leading coefficients.
fn sieve(proxy: &ServerProxy, n: &str, count: i32) -> Result<(i32, Vec<u8>), Error> {
    let version = i32::try_from(QuadraticSieve::VERSION).unwrap();
    let attempt = proxy.attempt().call_id("unit");
    let answer: Vec<Value> = attempt.call("siqs_relations", (n, version, "0", count))?;
    match answer.as_slice() {
        [Value::Int(covered), Value::Base64(packed), ..] => Ok((*covered, packed.clone())),
        other => panic!("{other:?}"),
    }
}

fn wait_until_busy(proxy: &ServerProxy) {
    let started = Instant::now();
    loop {
        let status: Value = proxy.call("reparte.status", ()).unwrap();
        if status["busy"] == Value::Int(1) {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "{status:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn both_are_published_with_signature_and_help() {
    for name in ["serv_lineal", "serv_processes"] {
        let (_serv, address) = server(name, &[]);
        let proxy = proxy(&address);
        let found: Vec<String> = proxy
            .call("ecm_curves", ("1000003000003000001", 200, "10000", "6", 20))
            .unwrap_or_else(|error| vec![error.to_string()]);
        assert!(found[0].contains("is the power 3 of 1000001"), "{found:?}");
        let n = "10000000000000000000000000000000000000121";
        let n = &n.parse::<Natural>().unwrap() * &Natural::from(1_000_003u64);
        let found: Vec<String> = proxy
            .call("ecm_curves", (n.to_string(), 200, "10000", "6", 20))
            .unwrap();
        assert_eq!(found[0], "1000003");
        let (covered, packed) = sieve(&proxy, SMALL, 3).unwrap();
        assert_eq!(covered, 3);
        let kernel = QuadraticSieve::new(&SMALL.parse().unwrap(), QuadraticSieve::VERSION);
        let kernel = kernel.unwrap();
        assert_eq!(packed, kernel.sieve(0, 3, &Control::new()).unwrap());
        for (method, signature, part) in [
            (
                "ecm_curves",
                ["array", "string", "int", "string", "string", "int"].as_slice(),
                "first_sigma",
            ),
            (
                "siqs_relations",
                ["array", "string", "int", "string", "int"].as_slice(),
                "packed relations",
            ),
        ] {
            let help: String = proxy.call("system.methodHelp", (method,)).unwrap();
            assert!(help.contains(part), "{help}");
            let signatures: Vec<Vec<String>> =
                proxy.call("system.methodSignature", (method,)).unwrap();
            assert_eq!(signatures, [signature], "{method}");
        }
    }
}

#[test]
fn a_terminated_server_returns_the_relations_that_it_has() {
    let (server, address) = server("serv_processes", &["--workers", "1"]);
    let proxy = proxy(&address);
    thread::scope(|scope| {
        let caller = ServerProxy::new(proxy.server()).unwrap();
        let called = scope.spawn(move || sieve(&caller, N, 65_536));
        wait_until_busy(&proxy);
        server.signal(Signal::TERM);
        let (covered, packed) = called.join().unwrap().unwrap();
        assert!((1..65_536).contains(&covered), "{covered}");
        let kernel = QuadraticSieve::new(&N.parse().unwrap(), QuadraticSieve::VERSION).unwrap();
        let mut relations = kernel.relations();
        assert!(relations.add(0, covered as u64, &packed).unwrap() > 0);
    });
    server.end().expect_code(0);
}

#[test]
fn a_cancelled_unit_frees_its_worker() {
    for name in ["serv_lineal", "serv_processes"] {
        let (_serv, address) = server(name, &["--workers", "1"]);
        let proxy = proxy(&address);
        thread::scope(|scope| {
            let caller = ServerProxy::new(proxy.server()).unwrap();
            let called = scope.spawn(move || sieve(&caller, N, 65_536));
            wait_until_busy(&proxy);
            assert!(proxy.call::<bool>("reparte.cancel", ("unit",)).unwrap());
            called.join().unwrap().unwrap_err();
        });
        assert_eq!(sieve(&proxy, SMALL, 1).unwrap().0, 1, "{name}");
    }
}
