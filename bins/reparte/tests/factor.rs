//! `reparte factor`: one number over many servers, some of which die or tell lies.

#![cfg(all(unix, feature = "factoring"))]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::fs;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use common::{reparte, run};
use factorizar::{Certificate, Control, Natural, QuadraticSieve};
use rustix::process::Signal;
use test_support::{Ended, LocalServer, Running, TestDirectory};
use xmlrpc_server::{Context, Service};
use xmlrpc_wire::{Fault, Value};

/// Products of two primes of 24 and 25, 28 and 29, and 30 and 31 digits.
const N: &str = "2100000000000000000000924100000000000000000097539";
const N_LINE: &str = "2100000000000000000000924100000000000000000097539: \
                      700000000000000000000123 3000000000000000000000793\n";
const MIDDLE: &str = "2100000000000000000000001405700000000000000000000227417";
const LARGE: &str = "2100000000000000000000000001004300000000000000000000000119187";

/// The numbers that a sieve is asked for, and what it answers.
type Answer = fn(&Natural, u64, u64) -> (i32, Vec<u8>);

fn honest(n: &Natural, first: u64, count: u64) -> (i32, Vec<u8>) {
    let sieve = QuadraticSieve::new(n, QuadraticSieve::VERSION).unwrap();
    let packed = sieve.sieve(first, count, &Control::new()).unwrap();
    (count as i32, packed)
}

/// A server of units without curves, whose relations are those of `answer`. Counts its answers.
fn sieve_server(answer: Answer) -> (LocalServer, Arc<AtomicU64>) {
    sieve_server_with(move |n, first, count| Ok(answer(n, first, count)))
}

/// A server of units without curves, which may refuse to sieve. Counts its answers.
fn sieve_server_with(
    answer: impl Fn(&Natural, u64, u64) -> Result<(i32, Vec<u8>), Fault> + Send + Sync + 'static,
) -> (LocalServer, Arc<AtomicU64>) {
    let mut service = Service::new();
    let curves = |_: String, _: String, _: String, _: String, _: String| Vec::<String>::new();
    service.register("ecm_curves", curves).unwrap();
    let calls = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&calls);
    let relations = move |_: &Context, n: String, _: String, first: String, count: String| {
        let (first, count) = (first.parse().unwrap(), count.parse().unwrap());
        let (covered, packed) = answer(&n.parse().unwrap(), first, count)?;
        counted.fetch_add(1, SeqCst);
        Ok::<_, Fault>(vec![Value::Int(covered), Value::Base64(packed)])
    };
    service.register("siqs_relations", relations).unwrap();
    (LocalServer::start(service), calls)
}

/// Returns the address of a server without the scheme.
fn address(server: &LocalServer) -> String {
    let url = server.url();
    url.trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned()
}

fn factor(arguments: &[&str]) -> Ended {
    run(&[&["factor"], arguments].concat())
}

/// `factor --report f > f` lost the results, with exit code 0.
#[test]
fn files_are_different_ones() {
    let files = TestDirectory::new("factor files");
    let (report, numbers) = (files.path("report"), files.write("numbers", "15\n", 0o600));
    let arguments = ["factor", "--local", "1", "-q", "--report"];
    let with_output = |file: &str, more: &[&str]| {
        let output = std::fs::File::options()
            .append(true)
            .create(true)
            .open(file);
        let command = reparte(&[&arguments[..], &[&report], more].concat());
        Running::start_into(command, output.unwrap()).end()
    };
    with_output(&report, &["15"]).expect_error(2, &["standard output", "are the same file"]);
    assert_eq!(std::fs::metadata(&report).unwrap().len(), 0);
    let mut command = reparte(&[&arguments[..], &[&numbers]].concat());
    command.stdin(std::fs::File::open(&numbers).unwrap());
    let ended = command.output().unwrap();
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    assert_eq!(std::fs::read_to_string(&numbers).unwrap(), "15\n");
    // Another output is fine.
    let output = files.path("output");
    with_output(&output, &["15"]).expect("");
    assert_eq!(std::fs::read_to_string(&output).unwrap(), "15: 3 5\n");
}

#[test]
fn numbers_come_in_order_as_factor_prints_them() {
    let arguments = [
        "0",
        "--local",
        "2",
        "1",
        "360",
        N,
        "101",
        "-q",
        "--threads",
        "2",
    ];
    factor(&arguments).expect(&format!("0:\n1:\n360: 2 2 2 3 3 5\n{N_LINE}101: 101\n"));
}

#[test]
fn without_a_number_they_are_read_from_standard_input() {
    let mut running = Running::interactive(reparte(&["factor", "--local", "1", "-q"]));
    let mut input = running.stdin();
    input
        .write_all(format!("12 15\n\n  {N}").as_bytes())
        .unwrap();
    drop(input);
    running
        .end()
        .expect(&format!("12: 2 2 3\n15: 3 5\n{N_LINE}"));
}

#[test]
fn json_has_a_certificate_that_anyone_can_check() {
    let ended = factor(&[
        "--local",
        "1",
        "--output",
        "json",
        "-q",
        &format!("{MIDDLE}0"),
    ]);
    let line = ended.expect_code(0).stdout.clone();
    assert!(
        line.contains("\"prime\":\"2\",\"exponent\":1,\"proof\":\"test\"")
            || line.contains("\"prime\":\"2\""),
        "{line}"
    );
    let mut certificates = 0;
    for part in line.split("\"certificate\":\"").skip(1) {
        let text = part.split('"').next().unwrap().replace("\\n", "\n");
        let certificate: Certificate = text.parse().unwrap();
        certificate.check(&Control::new()).unwrap();
        certificates += 1;
    }
    assert_eq!(certificates, 2, "{line}");
}

#[test]
fn a_server_that_lies_is_put_out_and_named_after_its_first_answer() {
    let random: Answer = |_, first, count| {
        let bytes = (0..999u64).map(|byte| ((byte * 251) ^ (first * 7) ^ (byte >> 3)) as u8);
        (count as i32, bytes.collect())
    };
    let repeated: Answer = |n, first, count| {
        let (_, packed) = honest(n, first, 1);
        let len = usize::from(packed[0] & 0x7f) | usize::from(packed[1]) << 7;
        let relations = &packed[2..];
        assert_eq!(len, relations.len());
        let mut twice = vec![(2 * len) as u8 | 0x80, ((2 * len) >> 7) as u8];
        twice.extend([relations, relations].concat());
        (count.min(1) as i32, twice)
    };
    let another: Answer = |_, first, count| honest(&LARGE.parse().unwrap(), first, count);
    let same_again: Answer = |n, _, count| honest(n, 60_000, count);
    let too_many: Answer = |n, first, count| (count as i32 + 1, honest(n, first, count).1);
    let none: Answer = |_, _, _| (0, Vec::new());
    for liar in [random, repeated, another, same_again, too_many, none] {
        let (liar, calls) = sieve_server(liar);
        let (honest, _) = sieve_server(honest);
        let alone = format!("1/{}", address(&liar));
        let ended = factor(&[N, &alone, &address(&honest)]);
        assert_eq!(ended.expect_code(0).stdout, N_LINE);
        ended.expect_told(&format!("{}: quarantine", address(&liar)));
        assert_eq!(calls.load(SeqCst), 1, "{}", ended.stderr);
    }
}

#[test]
fn a_server_that_withholds_relations_is_named() {
    let withholds: Answer = |_, _, count| (count as i32, vec![0; count as usize]);
    let (silent, _) = sieve_server(withholds);
    let (honest, _) = sieve_server(honest);
    let ended = factor(&[N, &address(&silent), &address(&honest)]);
    assert_eq!(ended.expect_code(0).stdout, N_LINE);
    ended.expect_told(&format!(
        "{} found 0 relations, where the others",
        address(&silent)
    ));
}

#[test]
fn a_server_without_the_functions_or_of_another_version_is_put_out() {
    let mut service = Service::new();
    let other = |_: String, _: String, _: String, _: String| -> Result<Value, Fault> {
        Err(Fault::application("the sieve has version 7, not 1"))
    };
    service.register("siqs_relations", other).unwrap();
    let other = LocalServer::start(service);
    let ended = factor(&[N, &address(&other), "--local", "1"]);
    assert_eq!(ended.expect_code(0).stdout, N_LINE);
    let ended = factor(&[
        N,
        &address(&other),
        "--outage",
        "0.1",
        "--wait-for-servers",
        "0.1",
    ]);
    ended.expect_error(4, &["0 numbers are factored"]);
}

/// A server that can't do one number may do the next, at once.
#[test]
fn a_fault_for_one_number_is_none_for_the_next() {
    let (small, calls) = sieve_server_with(|n, first, count| match n.digits() > N.len() {
        true => Err(Fault::application(
            "it has more digits than this server takes",
        )),
        false => Ok(honest(n, first, count)),
    });
    let (large, _) = sieve_server(honest);
    let ended = factor(&[MIDDLE, N, &address(&small), &address(&large)]);
    assert!(
        ended.expect_code(0).stdout.ends_with(N_LINE),
        "{}",
        ended.stdout
    );
    ended.expect_told("it has more digits than this server takes");
    assert!(calls.load(SeqCst) > 0, "{}", ended.stderr);
}

#[test]
fn a_server_that_is_gone_costs_no_factor() {
    let (gone, _) = sieve_server(honest);
    let address = address(&gone);
    drop(gone);
    let ended = factor(&[N, &address, "--local", "1", "-q"]);
    ended.expect(N_LINE);
}

#[test]
fn a_signal_ends_it_with_exit_code_6() {
    // Ninety digits: hours on one thread.
    let p = "1".to_owned() + &"0".repeat(43) + "57";
    let p: Natural = p.parse().unwrap();
    let next = |from: &Natural| {
        (0..)
            .map(|step| from.mul_add_u64(1, 2 * step))
            .find(Natural::is_prime)
    };
    let (p, q) = (next(&p).unwrap(), next(&p.mul_add_u64(3, 2)).unwrap());
    let n = (&p * &q).to_string();
    let running = Running::start(reparte(&["factor", "--local", "1", &n, "--page", "0"]));
    running.line_after("the page of the run: ");
    running.signal(Signal::TERM);
    running
        .end()
        .expect_error(6, &["ended by a signal: 0 numbers are factored"]);
}

/// The page has the work of each server, for browsers with scripts and without them.
#[test]
fn the_page_has_the_yield_of_each_server() {
    let files = TestDirectory::new("factor-page");
    let report = files.path("report.html");
    let (server, _) = sieve_server(honest);
    factor(&[N, &address(&server), "--report", &report, "-q"]).expect(N_LINE);
    let page = fs::read_to_string(&report).unwrap();
    let (_, data) = page.split_once("id=\"data\">").unwrap();
    let (data, _) = data.split_once("</script>").unwrap();
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    let details = &data["details"];
    assert_eq!(details["title"], "Yield by server");
    assert_eq!(details["permille"], 1_000);
    assert_eq!(details["state"], "factored");
    let rows = details["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{details}");
    assert_eq!(rows[0][0], address(&server));
    assert_eq!(
        rows[0].as_array().unwrap().len(),
        details["columns"].as_array().unwrap().len()
    );
    let relations: u64 = rows[0][2].as_str().unwrap().parse().unwrap();
    assert!(relations > 100, "{details}");
    let plain = format!("<tr><td>{}</td><td>", address(&server));
    assert!(page.contains(&plain), "{page}");
}

#[test]
fn bad_arguments_are_named() {
    factor(&["12"]).expect_error(2, &["no server is named"]);
    factor(&["12", "x y"]).expect_error(2, &["x y"]);
    let long = "7".repeat(1_001);
    factor(&[&long, "--local", "1"]).expect_error(2, &["has 1001 digits; send 1000"]);
    let files = TestDirectory::new("factor-servers");
    let list = files.write("hosts.txt", "localhost:1:2\n", 0o600);
    factor(&["12", "--servers", &list]).expect_error(2, &["line 1"]);
}
