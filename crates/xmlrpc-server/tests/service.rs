//! The service without I/O: the document of a request in, the document of an answer out.
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

use std::time::Instant;
use xmlrpc_server::{Context, Error, Service, Step};
use xmlrpc_wire::{
    Dialect, Fault, IntoParams, Limits, Struct, Value, decode_response, encode_call,
};

fn service() -> Service {
    let mut service = Service::new();
    service
        .register("cuad", |n: i32| n * n)
        .and_then(|s| s.register("nothing", || ()))
        .and_then(|s| s.register("fails", || Err::<i32, _>(Fault::new(7, "no"))))
        .and_then(|s| s.register("nan", || vec![0.5, f64::NAN]))
        .and_then(|s| s.register("bell", || "\u{7}"))
        .and_then(|s| s.register("panics", |text: String| -> i32 { panic!("{text}") }))
        .and_then(|s| s.register("first", |list: Vec<i32>| list[0]))
        .and_then(|s| s.register("eight", eight))
        .unwrap();
    service
}

#[allow(clippy::too_many_arguments, reason = "eight is the most that is taken")]
fn eight(a: i32, b: String, c: bool, d: f64, e: Value, f: Vec<i32>, g: Struct, h: ()) -> String {
    format!("{a} {b} {c} {d} {} {f:?} {} {h:?}", e.type_name(), g.len())
}

fn call(method: &str, params: impl IntoParams) -> Result<Value, Fault> {
    let request = encode_call(method, &params.into_params().unwrap()).unwrap();
    decode_response(&service().answer(&request), &Limits::default()).unwrap()
}

fn fault(request: &[u8]) -> (i32, String) {
    let answer = service().answer(request);
    let fault = decode_response(&answer, &Limits::default())
        .unwrap()
        .unwrap_err();
    (fault.code, fault.message)
}

#[test]
fn functions_answer_with_what_they_return() {
    assert_eq!(call("cuad", (7,)), Ok(Value::Int(49)));
    assert_eq!(call("nothing", ()), Ok(Value::Nil));
    assert_eq!(call("fails", ()), Err(Fault::new(7, "no")));
    let all = (
        1,
        "b",
        true,
        0.5,
        Value::Nil,
        vec![1, 2],
        Struct::default(),
        (),
    );
    let expected = Value::from("1 b true 0.5 nil [1, 2] 0 ()");
    assert_eq!(call("eight", all), Ok(expected));
}

#[test]
fn the_names_are_listed_sorted() {
    let names = [
        "bell", "cuad", "eight", "fails", "first", "nan", "nothing", "panics",
    ];
    assert!(service().names().eq(names));
    let mut all = names.to_vec();
    all.extend(["reparte.cancel", "reparte.status"]);
    all.extend(["system.getCapabilities", "system.listMethods"]);
    all.extend(["system.methodHelp", "system.methodSignature"]);
    all.push("system.multicall");
    all.sort_unstable();
    assert_eq!(call("system.listMethods", ()), Ok(Value::from(all)));
}

#[test]
fn a_call_that_fails_has_the_code_and_the_text_that_say_why() {
    for (result, code, text) in [
        (call("nada", ()), -32601, "method \"nada\" is not supported"),
        (
            call("system.nada", ()),
            -32601,
            "method \"system.nada\" is not supported",
        ),
        (
            call("a\"\u{f1}", ()),
            -32601,
            "method \"a\\\"\u{f1}\" is not supported",
        ),
        (
            call("cuad", ()),
            -32602,
            "method \"cuad\" takes 1 argument (0 given)",
        ),
        (
            call("cuad", (1, 2)),
            -32602,
            "method \"cuad\" takes 1 argument (2 given)",
        ),
        (
            call("cuad", ("x",)),
            -32602,
            "method \"cuad\": at params[0]: expected an integer from -2147483648 to 2147483647, found string",
        ),
        (
            call("system.listMethods", (1,)),
            -32602,
            "method \"system.listMethods\" takes 0 arguments (1 given)",
        ),
        (
            call("nan", ()),
            -32603,
            "method \"nan\": the result[1] can't be sent: XML-RPC has no NaN",
        ),
        (
            call("bell", ()),
            -32603,
            "method \"bell\": the result can't be sent: XML 1.0 has no character U+0007; send the text as base64",
        ),
        (
            call("panics", ("secret",)),
            -32603,
            "method \"panics\" failed inside the server",
        ),
        (
            call("first", (Vec::<i32>::new(),)),
            -32603,
            "method \"first\" failed inside the server",
        ),
    ] {
        assert_eq!(result, Err(Fault::new(code, text)));
    }
}

#[test]
fn a_request_that_is_no_call_has_the_code_that_says_why() {
    let nested = format!(
        "<methodCall><methodName>cuad</methodName><params><param>{}",
        "<value><array><data>".repeat(100)
    );
    for (request, code, text) in [
        ("", -32700, "not well-formed XML"),
        ("garbage", -32700, "not well-formed XML"),
        (
            "<methodCall><methodName>cuad</methodCall>",
            -32700,
            "not well-formed XML",
        ),
        ("<html/>", -32600, "expected <methodCall>"),
        (
            "<!DOCTYPE a [<!ENTITY b 'c'>]><methodCall/>",
            -32600,
            "DOCTYPE",
        ),
        (nested.as_str(), -32600, "beyond the limit of 64 for depth"),
        (
            "<?xml version='1.0' encoding='EBCDIC-CP-ES'?><methodCall/>",
            -32701,
            "EBCDIC-CP-ES",
        ),
        (
            "<methodCall><methodName>cuad</methodName><params><param><value><int>x</int></value></param></params></methodCall>",
            -32600,
            "\"x\" is not a value of type int",
        ),
    ] {
        let (found, message) = fault(request.as_bytes());
        assert_eq!(found, code, "{request}: {message}");
        assert!(message.contains(text), "{request}: {message}");
    }
}

#[test]
fn what_a_cancelled_function_returns_is_no_answer() {
    let mut service = service();
    let gives_up = |call: &Context| call.cancel();
    service.register("gives_up", gives_up).unwrap();
    let request = encode_call("gives_up", &[]).unwrap();
    for context in [Context::new(), Context::new().with_deadline(Instant::now())] {
        let answer = service.answer_in(context, &request);
        let fault = decode_response(&answer, &Limits::default()).unwrap();
        assert_eq!(fault.unwrap_err().code, Fault::INTERNAL);
    }
}

#[test]
fn a_function_is_told_of() {
    let mut service = service();
    service.help("cuad", "The square of n.").unwrap();
    let error = service.help("nada", "x").unwrap_err();
    assert!(matches!(error, Error::UnknownName { name } if name == "nada"));
    service.signature("eight", &["string", "array"]).unwrap();
    let ask = |method: &str, name: &str| {
        let request = encode_call(method, &(name,).into_params().unwrap()).unwrap();
        decode_response(&service.answer(&request), &Limits::default()).unwrap()
    };
    assert_eq!(
        ask("system.methodHelp", "cuad"),
        Ok(Value::from("The square of n."))
    );
    assert_eq!(ask("system.methodHelp", "first"), Ok(Value::from("")));
    for (name, types) in [
        ("cuad", &["int", "int"][..]),
        ("nothing", &["nil"]),
        ("fails", &["int"]),
        ("first", &["int", "array"]),
        ("eight", &["string", "array"]),
        ("reparte.cancel", &["boolean", "string"]),
    ] {
        let expected = Value::from(vec![types.to_vec()]);
        assert_eq!(ask("system.methodSignature", name), Ok(expected), "{name}");
    }
    for method in ["system.methodHelp", "system.methodSignature"] {
        assert_eq!(ask(method, "nada").unwrap_err().code, -32601);
    }
    let open = call("system.methodSignature", ("eight",));
    assert_eq!(open, Ok(Value::from("undef")));
}

#[test]
fn many_calls_go_in_one() {
    let one = |method: &str, params: Vec<Value>| {
        let members = [
            ("methodName", Value::from(method)),
            ("params", Value::from(params)),
        ];
        Value::Struct(members.into_iter().collect())
    };
    let calls = vec![
        one("cuad", vec![Value::from(7)]),
        one("fails", vec![]),
        one("nada", vec![]),
        one("cuad", vec![]),
        one("panics", vec![Value::from("x")]),
        one("system.methodHelp", vec![Value::from("cuad")]),
        one("system.multicall", vec![Value::Array(vec![])]),
        Value::Int(1),
        Value::Struct(Struct::new()),
    ];
    let Ok(Value::Array(answers)) = call("system.multicall", (calls,)) else {
        panic!("no array")
    };
    let codes: Vec<_> = answers
        .iter()
        .map(|answer| match answer {
            Value::Struct(fault) => fault.get("faultCode").cloned(),
            Value::Array(_) => None,
            other => panic!("{other:?}"),
        })
        .collect();
    let fault = |code: i32| Some(Value::from(code));
    assert_eq!(answers[0], Value::Array(vec![Value::Int(49)]));
    assert_eq!(
        codes,
        [
            None,
            fault(7),
            fault(-32601),
            fault(-32602),
            fault(-32603),
            None,
            fault(-32600),
            fault(-32602),
            fault(-32602),
        ]
    );
    let many = vec![one("nothing", vec![]); 1001];
    assert_eq!(call("system.multicall", (many,)).unwrap_err().code, -32602);
}

#[test]
fn what_a_multicall_answers_is_bounded() {
    let mut limits = Limits::default();
    limits.bytes = 10_000;
    let mut service = service();
    service.set_limits(limits);
    service.register("long", || "x".repeat(4_000)).unwrap();
    let call: Struct = [
        ("methodName", Value::from("long")),
        ("params", Value::Array(vec![])),
    ]
    .into_iter()
    .collect();
    let request =
        encode_call("system.multicall", &(vec![call; 4],).into_params().unwrap()).unwrap();
    let answer = service.answer(&request);
    assert!(answer.len() < 12_000, "{}", answer.len());
    let Ok(Value::Array(answers)) = decode_response(&answer, &Limits::default()).unwrap() else {
        panic!("no array")
    };
    let whole = |answer: &&Value| matches!(answer, Value::Array(_));
    assert_eq!(answers.iter().filter(whole).count(), 2);
}

#[test]
fn a_group_has_a_prefix() {
    let mut all = Service::new();
    all.group("a", service()).unwrap();
    all.register("b.c", || 1).unwrap();
    let request = encode_call("a.cuad", &(7,).into_params().unwrap()).unwrap();
    let answer = decode_response(&all.answer(&request), &Limits::default()).unwrap();
    assert_eq!(answer, Ok(Value::Int(49)));
    let mut one = Service::new();
    one.register("c", || 1).unwrap();
    let error = all.group("b", one).unwrap_err();
    assert!(matches!(error, Error::DuplicateName { name } if name == "b.c"));
    let mut one = Service::new();
    one.register("c", || 1).unwrap();
    let error = all.group("system", one).unwrap_err();
    assert!(matches!(error, Error::ReservedName { .. }));
}

#[test]
fn the_capabilities_name_the_control_protocol() {
    let Ok(Value::Struct(capabilities)) = call("system.getCapabilities", ()) else {
        panic!("no struct")
    };
    let names = [
        "xmlrpc",
        "introspection",
        "system.multicall",
        "faults_interop",
        "reparte",
    ];
    for name in names {
        let Some(Value::Struct(capability)) = capabilities.get(name) else {
            panic!("no {name}")
        };
        assert!(matches!(capability.get("specUrl"), Some(Value::String(_))));
        assert!(matches!(capability.get("specVersion"), Some(Value::Int(_))));
    }
}

#[test]
fn the_limits_can_be_set() {
    let mut limits = Limits::default();
    limits.bytes = 60;
    let mut service = service();
    service.set_limits(limits.clone());
    assert_eq!(service.limits(), &limits);
    let request = encode_call("cuad", &(7,).into_params().unwrap()).unwrap();
    let answer = decode_response(&service.answer(&request), &Limits::default()).unwrap();
    let fault = answer.unwrap_err();
    assert_eq!(
        (fault.code, fault.message.as_str()),
        (-32600, "beyond the limit of 60 for bytes")
    );
}

#[test]
fn what_needs_no_function_is_answered_before_any_is_run() {
    for (method, is_answered) in [
        ("system.listMethods", true),
        ("nada", true),
        ("cuad", false),
        ("panics", false),
    ] {
        let request = encode_call(method, &[]).unwrap();
        let is_answer = matches!(service().begin(&request), Step::Answer(_));
        assert_eq!(is_answer, is_answered, "{method}");
    }
}

#[test]
fn a_name_is_published_once_and_is_one_that_can_be_called() {
    let mut service = service();
    let mut error = |name: &str| service.register(name, || 0).unwrap_err();
    assert!(matches!(error("cuad"), Error::DuplicateName { name } if name == "cuad"));
    assert!(matches!(error("system.x"), Error::ReservedName { .. }));
    assert!(matches!(error("reparte.x"), Error::ReservedName { .. }));
    for name in ["", " ", "a b", "a\n", "año", "<a>"] {
        assert!(matches!(error(name), Error::InvalidName { .. }), "{name:?}");
    }
    let long = error(&"a".repeat(1025));
    assert!(matches!(long, Error::InvalidName { .. }));
    assert!(long.to_string().contains("1024 bytes"), "{long}");
    let texts = ["cuad", "system.x", "", "a\nb"].map(|name| error(name).to_string());
    assert_eq!(
        texts,
        [
            "a method \"cuad\" is published already",
            "the method's name \"system.x\" is reserved: the server itself answers system. and reparte.",
            "a method's name can't be empty",
            "\"a\\nb\" is not a method's name: use letters of ASCII, digits, and _ . : /",
        ]
    );
    for name in ["systems", "examples.getStateName", "a:b/c_9"] {
        service.register(name, || 0).unwrap();
    }
}

/// Apache's client reads `<ex:i8>` and `<ex:nil/>` only, and declares that in its calls.
#[test]
fn an_answer_is_in_the_dialect_that_its_call_shows() {
    let mut service = Service::new();
    service
        .register("large", || 9_000_000_000_i64)
        .and_then(|s| s.register("back", |value: Value| value))
        .unwrap();
    let apache = "<methodCall xmlns:ex=\"http://ws.apache.org/xmlrpc/namespaces/extensions\">";
    let offset = "<value><dateTime.iso8601>20200101T00:00:00+02:00</dateTime.iso8601></value>";
    let nil = "<value><nil/></value>";
    for (dialect, root, method, argument, expected) in [
        (Dialect::python(), apache, "large", "", "<ex:i8>9000000000<"),
        (
            Dialect::python(),
            apache,
            "back",
            "<value><ex:nil/></value>",
            "<ex:nil/>",
        ),
        (Dialect::python(), apache, "system.nada", "", "<fault>"),
        (Dialect::python(), "<methodCall>", "large", "", "<i8>"),
        (Dialect::python(), "<methodCall>", "back", nil, "<nil/>"),
        (
            Dialect::python(),
            "<methodCall>",
            "back",
            offset,
            "<dateTime.iso8601>20200101T00:00:00+02:00<",
        ),
        (
            Dialect::specification(),
            "<methodCall>",
            "back",
            nil,
            "<nil/>",
        ),
        (
            Dialect::specification(),
            "<methodCall>",
            "large",
            "",
            "<fault>",
        ),
        (Dialect::apache(), "<methodCall>", "large", "", "<ex:i8>"),
    ] {
        service.set_dialect(dialect.clone());
        let params = match argument {
            "" => String::new(),
            argument => format!("<param>{argument}</param>"),
        };
        let call = format!(
            "{root}<methodName>{method}</methodName><params>{params}</params></methodCall>"
        );
        let answer = String::from_utf8(service.answer(call.as_bytes())).unwrap();
        assert!(answer.contains(expected), "{dialect:?}, {call}: {answer}");
    }
}
