//! Rust types to values and back.
//!
//! These traits are the only bounds that the crates above put on a caller's types.

mod integers;
mod params;
mod response;
mod scalars;

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

use crate::{Error, Struct, Value};

pub use params::{FromParams, IntoParams};
pub use response::IntoResponse;

/// A type that makes a [`Value`].
///
/// An integer becomes an [`Int`](Value::Int) where it fits, since that is all that
/// every peer reads, else an [`Int64`](Value::Int64), else a
/// [`BigInteger`](Value::BigInteger).
pub trait IntoValue {
    /// The value.
    fn into_value(self) -> Value;
}

/// A type that a [`Value`] makes.
///
/// Integers read every integer variant that fits, and floats read integers that they
/// hold exactly.
pub trait FromValue: Sized {
    /// The Rust value.
    ///
    /// # Errors
    ///
    /// [`Error::Mismatch`] where the value is of another type or does not fit, with the
    /// way to the place.
    fn from_value(value: Value) -> Result<Self, Error>;
}

/// Bytes that travel as `<base64>`; a plain `Vec<u8>` travels as an array of ints.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
#[allow(
    clippy::exhaustive_structs,
    reason = "a plain wrapper, which callers build and take apart"
)]
pub struct Bytes(pub Vec<u8>);

impl IntoValue for Bytes {
    fn into_value(self) -> Value {
        Value::Base64(self.0)
    }
}

impl FromValue for Bytes {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::Base64(bytes) => Ok(Bytes(bytes)),
            other => Err(mismatch("base64", &other)),
        }
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    fn into_value(self) -> Value {
        self.map_or(Value::Nil, T::into_value)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::Nil => Ok(None),
            other => T::from_value(other).map(Some),
        }
    }
}

impl<T: IntoValue> IntoValue for Vec<T> {
    fn into_value(self) -> Value {
        Value::Array(self.into_iter().map(T::into_value).collect())
    }
}

impl<T: IntoValue + Clone> IntoValue for &[T] {
    fn into_value(self) -> Value {
        Value::Array(self.iter().cloned().map(T::into_value).collect())
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: Value) -> Result<Self, Error> {
        let Value::Array(items) = value else {
            return Err(mismatch("an array", &value));
        };
        items
            .into_iter()
            .enumerate()
            .map(|(at, item)| T::from_value(item).map_err(|e| e.within(format_args!("[{at}]"))))
            .collect()
    }
}

impl IntoValue for Struct {
    fn into_value(self) -> Value {
        Value::Struct(self)
    }
}

impl FromValue for Struct {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::Struct(members) => Ok(members),
            other => Err(mismatch("a struct", &other)),
        }
    }
}

impl<T: IntoValue> IntoValue for BTreeMap<String, T> {
    fn into_value(self) -> Value {
        Value::Struct(members(self))
    }
}

impl<T: IntoValue, S> IntoValue for HashMap<String, T, S> {
    fn into_value(self) -> Value {
        Value::Struct(members(self))
    }
}

impl<T: FromValue> FromValue for BTreeMap<String, T> {
    fn from_value(value: Value) -> Result<Self, Error> {
        map(value)
    }
}

impl<T: FromValue, S: BuildHasher + Default> FromValue for HashMap<String, T, S>
where
    String: Hash + Eq,
{
    fn from_value(value: Value) -> Result<Self, Error> {
        map(value)
    }
}

fn members<T: IntoValue>(pairs: impl IntoIterator<Item = (String, T)>) -> Struct {
    pairs
        .into_iter()
        .map(|(name, value)| (name, value.into_value()))
        .collect()
}

fn map<T: FromValue, M: FromIterator<(String, T)>>(value: Value) -> Result<M, Error> {
    Struct::from_value(value)?
        .into_iter()
        .map(|(name, value)| match T::from_value(value) {
            Ok(value) => Ok((name, value)),
            Err(error) => Err(error.within(format_args!(".{name}"))),
        })
        .collect()
}

fn mismatch(expected: &'static str, found: &Value) -> Error {
    Error::Mismatch {
        path: String::new(),
        expected,
        found: found.type_name().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip<T>(rust: T, value: Value)
    where
        T: IntoValue + FromValue + Clone + PartialEq + std::fmt::Debug,
    {
        assert_eq!(rust.clone().into_value(), value);
        assert_eq!(T::from_value(value), Ok(rust));
    }

    #[test]
    fn containers_round_trip() {
        round_trip(vec![1, 2], Value::Array(vec![Value::Int(1), Value::Int(2)]));
        round_trip(Some(true), Value::Bool(true));
        round_trip(None::<i32>, Value::Nil);
        round_trip(Bytes(vec![0, 255]), Value::Base64(vec![0, 255]));
        let members: Struct = [("a", Value::Int(1))].into_iter().collect();
        round_trip(members.clone(), Value::Struct(members.clone()));
        round_trip(
            BTreeMap::from([("a".to_owned(), 1)]),
            Value::Struct(members.clone()),
        );
        round_trip(
            HashMap::<_, _>::from([("a".to_owned(), 1)]),
            Value::Struct(members),
        );
        assert_eq!([1, 2].as_slice().into_value(), vec![1, 2].into_value());
    }

    #[test]
    fn a_mismatch_tells_the_way_to_it() {
        let ports = Value::Array(vec![
            BTreeMap::from([("port".to_owned(), 9000.into_value())]).into_value(),
            BTreeMap::from([("port".to_owned(), "x".into_value())]).into_value(),
        ]);
        let error = Vec::<BTreeMap<String, u16>>::from_value(ports).unwrap_err();
        assert_eq!(
            error.to_string(),
            "at [1].port: expected an integer from 0 to 65535, found string"
        );
    }

    #[test]
    fn what_is_no_container_is_refused() {
        for error in [
            Vec::<i32>::from_value(Value::Int(1)).unwrap_err(),
            BTreeMap::<String, i32>::from_value(Value::Int(1)).unwrap_err(),
            Bytes::from_value(Value::Int(1)).unwrap_err(),
        ] {
            assert!(matches!(&error, Error::Mismatch { found, .. } if found == "int"));
        }
    }
}
