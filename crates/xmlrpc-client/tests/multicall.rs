//! Many calls in one request, to a server and to peers that answer it in their own ways.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod live;
mod peer;

use live::Live;
use peer::{answer, document, options, serve};
use xmlrpc_client::{Error, Fault, FromValue, ServerProxy, Value};
use xmlrpc_server::Service;
use xmlrpc_server::front::hyper;
use xmlrpc_wire::{Struct, encode_fault};

fn live() -> (Live, ServerProxy) {
    let mut service = Service::new();
    let fails = || Err::<i32, _>(Fault::new(7, "not today"));
    service
        .register("cuad", |n: i32| n * n)
        .and_then(|s| s.register("greet", |name: String| format!("Hello, {name}")))
        .and_then(|s| s.register("upto", |n: i32| (0..n).collect::<Vec<_>>()))
        .and_then(|s| s.register("fails", fails))
        .unwrap();
    let live = Live::start(service, hyper::Options::default());
    let proxy = ServerProxy::builder(&live.address)
        .options(options())
        .build()
        .unwrap();
    (live, proxy)
}

fn fault(answer: Result<impl FromValue, Error>) -> Fault {
    match answer {
        Err(Error::Fault(fault)) => fault,
        Err(error) => panic!("not a fault: {error}"),
        Ok(_) => panic!("not a fault"),
    }
}

#[test]
fn each_call_has_its_own_answer_of_its_own_type() {
    let (_live, proxy) = live();
    let mut calls = proxy.multicall();
    calls.add("cuad", (7,)).add("greet", ("Ada",));
    calls.add("upto", (3,)).add("system.methodHelp", ("cuad",));
    let mut answers = calls.call().unwrap();
    assert_eq!(answers.len(), 4);
    assert_eq!(answers.next_as::<i32>().unwrap(), 49);
    assert_eq!(answers.next_as::<String>().unwrap(), "Hello, Ada");
    assert_eq!(answers.next_as::<Vec<i32>>().unwrap(), [0, 1, 2]);
    assert_eq!(answers.next_as::<String>().unwrap(), "");
    let error = answers.next_as::<Value>().unwrap_err();
    assert!(error.to_string().contains("a further answer"), "{error}");

    // The same calls can be made again.
    let values: Result<Vec<Value>, Error> = calls.call().unwrap().collect();
    let [square, greeting, ..] = &values.unwrap()[..] else {
        panic!("not four answers");
    };
    assert_eq!(
        (square, greeting),
        (&Value::from(49), &Value::from("Hello, Ada"))
    );
}

#[test]
fn a_call_that_fails_costs_the_others_nothing() {
    let (_live, proxy) = live();
    let mut calls = proxy.multicall();
    calls.add("fails", ()).add("cuad", (2,));
    calls.add("absent", ()).add("cuad", ("two",));
    calls.add("system.multicall", (Vec::<Value>::new(),));
    calls.add("cuad", (3,)).add("cuad", (4,));
    let mut answers = calls.call().unwrap();
    assert_eq!(fault(answers.next_as::<i32>()), Fault::new(7, "not today"));
    assert_eq!(answers.next_as::<i32>().unwrap(), 4);
    for code in [
        Fault::METHOD_NOT_FOUND,
        Fault::INVALID_PARAMS,
        Fault::INVALID_REQUEST,
    ] {
        assert_eq!(fault(answers.next_as::<i32>()).code, code);
    }
    // An answer of another type than was asked for is one of these too.
    let error = answers.next_as::<String>().unwrap_err();
    assert!(matches!(error, Error::Mismatch(_)), "{error}");
    assert_eq!(answers.next_as::<i32>().unwrap(), 16);
}

#[test]
fn no_calls_have_no_answers() {
    let (_live, proxy) = live();
    let mut answers = proxy.multicall().call().unwrap();
    assert_eq!(answers.len(), 0);
    assert!(answers.next().is_none());
}

#[test]
fn more_calls_than_the_server_takes_are_one_fault() {
    let (_live, proxy) = live();
    let mut calls = proxy.multicall();
    for n in 0..1001 {
        calls.add("cuad", (n,));
    }
    let error = calls.call().unwrap_err();
    let Error::Fault(fault) = error else {
        panic!("not a fault: {error}");
    };
    assert_eq!(fault.code, Fault::INVALID_PARAMS);
}

#[test]
fn a_server_without_multicall_says_so() {
    let server = serve(|listener| {
        let mut peer = listener.accept();
        let call = peer.request().call();
        let absent = Fault::new(Fault::METHOD_NOT_FOUND, "no such method");
        let absent = String::from_utf8(encode_fault(&absent)).unwrap();
        peer.send(answer("200 OK", &absent));
        call
    });
    let proxy = server.proxy();
    let mut calls = proxy.multicall();
    calls.add("cuad", (7,)).add("list", ());
    let error = calls.call().unwrap_err();
    let Error::Fault(fault) = error else {
        panic!("not a fault: {error}");
    };
    assert_eq!(fault.code, Fault::METHOD_NOT_FOUND);

    let call = |method: &str, params: Vec<Value>| {
        let members = [
            ("methodName", Value::from(method)),
            ("params", Value::Array(params)),
        ];
        Value::Struct(members.into_iter().collect())
    };
    let sent = server.done();
    assert_eq!(sent.method, "system.multicall");
    let calls = vec![call("cuad", vec![Value::Int(7)]), call("list", vec![])];
    assert_eq!(sent.params, [Value::Array(calls)]);
}

/// The answers to two calls, from a server that gives this value.
fn answered(value: Value) -> Result<Vec<Result<Value, Error>>, Error> {
    let server = serve(move |listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.send(answer("200 OK", &document(value)));
    });
    let proxy = server.proxy();
    let mut calls = proxy.multicall();
    calls.add("f", ()).add("g", ());
    let answers = calls.call();
    server.done();
    Ok(answers?.collect())
}

#[test]
fn a_fault_without_a_code_or_a_message_is_a_fault() {
    for (fault, expected) in [
        (Struct::from([("faultCode", 1)]), Fault::new(1, "")),
        (
            Struct::from([("faultString", "no code")]),
            Fault::new(0, "no code"),
        ),
    ] {
        let entries = vec![Value::from(fault), Value::Array(vec![Value::from(2)])];
        let answers = answered(Value::Array(entries)).unwrap();
        assert!(matches!(&answers[0], Err(Error::Fault(fault)) if *fault == expected));
        assert_eq!(*answers[1].as_ref().unwrap(), Value::Int(2));
    }
}

#[test]
fn an_answer_that_is_none_is_a_mismatch_and_leaves_the_others() {
    let one = |value: i32| Value::Array(vec![Value::from(value)]);
    for bad in [
        Value::Int(1),
        Value::Array(vec![]),
        Value::Array(vec![Value::Int(1), Value::Int(2)]),
        Value::from(Struct::from([("code", 1)])),
    ] {
        let answers = answered(Value::Array(vec![bad.clone(), one(2)])).unwrap();
        assert!(matches!(answers[0], Err(Error::Mismatch(_))), "{bad:?}");
        assert_eq!(*answers[1].as_ref().unwrap(), Value::Int(2));
    }
    // As many answers as calls, or none can be told whose it is.
    for bad in [
        Value::Array(vec![one(1)]),
        Value::Array(vec![one(1), one(2), one(3)]),
        Value::Int(1),
    ] {
        let error = answered(bad).unwrap_err();
        assert!(matches!(error, Error::Mismatch(_)), "{error}");
    }
}
