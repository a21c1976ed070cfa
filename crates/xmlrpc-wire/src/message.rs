//! The two messages: a call and its response.

use crate::fault::Fault;
use crate::value::Value;

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
    /// Creates a call of `method` with `params`.
    pub fn new(method: impl Into<String>, params: Vec<Value>) -> Self {
        MethodCall {
            method: method.into(),
            params,
        }
    }
}

/// A `<methodResponse>`: the method's one value, or its fault.
pub type MethodResponse = Result<Value, Fault>;
