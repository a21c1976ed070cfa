//! Access to a value's content by its type.

use crate::datetime::DateTime;
use crate::value::{Struct, Value};

/// Accessors. Each returns `None` if the value is of another type, or does not fit.
impl Value {
    /// Returns whether the value is `nil`.
    pub fn is_nil(&self) -> bool {
        matches!(self, Value::Nil)
    }

    /// Returns the content of a boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(bool) => Some(*bool),
            _ => None,
        }
    }

    /// Returns the content of an integer of any width that fits.
    pub fn as_i32(&self) -> Option<i32> {
        self.as_integer()
    }

    /// Returns the content of an integer of any width that fits.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_integer()
    }

    /// Returns the content of an integer of any width that fits.
    pub fn as_u64(&self) -> Option<u64> {
        self.as_integer()
    }

    /// Returns the content of an integer of any width that fits `T`.
    pub(crate) fn as_integer<T: TryFrom<i128> + TryFrom<u128>>(&self) -> Option<T> {
        match self {
            Value::Int(number) => T::try_from(i128::from(*number)).ok(),
            Value::Int64(number) => T::try_from(i128::from(*number)).ok(),
            Value::BigInteger(number) => match i128::try_from(number) {
                Ok(number) => T::try_from(number).ok(),
                Err(_) => T::try_from(u128::try_from(number).ok()?).ok(),
            },
            _ => None,
        }
    }

    /// Returns the content of a double, or of an integer of at most 32 bits, which a double
    /// holds exactly.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Double(double) => Some(*double),
            Value::Int(number) => Some(f64::from(*number)),
            Value::Int64(number) => i32::try_from(*number).ok().map(f64::from),
            _ => None,
        }
    }

    /// Returns the content of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the content of a date and time.
    pub fn as_date_time(&self) -> Option<DateTime> {
        match self {
            Value::DateTime(moment) => Some(*moment),
            _ => None,
        }
    }

    /// Returns the bytes of a base64 value.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Value::Base64(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Returns the items of an array.
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// Returns the items of an array, to be changed.
    pub fn as_array_mut(&mut self) -> Option<&mut Vec<Value>> {
        match self {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// Returns the members of a struct.
    pub fn as_struct(&self) -> Option<&Struct> {
        match self {
            Value::Struct(members) => Some(members),
            _ => None,
        }
    }

    /// Returns the members of a struct, to be changed.
    pub fn as_struct_mut(&mut self) -> Option<&mut Struct> {
        match self {
            Value::Struct(members) => Some(members),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::big_numbers::BigInteger;

    #[test]
    fn each_accessor_reads_its_own_type_only() {
        let moment = DateTime::new(1998, 7, 17, 14, 8, 55).unwrap();
        let members = Struct::from([("a", 1)]);
        for (mut value, type_name) in [
            (Value::Bool(true), "boolean"),
            (Value::String("a".to_owned()), "string"),
            (Value::DateTime(moment), "dateTime.iso8601"),
            (Value::Base64(vec![1]), "base64"),
            (Value::Array(vec![Value::Nil]), "array"),
            (Value::Struct(members.clone()), "struct"),
            (Value::Nil, "nil"),
        ] {
            let is = |name| type_name == name;
            assert_eq!(value.type_name(), type_name);
            assert_eq!(value.as_bool(), is("boolean").then_some(true));
            assert_eq!(value.as_str(), is("string").then_some("a"));
            let date_time = is("dateTime.iso8601").then_some(moment);
            assert_eq!(value.as_date_time(), date_time);
            assert_eq!(value.as_bytes(), is("base64").then_some(&[1][..]));
            assert_eq!(value.as_array(), is("array").then_some(&[Value::Nil][..]));
            assert_eq!(value.as_struct(), is("struct").then_some(&members));
            assert_eq!(value.is_nil(), is("nil"));
            assert_eq!((value.as_i64(), value.as_f64()), (None, None));
            assert_eq!(value.as_array_mut().is_some(), is("array"));
            assert_eq!(value.as_struct_mut().is_some(), is("struct"));
        }
    }

    #[test]
    fn a_number_is_read_if_it_fits() {
        let big = |text| Value::BigInteger(BigInteger::new(text).unwrap());
        for (value, i32, i64, u64, f64) in [
            (Value::Int(-7), Some(-7), Some(-7), None, Some(-7.0)),
            (Value::Int64(7), Some(7), Some(7), Some(7), Some(7.0)),
            (
                Value::Int64(1 << 40),
                None,
                Some(1 << 40),
                Some(1 << 40),
                None,
            ),
            (big("7"), Some(7), Some(7), Some(7), None),
            (
                big("18446744073709551615"),
                None,
                None,
                Some(u64::MAX),
                None,
            ),
            (big("18446744073709551616"), None, None, None, None),
            (big(&"9".repeat(40)), None, None, None, None),
            (Value::Double(0.5), None, None, None, Some(0.5)),
        ] {
            assert_eq!(value.as_i32(), i32, "{value}");
            assert_eq!(value.as_i64(), i64, "{value}");
            assert_eq!(value.as_u64(), u64, "{value}");
            assert_eq!(value.as_f64(), f64, "{value}");
        }
    }
}
