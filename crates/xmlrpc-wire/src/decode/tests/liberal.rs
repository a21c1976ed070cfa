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

/// Returns what a document of `response` holds, by both readers.
fn response(response: &str) -> Result<MethodResponse, Error> {
    let limits = Limits::default();
    let complete = complete::decode_response(response.as_bytes(), &limits);
    if let Some(fast) = fast::decode_response(response.as_bytes(), &limits) {
        assert_eq!(Ok(fast), complete, "{response}");
    }
    complete
}

#[test]
fn an_empty_number_or_boolean_is_zero() {
    for (tag, expected) in [
        ("int", Value::Int(0)),
        ("i4", Value::Int(0)),
        ("i1", Value::Int(0)),
        ("i2", Value::Int(0)),
        ("i8", Value::Int64(0)),
        ("boolean", Value::Bool(false)),
        ("double", Value::Double(0.0)),
        ("float", Value::Double(0.0)),
    ] {
        for inner in [
            format!("<{tag}/>"),
            format!("<{tag}></{tag}>"),
            format!("<{tag}> \n</{tag}>"),
        ] {
            assert_eq!(value(&inner), Ok(expected.clone()), "{inner}");
        }
    }
}

#[test]
fn an_integer_of_any_length_is_read_and_one_with_an_exponent_as_a_double() {
    let big = |text| Value::BigInteger(BigInteger::new(text).unwrap());
    for (text, expected) in [
        ("9223372036854775808", big("9223372036854775808")),
        ("-99999999999999999999", big("-99999999999999999999")),
        ("1.5e+300", Value::Double(1.5e300)),
        ("1e+21", Value::Double(1e21)),
        ("1.0", Value::Double(1.0)),
    ] {
        for tag in ["int", "i4", "i8"] {
            let read = value(&format!("<{tag}>{text}</{tag}>")).unwrap();
            assert_eq!(read, expected);
            let error = <i32 as crate::FromValue>::from_value(read).unwrap_err();
            assert!(matches!(error, Error::Mismatch { .. }), "{error}");
        }
    }
}

#[test]
fn a_date_that_was_never_set_leaves_the_rest_readable() {
    for text in [
        "00000000T00:00:00Z",
        "",
        "19980230T00:00:00",
        "yesterday & <![CDATA[<]]>",
    ] {
        let text = text.replace('&', "&amp;");
        let read = value(&format!(
            "<struct><member><name>title</name><value>draft</value></member><member><name>date\
             </name><value><dateTime.iso8601> {text}\n</dateTime.iso8601></value></member></struct>"
        ))
        .unwrap();
        assert_eq!(read["title"].as_str(), Some("draft"));
        let kept = text.replace("&amp;", "&").replace("<![CDATA[<]]>", "<");
        assert_eq!(read["date"], Value::InvalidDateTime(kept));
        assert_eq!(read["date"].as_date_time(), None);
        let written = encode_response(&read).unwrap();
        assert_eq!(decode_response(&written, &Limits::default()), Ok(Ok(read)));
    }
}

#[test]
fn base64_may_have_its_spare_bits_set() {
    for text in ["YR==", "YR", "YWL=", "YWL"] {
        let bytes = if text.starts_with("YR") {
            b"a".to_vec()
        } else {
            b"ab".to_vec()
        };
        let read = value(&format!("<base64>{text}</base64>"));
        assert_eq!(read, Ok(Value::Base64(bytes)), "{text}");
    }
}

#[test]
fn an_answer_without_a_value_is_nil() {
    for inner in [
        "<params/>",
        "<params></params>",
        "<params>\n</params>",
        "<params><param/></params>",
        "<params><param></param></params>",
        "",
    ] {
        let document = format!("<methodResponse>{inner}</methodResponse>");
        assert_eq!(response(&document), Ok(Ok(Value::Nil)), "{inner}");
    }
    assert_eq!(response("<methodResponse/>"), Ok(Ok(Value::Nil)));
}

#[test]
fn blanks_round_names_are_dropped_where_they_are_layout() {
    for name in ["a.b", " a.b", "a.b\n", "\r\n\ta.b "] {
        let document =
            format!("<methodCall><methodName>{name}</methodName><params></params></methodCall>");
        let call = decode_call(document.as_bytes(), &Limits::default());
        assert_eq!(call, Ok(MethodCall::new("a.b", vec![])), "{name:?}");
    }
    for (name, expected) in [
        ("\n\t a\n ", "a"),
        ("\r\na b\r\n", "a b"),
        // A key may end like this in any language.
        (" a ", " a "),
        ("a\n", "a\n"),
        ("\na", "\na"),
        ("\n", "\n"),
        (" ", " "),
    ] {
        let document = format!(
            "<methodResponse><params><param><value><struct><member><name>{name}</name><value/>\
             </member></struct></value></param></params></methodResponse>"
        );
        let expected = Struct::from([(expected, "")]);
        assert_eq!(response(&document), Ok(Ok(expected.into())), "{name:?}");
    }
}

#[test]
fn blanks_and_line_ends_may_come_before_the_declaration() {
    let document = "<?xml version=\"1.0\"?><methodResponse><params><param><value>é</value>\
        </param></params></methodResponse>";
    for before in ["\n", "\r\n\r\n", " \t", "\n\u{FEFF}", "\u{FEFF}\n"] {
        let document = format!("{before}{document}");
        assert_eq!(response(&document), Ok(Ok(Value::from("é"))), "{before:?}");
    }
    let latin = document.replace("\"1.0\"", "\"1.0\" encoding=\"ISO-8859-1\"");
    let latin: Vec<u8> = latin.chars().map(|c| c as u8).collect();
    let latin = [b"\r\n".as_slice(), &latin].concat();
    assert_eq!(
        decode_response(&latin, &Limits::default()),
        Ok(Ok(Value::from("é")))
    );
}

/// expat refuses it too.
#[test]
fn a_byte_order_mark_within_the_declaration_is_refused() {
    let document = "<?xml\u{FEFF} version=\"1.0\"?><methodResponse/>";
    match response(document) {
        Err(Error::NotWellFormed { at, .. }) => assert_eq!(at.offset, 5),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_pair_of_references_to_surrogates_is_one_character() {
    let read = value(
        "<struct><member><name>&#xD83D;&#xDE00;</name><value>a&#55357;&#56832;b\
         <![CDATA[&#xD83D;]]></value></member></struct>",
    );
    let expected = Struct::from([("😀", "a😀b&#xD83D;")]);
    assert_eq!(read, Ok(expected.into()));
    for lone in ["&#xD83D;", "&#xDE00;&#xD83D;", "&#xD83D; &#xDE00;"] {
        let error = value(lone).unwrap_err();
        assert!(matches!(error, Error::NotWellFormed { .. }), "{error}");
    }
    let error = value("&#xD83D;&#xDE00;<int>x</int>")
        .unwrap_err()
        .to_string();
    assert!(error.contains("column 55 (byte 76)"), "{error}");
}

#[test]
fn a_fault_of_any_form_is_a_fault() {
    let code = |value: &str| format!("<member><name>faultCode</name>{value}</member>");
    let text = |value: &str| format!("<member><name>faultString</name>{value}</member>");
    let no = text("<value>no right to call this</value>");
    for (members, code, message) in [
        (
            format!("{no}{}", code("<value><string>Client</string></value>")),
            0,
            "Client: no right to call this",
        ),
        (
            format!("{}{no}", code("<value><nil/></value>")),
            0,
            "no right to call this",
        ),
        (no.clone(), 0, "no right to call this"),
        (
            format!(
                "{}{}",
                code("<value><int>4</int></value>"),
                text("<value><int>7</int></value>")
            ),
            4,
            "7",
        ),
    ] {
        for (open, close) in [("<value>", "</value>"), ("", "")] {
            let document = format!(
                "<methodResponse><fault>{open}<struct>{members}</struct>{close}</fault></methodResponse>"
            );
            assert_eq!(response(&document), Ok(Err(Fault::new(code, message))));
        }
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
