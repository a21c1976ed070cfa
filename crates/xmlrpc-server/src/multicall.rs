//! Many calls in one request: `system.multicall`, as Eric Kidd proposed it in 2001.

use xmlrpc_wire::{Fault, FromParams as _, MethodCall, MethodResponse, Value};

use crate::builtin;
use crate::context::Context;
use crate::escape::escaped;
use crate::service::{Service, refused};

pub(crate) const NAME: &str = "system.multicall";

/// Calls in one request, at most.
const CALLS: usize = 1000;

/// What each value is taken to cost in an answer beside its text, in bytes.
const VALUE: usize = 32;

/// Runs the calls one after the other. Each gives an array of its one result, or the
/// struct of its fault; what all results hold together is bounded by the service's limit
/// on a request's bytes.
pub(crate) fn run(service: &Service, context: &Context, params: Vec<Value>) -> MethodResponse {
    let (calls,) = <(Vec<Value>,)>::from_params(params).map_err(|error| refused(NAME, &error))?;
    if calls.len() > CALLS {
        let text = format!("{NAME} takes at most {CALLS} calls ({} given)", calls.len());
        return Err(Fault::new(Fault::INVALID_PARAMS, text));
    }
    let mut room = service.limits().bytes;
    let answers = calls.into_iter().map(|call| {
        let answer = one(service, context, call).and_then(|value| {
            room = room.checked_sub(size(&value)).ok_or_else(|| {
                let text = "the answers of this multicall are beyond the limit";
                Fault::new(Fault::INVALID_REQUEST, text)
            })?;
            Ok(Value::Array(vec![value]))
        });
        answer.unwrap_or_else(fault)
    });
    Ok(Value::Array(answers.collect()))
}

fn one(service: &Service, context: &Context, call: Value) -> MethodResponse {
    let invalid = |text: &str| Fault::new(Fault::INVALID_PARAMS, text);
    let Value::Struct(mut call) = call else {
        return Err(invalid("a call of a multicall is a struct"));
    };
    let (Some(Value::String(method)), Some(Value::Array(params))) =
        (call.remove("methodName"), call.remove("params"))
    else {
        return Err(invalid(
            "a call of a multicall has a string methodName and an array params",
        ));
    };
    if method == NAME {
        let text = format!("{} can't be called by itself", escaped(&method));
        return Err(Fault::new(Fault::INVALID_REQUEST, text));
    }
    if context.is_cancelled() {
        return Err(Fault::new(Fault::INTERNAL, "the call was cancelled"));
    }
    match builtin::answer(service, MethodCall::new(method, params)) {
        Ok(answer) => answer.response,
        Err(MethodCall { method, params, .. }) => {
            service.call(&context.clone().with_method(method), params)
        }
    }
}

fn fault(fault: Fault) -> Value {
    let members = [
        ("faultCode", Value::from(fault.code)),
        ("faultString", Value::from(fault.message)),
    ];
    Value::Struct(members.into_iter().collect())
}

/// About how many bytes a value takes in a document. It is no deeper than what a
/// function built.
fn size(value: &Value) -> usize {
    let content = match value {
        Value::String(text) => text.len(),
        Value::Base64(bytes) => bytes.len(),
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Struct(members) => members.iter().map(|(name, v)| name.len() + size(v)).sum(),
        _ => 0,
    };
    content + VALUE
}
