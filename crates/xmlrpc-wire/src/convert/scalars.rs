//! Conversions of values that hold no others.

use super::{FromValue, IntoValue, mismatch};
use crate::{DateTime, Error, Value};

impl IntoValue for Value {
    fn into_value(self) -> Result<Value, Error> {
        Ok(self)
    }
}

impl FromValue for Value {
    fn from_value(value: Value) -> Result<Self, Error> {
        Ok(value)
    }
}

infallible!(bool, Value::Bool);

impl FromValue for bool {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::Bool(bool) => Ok(bool),
            other => Err(mismatch("a boolean", &other)),
        }
    }
}

infallible!(f64, Value::Double);

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

infallible!(String, Value::String);

infallible!(&str, |text| Value::String(text.to_owned()));

impl FromValue for String {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::String(text) => Ok(text),
            other => Err(mismatch("a string", &other)),
        }
    }
}

infallible!(DateTime, Value::DateTime);

impl FromValue for DateTime {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::DateTime(moment) => Ok(moment),
            other => Err(mismatch("a dateTime.iso8601", &other)),
        }
    }
}

// Nothing is `<nil/>`, as Python's `None`.
infallible!((), |()| Value::Nil);

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
            T: IntoValue + Into<Value> + FromValue + Clone + PartialEq + std::fmt::Debug,
        {
            assert_eq!(rust.clone().into_value(), Ok(value.clone()));
            assert_eq!(rust.clone().into(), value);
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
