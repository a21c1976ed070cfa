//! Results of published functions as responses.

use crate::convert::value_traits::IntoValue;
use crate::error::Error;
use crate::fault::Fault;
use crate::message::MethodResponse;

/// A result of a published function: a type that converts into a value, or a `Result` of one
/// whose error converts into a [`Fault`].
pub trait IntoResponse {
    /// Returns the response, which is a value or a fault.
    ///
    /// # Errors
    ///
    /// [`Error::Unrepresentable`] with a path such as `the result[0]`.
    fn into_response(self) -> Result<MethodResponse, Error>;
}

impl<T: IntoValue> IntoResponse for T {
    fn into_response(self) -> Result<MethodResponse, Error> {
        match self.into_value() {
            Ok(value) => Ok(Ok(value)),
            Err(error) => Err(error.within("the result")),
        }
    }
}

impl<T: IntoValue, E: Into<Fault>> IntoResponse for Result<T, E> {
    fn into_response(self) -> Result<MethodResponse, Error> {
        match self {
            Ok(result) => result.into_response(),
            Err(error) => Ok(Err(error.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    #[test]
    fn plain_values_and_results_answer() {
        assert_eq!(7.into_response(), Ok(Ok(Value::Int(7))));
        assert_eq!(Ok::<_, Fault>(7).into_response(), Ok(Ok(Value::Int(7))));
        let fault = Fault::application("no");
        assert_eq!(Err::<i32, _>(fault.clone()).into_response(), Ok(Err(fault)));
    }
}
