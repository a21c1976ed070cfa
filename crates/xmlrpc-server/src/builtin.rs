//! The methods that a service answers itself.

use xmlrpc_wire::{FromParams, IntoValue, MethodCall, MethodResponse, Struct, Value};

use crate::control;
use crate::service::{Service, refused};

/// The methods that this module answers.
const METHODS: [&str; 2] = ["system.getCapabilities", "system.listMethods"];

/// What the server is capable of beside plain calls: a name, where it is told, and its
/// version (message 2897 of the xml-rpc group, 2001).
const CAPABILITIES: [(&str, &str, i32); 4] = [
    ("xmlrpc", "http://www.xmlrpc.com/spec", 1),
    (
        "introspection",
        "http://xmlrpc-c.sourceforge.net/xmlrpc-c/introspection.html",
        1,
    ),
    (
        "faults_interop",
        "http://xmlrpc-epi.sourceforge.net/specs/rfc.fault_codes.php",
        20010516,
    ),
    ("reparte", "docs/protocol.md", 1),
];

/// Names that begin so are the server's own: those of introspection, and those of
/// the control protocol.
const RESERVED: [&str; 2] = ["system.", "reparte."];

/// Whether the name is kept for the server itself.
pub(crate) fn is_reserved(name: &str) -> bool {
    RESERVED.iter().any(|prefix| name.starts_with(prefix))
}

/// Answers a method of the server itself; gives any other call back.
pub(crate) fn answer(service: &Service, call: MethodCall) -> Result<Answer, MethodCall> {
    if !is_reserved(&call.method) {
        return Err(call);
    }
    let method = call.method.clone();
    let response = match method.as_str() {
        "system.listMethods" => without_params(call, || list_methods(service).into_value()),
        "system.getCapabilities" => without_params(call, capabilities),
        _ => service.control().answer(call)?,
    };
    Ok(Answer { method, response })
}

/// What a method of the server itself answered.
pub(crate) struct Answer {
    pub(crate) method: String,
    pub(crate) response: MethodResponse,
}

fn without_params(call: MethodCall, answer: impl FnOnce() -> Value) -> MethodResponse {
    let params = <()>::from_params(call.params);
    params
        .map(|()| answer())
        .map_err(|error| refused(&call.method, &error))
}

/// All names, sorted; the server's own are among them.
fn list_methods(service: &Service) -> Vec<&str> {
    let mut names: Vec<&str> = service.names().collect();
    names.extend(METHODS);
    names.extend(control::METHODS);
    names.sort_unstable();
    names
}

fn capabilities() -> Value {
    let capability = |(name, url, version): (&'static str, &str, i32)| {
        let told = [
            ("specUrl", url.into_value()),
            ("specVersion", version.into_value()),
        ];
        (name, Value::Struct(told.into_iter().collect()))
    };
    Value::Struct(CAPABILITIES.into_iter().map(capability).collect::<Struct>())
}
