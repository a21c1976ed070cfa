//! What other libraries write, as recorded by tests/peers/corpus/record: the same values
//! in each one's documents, read by both readers.

use std::path::Path;

use xmlrpc_wire::readers::{complete, fast};
use xmlrpc_wire::{
    DateTime, Fault, IntoValue, Limits, Struct, Value, decode_call, decode_response,
};

/// The value that a document's name stands for.
fn value(name: &str) -> Value {
    let members = |pairs: Vec<(&str, Value)>| Value::Struct(pairs.into_iter().collect::<Struct>());
    match name {
        "zero" => 0.into_value(),
        "int" => 42.into_value(),
        "int-min" => i32::MIN.into_value(),
        "int-max" => i32::MAX.into_value(),
        "i8" => 9_000_000_000_i64.into_value(),
        "true" => true.into_value(),
        "false" => false.into_value(),
        "text" => "hello".into_value(),
        "text-empty" => "".into_value(),
        "text-blanks" => "  ".into_value(),
        "text-lines" => "a\nb\n".into_value(),
        "text-cr" => "a\rb".into_value(),
        "text-markup" => "<a href='x'>&amp; \"b\" ]]>".into_value(),
        "text-latin" | "text-latin-default" => "café".into_value(),
        "text-astral" => "\u{1F600}".into_value(),
        "text-digits" => "23434252232434".into_value(),
        "double" => (-12.5).into_value(),
        "double-small" => 0.000_000_1.into_value(),
        "double-large" => 1e20.into_value(),
        "date" => DateTime::new(1998, 7, 17, 14, 8, 55).into_value(),
        "base64" => Value::Base64((0..=255).collect()),
        "base64-empty" => Value::Base64(vec![]),
        "array" => vec![1.into_value(), "two".into_value(), 3.5.into_value()].into_value(),
        "array-empty" => Value::Array(vec![]),
        "array-nested" => vec![
            vec![Value::Array(vec![])].into_value(),
            vec![1.into_value(), vec![2].into_value()].into_value(),
        ]
        .into_value(),
        "struct" => members(vec![
            ("host", "localhost".into_value()),
            ("port", 9000.into_value()),
        ]),
        "struct-empty" => members(vec![]),
        "struct-nested" => {
            let c = members(vec![("c", true.into_value())]);
            members(vec![("a", members(vec![("b", vec![c].into_value())]))])
        }
        "struct-names" => members(vec![("", 1.into_value()), ("a b<&>", 2.into_value())]),
        "nil" => Value::Nil,
        other => panic!("a document of no known value: {other}"),
    }
}

/// What a peer writes that is another value than it was given, and why.
fn exception(peer: &str, name: &str) -> Option<Value> {
    Some(match (peer, name) {
        // A bare carriage return, which XML makes a line feed.
        ("python2.7" | "python3.13" | "perl-frontier" | "ruby" | "php" | "xmlrpc-c", "text-cr") => {
            "a\nb".into_value()
        }
        // It has no nil, and six decimal places.
        ("php", "nil") => "".into_value(),
        ("php", "double-small") => 0.0.into_value(),
        _ => return None,
    })
}

/// The same with each struct's members in the order of their names: some peers have none.
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
