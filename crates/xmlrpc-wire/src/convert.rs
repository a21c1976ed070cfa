//! Rust types to values and back.
//!
//! These traits are the only bounds that the crates above put on a caller's types.

/// Implements `From` for [`Value`], and [`IntoValue`] by it.
macro_rules! infallible {
    ($type:ty, $convert:expr) => {
        impl From<$type> for crate::Value {
            fn from(rust: $type) -> Self {
                let convert: fn($type) -> crate::Value = $convert;
                convert(rust)
            }
        }

        impl crate::IntoValue for $type {
            fn into_value(self) -> Result<crate::Value, crate::Error> {
                Ok(self.into())
            }
        }
    };
}

mod integers;
mod params;
mod response;
mod scalars;

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

use crate::{Error, Struct, Value};

pub use params::{FromParams, IntoParams};
pub use response::IntoResponse;

/// A type that converts into a [`Value`], which may fail.
///
/// The common types also convert by `Value::from`, which never fails. An integer becomes
/// an [`Int`](Value::Int) where it fits, since every peer reads that, else an
/// [`Int64`](Value::Int64), else a [`BigInteger`](Value::BigInteger).
pub trait IntoValue {
    /// Returns the value.
    ///
    /// # Errors
    ///
    /// [`Error::Unrepresentable`] if no value can carry `self`, with the path to the part
    /// that none can carry.
    fn into_value(self) -> Result<Value, Error>;
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

infallible!(Bytes, |bytes| Value::Base64(bytes.0));

impl FromValue for Bytes {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::Base64(bytes) => Ok(Bytes(bytes)),
            other => Err(mismatch("base64", &other)),
        }
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(option: Option<T>) -> Self {
        option.map_or(Value::Nil, T::into)
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    fn into_value(self) -> Result<Value, Error> {
        self.map_or(Ok(Value::Nil), T::into_value)
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

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Value::Array(items.into_iter().map(T::into).collect())
    }
}

impl<T: Into<Value>, const N: usize> From<[T; N]> for Value {
    fn from(items: [T; N]) -> Self {
        Value::Array(items.into_iter().map(T::into).collect())
    }
}

impl<T: Into<Value> + Clone> From<&[T]> for Value {
    fn from(items: &[T]) -> Self {
        Value::Array(items.iter().cloned().map(T::into).collect())
    }
}

impl<T: IntoValue> IntoValue for Vec<T> {
    fn into_value(self) -> Result<Value, Error> {
        array(self.into_iter())
    }
}

impl<T: IntoValue + Clone> IntoValue for &[T] {
    fn into_value(self) -> Result<Value, Error> {
        array(self.iter().cloned())
    }
}

fn array<T: IntoValue>(items: impl Iterator<Item = T>) -> Result<Value, Error> {
    items
        .enumerate()
        .map(|(at, item)| {
            item.into_value()
                .map_err(|e| e.within(format_args!("[{at}]")))
        })
        .collect::<Result<_, _>>()
        .map(Value::Array)
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

infallible!(Struct, Value::Struct);

impl FromValue for Struct {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::Struct(members) => Ok(members),
            other => Err(mismatch("a struct", &other)),
        }
    }
}

impl<T: Into<Value>> From<BTreeMap<String, T>> for Value {
    fn from(map: BTreeMap<String, T>) -> Self {
        Value::Struct(map.into_iter().map(|(k, v)| (k, v.into())).collect())
    }
}

impl<T: Into<Value>, S> From<HashMap<String, T, S>> for Value {
    fn from(map: HashMap<String, T, S>) -> Self {
        Value::Struct(map.into_iter().map(|(k, v)| (k, v.into())).collect())
    }
}

impl<T: IntoValue> IntoValue for BTreeMap<String, T> {
    fn into_value(self) -> Result<Value, Error> {
        into_members(self).map(Value::Struct)
    }
}

impl<T: IntoValue, S> IntoValue for HashMap<String, T, S> {
    fn into_value(self) -> Result<Value, Error> {
        into_members(self).map(Value::Struct)
    }
}

impl<T: FromValue> FromValue for BTreeMap<String, T> {
    fn from_value(value: Value) -> Result<Self, Error> {
        from_members(value)
    }
}

impl<T: FromValue, S: BuildHasher + Default> FromValue for HashMap<String, T, S>
where
    String: Hash + Eq,
{
    fn from_value(value: Value) -> Result<Self, Error> {
        from_members(value)
    }
}

fn into_members<T: IntoValue>(
    pairs: impl IntoIterator<Item = (String, T)>,
) -> Result<Struct, Error> {
    pairs
        .into_iter()
        .map(|(name, value)| match value.into_value() {
            Ok(value) => Ok((name, value)),
            Err(error) => Err(error.within(format_args!(".{name}"))),
        })
        .collect()
}

fn from_members<T: FromValue, M: FromIterator<(String, T)>>(value: Value) -> Result<M, Error> {
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
        T: IntoValue + Into<Value> + FromValue + Clone + PartialEq + std::fmt::Debug,
    {
        assert_eq!(rust.clone().into_value(), Ok(value.clone()));
        assert_eq!(rust.clone().into(), value);
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
        let array = Value::from(vec![1, 2]);
        assert_eq!(Value::from([1, 2]), array);
        assert_eq!(Value::from([1, 2].as_slice()), array);
        assert_eq!([1, 2].as_slice().into_value(), Ok(array));
    }

    #[test]
    fn a_mismatch_tells_the_way_to_it() {
        let ports = Value::from([
            BTreeMap::from([("port".to_owned(), Value::from(9000))]),
            BTreeMap::from([("port".to_owned(), Value::from("x"))]),
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
