//! Answers of servers that are unlike ours, each a case of its own.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use common::run;
use common::server::serve;
use common::terminal::OnTerminal;
use test_support::TestDirectory;
use xmlrpc_wire::{Fault, Limits, Struct, Value, decode_call, encode_fault, encode_response};

/// A server that answers each request with what `answer` makes of its method and its document,
/// and hangs up. Its thread ends with the test's process.
fn raw(answer: impl Fn(&str, &[u8]) -> Vec<u8> + Clone + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let answer = answer.clone();
            thread::spawn(move || {
                let mut stream = stream.unwrap();
                if let Some(body) = request(&mut stream) {
                    let call = decode_call(&body, &Limits::default()).unwrap();
                    let _ = stream.write_all(&answer(&call.method, &body));
                    let _ = stream.shutdown(Shutdown::Write);
                    // Until the client has read it.
                    let _ = stream.read(&mut [0]);
                }
            });
        }
    });
    address
}

/// Reads a request, and returns its body.
fn request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let length = stream.read(&mut part).ok().filter(|length| *length > 0)?;
        bytes.extend_from_slice(&part[..length]);
        let Some(head) = bytes.windows(4).position(|end| end == b"\r\n\r\n") else {
            continue;
        };
        let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
        let (_, after) = text.split_once("content-length: ")?;
        let length: usize = after.lines().next()?.parse().ok()?;
        if bytes.len() >= head + 4 + length {
            return Some(bytes.split_off(head + 4));
        }
    }
}

fn http(fields: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\n{fields}Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn result(value: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><methodResponse><params><param><value>{value}</value></param></params></methodResponse>"
    )
}

/// SOAP::Lite's servers (LiveJournal's) give the fault's code as text.
#[test]
fn a_fault_code_in_words_is_a_fault() {
    let fault = b"<?xml version=\"1.0\"?><methodResponse><fault><value><struct><member><name>faultString</name><value><string>no right to call this</string></value></member><member><name>faultCode</name><value><string>Client</string></value></member></struct></value></fault></methodResponse>";
    let url = raw(|_, _| http("", fault));
    run(&["call", &url, "m"]).expect_error(5, &["Client: no right to call this"]);
}

/// RFC 7303, section 3.2: the parameter counts.
#[test]
fn the_charset_of_the_answers_header_is_read() {
    let latin = result("caf\u{e9}")
        .chars()
        .map(|c| c as u8)
        .collect::<Vec<u8>>();
    let url = raw(move |_, _| http("Content-Type: text/xml; charset=ISO-8859-1\r\n", &latin));
    run(&["call", &url, "m"]).expect("café\n");
}

/// IIS and akka-http put fields into 100 Continue (RFC 9110, section 15.2).
#[test]
fn an_interim_answer_with_fields_is_passed_over() {
    let interim = "HTTP/1.1 100 Continue\r\nServer: Example/5.0\r\nDate: Sat, 28 Nov 2026 12:00:00 GMT\r\n\r\n";
    let url = raw(move |_, _| {
        [
            interim.as_bytes(),
            &http("", result("<int>7</int>").as_bytes()),
        ]
        .concat()
    });
    run(&["call", &url, "m"]).expect("7\n");
}

/// WordPress gives it for a draft.
#[test]
fn a_date_that_was_never_set_leaves_the_rest_readable() {
    let draft = result(
        "<struct><member><name>title</name><value>draft</value></member><member><name>date</name><value><dateTime.iso8601>00000000T00:00:00Z</dateTime.iso8601></value></member></struct>",
    );
    let url = raw(move |_, _| http("", draft.as_bytes()));
    run(&["call", &url, "m"]).expect("{\"title\":\"draft\",\"date\":\"00000000T00:00:00Z\"}\n");
}

/// RFC 9112, section 5.2: a user agent replaces the fold by a space.
#[test]
fn a_folded_field_is_read() {
    let fields = "Content-Security-Policy: \r\n\tdefault-src 'self';\r\n  img-src *\r\n";
    let url = raw(move |_, _| http(fields, result("<int>7</int>").as_bytes()));
    run(&["call", &url, "m"]).expect("7\n");
}

#[test]
fn an_answer_beyond_the_limit_names_the_flag() {
    let long = result(&"x".repeat(2000));
    let url = raw(move |_, _| http("", long.as_bytes()));
    let call = |flags: &[&str]| run(&[&["call", &url, "m"], flags].concat());
    call(&["--max-answer", "1000"]).expect_error(8, &["limit of 1000", "--max-answer"]);
    call(&["--max-answer", "3000"]).expect(&format!("{}\n", "x".repeat(2000)));
    call(&["--max-answer", "0"]).expect_error(2, &["--max-answer"]);
    let (_server, url) = serve(&[
        "--function",
        "big",
        "--max-output",
        "100000000",
        "--",
        "sh",
        "-c",
        "head -c 20000000 /dev/zero | tr '\\0' x",
    ]);
    let big = run(&["call", &url, "big", "1"]);
    big.expect_error(8, &["limit of 16777216", "--max-answer"]);
    assert!(!big.stderr.contains("Options"), "{}", big.stderr);
}

/// npm's xmlrpc, tornado-xmlrpc and Zope answer with 404, gorilla with 400, davexmlrpc hangs up,
/// and some say nothing.
#[test]
fn any_answer_to_the_question_for_types_means_that_none_are_told() {
    type Answer = fn() -> Vec<u8>;
    let answers: [(&str, Answer); 5] = [
        ("404", || {
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec()
        }),
        ("400", || {
            b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_vec()
        }),
        ("403", || {
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n".to_vec()
        }),
        ("a hang-up", Vec::new),
        ("silence", || {
            thread::sleep(Duration::from_secs(60));
            Vec::new()
        }),
    ];
    for (what, answer) in answers {
        let url = raw(move |method, _| match method.starts_with("system.") {
            true => answer(),
            false => http("", result("ok").as_bytes()),
        });
        let began = Instant::now();
        run(&["call", &url, "m", "7"]).expect("ok\n");
        assert!(began.elapsed() < Duration::from_secs(30), "{what}");
    }
}

#[test]
fn the_signatures_of_supervisor_and_trac_are_read() {
    let text = |text: &str| Value::from(text);
    for signatures in [
        vec![text("array"), text("int")],
        vec![text("array,int"), text("array,string,int")],
    ] {
        let url = raw(move |method, body| {
            let signatures = encode_response(&Value::from(signatures.clone())).unwrap();
            let is_int = String::from_utf8_lossy(body).contains("<int>7</int>");
            match method {
                "system.methodSignature" => http("", &signatures),
                _ => http(
                    "",
                    result(if is_int { "an int" } else { "another" }).as_bytes(),
                ),
            }
        });
        run(&["call", &url, "m", "7"]).expect("an int\n");
    }
}

#[test]
fn methods_are_asked_for_in_one_request() {
    let url = raw(|method, body| {
        let names = ["a", "b", "system.listMethods", "system.multicall"];
        let one = |value: Value| Value::Array(vec![value]);
        let fault = Struct::from([
            ("faultCode", Value::from("Client")),
            ("faultString", Value::from("no")),
        ]);
        match method {
            "system.listMethods" => {
                let names = names.map(Value::from).to_vec();
                http("", &encode_response(&Value::Array(names)).unwrap())
            }
            "system.multicall" => {
                let calls = String::from_utf8_lossy(body)
                    .matches("methodName</name>")
                    .count();
                assert_eq!(calls, 4, "two questions for each of two methods");
                let int = Value::Array(vec![Value::from(vec!["int", "string"])]);
                let answers = vec![
                    one(int),
                    one(Value::from("Help of a.")),
                    Value::from(fault.clone()),
                    Value::from(fault),
                ];
                http("", &encode_response(&Value::Array(answers)).unwrap())
            }
            other => panic!("asked for {other}"),
        }
    });
    run(&["methods", &url]).expect("a(string) -> int\n    Help of a.\nb\n");
}

#[test]
fn a_server_that_answers_no_question_about_itself_is_unknown_and_works() {
    let url = raw(|method, _| match method {
        "f" => http("", result("ok").as_bytes()),
        _ => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
    });
    let status = run(&["status", &url]);
    status.expect_code(4);
    assert!(status.stdout.contains("unknown"), "{}", status.stdout);
    assert!(
        status.stdout.contains("may take calls"),
        "{}",
        status.stdout
    );
    let directory = TestDirectory::new("unknown tasks");
    let tasks = directory.write("tasks", "a\nb\n", 0o600);
    let ended = run(&["run", &url, "--function", "f", "--tasks", &tasks]);
    ended.expect_code(0);
    assert_eq!(ended.stdout, "ok\nok\n");
    assert!(!ended.stderr.contains("not found"), "{}", ended.stderr);

    // One that answers one of the questions is up.
    let url = raw(|method, _| match method {
        "system.listMethods" => Vec::new(),
        _ => http("", &encode_fault(&Fault::application("no such method"))),
    });
    let status = run(&["status", &url]);
    status.expect_code(0);
    assert!(status.stdout.contains("up"), "{}", status.stdout);
}

#[test]
fn servers_of_one_host_and_port_are_told_apart_by_their_paths() {
    let url = raw(|_, _| http("", &encode_fault(&Fault::application("no"))));
    let (one, two) = (format!("http://{url}/one"), format!("http://{url}/two"));
    let status = run(&["status", &one, &two]);
    for path in [&one, &two] {
        assert!(
            status.stdout.contains(&format!("{path} ")),
            "{}",
            status.stdout
        );
    }
    let single = run(&["status", &one]);
    assert!(!single.stdout.contains("/one"), "{}", single.stdout);
}

#[test]
fn a_401_names_the_flag_and_the_form_of_the_address() {
    let url = raw(|_, _| b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n".to_vec());
    run(&["call", &url, "m"]).expect_error(8, &["--token-file", "http://user:password@host"]);
}

#[test]
fn a_call_is_written_in_the_dialect_that_is_asked_for() {
    let url = raw(|_, body| {
        let is_prefixed = String::from_utf8_lossy(body).contains("<ex:nil/>");
        http(
            "",
            result(if is_prefixed { "ex" } else { "plain" }).as_bytes(),
        )
    });
    let call = |flags: &[&str]| run(&[&["call", &url, "m", "null", "--json"], flags].concat());
    call(&[]).expect("plain\n");
    call(&["--dialect", "apache"]).expect("ex\n");
    call(&["--dialect", "specification"]).expect_error(2, &["the dialect has no nil"]);
}

/// Characters that XML has and a terminal obeys: C1 controls, DEL, bidi.
const OBEYED: &str = "\u{9b}31mRED\u{9b}0m\u{9d}0;title\u{9c}\u{7f}\u{202e}turned\u{61c}\rx\ty";

#[test]
fn a_terminal_is_given_nothing_to_obey_in_any_format() {
    let hostile = raw(|method, _| {
        let text = Value::from(OBEYED);
        let value = match method {
            "system.listMethods" => Value::Array(vec![text, Value::from("f")]),
            "system.methodSignature" => {
                Value::Array(vec![Value::Array(vec![text, Value::from("string")])])
            }
            "reparte.status" => Value::from(Struct::from([
                ("instance", text.clone()),
                ("version", text.clone()),
                ("slots", Value::from(2)),
                ("busy", Value::from(1)),
                (
                    "calls",
                    Value::Array(vec![Value::from(Struct::from([
                        ("id", text.clone()),
                        ("method", text),
                        ("age_ms", Value::from(5)),
                    ]))]),
                ),
            ])),
            _ => text,
        };
        http("", &encode_response(&value).unwrap())
    });
    let faulty = raw(|method, _| match method.starts_with("system.") {
        true => http("", &encode_fault(&Fault::application("no"))),
        false => http("", &encode_fault(&Fault::application(OBEYED))),
    });
    let directory = TestDirectory::new("hostile tasks");
    let tasks = directory.write("tasks", "a\n", 0o600);
    let mut commands: Vec<Vec<&str>> = vec![
        vec!["call", &hostile, "f", "x", "--arg-type", "string"],
        vec!["call", &hostile, "f", "--output", "json"],
        vec!["call", &faulty, "f", "x", "--arg-type", "string"],
        vec!["methods", &hostile],
        vec!["methods", &hostile, "--output", "json"],
        vec!["status", &hostile],
        vec!["status", &hostile, "--json"],
    ];
    for url in [&hostile, &faulty] {
        for format in ["text", "tsv", "csv", "spreadsheet", "jsonl"] {
            commands.push(vec![
                "run",
                url,
                "--function",
                "f",
                "--tasks",
                &tasks,
                "--output",
                format,
            ]);
        }
    }
    for command in commands {
        let mut results = common::reparte(&command);
        results.stderr(std::process::Stdio::null());
        for mut on_terminal in [
            OnTerminal::start(results),
            OnTerminal::with_errors_there(common::reparte(&command)),
        ] {
            let drawn = on_terminal.rest();
            let obeyed = drawn
                .chars()
                .find(|c| matches!(c, '\u{7f}'..='\u{9f}' | '\u{7}' | '\u{61c}' | '\u{202e}'));
            assert_eq!(obeyed, None, "{command:?}: {drawn:?}");
        }
    }
}

#[test]
fn a_spreadsheet_is_given_no_formula() {
    let url = raw(|_, _| http("", result("=1+1").as_bytes()));
    let directory = TestDirectory::new("formulas");
    let tasks = directory.write("tasks", "-7\n+a\n", 0o600);
    let output = |format| {
        let ended = run(&[
            "run",
            &url,
            "--function",
            "f",
            "--tasks",
            &tasks,
            "--output",
            format,
        ]);
        ended.expect_code(0);
        let rows = ended.stdout.lines().skip(1).map(|row| {
            let cells: Vec<&str> = row.split(',').collect();
            format!("{} {}", cells[1], cells[2])
        });
        rows.collect::<Vec<_>>()
    };
    assert_eq!(output("csv"), ["-7 =1+1", "+a =1+1"]);
    assert_eq!(output("spreadsheet"), ["-7 '=1+1", "'+a '=1+1"]);
}

/// OWASP's list of what begins a formula has tabs, line ends and full-width signs too.
#[test]
fn a_spreadsheet_is_given_no_formula_behind_a_blank_or_in_full_width() {
    let directory = TestDirectory::new("formulas-in-full-width");
    let tasks = directory.write("tasks", "7\n", 0o600);
    for (sent, shown) in [
        ("\n=1", "\"'\n=1\""),
        // XML reads it as a line feed.
        ("\r=1", "\"'\n=1\""),
        ("&#13;=1", "\"'\r=1\""),
        ("\t=1", "'\t=1"),
        ("\u{ff1d}1", "'\u{ff1d}1"),
        ("\u{ff0b}1", "'\u{ff0b}1"),
        ("\u{ff0d}1", "'\u{ff0d}1"),
        ("\u{ff20}A1", "'\u{ff20}A1"),
        ("a\n=1", "\"a\n=1\""),
    ] {
        let url = raw(|_, _| http("", result(sent).as_bytes()));
        let ended = run(&[
            "run",
            &url,
            "--function",
            "f",
            "--tasks",
            &tasks,
            "--output",
            "spreadsheet",
        ]);
        ended.expect_code(0);
        let row = format!(",{shown},");
        assert!(ended.stdout.contains(&row), "{sent:?}: {:?}", ended.stdout);
    }
}
