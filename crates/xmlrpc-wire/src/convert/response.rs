//! What a published function may return.

use super::IntoValue;
use crate::{Error, Fault, MethodResponse};

/// What a published function returns: anything that makes a value, or a `Result` of it
/// with an error that makes a [`Fault`].
pub trait IntoResponse {
    /// Returns the value or the fault to answer with.
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
    use crate::Value;

    #[test]
    fn plain_values_and_results_answer() {
        assert_eq!(7.into_response(), Ok(Ok(Value::Int(7))));
        assert_eq!(Ok::<_, Fault>(7).into_response(), Ok(Ok(Value::Int(7))));
        let fault = Fault::application("no");
        assert_eq!(Err::<i32, _>(fault.clone()).into_response(), Ok(Err(fault)));
    }
}
