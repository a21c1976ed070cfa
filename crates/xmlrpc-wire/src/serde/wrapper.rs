//! The wrapper that gives serde's types this crate's conversions.

use ::serde::{Serialize, de::DeserializeOwned};

use crate::convert::params::{FromParams, IntoParams};
use crate::convert::value_traits::{FromValue, IntoValue};
use crate::error::Error;
use crate::serde::values::{from_value, to_value};
use crate::value::Value;

/// A type that derives serde's traits, wherever this crate's conversions are required: an
/// argument, a result, or, with a tuple, a whole parameter list.
///
/// The conversion into a value is [`Error::Unrepresentable`] if the type's `Serialize`
/// fails.
///
/// ```
/// use xmlrpc_wire::{FromValue, IntoParams, serde::Serde};
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Point { x: i32, y: i32 }
///
/// let mut params = (7, Serde(Point { x: 1, y: 2 })).into_params()?;
/// let Serde(point) = Serde::<Point>::from_value(params.remove(1))?;
/// assert_eq!(point.x, 1);
/// # Ok::<(), xmlrpc_wire::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[allow(
    clippy::exhaustive_structs,
    reason = "a plain wrapper, which callers build and take apart"
)]
pub struct Serde<T>(pub T);

impl<T: Serialize> IntoValue for Serde<T> {
    fn into_value(self) -> Result<Value, Error> {
        to_value(&self.0).map_err(|error| Error::unrepresentable(error.to_string()))
    }
}

impl<T: DeserializeOwned> FromValue for Serde<T> {
    fn from_value(value: Value) -> Result<Self, Error> {
        from_value(value).map(Serde)
    }
}

/// A sequence becomes the parameters, `()` none, and any other value one parameter.
impl<T: Serialize> IntoParams for Serde<T> {
    fn into_params(self) -> Result<Vec<Value>, Error> {
        match self.into_value().map_err(|e| e.within("params"))? {
            Value::Array(params) => Ok(params),
            Value::Nil => Ok(Vec::new()),
            other => Ok(vec![other]),
        }
    }
}

/// The parameters are read as a sequence.
impl<T: DeserializeOwned> FromParams for Serde<T> {
    fn from_params(params: Vec<Value>) -> Result<Self, Error> {
        from_value(Value::Array(params))
            .map(Serde)
            .map_err(|e| e.within("params"))
    }
}
