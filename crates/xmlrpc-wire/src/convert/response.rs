//! What a published function may return.

use super::IntoValue;
use crate::{Fault, MethodResponse};

/// What a published function returns: anything that makes a value, or a `Result` of it
/// with an error that makes a [`Fault`].
pub trait IntoResponse {
    /// The value or the fault to answer with.
    ///
    /// # Errors
    ///
    /// The fault, where the function failed.
    fn into_response(self) -> MethodResponse;
}

impl<T: IntoValue> IntoResponse for T {
    fn into_response(self) -> MethodResponse {
        Ok(self.into_value())
    }
}

impl<T: IntoValue, E: Into<Fault>> IntoResponse for Result<T, E> {
    fn into_response(self) -> MethodResponse {
        self.map(T::into_value).map_err(E::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    #[test]
    fn plain_values_and_results_answer() {
        assert_eq!(7.into_response(), Ok(Value::Int(7)));
        assert_eq!(Ok::<_, Fault>(7).into_response(), Ok(Value::Int(7)));
        let fault = Fault::application("no");
        assert_eq!(Err::<i32, _>(fault.clone()).into_response(), Err(fault));
    }
}
