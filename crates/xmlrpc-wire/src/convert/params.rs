//! Tuples and lists of values as parameter lists.

use crate::convert::value_traits::{FromValue, IntoValue};
use crate::error::Error;
use crate::value::Value;

/// A type that converts into the parameter list of a call: a tuple of up to eight elements,
/// `()` for none, or a list of values.
pub trait IntoParams {
    /// Returns the parameters in order.
    ///
    /// # Errors
    ///
    /// [`Error::Unrepresentable`] with a path such as `params[0]`.
    fn into_params(self) -> Result<Vec<Value>, Error>;
}

/// A type that a parameter list converts into: a tuple of up to eight elements, `()` for none,
/// or a list of values.
pub trait FromParams: Sized {
    /// Returns the arguments.
    ///
    /// # Errors
    ///
    /// [`Error::WrongArity`] for another number of parameters, and [`Error::Mismatch`], with
    /// a path such as `params[0]`, for a parameter of another type.
    fn from_params(params: Vec<Value>) -> Result<Self, Error>;
}

impl IntoParams for Vec<Value> {
    fn into_params(self) -> Result<Vec<Value>, Error> {
        Ok(self)
    }
}

impl FromParams for Vec<Value> {
    fn from_params(params: Vec<Value>) -> Result<Self, Error> {
        Ok(params)
    }
}

macro_rules! tuples {
    ($($count:literal: $($name:ident $at:tt),*;)*) => {$(
        impl<$($name: IntoValue),*> IntoParams for ($($name,)*) {
            fn into_params(self) -> Result<Vec<Value>, Error> {
                Ok(vec![$(
                    self.$at
                        .into_value()
                        .map_err(|e| e.within(concat!("params[", $at, "]")))?
                ),*])
            }
        }

        impl<$($name: FromValue),*> FromParams for ($($name,)*) {
            fn from_params(params: Vec<Value>) -> Result<Self, Error> {
                if params.len() != $count {
                    return Err(Error::WrongArity {
                        expected: $count,
                        found: params.len(),
                    });
                }
                let mut _params = params.into_iter();
                Ok(($(
                    $name::from_value(_params.next().unwrap_or(Value::Nil))
                        .map_err(|e| e.within(concat!("params[", $at, "]")))?,
                )*))
            }
        }
    )*};
}

tuples! {
    0: ;
    1: A 0;
    2: A 0, B 1;
    3: A 0, B 1, C 2;
    4: A 0, B 1, C 2, D 3;
    5: A 0, B 1, C 2, D 3, E 4;
    6: A 0, B 1, C 2, D 3, E 4, F 5;
    7: A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    8: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tuples_round_trip() {
        let params = ("a", 2, true).into_params().unwrap();
        assert_eq!(
            params,
            [
                Value::String("a".to_owned()),
                Value::Int(2),
                Value::Bool(true)
            ]
        );
        assert_eq!(
            <(String, i32, bool)>::from_params(params),
            Ok(("a".to_owned(), 2, true))
        );
        assert_eq!(().into_params(), Ok(vec![]));
        assert_eq!(<()>::from_params(vec![]), Ok(()));
        let list = vec![Value::Nil];
        assert_eq!(
            Vec::from_params(list.clone().into_params().unwrap()),
            Ok(list)
        );
    }

    #[test]
    fn a_wrong_count_names_both_numbers() {
        for (params, text) in [
            (vec![], "takes 1 argument (0 given)"),
            (vec![Value::Nil, Value::Nil], "takes 1 argument (2 given)"),
        ] {
            let error = <(i32,)>::from_params(params).unwrap_err();
            assert_eq!(error.to_string(), text);
        }
    }

    #[test]
    fn a_wrong_type_names_the_parameter() {
        let params = (1, vec!["x"]).into_params().unwrap();
        let error = <(i32, Vec<i32>)>::from_params(params).unwrap_err();
        assert_eq!(
            error.to_string(),
            "at params[1][0]: expected an integer from -2147483648 to 2147483647, found string"
        );
    }
}
