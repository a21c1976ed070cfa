//! Conversions of booleans, doubles, strings, dates and nil.

use std::borrow::Cow;

use crate::convert::value_traits::{FromValue, infallible};
use crate::datetime::DateTime;
use crate::error::{Error, excerpt};
use crate::value::Value;

infallible!(bool, Value::Bool);

impl FromValue for bool {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::Bool(bool) => Ok(bool),
            other => Err(Error::mismatch("a boolean", other.type_name())),
        }
    }
}

infallible!(f64, Value::Double);

impl FromValue for f64 {
    fn from_value(value: Value) -> Result<Self, Error> {
        value
            .as_f64()
            .ok_or_else(|| Error::mismatch("a double", value.type_name()))
    }
}

infallible!(String, Value::String);

infallible!(&str, |text| Value::String(text.to_owned()));
infallible!(Cow<'_, str>, |text| Value::String(text.into_owned()));

impl FromValue for String {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::String(text) => Ok(text),
            other => Err(Error::mismatch("a string", other.type_name())),
        }
    }
}

infallible!(DateTime, Value::DateTime);

impl FromValue for DateTime {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::DateTime(moment) => Ok(moment),
            Value::InvalidDateTime(text) => Err(Error::mismatch(
                "a dateTime.iso8601",
                format!("one with the text {:?}", excerpt(&text)),
            )),
            other => Err(Error::mismatch("a dateTime.iso8601", other.type_name())),
        }
    }
}

// Nothing is `<nil/>`, as Python's `None`.
infallible!((), |()| Value::Nil);

impl FromValue for () {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::Nil => Ok(()),
            other => Err(Error::mismatch("nil", other.type_name())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::value_traits::IntoValue;

    #[test]
    fn scalars_round_trip_and_refuse_other_types() {
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
        assert_eq!(Value::from("a"), Value::String("a".to_owned()));
        assert_eq!(Value::from(Cow::from("a")), Value::String("a".to_owned()));
        check((), Value::Nil);
        let moment = DateTime::new(1998, 7, 17, 14, 8, 55).unwrap();
        check(moment, Value::DateTime(moment));
        assert_eq!(f64::from_value(Value::Int(3)), Ok(3.0));
        let never_set = Value::InvalidDateTime("00000000T00:00:00Z".to_owned());
        assert_eq!(
            DateTime::from_value(never_set).unwrap_err().to_string(),
            "expected a dateTime.iso8601, found one with the text \"00000000T00:00:00Z\""
        );
    }
}
