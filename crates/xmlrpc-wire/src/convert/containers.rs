//! Conversions of options, lists and maps.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

use crate::convert::value_traits::{FromValue, IntoValue, infallible};
use crate::error::Error;
use crate::value::{Struct, Value};

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

impl<T: IntoValue, const N: usize> IntoValue for [T; N] {
    fn into_value(self) -> Result<Value, Error> {
        array(self.into_iter())
    }
}

impl<T: IntoValue + Clone> IntoValue for &[T] {
    fn into_value(self) -> Result<Value, Error> {
        array(self.iter().cloned())
    }
}

/// Returns the array of the items' values.
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
            return Err(Error::mismatch("an array", value.type_name()));
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
            other => Err(Error::mismatch("a struct", other.type_name())),
        }
    }
}

impl<T: Into<Value>> From<BTreeMap<String, T>> for Value {
    fn from(map: BTreeMap<String, T>) -> Self {
        Value::Struct(map.into_iter().collect())
    }
}

impl<T: Into<Value>, S> From<HashMap<String, T, S>> for Value {
    fn from(map: HashMap<String, T, S>) -> Self {
        Value::Struct(map.into_iter().collect())
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

impl<T: FromValue, S: BuildHasher + Default> FromValue for HashMap<String, T, S> {
    fn from_value(value: Value) -> Result<Self, Error> {
        from_members(value)
    }
}

/// Returns the struct of the pairs.
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

/// Returns the map of a struct's members.
fn from_members<T: FromValue, M: FromIterator<(String, T)>>(value: Value) -> Result<M, Error> {
    Struct::from_value(value)?
        .into_iter()
        .map(|(name, value)| match T::from_value(value) {
            Ok(value) => Ok((name, value)),
            Err(error) => Err(error.within(format_args!(".{name}"))),
        })
        .collect()
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
        let members = Struct::from([("a", 1)]);
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
        assert_eq!([1, 2].into_value(), Ok(array.clone()));
        assert_eq!([1, 2].as_slice().into_value(), Ok(array));
    }

    /// Refuses to become a value.
    #[derive(Clone)]
    struct Refused;

    impl IntoValue for Refused {
        fn into_value(self) -> Result<Value, Error> {
            Err(Error::unrepresentable("it is refused"))
        }
    }

    #[test]
    fn an_unrepresentable_part_has_its_path() {
        let map = || BTreeMap::from([("a".to_owned(), Refused)]);
        for (error, path) in [
            (vec![Some(Refused)].into_value(), "[0]"),
            (vec![None, Some(map())].into_value(), "[1].a"),
            ([map()].as_slice().into_value(), "[0].a"),
            (
                HashMap::<_, _>::from([("b".to_owned(), vec![map()])]).into_value(),
                ".b[0].a",
            ),
        ] {
            let error = error.unwrap_err().to_string();
            assert_eq!(error, format!("{path} can't be sent: it is refused"));
        }
    }

    #[test]
    fn a_mismatch_has_its_path() {
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
            Struct::from_value(Value::Int(1)).unwrap_err(),
        ] {
            assert!(matches!(&error, Error::Mismatch { found, .. } if found == "int"));
        }
    }
}
