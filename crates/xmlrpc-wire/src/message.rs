//! The two messages: a call, and what answers it.

use crate::{Fault, Value};

/// A `<methodCall>`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MethodCall {
    /// The method's name.
    pub method: String,
    /// The arguments, in order.
    pub params: Vec<Value>,
}

impl MethodCall {
    /// A call of `method` with `params`.
    pub fn new(method: impl Into<String>, params: Vec<Value>) -> Self {
        MethodCall {
            method: method.into(),
            params,
        }
    }
}

/// A `<methodResponse>`: the one value that the method gave, or its fault.
pub type MethodResponse = Result<Value, Fault>;
