//! Tests of the writer: values and their documents.

use super::*;
use crate::{DateTime, IntoParams, Struct};

fn check(value: impl Into<Value>, expected: &str) {
    let document = encode_response(&value.into()).unwrap();
    let document = String::from_utf8(document).unwrap();
    let inner = document
        .strip_prefix("<?xml version=\"1.0\"?>\n<methodResponse><params><param><value>")
        .and_then(|rest| rest.strip_suffix("</value></param></params></methodResponse>"));
    assert_eq!(inner, Some(expected), "{document}");
}

#[test]
fn every_type_is_written_in_the_specifications_form() {
    check(-7, "<int>-7</int>");
    check(1_i64 << 40, "<i8>1099511627776</i8>");
    check(true, "<boolean>1</boolean>");
    check(-12.5, "<double>-12.5</double>");
    check(1e300, &format!("<double>1{}</double>", "0".repeat(300)));
    check(
        "a<b>&c\r\n\u{1F600}",
        "<string>a&lt;b&gt;&amp;c&#13;\n\u{1F600}</string>",
    );
    check(
        DateTime::new(1998, 7, 17, 14, 8, 55).unwrap(),
        "<dateTime.iso8601>19980717T14:08:55</dateTime.iso8601>",
    );
    check(
        crate::Bytes(b"you can't".to_vec()),
        "<base64>eW91IGNhbid0</base64>",
    );
    check(
        vec![1, 2],
        "<array><data><value><int>1</int></value><value><int>2</int></value></data></array>",
    );
    check(
        [("a&b", Value::Nil)].into_iter().collect::<Struct>(),
        "<struct><member><name>a&amp;b</name><value><nil/></value></member></struct>",
    );
}

#[test]
fn what_cannot_be_sent_is_named_with_its_path() {
    let inner: Struct = [("port", Value::from(vec![0.5, f64::NAN]))]
        .into_iter()
        .collect();
    for (params, text) in [
        (
            (1, inner).into_params(),
            "params[1].port[1] can't be sent: XML-RPC has no NaN",
        ),
        (
            ("\0",).into_params(),
            "params[0] can't be sent: XML 1.0 has no character U+0000; send the text as base64",
        ),
        (
            ("\u{FFFE}",).into_params(),
            "params[0] can't be sent: XML 1.0 has no character U+FFFE; send the text as base64",
        ),
    ] {
        assert_eq!(
            encode_call("m", &params.unwrap()).unwrap_err().to_string(),
            text
        );
    }
    assert!(encode_call("\u{1}", &[]).is_err());
    let name: Struct = [("\u{1}", Value::Nil)].into_iter().collect();
    assert!(encode_response(&Value::from(name)).is_err());
}

#[test]
fn a_fault_is_written_in_every_dialect() {
    let mut fault = Fault::new(-32601, "no \"<m>\" & no\r\n\u{7}é\u{FFFF}");
    let content = "<fault><value><struct>\
        <member><name>faultCode</name><value><int>-32601</int></value></member>\
        <member><name>faultString</name><value><string>no \"&lt;m&gt;\" &amp; no&#13;\n\u{FFFD}é\u{FFFD}</string></value></member>\
        </struct></value></fault></methodResponse>";
    let declaration = " xmlns:ex=\"http://ws.apache.org/xmlrpc/namespaces/extensions\"";
    let documents = [
        (Dialect::specification(), ""),
        (Dialect::python(), ""),
        (Dialect::apache(), declaration),
        (Dialect::everything(), ""),
    ]
    .map(|(dialect, attribute)| {
        let expected = format!("<?xml version=\"1.0\"?>\n<methodResponse{attribute}>{content}");
        let document = dialect.encode_fault(&fault);
        assert_eq!(String::from_utf8(document.clone()).unwrap(), expected);
        document
    });
    assert_eq!(
        encode_fault(&fault),
        documents[1],
        "the default is Python's"
    );
    // Each reads back as the same fault, apart from the characters that XML 1.0 has not.
    fault.message = fault.message.replace(['\u{7}', '\u{FFFF}'], "\u{FFFD}");
    for document in documents {
        let read = crate::decode_response(&document, &crate::Limits::default());
        assert_eq!(read, Ok(Err(fault.clone())));
    }
}

#[test]
fn a_dialect_declares_its_prefix_in_every_document() {
    let declaration = "xmlns:ex=\"http://ws.apache.org/xmlrpc/namespaces/extensions\"";
    for (dialect, declared) in [(Dialect::apache(), true), (Dialect::everything(), false)] {
        for document in [
            dialect.encode_call("m", &[]).unwrap(),
            dialect.encode_response(&Value::Int(1)).unwrap(),
        ] {
            let text = String::from_utf8(document).unwrap();
            assert_eq!(text.contains(declaration), declared, "{text}");
        }
    }
}

#[test]
fn a_fault_is_always_written() {
    let document = encode_fault(&Fault::application("a\u{0}<b>"));
    let document = String::from_utf8(document).unwrap();
    assert!(
        document.contains("<string>a\u{FFFD}&lt;b&gt;</string>"),
        "{document}"
    );
}

#[test]
fn a_dialect_says_which_extensions_are_written_and_how() {
    let moment = DateTime::parse("19980717T14:08:55.5Z").unwrap();
    let big = 1_i128 << 80;
    for (value, plain, prefixed) in [
        (Value::Nil, "<nil/>", "<ex:nil/>"),
        (Value::Int64(7), "<i8>7</i8>", "<ex:i8>7</ex:i8>"),
        (
            Value::from(big),
            "<biginteger>1208925819614629174706176</biginteger>",
            "<ex:biginteger>1208925819614629174706176</ex:biginteger>",
        ),
        (
            Value::BigDecimal(crate::BigDecimal::new("0.10").unwrap()),
            "<bigdecimal>0.10</bigdecimal>",
            "<ex:bigdecimal>0.10</ex:bigdecimal>",
        ),
        (
            Value::DateTime(moment),
            "<dateTime.iso8601>19980717T14:08:55.500Z</dateTime.iso8601>",
            "<ex:dateTime>1998-07-17T14:08:55.500Z</ex:dateTime>",
        ),
        (
            Value::DateTime(DateTime::parse("19980717T14:08:55.25").unwrap()),
            "<dateTime.iso8601>19980717T14:08:55.250</dateTime.iso8601>",
            "<ex:dateTime>1998-07-17T14:08:55.250</ex:dateTime>",
        ),
        (
            Value::DateTime(DateTime::parse("19980717T14:08:55-0030").unwrap()),
            "<dateTime.iso8601>19980717T14:08:55-00:30</dateTime.iso8601>",
            "<ex:dateTime>1998-07-17T14:08:55-00:30</ex:dateTime>",
        ),
    ] {
        let error = Dialect::specification().encode_response(&value);
        assert!(
            matches!(error, Err(Error::Unrepresentable { .. })),
            "{value:?}"
        );
        for (dialect, inner) in [
            (Dialect::everything(), plain),
            (Dialect::apache(), prefixed),
        ] {
            let document = dialect.encode_response(&value).unwrap();
            let text = String::from_utf8(document.clone()).unwrap();
            assert!(text.contains(&format!("<value>{inner}</value>")), "{text}");
            let read = crate::decode_response(&document, &crate::Limits::default());
            assert_eq!(read, Ok(Ok(value.clone())));
        }
    }
    for (double, text) in [
        (f64::NAN, "nan"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
    ] {
        assert!(encode_response(&Value::Double(double)).is_err());
        let document = Dialect::everything().encode_response(&Value::Double(double));
        let document = String::from_utf8(document.unwrap()).unwrap();
        assert!(document.contains(&format!("<double>{text}</double>")));
    }
}

#[test]
fn a_date_and_time_of_the_specification_is_written_in_its_form_in_every_dialect() {
    let moment = Value::from(DateTime::new(1998, 7, 17, 14, 8, 55).unwrap());
    for dialect in [
        Dialect::specification(),
        Dialect::python(),
        Dialect::apache(),
        Dialect::everything(),
    ] {
        let document = dialect.encode_response(&moment).unwrap();
        let text = String::from_utf8(document).unwrap();
        assert!(
            text.contains("<value><dateTime.iso8601>19980717T14:08:55</dateTime.iso8601></value>"),
            "{text}"
        );
    }
}

#[test]
fn every_integer_is_written_as_rust_writes_it() {
    for number in [0, 1, -1, 9, 10, 99, 100, -12_345, i64::MAX, i64::MIN] {
        check(Value::Int64(number), &format!("<i8>{number}</i8>"));
    }
}
