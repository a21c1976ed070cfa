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

#[test]
fn the_crates_own_types_are_themselves_on_the_wire() {
    let moment = DateTime::new(1998, 7, 17, 14, 8, 55).unwrap();
    let integer = BigInteger::new(&"9".repeat(50)).unwrap();
    let decimal = BigDecimal::new("1.50").unwrap();
    let own = (moment, integer.clone(), decimal.clone(), Bytes(vec![7]));
    let expected = Value::Array(vec![
        Value::DateTime(moment),
        Value::BigInteger(integer),
        Value::BigDecimal(decimal),
        Value::Base64(vec![7]),
    ]);
    assert_eq!(to_value(&own), Ok(expected.clone()));
    let limits = Limits::default();
    let read = crate::decode_response(&encode_response(&own).unwrap(), &limits);
    assert_eq!(read, Ok(Ok(expected.clone())));
    let call = crate::decode_call(&encode_call("m", &own).unwrap(), &limits).unwrap();
    assert_eq!(Value::Array(call.params), expected);
}

#[test]
fn bytes_are_read_from_every_form() {
    use ::serde::de::value::BytesDeserializer;

    assert_eq!(from_value(Value::Base64(vec![7])), Ok(Bytes(vec![7])));
    assert_eq!(from_value(Value::from([7, 8])), Ok(Bytes(vec![7, 8])));
    let borrowed = BytesDeserializer::<Error>::new(&[7]);
    assert_eq!(Bytes::deserialize(borrowed), Ok(Bytes(vec![7])));
    let error = from_value::<Bytes>(Value::Int(7)).unwrap_err().to_string();
    assert_eq!(error, "invalid type: integer `7`, expected bytes");
}

/// A type of its own name without a value.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Unit;

#[test]
fn a_unit_struct_is_nil() {
    round_trip(Unit);
    assert_eq!(to_value(&Unit), Ok(Value::Nil));
}

#[test]
fn a_key_is_text() {
    #[derive(Serialize)]
    struct Name(&'static str);

    fn name<K: Serialize>(key: K) -> Option<String> {
        struct Map<K>(K);

        impl<K: Serialize> Serialize for Map<K> {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map([(&self.0, 1)])
            }
        }

        let Ok(Value::Struct(members)) = to_value(&Map(key)) else {
            return None;
        };
        let (name, _) = members.into_iter().next()?;
        Some(name)
    }

    for (name, expected) in [
        (name("a"), Some("a")),
        (name(-7), Some("-7")),
        (name(true), Some("true")),
        (name(Name("a")), Some("a")),
        (name(Some("a")), Some("a")),
        (name(Shape::Nothing), Some("Nothing")),
        (name(Shape::Circle(0.5)), None),
        (name(None::<i32>), None),
        (name(()), None),
        (name(Unit), None),
        (name(0.5_f32), None),
        (name(0.5_f64), None),
        (name(Bytes(vec![7])), None),
    ] {
        assert_eq!(name.as_deref(), expected);
    }
}

#[test]
fn an_array_has_as_many_items_as_the_tuple() {
    let error = from_value::<(i32, i32)>(Value::from([1, 2, 3, 4, 5])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid length 5, expected fewer items in the array"
    );
}

#[test]
fn an_array_tells_how_many_items_are_left() {
    use ::serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};

    #[derive(Debug, PartialEq)]
    struct Hint(Option<usize>);

    impl<'de> Visitor<'de> for Hint {
        type Value = Hint;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an array")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Hint, A::Error> {
            let hint = Hint(items.size_hint());
            while let Some(IgnoredAny) = items.next_element()? {}
            Ok(hint)
        }
    }

    impl<'de> Deserialize<'de> for Hint {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_seq(Hint(None))
        }
    }

    assert_eq!(from_value(Value::from([1, 2, 3])), Ok(Hint(Some(3))));
}

#[test]
fn a_variant_is_a_name_or_one_member() {
    let variant = |members: &[(&str, Value)]| {
        let members = members.iter().map(|(name, value)| (*name, value.clone()));
        Value::Struct(members.collect())
    };
    let limits = Limits::default();
    for (value, expected) in [
        (Value::from("Nothing"), Some(Shape::Nothing)),
        (variant(&[("Nothing", Value::Nil)]), Some(Shape::Nothing)),
        (variant(&[("Nothing", Value::Int(5))]), None),
        (
            variant(&[("Circle", Value::Double(0.5))]),
            Some(Shape::Circle(0.5)),
        ),
        (
            variant(&[("Circle", Value::Double(0.5)), ("more", Value::Nil)]),
            None,
        ),
        (variant(&[]), None),
        (Value::Int(1), None),
    ] {
        let document = crate::encode_response(&value).unwrap();
        assert_eq!(decode_result_fast(&document, &limits), expected, "{value}");
        let read = decode_response::<Shape>(&document, &limits);
        assert_eq!(read.ok().and_then(Result::ok), expected, "{value}");
        assert_eq!(from_value::<Shape>(value).ok(), expected);
    }
    let two = variant(&[("Circle", Value::Double(0.5)), ("more", Value::Nil)]);
    assert_eq!(
        from_value::<Shape>(two).unwrap_err().to_string(),
        "expected a string or a struct of one member, found struct"
    );
}

#[test]
fn a_value_beyond_the_depth_limit_is_declined() {
    fn check<T: Serialize + DeserializeOwned>(rust: &T, depth: usize) {
        let document = encode_response(rust).unwrap();
        let limits = |depth| Limits {
            depth,
            ..Limits::default()
        };
        assert!(decode_result_fast::<T>(&document, &limits(depth)).is_some());
        assert!(decode_result_fast::<T>(&document, &limits(depth - 1)).is_none());
        assert!(decode_response::<T>(&document, &limits(depth - 1)).is_err());
    }

    check(&vec![1], 2);
    check(&vec![vec![vec![1]]], 4);
    let map = BTreeMap::from([("a".to_owned(), 1)]);
    check(&map, 2);
    check(&BTreeMap::from([("a".to_owned(), map)]), 3);
    check(&Shape::Circle(0.5), 2);
    check(&Some(vec![Shape::Line(1, 2)]), 4);
}
