//! The article's last two programs on an untrusted network: a token, TLS, certificates on both
//! sides, and an HTTP proxy.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::fs::{self, Permissions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use common::{TEN, run, server, start};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use test_support::{PATIENCE, TestDirectory};

const TOKEN: &str = "correct-horse-battery";

/// Writes a file that only its owner may read.
fn write(files: &TestDirectory, name: &str, text: &str) -> String {
    files.write(name, text, 0o600)
}

/// Makes an authority and a certificate that it issued for this machine: NAME-ca.pem,
/// NAME.pem and NAME.key.
fn authority(files: &TestDirectory, name: &str) {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let key = KeyPair::generate().unwrap();
    let authority = CertifiedIssuer::self_signed(params, key).unwrap();
    write(files, &format!("{name}-ca.pem"), &authority.pem());
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let params = CertificateParams::new(names).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    write(files, &format!("{name}.pem"), &certificate.pem());
    write(files, &format!("{name}.key"), &key.serialize_pem());
}

#[test]
fn a_token_lets_in_and_is_never_shown() {
    let files = TestDirectory::new("token");
    let right = write(&files, "right", &format!("{TOKEN}\n"));
    let wrong = write(&files, "wrong", "another-horse-battery\n");
    let (serv, address) = server("serv_processes", &["--token-file", &right]);
    let clnt = run("clnt_processes", &[&address, "--token-file", &right]);
    assert_eq!(clnt.expect_code(0).results(), TEN);
    let url = format!("http://any:{TOKEN}@{address}");
    let in_url = run("clnt_processes", &[&url]);
    assert_eq!(in_url.expect_code(0).results(), TEN);
    for arguments in [
        &[&*address][..],
        &[&*address, "--token-file", &wrong],
        &["http://any:another-horse-battery@localhost:1"],
    ] {
        let refused = run("clnt_processes", arguments);
        assert!(refused.stdout.is_empty(), "{refused:?}");
        assert!(!refused.status.success());
        assert!(!refused.stderr.contains("horse"), "{}", refused.stderr);
    }
    assert!(!in_url.stderr.contains("horse"), "{}", in_url.stderr);
    let served = serv.interrupt();
    assert!(!served.expect_code(0).stderr.contains("horse"));
}

#[test]
fn a_token_that_others_can_read_is_refused() {
    let files = TestDirectory::new("open-token");
    let open = files.write("open", TOKEN, 0o644);
    let short = write(&files, "short", "short");
    for path in [&*open, &short, "/nonexistent"] {
        for (name, argument) in [("serv_processes", "0"), ("clnt_processes", "localhost:1")] {
            let ended = run(name, &[argument, "--token-file", path]);
            let stderr = &ended.expect_code(2).stderr;
            assert!(stderr.contains("--token-file"), "{stderr}");
            assert!(!stderr.contains("horse"), "{stderr}");
        }
    }
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let files = TestDirectory::new("open-key");
    authority(&files, "own");
    let [pem, key] = ["own.pem", "own.key"].map(|name| files.path(name));
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    for (name, argument) in [("serv_processes", "0"), ("clnt_processes", "localhost:1")] {
        let ended = run(name, &[argument, "--tls-cert", &pem, "--tls-key", &key]);
        let stderr = &ended.expect_code(2).stderr;
        assert!(stderr.contains("--tls-key"), "{stderr}");
        assert!(stderr.contains("chmod"), "{stderr}");
    }
}

/// A token over plain HTTP is told of, where it leaves this machine.
#[test]
fn tokens_in_clear_text_are_told() {
    const UNENCRYPTED: &str = "unencrypted";
    let files = TestDirectory::new("clear-text");
    let token = write(&files, "token", TOKEN);
    for (at, is_told) in [("0.0.0.0:0", true), ("127.0.0.1:0", false)] {
        let serv = start("serv_processes", &["--bind", at, "--token-file", &token]);
        serv.address();
        let stderr = serv.interrupt().stderr;
        assert_eq!(stderr.contains(UNENCRYPTED), is_told, "{stderr}");
    }
    // 192.0.2.1 is an address of documentation: nobody is there.
    for (at, is_told) in [("192.0.2.1:9", true), ("localhost:1", false)] {
        let clnt = start("clnt_processes", &[at, "--token-file", &token]);
        if is_told {
            clnt.line_after(UNENCRYPTED);
        } else {
            assert!(!clnt.end().stderr.contains(UNENCRYPTED));
        }
    }
}

#[test]
fn both_sides_show_certificates() {
    let files = TestDirectory::new("tls");
    authority(&files, "own");
    authority(&files, "other");
    let own = ["own.pem", "own.key", "own-ca.pem"].map(|name| files.path(name));
    let other = ["other.pem", "other.key", "other-ca.pem"].map(|name| files.path(name));
    let arguments = [
        "--tls-cert",
        &own[0],
        "--tls-key",
        &own[1],
        "--tls-client-ca",
        &own[2],
    ];
    let (serv, address) = server("serv_processes", &arguments);
    let url = format!("https://{address}");
    let call = |cert: &[String; 3], authority: &str| {
        let identity = ["--tls-cert", &cert[0], "--tls-key", &cert[1]];
        run(
            "clnt_processes",
            &[&[&*url, "--ca", authority][..], &identity].concat(),
        )
    };
    assert_eq!(call(&own, &own[2]).expect_code(0).results(), TEN);
    for refused in [
        call(&other, &own[2]),
        call(&own, &other[2]),
        run("clnt_processes", &[&url, "--ca", &own[2]]),
        run("clnt_processes", &[&url]),
    ] {
        assert!(!refused.status.success(), "{refused:?}");
        assert!(refused.stdout.is_empty(), "{refused:?}");
    }
    // Plain HTTP gets no answer that is HTTP, and an idle stranger delays nobody.
    let _silent = TcpStream::connect(&address).unwrap();
    let mut plain = TcpStream::connect(&address).unwrap();
    plain.set_read_timeout(Some(PATIENCE)).unwrap();
    plain
        .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{}", answer.escape_ascii());
    assert_eq!(call(&own, &own[2]).expect_code(0).results(), TEN);
    serv.interrupt().expect_code(0);
}

/// Starts an HTTP proxy. Returns its URL, and the first line of each request it gets.
fn proxy() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://me:horse@{}", listener.local_addr().unwrap());
    let (told, asked) = channel();
    thread::spawn(move || {
        for client in listener.incoming() {
            let (client, told) = (client.unwrap(), told.clone());
            thread::spawn(move || relay(client, &told));
        }
    });
    (url, asked)
}

fn relay(mut client: TcpStream, told: &Sender<String>) {
    let mut lines = BufReader::new(client.try_clone().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let place = first.split(' ').nth(1).unwrap().to_owned();
    while !lines.next().unwrap().unwrap().is_empty() {}
    let server = TcpStream::connect(&place).unwrap();
    // The receiver is gone if the test has ended.
    let _ = told.send(first);
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    let copy = |mut from: TcpStream, mut to: TcpStream| {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    };
    let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || copy(from, to));
    copy(server, client);
}

#[test]
fn tls_goes_through_a_proxy_from_end_to_end() {
    let files = TestDirectory::new("proxy");
    authority(&files, "own");
    let [pem, key, authority] = ["own.pem", "own.key", "own-ca.pem"].map(|name| files.path(name));
    let identity = ["--tls-cert", &pem, "--tls-key", &key];
    let (serv, address) = server(
        "serv_processes",
        &[&identity[..], &["--tls-client-ca", &authority]].concat(),
    );
    let url = format!("https://{address}");
    let (proxy, asked) = proxy();
    let trust = [&url, "--ca", &authority, "--proxy", &proxy];
    let clnt = run("clnt_processes", &[&trust[..], &identity].concat());
    assert_eq!(clnt.expect_code(0).results(), TEN);
    assert!(!clnt.stderr.contains("horse"), "{}", clnt.stderr);
    let all_asked_for_it = || {
        let asked: Vec<String> = asked.try_iter().collect();
        let connect = format!("CONNECT {address} HTTP/1.1");
        !asked.is_empty() && asked.iter().all(|first| *first == connect)
    };
    assert!(all_asked_for_it());
    // The certificate is asked for through the proxy too.
    let stranger = run("clnt_processes", &trust);
    assert_eq!(stranger.expect_code(4).stdout, "");
    assert!(stranger.stderr.contains("refused"), "{}", stranger.stderr);
    assert!(all_asked_for_it());
    serv.interrupt().expect_code(0);
}

#[test]
fn a_missing_proxy_is_reported() {
    let proxy = ["--proxy", "http://me:horse@127.0.0.1:1"];
    let clnt = run("clnt_processes", &[&["localhost:9"][..], &proxy].concat());
    let stderr = &clnt.expect_code(4).stderr;
    assert!(
        stderr.contains("nothing listens at 127.0.0.1:1, the proxy"),
        "{stderr}"
    );
    assert!(!stderr.contains("horse"), "{stderr}");
    for bad in [
        &["localhost:9", "--proxy", "https://127.0.0.1:1"][..],
        &["--local", "1", "--proxy", "127.0.0.1:1"],
    ] {
        let clnt = run("clnt_processes", bad);
        let stderr = &clnt.expect_code(2).stderr;
        assert!(stderr.contains("proxy"), "{stderr}");
    }
}

#[test]
fn contradicting_flags_are_refused() {
    let files = TestDirectory::new("nonsense");
    authority(&files, "own");
    let [pem, key] = ["own.pem", "own.key"].map(|name| files.path(name));
    let token = write(&files, "token", TOKEN);
    let sockets = TestDirectory::for_sockets();
    let unix = format!("unix:{}", sockets.path("s"));
    for arguments in [
        &[&*unix, "--tls-cert", &pem, "--tls-key", &key][..],
        &["0", "--tls-cert", &pem],
        &["0", "--tls-client-ca", &pem],
        &["0", "--tls-cert", &key, "--tls-key", &pem],
        &["0", "--tls-cert", &pem, "--tls-key", "/nonexistent"],
        &["0", "--token-file", &token, "--without-token"],
    ] {
        run("serv_processes", arguments).expect_code(2);
    }
}
