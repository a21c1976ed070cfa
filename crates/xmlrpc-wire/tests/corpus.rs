//! Documents of other libraries, recorded by tests/peers/corpus/record: each library's
//! documents of the same values, read by both readers.

use std::path::Path;

use xmlrpc_wire::readers::{complete, fast};
use xmlrpc_wire::{DateTime, Fault, Limits, Struct, Value, decode_call, decode_response};

/// Returns the value that a document's name stands for.
fn value(name: &str) -> Value {
    let members = |pairs: Vec<(&str, Value)>| Value::Struct(pairs.into_iter().collect::<Struct>());
    match name {
        "zero" => Value::from(0),
        "int" => Value::from(42),
        "int-min" => Value::from(i32::MIN),
        "int-max" => Value::from(i32::MAX),
        "i8" => Value::from(9_000_000_000_i64),
        "true" => Value::from(true),
        "false" => Value::from(false),
        "text" => Value::from("hello"),
        "text-empty" => Value::from(""),
        "text-blanks" => Value::from("  "),
        "text-lines" => Value::from("a\nb\n"),
        "text-cr" => Value::from("a\rb"),
        "text-markup" => Value::from("<a href='x'>&amp; \"b\" ]]>"),
        "text-latin" | "text-latin-default" => Value::from("café"),
        "text-astral" => Value::from("\u{1F600}"),
        "text-digits" => Value::from("23434252232434"),
        "double" => Value::from(-12.5),
        "double-small" => Value::from(0.000_000_1),
        "double-large" => Value::from(1e20),
        "date" => Value::from(DateTime::new(1998, 7, 17, 14, 8, 55)),
        "base64" => Value::Base64((0..=255).collect()),
        "base64-empty" => Value::Base64(vec![]),
        "array" => Value::from(vec![Value::from(1), Value::from("two"), Value::from(3.5)]),
        "array-empty" => Value::Array(vec![]),
        "array-nested" => Value::from(vec![
            Value::from(vec![Value::Array(vec![])]),
            Value::from(vec![Value::from(1), Value::from(vec![2])]),
        ]),
        "struct" => members(vec![
            ("host", Value::from("localhost")),
            ("port", Value::from(9000)),
        ]),
        "struct-empty" => members(vec![]),
        "struct-nested" => {
            let c = members(vec![("c", Value::from(true))]);
            members(vec![("a", members(vec![("b", Value::from(vec![c]))]))])
        }
        "struct-names" => members(vec![("", Value::from(1)), ("a b<&>", Value::from(2))]),
        "nil" => Value::Nil,
        other => panic!("a document of no known value: {other}"),
    }
}

/// Returns the value that a peer writes in place of the one it was given, if it does.
fn exception(peer: &str, name: &str) -> Option<Value> {
    Some(match (peer, name) {
        // A bare carriage return, which XML makes a line feed.
        ("python2.7" | "python3.13" | "perl-frontier" | "ruby" | "php" | "xmlrpc-c", "text-cr") => {
            Value::from("a\nb")
        }
        // It has no nil, and six decimal places.
        ("php", "nil") => Value::from(""),
        ("php", "double-small") => Value::from(0.0),
        _ => return None,
    })
}

/// Sorts the members of each struct by name: the structs of some peers have no order.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        Value::Struct(members) => {
            let mut members: Vec<_> = members.into_iter().collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Struct(members.into_iter().map(|(n, v)| (n, sorted(v))).collect())
        }
        other => other,
    }
}

#[test]
fn every_peers_documents_give_the_values_that_they_stand_for() {
    let limits = Limits::default();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let (mut read, mut wrong) = (0, Vec::new());
    for peer in corpus.read_dir().unwrap() {
        let peer = peer.unwrap();
        let peer_name = peer.file_name().into_string().unwrap();
        for file in peer.path().read_dir().unwrap() {
            let path = file.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            let document = std::fs::read(&path).unwrap();
            read += 1;
            if name == "fault" {
                let fault = Fault::new(4, "Too many <parameters>.");
                assert_eq!(
                    decode_response(&document, &limits),
                    Ok(Err(fault)),
                    "{peer_name}"
                );
                continue;
            }
            let expected = exception(&peer_name, name).unwrap_or_else(|| value(name));
            let found = decode_call(&document, &limits).map(|mut call| call.params.remove(0));
            let referee = complete::decode_call(&document, &limits);
            if let Some(call) = fast::decode_call(&document, &limits) {
                assert_eq!(referee, Ok(call), "{peer_name}/{name}");
            }
            if found.clone().map(sorted) != Ok(sorted(expected.clone())) {
                wrong.push(format!("{peer_name}/{name}: {found:?} is not {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(read > 200, "only {read} documents");
}
