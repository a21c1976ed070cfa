//! `reparte serve`: what a program is given, and what becomes of what it gives.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use common::run;
use common::server::serve;
use test_support::{Ended, Running, TestDirectory};
use xmlrpc_wire::{Dialect, Limits, Value, decode_response};

/// Calls a function that runs `program`, once.
fn call_once(flags: &[&str], program: &[&str], arguments: &[&str]) -> Ended {
    let (_server, url) = serve(&[&["--function", "f"], flags, &["--"], program].concat());
    run(&[&["call", &url, "f"], arguments].concat())
}

#[test]
fn the_argument_is_put_in_place_or_comes_on_standard_input() {
    for (program, argument, output) in [
        (&["echo", "{}"][..], &["two words"][..], "two words\n"),
        (
            &["printf", "%s|", "{}", "n={}", "-{}-{}"],
            &["7"],
            "7|n=7|-7-7|\n",
        ),
        (
            &["echo", "$HOME;", "{}"],
            &["`id`; $(id) 'x"],
            "$HOME; `id`; $(id) 'x\n",
        ),
        (&["echo", "{}"], &["0.5", "--json"], "0.5\n"),
        (&["echo", "{}"], &["true", "--json"], "true\n"),
        (&["cat"], &["año"], "año\n"),
        (&["wc", "-l"], &["one"], "1\n"),
        // The README's.
        (&["sh", "-c", "tr -cd 0-9 | wc -c"], &["in 2005"], "4\n"),
        (&["sort"], &["[\"b\", \"a\", 7]", "--json"], "7\na\nb\n"),
        (&["wc", "-c"], &["aGk=", "--arg-type", "base64"], "2\n"),
        // One line end is taken away, and no more.
        (&["printf", "a\\n\\n"], &["x"], "a\n\n"),
        (&["printf", " a "], &["x"], " a \n"),
        (&["true"], &["x"], "\n"),
    ] {
        let ended = call_once(&[], program, argument);
        assert_eq!(
            ended.stdout.trim_start_matches(' '),
            output.trim_start_matches(' '),
            "{program:?}: {ended:?}"
        );
        ended.expect_code(0);
    }
}

/// A server's dialect would change nothing: a client that reads the specification's types alone
/// reads all that `reparte serve` answers, whatever its call has shown.
#[test]
fn every_answer_is_in_the_types_of_the_specification() {
    let array = Value::Array;
    let request = |method: &str, params: Vec<Value>| {
        let members = [
            ("methodName", Value::from(method)),
            ("params", array(params)),
        ];
        Value::Struct(members.into_iter().collect())
    };
    let boxed = array(vec![
        request("f", vec![Value::from("a")]),
        request("f", vec![Value::Nil]),
    ]);
    for flags in [&[][..], &["--base64"]] {
        let (_server, url) = serve(&[&["--function", "f"], flags, &["--", "cat"]].concat());
        for (method, params, is_fault) in [
            ("f", vec![Value::from("a")], false),
            ("f", vec![Value::Int64(1 << 40)], false),
            ("f", vec![array(vec![Value::Int64(1 << 40)])], false),
            ("f", vec![Value::Nil], true),
            ("f", vec![], true),
            ("none", vec![], true),
            ("system.listMethods", vec![], false),
            ("system.methodSignature", vec![Value::from("f")], false),
            ("system.methodHelp", vec![Value::from("f")], false),
            ("system.getCapabilities", vec![], false),
            ("system.multicall", vec![boxed.clone()], false),
            ("reparte.status", vec![], false),
            ("reparte.cancel", vec![Value::from("x")], false),
        ] {
            let body = Dialect::everything().encode_call(method, &params).unwrap();
            let answer = post(&url, &body);
            let response = decode_response(&answer, &Limits::default()).unwrap();
            assert_eq!(
                response.is_err(),
                is_fault,
                "{method} {params:?}: {response:?}"
            );
            let Ok(value) = response else { continue };
            let plain = Dialect::specification().encode_response(&value);
            assert_eq!(plain.ok(), Some(answer), "{method} {params:?}: {value:?}");
        }
    }
}

/// The server holds nothing of a document that has been answered. glibc keeps freed memory, unless
/// large pieces have mappings of their own, as docs/reliability.md says.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn the_memory_of_answered_documents_goes_back_to_the_system() {
    const SIZE: usize = 15 << 20;
    let mut command = common::reparte(&["serve", "127.0.0.1:0", "--function", "f", "--", "true"]);
    command.env("MALLOC_MMAP_THRESHOLD_", "262144");
    let server = Running::start(command);
    let address = server.address();
    let resident = || {
        let path = format!("/proc/{}/status", server.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.unwrap().trim().trim_end_matches(" kB");
        kilobytes.parse::<usize>().unwrap() << 10
    };
    let before = resident();
    let text = Value::from("a".repeat(SIZE));
    let body = Dialect::python().encode_call("f", &[text]).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert!(!post(&address, &body).is_empty()));
        }
    });
    test_support::until("the memory goes back", || resident() < before + SIZE);
}

/// Posts a document, and returns that of the answer.
fn post(address: &str, body: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: text/xml\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let head = answer.windows(4).position(|end| end == b"\r\n\r\n");
    answer.split_off(head.unwrap() + 4)
}

#[test]
fn much_goes_in_and_out() {
    // More than any pipe holds, both ways at the same time; as an array of strings, since
    // the system bounds each argument of a command.
    let line = "x".repeat(50_000);
    let lines = serde_json::Value::from(vec![line.as_str(); 2]).to_string();
    let ended = call_once(
        &[],
        &["sh", "-c", "cat; yes | head -c 1000000"],
        &[&lines, "--json"],
    );
    ended.expect_code(0);
    assert!(ended.stdout.starts_with(&format!("{line}\n{line}\ny\n")));
    assert_eq!(ended.stdout.len(), 2 * 50_001 + 1_000_000);
    // And one that reads nothing of it.
    call_once(&[], &["true"], &[&lines, "--json"]).expect("\n");
}

#[test]
fn what_no_program_takes_is_refused() {
    for (program, argument, texts) in [
        (&["cat"][..], "null", &["fault -32602", "not nil"][..]),
        (&["cat"], "{}", &["fault -32602", "not struct"]),
        (&["echo", "{}"], "[]", &["fault -32602", "not array"]),
    ] {
        call_once(&[], program, &[argument, "--json"]).expect_error(5, texts);
    }
    // The system bounds each argument; the server says what to do.
    let (_server, url) = serve(&["--function", "f", "--", "echo", "{}"]);
    let server = xmlrpc_client::ServerProxy::new(&url).unwrap();
    let long = server.call::<String>("f", ("x".repeat(16_000_000),));
    let error = long.unwrap_err().to_string();
    assert!(error.contains("comes on standard input"), "{error}");
    let zero = call_once(&[], &["echo", "{}"], &["AA==", "--arg-type", "base64"]);
    zero.expect_error(5, &["a zero byte", "standard input"]);
}

#[test]
fn a_program_that_fails_is_a_fault_with_its_last_words() {
    let say = "echo out; echo first >&2; seq 100000 >&2; echo last >&2; exit 3";
    let ended = call_once(&[], &["sh", "-c", say], &["x"]);
    ended.expect_error(
        5,
        &["fault 1: the program failed (exit status: 3): its error output ends: "],
    );
    assert!(!ended.stderr.contains("first"), "{}", ended.stderr);
    // Its lines are lines, to the last one.
    assert!(
        ended.stderr.ends_with("\n100000\nlast\n"),
        "{}",
        ended.stderr
    );
    let (_server, url) = serve(&["--function", "f", "--", "sh", "-c", say]);
    let server = xmlrpc_client::ServerProxy::new(&url).unwrap();
    match server.call::<String>("f", ("x",)) {
        Err(xmlrpc_client::Error::Fault(fault)) => {
            assert!(fault.message.ends_with("\n100000\nlast"), "{fault}");
            assert!(fault.message.len() < 2200, "{}", fault.message.len());
        }
        other => panic!("no fault but {other:?}"),
    }
    for (program, texts) in [
        (
            &["false"][..],
            &["exit status: 1", "it wrote no error output"][..],
        ),
        (&["sh", "-c", "kill -9 $$"], &["signal: 9"]),
        (
            &["sh", "-c", "printf 'a\\033b\\377' >&2; exit 1"],
            &["ends: a"],
        ),
    ] {
        call_once(&[], program, &["x"]).expect_error(5, texts);
    }
}

#[test]
fn a_machine_that_cant_start_the_program_is_to_blame_and_not_the_function() {
    let files = TestDirectory::new("unfit");
    let script = files.write("script", "#!/no/such/interpreter\n", 0o700);
    let (server, url) = serve(&["--function", "f", "--", &script]);
    let ended = run(&["call", &url, "f", "x"]);
    ended.expect_error(
        5,
        &["fault -32050", "this machine can't start", "interpreter"],
    );
    server.line_after("error: f: this machine can't start the program");
}

/// A server that is short of descriptors refuses calls for the moment, and fails no task.
#[test]
fn a_shortage_that_may_pass_fails_no_task() {
    let scarce = |program: &[&str]| {
        let limited =
            "ulimit -n 22; exec \"$0\" serve 127.0.0.1:0 --workers 8 --function f -- \"$@\"";
        let mut command = std::process::Command::new("sh");
        command.args(["-c", limited, env!("CARGO_BIN_EXE_reparte")]);
        command.args(program);
        let server = Running::start(command);
        let url = server.address();
        (server, url)
    };
    let files = TestDirectory::new("scarce");
    let tasks: Vec<String> = (1..=40).map(|n| n.to_string()).collect();
    let tasks = tasks.join("\n") + "\n";
    let input = files.write("tasks", &tasks, 0o600);
    // While the first one runs, the others can't be started.
    let (short, short_url) =
        scarce(&["sh", "-c", "read -r n; test $n -gt 2 || sleep 1.5; echo $n"]);
    let (_other, other_url) = serve(&["--function", "f", "--", "cat"]);
    for servers in [&[&*short_url, &other_url][..], &[&*short_url]] {
        let flags = ["run", "--function", "f", "--tasks", &input, "--quiet"];
        run(&[&flags, servers].concat()).expect(&tasks);
    }
    let log = short.interrupt().stderr;
    assert!(log.contains("can't be started at the moment"), "{log}");
    assert!(log.contains("\" 503 -"), "{log}");
}

#[test]
fn the_directory_of_the_servers_secrets_is_not_named_to_the_program() {
    let mut command = common::reparte(&["serve", "127.0.0.1:0", "--function", "f", "--", "env"]);
    command
        .env("CREDENTIALS_DIRECTORY", "/run/credentials/x")
        .env("KEPT", "yes");
    let server = Running::start(command);
    let variables = run(&["call", &server.address(), "f", "x"]).stdout;
    assert!(variables.contains("KEPT=yes"), "{variables}");
    assert!(!variables.contains("CREDENTIALS"), "{variables}");
}

/// A program that runs as another user reads neither the files of the server nor its memory.
#[test]
fn a_program_of_another_user_reads_no_secret() {
    if !rustix::process::geteuid().is_root() {
        let ended = run(&[
            "serve",
            "0",
            "--user",
            "nobody",
            "--function",
            "f",
            "--",
            "cat",
        ]);
        return ended.expect_error(2, &["--user", "only root"]);
    }
    let files = TestDirectory::new("user");
    let token = files.write("token", "0123456789abcdef", 0o600);
    let flags = ["--user", "nobody", "--token-file", &token];
    let script =
        "id -un; id -G | wc -w; echo $USER $HOME; head -c 1 /proc/$PPID/environ; cat \"$1\"";
    let program = ["--", "sh", "-c", script, "sh", "{}"];
    let (_server, url) = serve(&[&["--function", "f"], &flags[..], &program].concat());
    let ended = run(&["call", &url, "f", &token, "--token-file", &token]);
    ended.expect_error(5, &["Permission denied"]);
    assert!(
        !ended.stderr.contains("0123456789abcdef"),
        "{}",
        ended.stderr
    );
    let program = ["--", "sh", "-c", "id -un; id -G | wc -w; echo $USER $HOME"];
    let (_server, url) = serve(&[&["--function", "f"], &flags[..], &program].concat());
    let ended = run(&["call", &url, "f", "x", "--token-file", &token]);
    ended.expect("nobody\n1\nnobody /nonexistent\n");
    run(&[
        "serve",
        "0",
        "--user",
        "no such",
        "--function",
        "f",
        "--",
        "cat",
    ])
    .expect_error(2, &["--user", "there is no user no such"]);
}

/// The files of /proc about a server with a secret are root's, so that the program, which runs as
/// the same user, reads nothing there.
#[cfg(target_os = "linux")]
#[test]
fn the_memory_of_a_server_with_a_token_is_hidden() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    use std::os::unix::process::CommandExt as _;

    const NOBODY: u32 = 65534;
    let files = TestDirectory::new("memory");
    let token = files.write("token", "0123456789abcdef", 0o600);
    let is_root = rustix::process::geteuid().is_root();
    let user = if is_root {
        NOBODY
    } else {
        rustix::process::geteuid().as_raw()
    };
    // Another user may not get as far as the folder where it was built.
    let copy = files.path("reparte");
    if is_root {
        // By a process of its own: another test's child would hold it open for writing, and it
        // could not be started.
        let mut copying = std::process::Command::new("cp");
        copying.arg(common::reparte(&[]).get_program()).arg(&copy);
        assert!(copying.status().unwrap().success());
        chown(&token, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    for (flags, owner) in [(&["--token-file", &token][..], 0), (&[], user)] {
        let arguments = [
            &["serve", "127.0.0.1:0"],
            flags,
            &["--function", "f", "--", "cat"],
        ];
        let mut command = common::reparte(&arguments.concat());
        if is_root {
            command = std::process::Command::new(&copy);
            command.args(arguments.concat()).uid(NOBODY).gid(NOBODY);
        }
        let server = Running::start(command);
        server.address();
        let environment = std::fs::metadata(format!("/proc/{}/environ", server.id()));
        assert_eq!(environment.unwrap().uid(), owner, "{flags:?}");
    }
}

#[test]
fn output_that_is_no_text_needs_base64() {
    for (format, text) in [
        ("\\377", "no UTF-8"),
        ("a\\033b", "U+001B"),
        ("\\000", "U+0000"),
    ] {
        let ended = call_once(&[], &["printf", format], &["x"]);
        ended.expect_error(5, &[text, "--base64"]);
    }
    call_once(&["--base64"], &["printf", "\\377\\000"], &["x"]).expect("/wA=\n");
    call_once(&[], &["printf", "a\\tb\\r\\n"], &["x"]).expect("a\tb\r\n");
}

/// The remedy is on the other side, where an answer beyond the limit would be the first sign.
#[test]
fn output_that_clients_would_not_read_is_told_at_the_start() {
    for (flags, is_told) in [
        (&["--max-output", "16776704"][..], false),
        (&["--max-output", "16776705"], true),
        (&["--max-output", "12582528", "--base64"], false),
        (&["--max-output", "12582529", "--base64"], true),
    ] {
        let (server, _) = serve(&[&["--function", "f"], flags, &["--", "cat"]].concat());
        let ended = server.interrupt();
        let told = ended.stderr.contains("--max-answer");
        assert_eq!(told, is_told, "{flags:?}: {}", ended.stderr);
    }
}

#[test]
fn output_and_time_have_limits() {
    let most = |most: &str, count: &str| {
        let program = format!("yes | head -c {count}");
        call_once(&["--max-output", most], &["sh", "-c", &program], &["x"])
    };
    most("1000", "1000").expect_code(0);
    most("1000", "1001").expect_error(5, &["more than 1000 bytes", "--max-output"]);
    most("0", "1").expect_error(5, &["more than 0 bytes"]);
    let endless = call_once(&[], &["yes"], &["x"]);
    endless.expect_error(5, &["more than 4194304 bytes", "--max-output"]);
    for program in [
        "sleep 1000",
        "exec >&- 2>&-; sleep 1000",
        "cat; trap '' TERM; sleep 1000",
    ] {
        let late = call_once(&["--max-seconds", "0.2"], &["sh", "-c", program], &["x"]);
        late.expect_error(5, &["ended after 0.2 s", "--max-seconds"]);
    }
}

#[test]
fn programs_are_found_at_the_start() {
    let files = TestDirectory::new("programs");
    let data = files.write("data", "", 0o600);
    let script = files.write("script", "#!/bin/sh\necho run\n", 0o700);
    for (program, texts) in [
        ("no-such-program", &["no-such-program", "on the PATH"][..]),
        ("./no-such-program", &["not a program", "check the path"]),
        (&data, &["not a program", "chmod +x"]),
        ("/tmp", &["not a program"]),
        ("{}", &["{} can't be in the name of the program"]),
        ("./{}", &["{} can't be in the name of the program"]),
    ] {
        let ended = run(&["serve", "0", "--function", "f", "--", program]);
        ended.expect_error(2, texts);
    }
    call_once(&[], &[&script], &["x"]).expect("run\n");
}

#[test]
fn names_that_cant_be_had_are_refused() {
    for (name, text) in [
        ("a b", "method's name"),
        ("", "empty"),
        ("system.f", "reserved"),
    ] {
        let ended = run(&["serve", "0", "--function", name, "--", "cat"]);
        ended.expect_error(2, &["--function", text]);
    }
}

#[test]
fn other_machines_are_served_only_if_it_is_said() {
    let start = |address: &str| run(&["serve", address, "--function", "f", "--", "cat"]);
    start("0.0.0.0:0").expect_error(2, &["--token-file", "--without-token", "reparte keys"]);
    start("nada").expect_error(2, &["nada", "localhost:9000"]);
    let (_server, taken) = serve(&["--function", "f", "--", "cat"]);
    start(&taken).expect_error(3, &[&taken, "another program listens there"]);

    let open = [
        "serve",
        "0.0.0.0:0",
        "--without-token",
        "--function",
        "f",
        "--",
        "cat",
    ];
    let server = Running::start(common::reparte(&open));
    let port = server.line_after("listening on http://0.0.0.0:");
    run(&["call", &format!("127.0.0.1:{port}"), "f", "x"]).expect("x\n");
}

#[test]
fn a_name_that_was_said_is_a_host() {
    let status = |flags: &[&str]| {
        let (_server, url) = serve(&[flags, &["--function", "f", "--", "cat"]].concat());
        let mut connection = TcpStream::connect(&url).unwrap();
        let request = "GET / HTTP/1.1\r\nHost: maquina1\r\nConnection: close\r\n\r\n";
        connection.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer.lines().next().unwrap_or_default().to_owned()
    };
    assert!(status(&[]).starts_with("HTTP/1.1 403 "));
    assert!(status(&["--host", "otra", "--host", "maquina1"]).starts_with("HTTP/1.1 200 "));
    for name in ["", "a b", "http://a"] {
        let serve = ["serve", "0", "--function", "f", "--host", name, "--", "cat"];
        run(&serve).expect_error(2, &["--host", "such as maquina1"]);
    }
}

#[test]
fn certificates_are_asked_for_as_said() {
    let files = TestDirectory::new("serve tls");
    let keys = files.path("keys");
    run(&["keys", &keys]).expect_code(0);
    let file = |name: &str| format!("{keys}/{name}");
    let (ca, cert, key) = (file("ca.pem"), file("server.pem"), file("server.key"));
    let (client, client_key) = (file("client.pem"), file("client.key"));
    let tls = ["--tls-cert", &cert, "--tls-key", &key];
    let program = ["--function", "f", "--", "cat"];
    for (asked, with) in [(&[][..], false), (&["--tls-client-ca", &ca][..], true)] {
        let (_server, address) = serve(&[&tls, asked, &program[..]].concat());
        let url = format!("https://{address}");
        let plain = run(&["call", &url, "f", "x", "--ca", &ca]);
        match with {
            false => plain.expect("x\n"),
            true => assert!(!plain.status.success(), "{plain:?}"),
        }
        let own = ["--tls-cert", &client, "--tls-key", &client_key];
        run(&[&["call", &url, "f", "x", "--ca", &ca], &own[..]].concat()).expect("x\n");
        run(&["call", &url, "f", "x"]).expect_error(8, &["no TLS", "--ca"]);
    }
    let no_key = files.write("no key", &std::fs::read_to_string(&cert).unwrap(), 0o600);
    for (flags, text) in [
        (["--tls-cert", &key, "--tls-key", &key], "certificate"),
        (["--tls-cert", &cert, "--tls-key", &no_key], "key"),
    ] {
        let ended = run(&[&["serve", "0"], &flags[..], &program].concat());
        ended.expect_error(2, &[text, "reparte keys"]);
    }
}
