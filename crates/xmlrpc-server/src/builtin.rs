//! The methods that a service answers itself.

use xmlrpc_wire::{FromParams, IntoValue, MethodCall, MethodResponse};

use crate::service::{Service, refused};

/// Names that begin so are the server's own: those of introspection, and those of
/// the control protocol.
const RESERVED: [&str; 2] = ["system.", "reparte."];

/// Whether the name is kept for the server itself.
pub(crate) fn is_reserved(name: &str) -> bool {
    RESERVED.iter().any(|prefix| name.starts_with(prefix))
}

/// Answers a method of the server itself; gives any other call back.
pub(crate) fn answer(service: &Service, call: MethodCall) -> Result<Answer, MethodCall> {
    match call.method.as_str() {
        "system.listMethods" => Ok(Answer {
            response: <()>::from_params(call.params)
                .map(|()| list_methods(service).into_value())
                .map_err(|error| refused(&call.method, &error)),
            method: call.method,
        }),
        "reparte.status" => Ok(Answer {
            response: <()>::from_params(call.params)
                .map(|()| service.control().status())
                .map_err(|error| refused(&call.method, &error)),
            method: call.method,
        }),
        "reparte.cancel" => Ok(Answer {
            response: <(String,)>::from_params(call.params)
                .map(|(name,)| service.control().cancel(&name).into_value())
                .map_err(|error| refused(&call.method, &error)),
            method: call.method,
        }),
        _ => Err(call),
    }
}

/// Whether the method is one of the control protocol.
pub(crate) fn is_control(method: &str) -> bool {
    method.starts_with("reparte.")
}

/// What a method of the server itself answered.
pub(crate) struct Answer {
    pub(crate) method: String,
    pub(crate) response: MethodResponse,
}

/// All names, sorted; the server's own are among them.
fn list_methods(service: &Service) -> Vec<&str> {
    let mut names: Vec<&str> = service.names().collect();
    names.extend(["reparte.cancel", "reparte.status", "system.listMethods"]);
    names.sort_unstable();
    names
}
