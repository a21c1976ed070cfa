//! The traits of conversion into and from one value.

use crate::error::Error;
use crate::value::Value;

/// A type that converts into a [`Value`], which may fail.
///
/// The common types also convert by `Value::from`, which never fails. An integer becomes an
/// [`Int`](Value::Int) if it fits, since every peer reads that, else an
/// [`Int64`](Value::Int64), else a [`BigInteger`](Value::BigInteger).
///
/// ```
/// use xmlrpc_wire::{Error, IntoValue, Struct, Value};
///
/// struct Job {
///     input: String,
///     bounds: Vec<u64>,
/// }
///
/// impl IntoValue for Job {
///     fn into_value(self) -> Result<Value, Error> {
///         let bounds = self.bounds.into_value().map_err(|e| e.within(".bounds"))?;
///         Ok(Struct::from([("input", self.input.into()), ("bounds", bounds)]).into())
///     }
/// }
/// ```
pub trait IntoValue {
    /// Returns the value.
    ///
    /// # Errors
    ///
    /// [`Error::Unrepresentable`] if no value can carry `self`, with the path to the part in
    /// question.
    fn into_value(self) -> Result<Value, Error>;
}

/// A type that a [`Value`] converts into, if it is of the right type and fits.
///
/// An integer type reads every integer variant that fits, and `f64` also integers of 32 bits.
///
/// ```
/// use xmlrpc_wire::{Error, FromValue, Struct, Value};
///
/// struct Job {
///     input: String,
///     bounds: Vec<u64>,
/// }
///
/// impl FromValue for Job {
///     fn from_value(value: Value) -> Result<Self, Error> {
///         let mut members = Struct::from_value(value)?;
///         let mut take = |name| members.remove(name).unwrap_or(Value::Nil);
///         Ok(Job {
///             input: String::from_value(take("input")).map_err(|e| e.within(".input"))?,
///             bounds: Vec::from_value(take("bounds")).map_err(|e| e.within(".bounds"))?,
///         })
///     }
/// }
///
/// let error = Job::from_value(Struct::from([("input", "7")]).into()).err();
/// assert_eq!(error.unwrap().to_string(), "at .bounds: expected an array, found nil");
/// ```
pub trait FromValue: Sized {
    /// Returns the Rust value.
    ///
    /// # Errors
    ///
    /// [`Error::Mismatch`] if the value is of another type or does not fit, with the path to
    /// the part in question.
    fn from_value(value: Value) -> Result<Self, Error>;
}

/// Implements `From` for [`Value`], and [`IntoValue`] by it.
macro_rules! infallible {
    ($type:ty, $convert:expr) => {
        impl From<$type> for crate::value::Value {
            fn from(rust: $type) -> Self {
                let convert: fn($type) -> crate::value::Value = $convert;
                convert(rust)
            }
        }

        impl crate::convert::value_traits::IntoValue for $type {
            fn into_value(self) -> Result<crate::value::Value, crate::error::Error> {
                Ok(self.into())
            }
        }
    };
}

pub(crate) use infallible;

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
