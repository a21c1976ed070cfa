//! Tests of both readers: documents and their values.

use super::*;
use crate::{DateTime, Fault, Limit, Struct, Value, encode_call, encode_fault, encode_response};

mod liberal;

/// The value of an answer whose `<value>` holds `inner`.
fn value(inner: &str) -> Result<Value, Error> {
    value_limits(inner, Limits::default())
}

fn value_limits(inner: &str, limits: Limits) -> Result<Value, Error> {
    let document = format!(
        "<?xml version='1.0'?>\n<methodResponse><params><param>\
         <value>{inner}</value></param></params></methodResponse>"
    );
    Ok(decode_response(document.as_bytes(), &limits)?.expect("no fault"))
}

fn strings(texts: &[&str]) -> Value {
    Value::Array(
        texts
            .iter()
            .map(|t| Value::String((*t).to_owned()))
            .collect(),
    )
}

#[test]
fn every_type_is_read() {
    let moment = DateTime::new(1998, 7, 17, 14, 8, 55).unwrap();
    for (inner, expected) in [
        ("<int>-7</int>", Value::Int(-7)),
        ("<i4> +12\n</i4>", Value::Int(12)),
        ("<int> 1</int>", Value::Int(1)),
        ("<int>\n1</int>", Value::Int(1)),
        ("<int>1 </int>", Value::Int(1)),
        ("<int>1\n</int>", Value::Int(1)),
        ("<int>9000000000</int>", Value::Int64(9_000_000_000)),
        ("<i1>-128</i1>", Value::Int(-128)),
        ("<i2>32767</i2>", Value::Int(32767)),
        ("<i8>9000000000</i8>", Value::Int64(9_000_000_000)),
        ("<boolean>1</boolean>", Value::Bool(true)),
        ("<boolean> 0 </boolean>", Value::Bool(false)),
        ("<boolean>true</boolean>", Value::Bool(true)),
        ("<string>a b</string>", Value::String("a b".into())),
        ("<string/>", Value::String(String::new())),
        ("untyped", Value::String("untyped".into())),
        ("", Value::String(String::new())),
        ("  ", Value::String("  ".into())),
        (
            "<string>&lt;&#65;&amp;<![CDATA[<b>&amp;]]></string>",
            Value::String("<A&<b>&amp;".into()),
        ),
        ("<string>a<!-- b -->c</string>", Value::String("ac".into())),
        ("a<!-- b -->c", Value::String("ac".into())),
        (
            "<string>a&#13;\r\nb</string>",
            Value::String("a\r\nb".into()),
        ),
        ("<double>-12.53</double>", Value::Double(-12.53)),
        ("<double> 1e3 </double>", Value::Double(1000.0)),
        (
            "<dateTime.iso8601>19980717T14:08:55</dateTime.iso8601>",
            Value::DateTime(moment),
        ),
        (
            "<base64>eW91IGNh\n bid0</base64>",
            Value::Base64(b"you can't".to_vec()),
        ),
        ("<base64>YQ</base64>", Value::Base64(b"a".to_vec())),
        ("\n <nil/> ", Value::Nil),
        ("<array><data/></array>", Value::Array(vec![])),
        ("<array/>", Value::Array(vec![])),
        (
            "<array> <data> <value>a</value> <value/> </data> </array>",
            strings(&["a", ""]),
        ),
        ("<struct/>", Value::Struct(Struct::new())),
        (
            "<struct><member><name>b</name><value><int>1</int></value></member>\
             <member><value/><name/></member></struct>",
            Value::Struct(
                [("b", Value::Int(1)), ("", Value::String(String::new()))]
                    .into_iter()
                    .collect(),
            ),
        ),
    ] {
        assert_eq!(value(inner), Ok(expected), "{inner}");
    }
}

#[test]
fn what_is_no_value_of_its_type_is_named() {
    for (inner, type_name) in [
        ("<int>inf</int>", "int"),
        ("<int>NaN</int>", "int"),
        ("<int>1e999</int>", "int"),
        ("<int>0x10</int>", "int"),
        ("<int>1 2</int>", "int"),
        ("<i1>128</i1>", "i1"),
        ("<i2>-32769</i2>", "i2"),
        ("<i8>x</i8>", "i8"),
        ("<biginteger/>", "biginteger"),
        ("<boolean>2</boolean>", "boolean"),
        ("<double>1,5</double>", "double"),
        ("<base64>*</base64>", "base64"),
        ("<base64>YQ==YQ==</base64>", "base64"),
    ] {
        match value(inner) {
            Err(Error::BadScalar {
                type_name: named, ..
            }) => assert_eq!(named, type_name),
            other => panic!("{inner}: {other:?}"),
        }
    }
}

#[test]
fn xml_that_is_not_xml_rpc_is_refused_with_the_place() {
    for (inner, expected) in [
        ("<nothing/>", "a type's element, found <nothing>"),
        ("a<int>1</int>", "</value>, found <int>"),
        ("<int>1</int>a", "</value>, found the text \"a\""),
        ("<int>1</int><int>1</int>", "</value>, found <int>"),
        ("<int><b>1</b></int>", "text, found <b>"),
        ("<nil>a</nil>", "</nil>, found the text \"a\""),
        ("<array><value/></array>", "<data>, found <value>"),
        (
            "<array><data><int>1</int></data></array>",
            "<value> or </data>, found <int>",
        ),
        ("<array><data/><data/></array>", "</array>, found <data>"),
        (
            "<struct><name>a</name></struct>",
            "<member> or </struct>, found <name>",
        ),
        (
            "<struct><member><name>a</name></member></struct>",
            "one <name> and one <value> in a member, found the end of the element",
        ),
        (
            "<struct><member><name>a</name><name>a</name><value/></member></struct>",
            "one <name> and one <value> in a member, found <name>",
        ),
    ] {
        let error = value(inner).expect_err(inner).to_string();
        let (place, what) = error.split_once("expected ").expect(&error);
        let place = place.trim_end_matches(": ");
        assert_eq!(what, expected);
        assert!(
            place.starts_with("not XML-RPC at line 2, column "),
            "{error}"
        );
        assert!(place.ends_with(": at the result"), "{error}");
    }
}

#[test]
fn calls_and_answers_have_their_own_form() {
    let limits = Limits::default();
    let call = |inner: &str| {
        let document = format!("<methodCall>{inner}</methodCall>");
        decode_call(document.as_bytes(), &limits)
    };
    for (inner, params) in [
        ("<methodName>a.b</methodName>", vec![]),
        ("<methodName>a.b</methodName><params/>", vec![]),
        (
            " <methodName>a.b</methodName> <params> <param> <value/> </param> </params> ",
            vec![Value::String(String::new())],
        ),
    ] {
        assert_eq!(call(inner), Ok(MethodCall::new("a.b", params)), "{inner}");
    }
    for inner in [
        "",
        "<params/>",
        "<methodName/><fault/>",
        "<methodName/><params><value/></params>",
        "<methodName/><params><param/></params>",
        "<methodName/><params><param><value/><value/></param></params>",
        "<methodName/><params/><params/>",
    ] {
        let error = call(inner).expect_err(inner);
        assert!(
            matches!(error, Error::Unexpected { .. }),
            "{inner}: {error}"
        );
    }
    for document in [
        "<methodCall><methodName>a</methodName></methodCall>",
        "<methodResponse><params><value/></params></methodResponse>",
        "<methodResponse><params><param><int>1</int></param></params></methodResponse>",
        "<methodResponse><fault/></methodResponse>",
        "<methodResponse><fault><value><struct/></value></fault></methodResponse>",
        "<methodResponse><params/><params/></methodResponse>",
        "<methodResponse><params><param><value/></param><param><value/></param></params></methodResponse>",
        "<methodResponse><fault><value><int>1</int></value></fault></methodResponse>",
        "<html><body>Not Found</body></html>",
    ] {
        let error = decode_response(document.as_bytes(), &limits).expect_err(document);
        assert!(
            matches!(error, Error::Unexpected { .. }),
            "{document}: {error}"
        );
    }
}

#[test]
fn a_fault_is_read_whatever_the_order_of_its_members() {
    let code = "<member><name>faultCode</name><value><i4>4</i4></value></member>";
    let text = "<member><name>faultString</name><value>Too many parameters.</value></member>";
    let extra = "<member><name>detail</name><value/></member>";
    for members in [format!("{code}{text}"), format!("{text}{extra}{code}")] {
        let document = format!(
            "<methodResponse><fault><value><struct>{members}</struct></value></fault></methodResponse>"
        );
        assert_eq!(
            decode_response(document.as_bytes(), &Limits::default()),
            Ok(Err(Fault::new(4, "Too many parameters.")))
        );
    }
}

#[test]
fn what_is_not_well_formed_is_refused() {
    for document in [
        "",
        "   ",
        "not xml",
        "<methodCall>",
        "<methodCall></methodcall>",
        "<methodCall><methodName>a</methodName></methodCall",
        "<methodCall><methodName>&nbsp;</methodName></methodCall>",
        "<methodCall><methodName>a</methodName></methodCall><methodCall/>",
        "<methodCall><methodName>a</methodName></methodCall>text",
        "<methodCall><methodName>\u{1}</methodName></methodCall>",
    ] {
        let error = decode_call(document.as_bytes(), &Limits::default()).expect_err(document);
        assert!(
            matches!(error, Error::NotWellFormed { .. }),
            "{document}: {error}"
        );
    }
    let latin = b"<methodCall><methodName>\xE9</methodName></methodCall>";
    let error = decode_call(latin, &Limits::default()).unwrap_err();
    assert!(matches!(error, Error::NotWellFormed { .. }), "{error}");
}

#[test]
fn declared_encodings_are_read_or_named() {
    let declared =
        |name: &str| format!("<?xml version=\"1.0\" encoding=\"{name}\"?><methodCall><methodName>");
    let end = "</methodName></methodCall>";
    let latin = [declared("ISO-8859-1").as_bytes(), b"\xE9", end.as_bytes()].concat();
    let utf16: Vec<u8> = format!("\u{FEFF}{}é{end}", declared("UTF-16"))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for document in [latin, utf16] {
        let call = decode_call(&document, &Limits::default()).unwrap();
        assert_eq!(call.method, "é");
    }
    let error = decode_call((declared("koi8-r") + end).as_bytes(), &Limits::default());
    assert_eq!(
        error,
        Err(Error::UnsupportedEncoding {
            name: "koi8-r".to_owned()
        })
    );
}

#[test]
fn a_doctype_is_refused_in_any_encoding() {
    let bomb = "<!DOCTYPE a [<!ENTITY b \"cc\">]><methodCall/>";
    let utf16: Vec<u8> = format!("\u{FEFF}{bomb}")
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    for document in [bomb.as_bytes(), &utf16] {
        assert_eq!(
            decode_call(document, &Limits::default()),
            Err(Error::Doctype)
        );
    }
}

#[test]
fn each_limit_is_met_with_its_name() {
    fn limits(change: impl Fn(&mut Limits)) -> Limits {
        let mut limits = Limits::default();
        change(&mut limits);
        limits
    }
    let nested = |levels: usize| {
        let open = "<array><data><value>".repeat(levels);
        let close = "</value></data></array>".repeat(levels);
        format!(
            "<methodResponse><params><param><value>{open}{close}</value></param></params></methodResponse>"
        )
    };
    let deep = if cfg!(miri) { 100 } else { 100_000 };
    for (document, limits, expected) in [
        (nested(63), Limits::default(), None),
        (nested(64), Limits::default(), Some(Limit::Depth)),
        (nested(deep), Limits::default(), Some(Limit::Depth)),
        (nested(9), limits(|l| l.depth = 10), None),
        (nested(10), limits(|l| l.depth = 10), Some(Limit::Depth)),
        (nested(3), limits(|l| l.values = 4), None),
        (nested(3), limits(|l| l.values = 3), Some(Limit::Values)),
        (nested(3), limits(|l| l.bytes = 100), Some(Limit::Bytes)),
    ] {
        match decode_response(document.as_bytes(), &limits) {
            Err(Error::LimitExceeded { limit, .. }) => assert_eq!(Some(limit), expected),
            Ok(_) => assert_eq!(expected, None),
            other => panic!("{expected:?}: {other:?}"),
        }
    }
    let text = value_limits("<string>abcde</string>", limits(|l| l.string = 4));
    let bytes = value_limits("<base64>YWJjZGU=</base64>", limits(|l| l.string = 4));
    let max = 4;
    let limit = Limit::String;
    assert_eq!(text, Err(Error::LimitExceeded { limit, max }));
    assert_eq!(bytes, Err(Error::LimitExceeded { limit, max }));
    let long = encode_call(&"m".repeat(1025), &[]).unwrap();
    let error = decode_call(&long, &Limits::default());
    assert_eq!(
        error,
        Err(Error::LimitExceeded {
            limit: Limit::Name,
            max: 1024
        })
    );
}

#[test]
fn the_complete_reader_has_the_limits_of_the_fast_one() {
    let mut limits = Limits::default();
    (limits.depth, limits.string, limits.name) = (2, 4, 4);
    for (inner, expected) in [
        ("<string>four</string>", None),
        ("<string>fives</string>", Some(Limit::String)),
        ("<int>0007</int>", None),
        ("<int>00007</int>", Some(Limit::String)),
        // Of base64 the bytes count.
        ("<base64>YWJjZA==</base64>", None),
        ("<base64>YWJjZGU=</base64>", Some(Limit::String)),
        (
            "<struct><member><name>four</name><value>a</value></member></struct>",
            None,
        ),
        (
            "<struct><member><name>fives</name><value>a</value></member></struct>",
            Some(Limit::Name),
        ),
        (
            "<struct><member><name>a</name><value><array><data><value>a</value></data></array>\
             </value></member></struct>",
            Some(Limit::Depth),
        ),
        (
            "<array><data><value><struct><member><name>a</name><value>a</value></member>\
             </struct></value></data></array>",
            Some(Limit::Depth),
        ),
    ] {
        let document = format!(
            "<methodResponse><params><param><value>{inner}</value></param></params>\
             </methodResponse>"
        );
        match complete::decode_response(document.as_bytes(), &limits) {
            Err(Error::LimitExceeded { limit, .. }) => assert_eq!(Some(limit), expected),
            Ok(_) => assert_eq!(expected, None, "{inner}"),
            other => panic!("{inner}: {other:?}"),
        }
    }
}

#[test]
fn a_member_has_one_name_and_one_value() {
    for member in [
        "<name>a</name>",
        "<value>1</value>",
        "<name>a</name><value>1</value><value>2</value>",
        "<name>a</name><name>b</name><value>1</value>",
    ] {
        let error = value(&format!("<struct><member>{member}</member></struct>"));
        assert!(matches!(error, Err(Error::Unexpected { .. })), "{member}");
    }
}

#[test]
fn a_struct_at_the_depth_limit_is_read() {
    let mut deepest = Value::Int(1);
    for _ in 1..64 {
        deepest = Value::Struct([("a", deepest)].into_iter().collect());
    }
    let document = encode_response(&deepest).unwrap();
    assert_eq!(
        decode_response(&document, &Limits::default()),
        Ok(Ok(deepest))
    );
}

#[test]
fn what_the_encoder_writes_is_read_back() {
    let fault = Fault::application("a\r\n<b>&");
    assert_eq!(
        decode_response(&encode_fault(&fault), &Limits::default()),
        Ok(Err(fault))
    );
}
