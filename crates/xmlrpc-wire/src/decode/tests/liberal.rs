//! Tests of documents beyond the specification, in the forms that peers write.

use super::*;
use crate::{BigDecimal, BigInteger};

#[test]
fn extensions_are_read_with_their_prefix_or_without() {
    let big = BigInteger::new("-340282366920938463463374607431768211457").unwrap();
    let decimal = BigDecimal::new("0.10").unwrap();
    for (tag, text, expected) in [
        ("i1", "-1", Value::Int(-1)),
        ("i2", "300", Value::Int(300)),
        ("i8", "7", Value::Int64(7)),
        ("float", "0.5", Value::Double(0.5)),
        ("biginteger", big.as_str(), Value::BigInteger(big.clone())),
        ("bigdecimal", " 0.10 ", Value::BigDecimal(decimal.clone())),
        ("nil", "", Value::Nil),
        (
            "dateTime",
            "1998-07-17T14:08:55.000Z",
            Value::DateTime(DateTime::parse("19980717T14:08:55.000Z").unwrap()),
        ),
    ] {
        let declared = "xmlns:ex='http://ws.apache.org/xmlrpc/namespaces/extensions'";
        for inner in [
            format!("<{tag}>{text}</{tag}>"),
            format!("<ex:{tag}>{text}</ex:{tag}>"),
            format!("<ex:{tag} {declared}>{text}</ex:{tag}>"),
        ] {
            assert_eq!(value(&inner), Ok(expected.clone()), "{inner}");
        }
    }
    assert!(
        value("<other:nil/>").is_err(),
        "a prefix that means nothing"
    );
    assert!(value("<ex:serializable>QQ==</ex:serializable>").is_err());
}

#[test]
fn attributes_comments_and_instructions_are_passed_over() {
    for inner in [
        "<int a='1'>7</int>",
        "<!-- a --><int>7</int><?p i?>",
        "<int>7<!-- a --></int>",
        "<int><![CDATA[7]]></int>",
        "<int>&#55;</int>",
        "<int>\r\n\t7 </int>",
        "<int\n>7</int\n>",
    ] {
        assert_eq!(value(inner), Ok(Value::Int(7)), "{inner}");
    }
}

#[test]
fn a_fault_code_may_be_any_integer_or_the_text_of_one() {
    for code in [
        "<i8>4</i8>",
        "<string>4</string>",
        "4",
        "<i2>4</i2>",
        "<biginteger>4</biginteger>",
    ] {
        let document = format!(
            "<methodResponse><fault><value><struct>\
             <member><name>faultString</name><value/></member>\
             <member><name>faultCode</name><value>{code}</value></member>\
             </struct></value></fault></methodResponse>"
        );
        let read = decode_response(document.as_bytes(), &Limits::default());
        assert_eq!(read, Ok(Err(Fault::new(4, ""))), "{code}");
    }
}

#[test]
fn windows_1252_is_read() {
    let document = b"<?xml version='1.0' encoding='windows-1252'?><methodResponse><params>\
        <param><value>\x80 caf\xE9</value></param></params></methodResponse>";
    assert_eq!(
        decode_response(document, &Limits::default()),
        Ok(Ok(Value::String("€ café".to_owned())))
    );
}

#[test]
fn utf_8_that_declares_utf_16_is_read() {
    let document = "<?xml version='1.0' encoding='utf-16'?><methodCall><methodName>é\
        </methodName></methodCall>";
    let call = decode_call(document.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(call.method, "é");
}

#[test]
fn long_base64_and_long_text_are_read_whole() {
    // Long enough to be taken out before the parser; Miri is slow.
    let length = if cfg!(miri) { 3200_u32 } else { 10_000 };
    let bytes: Vec<u8> = (0..length).map(|n| ((n * 7) >> 3) as u8).collect();
    let document = encode_response(&Value::Base64(bytes.clone())).unwrap();
    let document = String::from_utf8(document).unwrap();
    let (_, text) = document.split_once("<base64>").unwrap();
    let (text, _) = text.split_once('<').unwrap();
    let head_of_two = document.replacen(text, &format!("<!-- {text} -->{text}"), 1);
    let as_string = document
        .replace("base64>", "string>")
        .replace(text, &format!("{text}\r\n\r"));
    for (document, expected) in [
        (document.clone(), Value::Base64(bytes.clone())),
        (head_of_two, Value::Base64(bytes.clone())),
        (as_string, Value::String(format!("{text}\n\n"))),
    ] {
        let read = complete::decode_response(document.as_bytes(), &Limits::default());
        assert_eq!(read, Ok(Ok(expected)));
    }
    let wrapped_text = text
        .as_bytes()
        .chunks(76)
        .map(String::from_utf8_lossy)
        .collect::<Vec<_>>()
        .join("\r\n");
    assert_eq!(
        value(&format!("<base64>\r\n{wrapped_text}\r\n</base64>")),
        Ok(Value::Base64(bytes))
    );
}

#[test]
fn an_error_has_its_path_and_its_byte() {
    let document = "<methodCall><methodName>m</methodName><params><param><value><struct>\
        <member><name>servers</name><value><array><data><value>a</value><value><struct><member>\
        <name>port</name><value><int>x</int></value></member></struct></value></data></array>\
        </value></member></struct></value></param></params></methodCall>";
    let error = decode_call(document.as_bytes(), &Limits::default()).unwrap_err();
    let end = document.find("</int>").unwrap();
    match &error {
        Error::BadScalar { at, path, .. } => {
            assert_eq!(path, "params[0].servers[1].port");
            assert_eq!(at.offset, end as u64);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(
        error.to_string(),
        format!(
            "at params[0].servers[1].port: \"x\" is not a value of type int, \
             at line 1, column {} (byte {end})",
            end + 1
        )
    );
}
