//! Many calls in one request: `system.multicall`, proposed by Eric Kidd in 2001.

use xmlrpc_wire::{Fault, FromParams as _, MethodCall, MethodResponse, Value};

use crate::builtin::MULTICALL;
use crate::context::Context;
use crate::escape::escaped;
use crate::faults;

/// The most calls in one request.
const MAX_CALLS: usize = 1000;

/// The assumed size of a value in an answer besides its text, in bytes.
const VALUE_OVERHEAD: usize = 32;

/// Makes the calls one after the other, each with `call_one`. The result has an array of
/// the one result of each call, or the struct of its fault.
///
/// All results together may take `max_bytes`; a call whose result goes beyond gets a fault.
pub(crate) fn run(
    context: &Context,
    params: Vec<Value>,
    max_bytes: usize,
    call_one: impl Fn(MethodCall) -> MethodResponse,
) -> MethodResponse {
    let calls = <(Vec<Value>,)>::from_params(params);
    let (calls,) = calls.map_err(|error| faults::bad_params(MULTICALL, &error))?;
    if calls.len() > MAX_CALLS {
        let text = format!(
            "{MULTICALL} takes at most {MAX_CALLS} calls ({} given)",
            calls.len()
        );
        return Err(Fault::new(Fault::INVALID_PARAMS, text));
    }
    let mut room = max_bytes;
    let answers = calls.into_iter().map(|call| {
        let response = read_call(call).and_then(|call| {
            if context.is_cancelled() {
                return Err(Fault::new(Fault::INTERNAL, "the call was cancelled"));
            }
            call_one(call)
        });
        let answer = response.and_then(|value| {
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

/// Reads one of the calls.
fn read_call(call: Value) -> Result<MethodCall, Fault> {
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
    if method == MULTICALL {
        let text = format!("{} can't be called by itself", escaped(&method));
        return Err(Fault::new(Fault::INVALID_REQUEST, text));
    }
    Ok(MethodCall::new(method, params))
}

fn fault(fault: Fault) -> Value {
    let members = [
        ("faultCode", Value::from(fault.code)),
        ("faultString", Value::from(fault.message)),
    ];
    Value::Struct(members.into_iter().collect())
}

/// Returns about how many bytes a value takes in a document.
///
/// The recursion is as deep as the value, which a function of ours built.
fn size(value: &Value) -> usize {
    let content = match value {
        Value::String(text) => text.len(),
        Value::Base64(bytes) => bytes.len(),
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Struct(members) => members.iter().map(|(name, v)| name.len() + size(v)).sum(),
        _ => 0,
    };
    content + VALUE_OVERHEAD
}
