//! Conversions of numbers that are integers or exact decimals.

use crate::big_numbers::{BigDecimal, BigInteger};
use crate::convert::value_traits::{FromValue, infallible};
use crate::error::{Error, excerpt};
use crate::value::Value;

macro_rules! from_integers {
    ($($type:ty: $expected:literal),* $(,)?) => {$(
        impl FromValue for $type {
            fn from_value(value: Value) -> Result<Self, Error> {
                value.as_integer().ok_or_else(|| out_of_range($expected, &value))
            }
        }
    )*};
}

from_integers! {
    i8: "an integer from -128 to 127",
    i16: "an integer from -32768 to 32767",
    i32: "an integer from -2147483648 to 2147483647",
    i64: "an integer of 64 bits",
    i128: "an integer of 128 bits",
    isize: "an integer of the machine's width",
    u8: "an integer from 0 to 255",
    u16: "an integer from 0 to 65535",
    u32: "an integer from 0 to 4294967295",
    u64: "an integer of 64 bits that is not negative",
    u128: "an integer of 128 bits that is not negative",
    usize: "an integer of the machine's width that is not negative",
}

/// Returns the error of an integer that does not fit, or of a value of another type.
fn out_of_range(expected: &'static str, value: &Value) -> Error {
    let found = match value {
        Value::Int(number) => number.to_string(),
        Value::Int64(number) => number.to_string(),
        Value::BigInteger(number) => excerpt(number.as_str()),
        other => return Error::mismatch(expected, other.type_name()),
    };
    Error::mismatch(expected, found)
}

macro_rules! into_int {
    ($($type:ty),*) => {$(
        infallible!($type, |number| Value::Int(i32::from(number)));
    )*};
}

into_int!(i8, i16, i32, u8, u16);

macro_rules! into_narrowest {
    ($($widest:ty: $($type:ty),*;)*) => {$(
        infallible!($widest, |wide| {
            if let Ok(number) = i32::try_from(wide) {
                Value::Int(number)
            } else if let Ok(number) = i64::try_from(wide) {
                Value::Int64(number)
            } else {
                Value::BigInteger(BigInteger::from(wide))
            }
        });

        $(infallible!($type, |number| Value::from(number as $widest));)*
    )*};
}

into_narrowest! {
    i128: i64, isize;
    u128: u32, u64, usize;
}

infallible!(BigInteger, Value::BigInteger);

/// Reads every integer variant.
impl FromValue for BigInteger {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::BigInteger(number) => Ok(number),
            Value::Int(number) => Ok(i128::from(number).into()),
            Value::Int64(number) => Ok(i128::from(number).into()),
            other => Err(Error::mismatch("an integer", other.type_name())),
        }
    }
}

infallible!(BigDecimal, Value::BigDecimal);

impl FromValue for BigDecimal {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::BigDecimal(number) => Ok(number),
            other => Err(Error::mismatch("a bigdecimal", other.type_name())),
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
            assert_eq!(Value::from(number), value);
            assert_eq!(Value::from(i128::from(number)), value);
            assert_eq!(i64::from_value(value), Ok(number));
        }
        assert_eq!(Value::from(u32::MAX), Value::Int64(4_294_967_295));
        let big = BigInteger::new("18446744073709551615").unwrap();
        assert_eq!(Value::from(u64::MAX), Value::BigInteger(big));
        assert_eq!(u64::from_value(Value::from(u64::MAX)), Ok(u64::MAX));
        assert_eq!(u128::from_value(Value::from(u128::MAX)), Ok(u128::MAX));
        assert_eq!(i128::from_value(Value::from(i128::MIN)), Ok(i128::MIN));
    }

    #[test]
    fn every_integer_variant_that_fits_is_read() {
        let big = Value::BigInteger(BigInteger::from(200_i128));
        for value in [Value::Int(200), Value::Int64(200), big] {
            assert_eq!(u8::from_value(value.clone()), Ok(200));
            assert_eq!(usize::from_value(value.clone()), Ok(200));
            assert_eq!(
                BigInteger::from_value(value.clone()),
                Ok(BigInteger::from(200_i128))
            );
            assert_eq!(
                i8::from_value(value).unwrap_err().to_string(),
                "expected an integer from -128 to 127, found 200"
            );
        }
        assert!(u64::from_value(Value::Int(-1)).is_err());
        assert!(i64::from_value(Value::from(u64::MAX)).is_err());
        assert!(i32::from_value(Value::Double(1.0)).is_err());
        assert!(i32::from_value(Value::Bool(true)).is_err());
    }
}
