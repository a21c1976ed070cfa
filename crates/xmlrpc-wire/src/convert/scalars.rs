//! Conversions of values that hold no others.

use super::{FromValue, IntoValue, mismatch};
use crate::{DateTime, Error, Value};

impl IntoValue for Value {
    fn into_value(self) -> Value {
        self
    }
}

impl FromValue for Value {
    fn from_value(value: Value) -> Result<Self, Error> {
        Ok(value)
    }
}

impl IntoValue for bool {
    fn into_value(self) -> Value {
        Value::Bool(self)
    }
}

impl FromValue for bool {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::Bool(bool) => Ok(bool),
            other => Err(mismatch("a boolean", &other)),
        }
    }
}

impl IntoValue for f64 {
    fn into_value(self) -> Value {
        Value::Double(self)
    }
}

impl FromValue for f64 {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::Double(double) => Ok(double),
            Value::Int(number) => Ok(f64::from(number)),
            Value::Int64(number) => i32::try_from(number)
                .map(f64::from)
                .map_err(|_| mismatch("a double", &value)),
            other => Err(mismatch("a double", &other)),
        }
    }
}

impl IntoValue for String {
    fn into_value(self) -> Value {
        Value::String(self)
    }
}

impl IntoValue for &str {
    fn into_value(self) -> Value {
        Value::String(self.to_owned())
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::String(text) => Ok(text),
            other => Err(mismatch("a string", &other)),
        }
    }
}

impl IntoValue for DateTime {
    fn into_value(self) -> Value {
        Value::DateTime(self)
    }
}

impl FromValue for DateTime {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::DateTime(moment) => Ok(moment),
            other => Err(mismatch("a dateTime.iso8601", &other)),
        }
    }
}

/// Nothing is `<nil/>`, as Python's `None`.
impl IntoValue for () {
    fn into_value(self) -> Value {
        Value::Nil
    }
}

impl FromValue for () {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::Nil => Ok(()),
            other => Err(mismatch("nil", &other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_scalars_round_trip_and_refuse_strangers() {
        fn check<T>(rust: T, value: Value)
        where
            T: IntoValue + FromValue + Clone + PartialEq + std::fmt::Debug,
        {
            assert_eq!(rust.clone().into_value(), value);
            assert_eq!(T::from_value(value), Ok(rust));
            assert!(T::from_value(Value::Array(vec![])).is_err());
        }
        check(true, Value::Bool(true));
        check(0.5, Value::Double(0.5));
        check("a".to_owned(), Value::String("a".to_owned()));
        check((), Value::Nil);
        let moment = DateTime::new(1998, 7, 17, 14, 8, 55).unwrap();
        check(moment, Value::DateTime(moment));
        assert_eq!(f64::from_value(Value::Int(3)), Ok(3.0));
    }
}
