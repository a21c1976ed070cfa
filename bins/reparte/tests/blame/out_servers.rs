//! Servers that are out of a run, and come back: machines that boot.

use std::fs;
use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use serde_json::Value as Json;
use test_support::{Running, TestDirectory};

use crate::common::foreign::{Answer, Foreign, Relay};
use crate::common::reparte;
use crate::common::server::serve;
use crate::fixture::{account, numbers, server, start, timed, with_workers};

/// A machine that boots: it is of no use to a run until it has done so.
struct Booting {
    /// Its address, as a run is given it.
    address: String,
    /// The flags that a run needs to call it.
    flags: Vec<String>,
    /// Part of the reason why it is of no use.
    told: &'static str,
    /// Ends the boot.
    end: Box<dyn FnOnce() + Send>,
    /// Its parts, which end with it.
    _parts: Box<dyn Send>,
}

/// A machine whose server answers with this status while it boots.
fn booting_by_status(status: u16, told: &'static str) -> Booting {
    let is_ready = Arc::new(AtomicBool::new(false));
    let ready = Arc::clone(&is_ready);
    let server = Foreign::serve(move |_| match ready.load(SeqCst) {
        true => Answer::Echo,
        false => Answer::Status(status, ""),
    });
    Booting {
        address: server.address.clone(),
        flags: Vec::new(),
        told,
        end: Box::new(move || is_ready.store(true, SeqCst)),
        _parts: Box::new(server),
    }
}

/// A machine whose program's interpreter is not there while it boots.
fn booting_without_interpreter() -> Booting {
    let files = TestDirectory::new("interpreter");
    let program = files.write("program", "#!/no/such/interpreter\n", 0o700);
    let (server, address) = serve(&["--function", "f", "--", &program, "{}"]);
    let whole = files.write("whole", "#!/bin/sh\necho \"$1\"\n", 0o700);
    Booting {
        address,
        flags: Vec::new(),
        told: "can't start the program",
        end: Box::new(move || fs::rename(whole, program).unwrap()),
        _parts: Box::new((server, files)),
    }
}

/// A machine whose clock is wrong while it boots: its certificate is not valid yet.
fn booting_with_early_certificate() -> Booting {
    let files = TestDirectory::new("certificate");
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let key = KeyPair::generate().unwrap();
    let authority = CertifiedIssuer::self_signed(params, key).unwrap();
    let ca = files.write("ca.pem", &authority.pem(), 0o600);
    let start = |name: &str, from_year: i32| {
        let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        params.not_before = date_time_ymd(from_year, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap().pem();
        let certificate = files.write(&format!("{name}.pem"), &certificate, 0o600);
        let key = files.write(&format!("{name}.key"), &key.serialize_pem(), 0o600);
        let tls = ["--tls-cert", &certificate, "--tls-key", &key];
        serve(&[&tls, &["--function", "f", "--", "echo", "{}"][..]].concat())
    };
    let (early, early_address) = start("early", 2999);
    let (valid, valid_address) = start("valid", 2020);
    let relay = Relay::to(&early_address);
    let switch = relay.switch();
    Booting {
        address: format!("https://{}", relay.address),
        flags: vec!["--ca".to_owned(), ca],
        told: "certificate",
        end: Box::new(move || switch.set(&valid_address)),
        _parts: Box::new((early, valid, files)),
    }
}

/// A machine on whose port another server speaks TLS while it boots.
fn booting_in_tls() -> Booting {
    let files = TestDirectory::new("another protocol");
    let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = files.write(
        "server.pem",
        &params.self_signed(&key).unwrap().pem(),
        0o600,
    );
    let key = files.write("server.key", &key.serialize_pem(), 0o600);
    let tls = ["--tls-cert", &certificate, "--tls-key", &key];
    let program = ["--function", "f", "--", "echo", "{}"];
    let (early, early_address) = serve(&[&tls[..], &program].concat());
    let (plain, plain_address) = serve(&program);
    let relay = Relay::to(&early_address);
    let switch = relay.switch();
    Booting {
        address: relay.address.clone(),
        flags: Vec::new(),
        told: "call it by https://",
        end: Box::new(move || switch.set(&plain_address)),
        _parts: Box::new((early, plain, files)),
    }
}

/// Checks each kind of machine that boots, all at a time.
fn check_booting(check: fn(Booting)) {
    let machines: [fn() -> Booting; 6] = [
        || booting_by_status(401, "401"),
        || booting_by_status(403, "403"),
        || booting_by_status(404, "404"),
        booting_without_interpreter,
        booting_with_early_certificate,
        booting_in_tls,
    ];
    let checks = machines.map(|machine| thread::spawn(move || check(machine())));
    checks.into_iter().for_each(|check| check.join().unwrap());
}

#[test]
fn a_server_that_is_out_costs_no_task_and_is_named() {
    check_booting(|booting| {
        let files = TestDirectory::new("out");
        let good = with_workers(timed(|_| Duration::from_millis(20)), 1);
        let mut flags = vec![&*booting.address, &*good.address];
        flags.extend(booting.flags.iter().map(String::as_str));
        let (ended, account) = account(&files, &numbers(50), &flags);
        ended.expect(&numbers(50));
        let address = booting.address.trim_start_matches("https://");
        ended.expect_told(&format!("{address}: out, and asked again each minute"));
        ended.expect_told(booting.told);
        let out = server(&account, address);
        assert_eq!(out["state"], "out", "{account}");
        // It is no proxy, and its tasks fail on nobody else: two calls tell.
        let failures = out["failures"].as_object().unwrap().values();
        let failed: u64 = failures.map(|count| count.as_u64().unwrap()).sum();
        assert!(failed <= 2, "{account}");
        assert_eq!(account["failed"], 0, "{account}");
    });
}

#[test]
fn a_server_that_is_out_comes_back_with_its_line() {
    check_booting(|booting| {
        let files = TestDirectory::new("way back");
        let good = with_workers(timed(|_| Duration::from_millis(100)), 1);
        let with_both = format!("{}\n{}\n", good.address, booting.address);
        let hosts = files.write("hosts", &with_both, 0o600);
        let path = files.path("account");
        let mut flags = vec!["--servers", &*hosts, "--account", &path];
        flags.extend(booting.flags.iter().map(String::as_str));
        let running = start(&files, &numbers(80), &flags);
        let address = booting.address.trim_start_matches("https://");
        running.line_after(&format!("{address}: out, and asked again each minute"));
        (booting.end)();
        fs::write(&hosts, format!("{}\n", good.address)).unwrap();
        running.line_after(" leaves");
        fs::write(&hosts, with_both).unwrap();
        running.line_after(" joins");
        running.end().expect(&numbers(80));
        let account: Json = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let back = account["servers"][2].clone();
        assert_eq!(back["state"], "up", "{account}");
        assert!(back["tasks"].as_u64().unwrap() > 0, "{account}");
    });
}

#[test]
#[ignore = "takes more than a minute"]
fn a_server_that_is_out_is_asked_again_each_minute() {
    check_booting(|booting| {
        let files = TestDirectory::new("each minute");
        let good = with_workers(timed(|_| Duration::from_millis(1000)), 1);
        let path = files.path("account");
        let tasks = files.path("tasks");
        fs::write(&tasks, numbers(75)).unwrap();
        let mut flags = vec!["run", "--tasks", &*tasks, "--function", "f"];
        flags.extend(["--account", &*path, &good.address, &booting.address]);
        flags.extend(booting.flags.iter().map(String::as_str));
        let mut running = Running::interactive(reparte(&flags));
        running.line_after("out, and asked again each minute");
        (booting.end)();
        let mut results = String::new();
        // For longer than the end of a program is waited for.
        running.stdout().read_to_string(&mut results).unwrap();
        running.end().expect_code(0);
        assert_eq!(results, numbers(75));
        let account: Json = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let address = booting.address.trim_start_matches("https://");
        let back = server(&account, address);
        assert_eq!(back["state"], "up", "{account}");
        assert!(back["tasks"].as_u64().unwrap() > 0, "{account}");
    });
}
