//! Every peer's server, which our client calls: the eight methods of validator1, a fault and
//! system.listMethods. Then clnt_processes works with all of them at once.

use xmlrpc_client::{Error, Options, ServerProxy};
use xmlrpc_wire::{Bytes, DateTime, Struct, Value};

use crate::common::{TEN, run, server};
use crate::script::command;
use test_support::Running;

/// A peer's server, and its differences from the others.
struct PeerServer {
    runner: &'static str,
    script: &'static str,
    /// The code of its fault. The scripts ask for 1.
    fault: i32,
    /// True if it has system.listMethods.
    lists: bool,
    /// True if it announces that it closes the connection after an answer.
    announces_close: bool,
    /// The methods of validator1 whose answers differ, since it loses something.
    differing: &'static [&'static str],
    /// The names of the echoed values that it changes.
    changed: &'static [&'static str],
}

const fn usual(runner: &'static str, script: &'static str) -> PeerServer {
    PeerServer {
        runner,
        script,
        fault: 1,
        lists: true,
        announces_close: true,
        differing: &[],
        changed: &[],
    }
}

const SERVERS: [PeerServer; 13] = [
    PeerServer {
        changed: &["an i8", "a carriage return"],
        ..usual("python2", "servers/python.py")
    },
    PeerServer {
        changed: &["an i8", "a carriage return"],
        ..usual("python3", "servers/python.py")
    },
    PeerServer {
        changed: &["a carriage return", "an emoji"],
        ..usual(
            "cc -lxmlrpc_server_abyss -lxmlrpc_server -lxmlrpc_abyss -lxmlrpc -lxmlrpc_util",
            "servers/abyss.c",
        )
    },
    // Its functions get plain Perl values, and their results are typed anew.
    PeerServer {
        changed: &[
            "true",
            "false",
            "1e100",
            "a number as text",
            "no bytes",
            "all bytes",
            "nil",
        ],
        ..usual("perl", "servers/rpc-xml.pl")
    },
    PeerServer {
        fault: 4,
        lists: false,
        announces_close: false,
        changed: &[
            "an i8",
            "1e100",
            "a carriage return",
            "other letters",
            "an emoji",
            "a struct",
            "nil",
        ],
        ..usual("perl", "servers/frontier.pl")
    },
    PeerServer {
        changed: &["an i8", "a carriage return", "no bytes", "all bytes", "nil"],
        ..usual("ruby", "servers/ruby.rb")
    },
    PeerServer {
        lists: false,
        changed: &["an i8"],
        ..usual("node", "servers/node.js")
    },
    // It writes six decimal places.
    PeerServer {
        changed: &["an i8", "a third", "a carriage return", "nil"],
        ..usual("php -S 127.0.0.1:0", "servers/php.php")
    },
    // Its functions get bytes as text. It writes dates in XML Schema's form, with an offset.
    PeerServer {
        differing: &["manyTypesTest"],
        changed: &[
            "an i8",
            "a third",
            "a carriage return",
            "a date",
            "no bytes",
            "all bytes",
            "nil",
        ],
        ..usual("php -S 127.0.0.1:0", "servers/ixr.php")
    },
    PeerServer {
        lists: false,
        changed: &["an i8", "a third", "blanks"],
        ..usual("ocaml xmlrpc-light", "servers/ocaml.ml")
    },
    // It counts characters, and says that these are bytes; reads base64 as text; and writes
    // dates with milliseconds in UTC.
    PeerServer {
        lists: false,
        differing: &["manyTypesTest"],
        changed: &[
            "an i8",
            "a carriage return",
            "Latin letters",
            "other letters",
            "an emoji",
            "a date",
            "no bytes",
            "all bytes",
            "nil",
        ],
        ..usual("node", "servers/dave.js")
    },
    // It reads no empty text, and mixes the elements of an array with those of arrays in it.
    PeerServer {
        fault: -32500,
        lists: false,
        differing: &["echoStructTest"],
        changed: &["an i8", "no text", "no bytes", "a mixed array"],
        ..usual("pypi", "servers/python-tornado.py")
    },
    PeerServer {
        lists: false,
        changed: &["an i8", "a carriage return"],
        ..usual("pypi", "servers/python-zope.py")
    },
];

impl PeerServer {
    /// Starts the server. Returns its address too.
    fn start(&self) -> (Running, String) {
        let running = Running::start(command(self.runner, self.script));
        let line = running.line_after("http://127.0.0.1:");
        let port: String = line.chars().take_while(char::is_ascii_digit).collect();
        (running, format!("127.0.0.1:{port}"))
    }

    /// Starts the server. Returns a proxy of it too.
    fn start_and_call(&self) -> (Running, ServerProxy) {
        let (running, address) = self.start();
        let mut options = Options::default();
        options.keep_alive = self.announces_close;
        let proxy = ServerProxy::builder(&address).options(options);
        (running, proxy.build().unwrap())
    }
}

#[test]
#[ignore = "needs what tests/peers/install installs"]
fn our_client_calls_validator1_on_every_peers_server() {
    for server in &SERVERS {
        let (_running, proxy) = server.start_and_call();
        assert_eq!(differing(&proxy), server.differing, "{}", server.script);
        let empty = (Vec::<Value>::new(),);
        match proxy.call::<Value>("validator1.moderateSizeArrayCheck", empty) {
            Err(Error::Fault(fault)) => {
                assert_eq!(fault.code, server.fault, "{}: {fault}", server.script);
                let text = "an empty array has no first string";
                assert!(fault.message.contains(text), "{}: {fault}", server.script);
            }
            other => panic!("{}: no fault: {other:?}", server.script),
        }
        let names = proxy.call::<Vec<String>>("system.listMethods", ());
        let eight = names.map(|names| {
            names
                .iter()
                .filter(|n| n.starts_with("validator1."))
                .count()
        });
        match eight {
            Ok(eight) => assert_eq!((eight, server.lists), (8, true), "{}", server.script),
            Err(error) => assert!(!server.lists, "{}: {error}", server.script),
        }
    }
}

/// Calls the methods of validator1. Returns those whose answers are not right.
pub(crate) fn differing(proxy: &ServerProxy) -> Vec<&'static str> {
    let is_right = |method: &str, params: Vec<Value>, expected: Value| {
        let answer = proxy.call::<Value>(&format!("validator1.{method}"), params);
        answer.is_ok_and(|answer| sorted(answer) == sorted(expected))
    };
    let calls = validator1().into_iter();
    let wrong = calls.filter_map(|(method, params, expected)| {
        (!is_right(method, params, expected)).then_some(method)
    });
    wrong.collect()
}

#[test]
#[ignore = "needs what tests/peers/install installs"]
fn every_peers_server_echoes_thirty_values() {
    for server in &SERVERS {
        let (mut running, mut proxy) = server.start_and_call();
        let mut changed = Vec::new();
        for (name, value) in thirty_values() {
            // Some have no nil and no i8, and answer with a fault.
            let echoed = echo(&proxy, &value);
            // One dies of letters beyond Latin-1.
            if matches!(echoed, Err(Error::Interrupted { .. })) {
                drop(running);
                (running, proxy) = server.start_and_call();
            }
            if echoed.ok().flatten().map(sorted) != Some(sorted(value)) {
                changed.push(name);
            }
        }
        drop(running);
        assert_eq!(changed, server.changed, "{}", server.script);
    }
}

/// Returns the value as a server echoes it in a struct; `None` if that lacks it.
pub(crate) fn echo(proxy: &ServerProxy, value: &Value) -> Result<Option<Value>, Error> {
    let sent = structure([("value", value.clone())]);
    let echoed = proxy.call::<Value>("validator1.echoStructTest", (sent,))?;
    Ok(echoed.get("value").cloned())
}

#[test]
#[ignore = "needs what tests/peers/install installs"]
fn one_run_has_servers_of_every_language_work() {
    let mut all: Vec<(Running, String)> = SERVERS.iter().map(PeerServer::start).collect();
    all.push(server("serv_processes", &["--workers", "1"]));
    let mut arguments: Vec<&str> = all.iter().map(|(_, address)| address.as_str()).collect();
    arguments.extend(["--base", "23434252232434", "--count", "150"]);
    let clnt = run("clnt_processes", &arguments);
    let results = clnt.expect_code(0).results();
    assert!(results.starts_with(TEN), "{results}");
    let expected: String = (23434252232434_u64..)
        .take(150)
        .map(|n| factorizar::factoriz_sum(&n.to_string()).unwrap() + "\n")
        .collect();
    assert_eq!(results, expected);
    // The summary has a line for each server: address, slots, tasks.
    for (_, address) in &all {
        let line = clnt.stderr.lines().find(|line| line.starts_with(address));
        let cells: Vec<&str> = line.unwrap_or_default().split_whitespace().collect();
        let did_some = matches!(cells[..], [_, _, tasks, ..] if tasks != "0");
        assert!(did_some, "{address}: {}", clnt.stderr);
    }
}

/// Returns values of all types and at their edges, with names.
pub(crate) fn thirty_values() -> [(&'static str, Value); 30] {
    let text = |text: &str| Value::from(text);
    let list = vec![Value::from(1), text("two"), Value::from(vec![3])];
    let moment = DateTime::new(1998, 7, 17, 14, 8, 55).unwrap();
    [
        ("zero", Value::from(0)),
        ("minus one", Value::from(-1)),
        ("the largest int", Value::from(i32::MAX)),
        ("the least int", Value::from(i32::MIN)),
        ("an i8", Value::Int64(1 << 40)),
        ("true", Value::from(true)),
        ("false", Value::from(false)),
        ("0.5", Value::from(0.5)),
        ("-12.53", Value::from(-12.53)),
        ("a third", Value::from(1.0 / 3.0)),
        ("1e100", Value::from(1e100)),
        ("no text", text("")),
        ("a word", text("word")),
        ("a number as text", text("007")),
        ("blanks", text("   ")),
        ("blanks at the ends", text(" a b ")),
        ("lines", text("two\nlines\tand a tab")),
        ("a carriage return", text("a\r\nb")),
        ("markup", text("<a href='x'>&amp; \"b\" ]]>")),
        ("Latin letters", text("café ñandú")),
        ("other letters", text("数 € Ω ש")),
        ("an emoji", text("😀")),
        ("a long text", text(&"x".repeat(100_000))),
        ("a date", Value::from(moment)),
        ("no bytes", Value::from(Bytes(vec![]))),
        ("all bytes", Value::from(Bytes((0..=255).collect()))),
        ("an empty array", Value::Array(vec![])),
        ("a mixed array", Value::Array(list)),
        (
            "a struct",
            structure([("a b", Value::from(1)), ("<é>", text("x"))]),
        ),
        ("nil", Value::Nil),
    ]
}

/// Returns each method with its arguments and its answer.
fn validator1() -> [(&'static str, Vec<Value>, Value); 8] {
    let structs = [stooges(1, 2, 3), stooges(4, 5, -20), stooges(7, 8, 9)];
    let counts = structure([
        ("ctLeftAngleBrackets", Value::from(1)),
        ("ctRightAngleBrackets", Value::from(2)),
        ("ctAmpersands", Value::from(1)),
        ("ctApostrophes", Value::from(2)),
        ("ctQuotes", Value::from(2)),
    ]);
    let list = vec![Value::from(1), Value::from("two"), Value::from(vec![3])];
    let echo = structure([
        ("text", Value::from("café <&>")),
        ("n", Value::from(3)),
        ("half", Value::from(0.5)),
        ("yes", Value::from(true)),
        ("list", Value::from(list)),
        (
            "deep",
            structure([("er", structure([("est", Value::from("x"))]))]),
        ),
    ]);
    let many = vec![
        Value::from(41),
        Value::from(true),
        Value::from("South Dakota"),
        Value::from(-12.5),
        Value::from(DateTime::new(1998, 7, 17, 14, 8, 55).unwrap()),
        Value::from(Bytes((0..=255).collect())),
    ];
    let texts: Vec<String> = (0..150).map(|n| format!("text {n}")).collect();
    let day = |month, day, stooges| structure([(month, structure([(day, stooges)]))]);
    let years = structure([
        ("1999", day("12", "31", stooges(1, 1, 1))),
        ("2000", day("04", "01", stooges(8, -3, 20))),
    ]);
    let times = [("times10", 70), ("times100", 700), ("times1000", 7000)];
    let times = times.map(|(name, n)| (name, Value::from(n)));
    let markup = "<a href='x'>&amp; \"b\" ]]>";
    [
        (
            "arrayOfStructsTest",
            vec![Value::from(structs.to_vec())],
            Value::from(-8),
        ),
        ("countTheEntities", vec![Value::from(markup)], counts),
        ("easyStructTest", vec![stooges(4, -7, 1)], Value::from(-2)),
        ("echoStructTest", vec![echo.clone()], echo),
        ("manyTypesTest", many.clone(), Value::from(many)),
        (
            "moderateSizeArrayCheck",
            vec![Value::from(texts)],
            Value::from("text 0text 149"),
        ),
        ("nestedStructTest", vec![years], Value::from(25)),
        (
            "simpleStructReturnTest",
            vec![Value::from(7)],
            structure(times),
        ),
    ]
}

fn structure<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::from(members.into_iter().collect::<Struct>())
}

fn stooges(moe: i32, larry: i32, curly: i32) -> Value {
    let [moe, larry, curly] = [moe, larry, curly].map(Value::from);
    structure([("moe", moe), ("larry", larry), ("curly", curly)])
}

/// Returns the value with its members sorted by name, since some peers keep no order.
pub(crate) fn sorted(value: Value) -> Value {
    match value {
        Value::Array(values) => Value::Array(values.into_iter().map(sorted).collect()),
        Value::Struct(members) => {
            let mut members: Vec<(String, Value)> = members
                .iter()
                .map(|(name, value)| (name.to_owned(), sorted(value.clone())))
                .collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            Value::from(members.into_iter().collect::<Struct>())
        }
        other => other,
    }
}
