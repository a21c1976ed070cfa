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

macro_rules! integers {
    ($($type:ty: $expected:literal),* $(,)?) => {$(
        impl FromValue for $type {
            fn from_value(value: Value) -> Result<Self, Error> {
                let wide = match value {
                    Value::Int(number) => i64::from(number),
                    Value::Int64(number) => number,
                    other => return Err(mismatch($expected, &other)),
                };
                <$type>::try_from(wide).map_err(|_| Error::Mismatch {
                    path: String::new(),
                    expected: $expected,
                    found: wide.to_string(),
                })
            }
        }
    )*};
}

integers! {
    i8: "an integer from -128 to 127",
    i16: "an integer from -32768 to 32767",
    i32: "an integer from -2147483648 to 2147483647",
    i64: "an integer",
    u8: "an integer from 0 to 255",
    u16: "an integer from 0 to 65535",
    u32: "an integer from 0 to 4294967295",
    u64: "an integer that is not negative",
    usize: "an integer that is not negative",
}

macro_rules! into_int {
    ($($type:ty),*) => {$(
        impl IntoValue for $type {
            fn into_value(self) -> Value {
                Value::Int(i32::from(self))
            }
        }
    )*};
}

into_int!(i8, i16, i32, u8, u16);

impl IntoValue for u32 {
    fn into_value(self) -> Value {
        i64::from(self).into_value()
    }
}

impl IntoValue for i64 {
    fn into_value(self) -> Value {
        i32::try_from(self).map_or(Value::Int64(self), Value::Int)
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
    fn an_integer_takes_the_narrowest_type_of_the_wire() {
        for (number, value) in [
            (7, Value::Int(7)),
            (i64::from(i32::MIN), Value::Int(i32::MIN)),
            (i64::from(i32::MAX) + 1, Value::Int64(2_147_483_648)),
            (i64::MIN, Value::Int64(i64::MIN)),
        ] {
            assert_eq!(number.into_value(), value);
            assert_eq!(i64::from_value(value), Ok(number));
        }
        assert_eq!(u32::MAX.into_value(), Value::Int64(4_294_967_295));
    }

    #[test]
    fn every_integer_variant_that_fits_is_read() {
        for value in [Value::Int(200), Value::Int64(200)] {
            assert_eq!(u8::from_value(value.clone()), Ok(200));
            assert_eq!(usize::from_value(value.clone()), Ok(200));
            assert_eq!(
                i8::from_value(value).unwrap_err().to_string(),
                "expected an integer from -128 to 127, found 200"
            );
        }
        assert!(u64::from_value(Value::Int(-1)).is_err());
        assert!(i32::from_value(Value::Double(1.0)).is_err());
        assert!(i32::from_value(Value::Bool(true)).is_err());
    }

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
