//! The six programs as the article runs them: pair by pair, with its numbers.

mod common;

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::thread;

use common::{TEN, access_lines, program, run, server, start};

#[test]
fn the_trivial_pair_prints_49() {
    let (serv, address) = server("serv_trivial", &[]);
    let clnt = run("clnt_trivial", &[&format!("http://{address}")]);
    assert_eq!(clnt.expect_code(0).stdout, "49\n");
    assert_eq!(clnt.stderr, "");
    let serv = serv.interrupt();
    serv.expect_code(0);
    assert_eq!(serv.stdout, "");
    assert_eq!(access_lines(&serv.stderr), 1);
}

#[test]
fn the_lineal_pair_prints_the_ten_and_the_time() {
    let (serv, address) = server("serv_lineal", &[]);
    let clnt = run("clnt_lineal", &[&format!("http://{address}")]);
    assert_eq!(clnt.expect_code(0).results(), TEN);
    assert_eq!(clnt.stderr, "");
    let serv = serv.interrupt();
    serv.expect_code(0);
    assert_eq!(access_lines(&serv.stderr), 10);
}

/// The servers on Unix sockets, and the clients that call them.
#[cfg(unix)]
#[test]
fn the_pairs_work_on_unix_sockets() {
    let files = test_support::TestDirectory::for_sockets();
    let serve = |name: &str, socket: &str| {
        let url = format!("unix:{}", files.path(socket));
        let server = start(name, &["--bind", &url]);
        assert_eq!(server.line_after("listening on "), url);
        (server, url)
    };
    let (serv, url) = serve("serv_trivial", "1");
    assert_eq!(run("clnt_trivial", &[&url]).expect_code(0).stdout, "49\n");
    serv.interrupt().expect_code(0);
    let [(_first, first), (_second, second)] =
        ["2", "3"].map(|socket| serve("serv_processes", socket));
    let clnt = run("clnt_processes", &[&first, &second]);
    assert_eq!(clnt.expect_code(0).results(), TEN);
    let again = run("serv_processes", &[&first]);
    again.expect_error(3, &[&first, "another program listens there"]);
}

#[test]
fn two_servers_share_the_ten() {
    let servers = [server("serv_processes", &[]), server("serv_processes", &[])];
    let addresses: Vec<&str> = servers
        .iter()
        .map(|(_, address)| address.as_str())
        .collect();
    let clnt = run("clnt_processes", &addresses);
    assert_eq!(clnt.expect_code(0).results(), TEN);
    assert!(
        clnt.stderr.contains("10 tasks: 10 done, 0 failed, 0 lost"),
        "{}",
        clnt.stderr
    );
    let lines = servers.map(|(serv, _)| {
        let serv = serv.interrupt();
        serv.expect_code(0);
        access_lines(&serv.stderr)
    });
    assert_eq!(lines.iter().sum::<usize>(), 10, "{lines:?}");
}

#[test]
fn one_command_with_local_servers_prints_the_ten() {
    let clnt = run("clnt_processes", &["--local", "2"]);
    assert_eq!(clnt.expect_code(0).results(), TEN);
}

#[test]
fn every_form_of_a_servers_name_in_the_help_works() {
    let (_serv, address) = server("serv_processes", &["--workers", "3"]);
    for name in [
        format!("3/{address}"),
        format!("http://{address}"),
        format!("http://{address}/RPC2"),
    ] {
        let clnt = run("clnt_processes", &[&name]);
        assert_eq!(clnt.expect_code(0).results(), TEN, "{name}");
    }
    let (_serv, address) = server("serv_lineal", &["--workers", "2"]);
    let port = address.rsplit_once(':').expect("it has a port").1;
    let clnt = run("clnt_lineal", &[&format!("http://localhost:{port}/")]);
    assert_eq!(clnt.expect_code(0).results(), TEN);
}

#[test]
fn base_and_count_choose_the_numbers() {
    let (_serv, address) = server("serv_lineal", &[]);
    let url = format!("http://{address}");
    for (client, server) in [("clnt_lineal", url.as_str()), ("clnt_processes", &address)] {
        let clnt = run(client, &[server, "--base", "10", "--count=3"]);
        assert_eq!(clnt.expect_code(0).results(), "7\n11\n7\n", "{client}");
        let clnt = run(client, &[server, "--count", "0"]);
        assert_eq!(clnt.expect_code(0).results(), "", "{client}");
    }
}

#[test]
fn the_usage_of_the_article_is_on_standard_output() {
    for (name, usage) in [
        (
            "serv_processes",
            "Usar  serv_processes nroport\nej: serv_processes 9000\n",
        ),
        (
            "clnt_processes",
            "Usar  clnt_processes server:port [[server:port] ...]\n\
             ej: clnt_processes  localhost:9000  10.12.33.112:9000  10.12.33.113:9000\n",
        ),
    ] {
        let ended = run(name, &[]);
        assert_eq!(ended.expect_code(255).stdout, usage);
        assert_eq!(ended.stderr, "");
    }
}

/// `clnt_processes ... | head -10`, and a reader that closes the pipe even earlier.
#[test]
fn a_closed_output_ends_the_program_quietly() {
    for (count, read) in [("10", 10), ("2000", 10), ("10", 0)] {
        let mut child = program("clnt_processes")
            .args(["--local", "1", "--base", "23434252232434", "--count", count])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let stderr = thread::spawn(move || {
            let mut all = String::new();
            stderr.read_to_string(&mut all).map(|_| all)
        });
        let stdout = child.stdout.take().unwrap();
        let lines: Vec<String> = BufReader::new(stdout)
            .lines()
            .take(read)
            .collect::<Result<_, _>>()
            .unwrap();
        let expected: Vec<&str> = TEN.lines().take(read).collect();
        assert_eq!(lines, expected);
        let status = child.wait().unwrap();
        let stderr = stderr.join().unwrap().unwrap();
        assert!(status.success(), "{status}: {stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
    }
}

#[test]
fn every_program_has_help_and_a_version() {
    for name in [
        "serv_trivial",
        "clnt_trivial",
        "serv_lineal",
        "clnt_lineal",
        "serv_processes",
        "clnt_processes",
    ] {
        let help = run(name, &["--help"]);
        let help = &help.expect_code(0).stdout;
        assert!(help.contains(&format!("Usage: {name}")), "{help}");
        assert!(help.lines().all(|line| line.len() <= 85), "{help}");
        let version = run(name, &["--version"]);
        let expected = format!("{name} {}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(version.expect_code(0).stdout, expected);
    }
}
