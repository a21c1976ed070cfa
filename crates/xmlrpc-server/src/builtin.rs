//! The server's own methods: `system.*`, and `reparte.*`, the control protocol.
//!
//! `system.multicall` is documented here, and run by [`multicall`](crate::multicall).

use xmlrpc_wire::{Fault, FromParams, MethodCall, MethodResponse, Struct, Value};

use crate::call_table::{CallStatus, CallTable, Status};
use crate::faults;
use crate::registry::{Documentation, Registry, is_reserved};

/// The name of the method that makes many calls in one request.
pub(crate) const MULTICALL: &str = "system.multicall";

/// A method's name, its signature with the result's type first, and its help.
type Method = (&'static str, &'static [&'static str], &'static str);

/// All methods of the server itself, sorted by name.
const METHODS: [Method; 7] = [
    (
        "reparte.cancel",
        &["boolean", "string"],
        "Cancels the calls with this id, and returns whether there were any.",
    ),
    (
        "reparte.status",
        &["struct"],
        "Returns the state of the server: instance, version, slots, busy, calls.",
    ),
    (
        "system.getCapabilities",
        &["struct"],
        "Returns what the server supports besides plain calls, by name.",
    ),
    (
        "system.listMethods",
        &["array"],
        "Returns the names of all methods, sorted.",
    ),
    (
        "system.methodHelp",
        &["string", "string"],
        "Returns the help of a method, or an empty string.",
    ),
    (
        "system.methodSignature",
        &["array", "string"],
        "Returns a list of a method's signatures, each a list of types, the result's first; \
         undef if the types are open.",
    ),
    (
        MULTICALL,
        &["array", "array"],
        "Makes calls, structs of methodName and params, one after the other. Returns for each \
         an array of its result, or the struct of its fault.",
    ),
];

/// The server's capabilities besides plain calls: name, URL of the specification, version
/// (message 2897 of the xml-rpc group, 2001).
const CAPABILITIES: [(&str, &str, i32); 5] = [
    ("xmlrpc", "http://www.xmlrpc.com/spec", 1),
    (
        "introspection",
        "http://xmlrpc-c.sourceforge.net/xmlrpc-c/introspection.html",
        1,
    ),
    (
        "system.multicall",
        "http://www.xmlrpc.com/discuss/msgReader$1208",
        1,
    ),
    (
        "faults_interop",
        "http://xmlrpc-epi.sourceforge.net/specs/rfc.fault_codes.php",
        20010516,
    ),
    ("reparte", "docs/protocol.md", 1),
];

/// The answer of a method of the server itself.
pub(crate) struct Answer {
    pub(crate) method: String,
    pub(crate) response: MethodResponse,
    /// The method belongs to the control protocol.
    pub(crate) is_control: bool,
}

/// Returns the server's own methods with their documentation, sorted by name.
pub(crate) fn documentations() -> impl Iterator<Item = (&'static str, Documentation<'static>)> {
    METHODS.iter().map(|(name, signature, help)| {
        let documentation = Documentation {
            help,
            signature: Some(signature),
        };
        (*name, documentation)
    })
}

/// Answers a call of a method of the server itself. Gives any other call back, and
/// `system.multicall`, which runs functions.
pub(crate) fn answer(
    registry: &Registry,
    calls: &CallTable,
    call: MethodCall,
) -> Result<Answer, MethodCall> {
    if !is_reserved(&call.method) {
        return Err(call);
    }
    let method = call.method.clone();
    let response = match method.as_str() {
        "system.listMethods" => with_params(call, |()| Ok(names(registry))),
        "system.getCapabilities" => with_params(call, |()| Ok(capabilities())),
        "system.methodHelp" => with_params(call, |(name,): (String,)| {
            Ok(Value::from(documentation(registry, &name)?.help))
        }),
        "system.methodSignature" => with_params(call, |(name,): (String,)| {
            Ok(match documentation(registry, &name)?.signature {
                Some(signature) => Value::from(vec![signature.to_vec()]),
                // xmlrpc-c: "some non-array value".
                None => Value::from("undef"),
            })
        }),
        "reparte.status" => with_params(call, |()| Ok(status(calls.status()))),
        "reparte.cancel" => with_params(call, |(id,): (String,)| Ok(calls.cancel(&id).into())),
        _ => return Err(call),
    };
    Ok(Answer {
        is_control: method.starts_with("reparte."),
        method,
        response,
    })
}

fn with_params<P: FromParams>(
    call: MethodCall,
    answer: impl FnOnce(P) -> MethodResponse,
) -> MethodResponse {
    let params =
        P::from_params(call.params).map_err(|error| faults::bad_params(&call.method, &error))?;
    answer(params)
}

/// Returns all names, sorted, those of the server itself included.
fn names(registry: &Registry) -> Value {
    let mut names: Vec<&str> = registry.names().collect();
    names.extend(METHODS.map(|(name, ..)| name));
    names.sort_unstable();
    Value::from(names)
}

fn documentation<'a>(registry: &'a Registry, name: &str) -> Result<Documentation<'a>, Fault> {
    let own = documentations().find(|(method, _)| *method == name);
    let found = own.map(|(_, documentation)| documentation);
    found
        .or_else(|| registry.documentation(name))
        .ok_or_else(|| faults::unknown_method(name))
}

fn capabilities() -> Value {
    let capability = |(name, url, version): (&'static str, &str, i32)| {
        let members = [
            ("specUrl", Value::from(url)),
            ("specVersion", Value::from(version)),
        ];
        (name, structure(members))
    };
    structure(CAPABILITIES.map(capability))
}

fn status(status: Status) -> Value {
    let call = |call: CallStatus| {
        let age = i64::try_from(call.age.as_millis()).unwrap_or(i64::MAX);
        structure([
            ("id", Value::from(call.id)),
            ("method", Value::from(call.method)),
            ("age_ms", Value::from(age)),
            ("running", Value::from(call.is_running)),
        ])
    };
    let mut members = vec![
        ("instance", Value::from(status.instance)),
        ("version", Value::from(env!("CARGO_PKG_VERSION"))),
        ("slots", count(status.slots)),
        ("busy", count(status.busy)),
        (
            "calls",
            Value::Array(status.calls.into_iter().map(call).collect()),
        ),
    ];
    if let Some(left) = status.time_left {
        let seconds = i64::try_from(left.as_secs()).unwrap_or(i64::MAX);
        members.push(("seconds_left", Value::from(seconds)));
    }
    Value::Struct(members.into_iter().collect())
}

fn structure<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Struct(members.into_iter().collect::<Struct>())
}

fn count(count: usize) -> Value {
    Value::from(i64::try_from(count).unwrap_or(i64::MAX))
}
