//! The fault in the struct of a `<fault>` element.

use crate::fault::Fault;
use crate::value::{Struct, Value};

/// Returns the fault of a struct, or `None` if it holds none.
///
/// Members may come in any order and with others among them. The code may be any integer that
/// fits, or the text of one.
pub(super) fn fault(value: Value) -> Option<Fault> {
    let Value::Struct(mut members) = value else {
        return None;
    };
    Some(Fault {
        code: code(&mut members)?,
        message: message(&mut members)?,
    })
}

fn code(members: &mut Struct) -> Option<i32> {
    match members.remove("faultCode")? {
        Value::String(text) => text.trim().parse().ok(),
        code => code.as_i32(),
    }
}

fn message(members: &mut Struct) -> Option<String> {
    match members.remove("faultString")? {
        Value::String(message) => Some(message),
        _ => None,
    }
}
