//! Tests of serde's types in documents and in values.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use ::serde::de::DeserializeOwned;
use ::serde::{Deserialize, Serialize};

use super::documents::{decode_call_fast, decode_result_fast};
use super::*;
use crate::{BigDecimal, BigInteger, Bytes, DateTime, Error, Fault, Limits, Value};
use crate::{FromParams, IntoParams, IntoResponse, IntoValue};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Shape {
    Nothing,
    Circle(f64),
    Line(i32, i32),
    Rectangle { width: u8, height: u8 },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Everything {
    small: (i8, u16, u32),
    wide: (i64, u64, i128, u128),
    text: String,
    letter: char,
    ratio: f32,
    maybe: Option<bool>,
    nothing: Option<String>,
    bytes: Bytes,
    plain: Vec<u8>,
    moment: DateTime,
    integer: BigInteger,
    decimal: BigDecimal,
    map: BTreeMap<u32, Vec<Option<i32>>>,
    shapes: Vec<Shape>,
    unit: (),
}

fn everything() -> Everything {
    Everything {
        small: (-1, 2, u32::MAX),
        wide: (i64::MIN, u64::MAX, i128::MIN, u128::MAX),
        text: "a<b>&c\r\n é".to_owned(),
        letter: 'é',
        ratio: 0.1,
        maybe: Some(true),
        nothing: None,
        bytes: Bytes(vec![0, 255]),
        plain: vec![1, 2],
        moment: DateTime::new(1998, 7, 17, 14, 8, 55).unwrap(),
        integer: BigInteger::new(&"9".repeat(50)).unwrap(),
        decimal: BigDecimal::new("1.50").unwrap(),
        map: BTreeMap::from([(1, vec![]), (2, vec![Some(1), None])]),
        shapes: vec![
            Shape::Nothing,
            Shape::Circle(0.5),
            Shape::Line(1, -1),
            Shape::Rectangle {
                width: 1,
                height: 2,
            },
        ],
        unit: (),
    }
}

fn round_trip<T>(rust: T)
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let limits = Limits::default();
    let document = encode_response(&rust).unwrap();
    assert_eq!(decode_result_fast(&document, &limits).as_ref(), Some(&rust));
    // The document is that of the value.
    let value = to_value(&rust).unwrap();
    assert_eq!(crate::encode_response(&value).unwrap(), document);
    assert_eq!(from_value::<T>(value).as_ref(), Ok(&rust));
    let unusual = [&document[..], b"<!-- a -->"].concat();
    assert!(decode_result_fast::<T>(&unusual, &limits).is_none());
    assert_eq!(decode_response(&unusual, &limits), Ok(Ok(rust)));
}

#[test]
fn every_type_goes_there_and_back() {
    round_trip(everything());
    round_trip(vec![everything(), everything()]);
    round_trip(HashMap::from([("é".to_owned(), 1)]));
    round_trip(None::<i32>);
    round_trip(Vec::<()>::new());
}

#[test]
fn base64_fills_a_vec_of_bytes() {
    let document = crate::encode_response(&Value::Base64(vec![1, 2])).unwrap();
    let read: Vec<u8> = decode_result_fast(&document, &Limits::default()).unwrap();
    assert_eq!(read, [1, 2]);
    assert_eq!(from_value::<Vec<u8>>(Value::Base64(vec![1])), Ok(vec![1]));
}

#[test]
fn a_tuple_is_the_parameters() {
    let limits = Limits::default();
    for params in [(1, "a".to_owned()), (2, String::new())] {
        let document = encode_call("m", &params).unwrap();
        assert_eq!(
            crate::decode_call(&document, &limits).unwrap().params,
            params.clone().into_params().unwrap()
        );
        assert!(decode_call_fast::<(i32, String)>(&document, &limits).is_some());
        let read = decode_call(&document, &limits);
        assert_eq!(read, Ok(("m".to_owned(), params)));
    }
    let none = encode_call("m", &()).unwrap();
    assert_eq!(decode_call::<[i32; 0]>(&none, &limits).unwrap().1, []);
    assert!(encode_call("m", &1).is_err());
    assert!(encode_call("m", &BTreeMap::from([("a", 1)])).is_err());
    let list = Serde((1, "a".to_owned()));
    assert_eq!(
        Serde::from_params(list.clone().into_params().unwrap()),
        Ok(list)
    );
}

#[test]
fn what_does_not_fit_is_named_with_its_path() {
    #[derive(Debug, Deserialize)]
    struct Server {
        #[expect(dead_code, reason = "read for its error")]
        port: u16,
    }
    let ports = vec![
        BTreeMap::from([("port".to_owned(), 9000)]),
        BTreeMap::from([("port".to_owned(), 90_000)]),
    ];
    let limits = Limits::default();
    let document = encode_call("m", &(&ports,)).unwrap();
    let error = decode_call::<(Vec<Server>,)>(&document, &limits).unwrap_err();
    assert_eq!(
        error.to_string(),
        "at params[0][1].port: invalid value: integer `90000`, expected u16"
    );
    let document = encode_response(&(1, 2, 3)).unwrap();
    assert!(decode_response::<(i32, i32)>(&document, &limits).is_err());
    assert!(decode_response::<(i32, i32, i32, i32)>(&document, &limits).is_err());
}

#[test]
fn what_cannot_be_sent_is_named_with_its_path() {
    let error = encode_call("m", &(1, vec![0.5, f64::NAN])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "params[1][1] can't be sent: XML-RPC has no NaN"
    );
    let keyed = BTreeMap::from([((1, 2), 3)]);
    assert!(matches!(to_value(&keyed), Err(Error::Custom { .. })));
    for (error, text) in [
        (
            Serde(&keyed).into_value().unwrap_err(),
            "the value can't be sent: a struct's member needs a name that is text",
        ),
        (
            (1, vec![Serde(&keyed)]).into_params().unwrap_err(),
            "params[1][0] can't be sent: a struct's member needs a name that is text",
        ),
        (
            Some(Serde(&keyed)).into_response().unwrap_err(),
            "the result can't be sent: a struct's member needs a name that is text",
        ),
    ] {
        assert!(matches!(error, Error::Unrepresentable { .. }), "{error}");
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn a_fault_is_a_fault() {
    let fault = Fault::application("no");
    let document = crate::encode_fault(&fault);
    let read = decode_response::<i32>(&document, &Limits::default());
    assert_eq!(read, Ok(Err(fault)));
}
