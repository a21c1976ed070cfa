//! The methods that a service answers itself.

use xmlrpc_wire::{Fault, FromParams, MethodCall, MethodResponse, Value};

use crate::multicall;
use crate::service::{Service, refused, unknown};

/// Names that begin so are the server's own: those of introspection, and those of
/// the control protocol.
const RESERVED: [&str; 2] = ["system.", "reparte."];

/// One of the server's own methods: its name, its signature with the result's type
/// first, and what it is.
type Method = (&'static str, &'static [&'static str], &'static str);

/// All of them, sorted.
const METHODS: [Method; 7] = [
    (
        "reparte.cancel",
        &["boolean", "string"],
        "Cancels the calls that go by this name; whether there were any.",
    ),
    (
        "reparte.status",
        &["struct"],
        "What the server does: instance, version, slots, busy, calls.",
    ),
    (
        "system.getCapabilities",
        &["struct"],
        "What the server knows beside plain calls, by name.",
    ),
    (
        "system.listMethods",
        &["array"],
        "The names of all methods, sorted.",
    ),
    (
        "system.methodHelp",
        &["string", "string"],
        "What is told of a method; empty where nothing is.",
    ),
    (
        "system.methodSignature",
        &["array", "string"],
        "A list of a method's signatures, each a list of types, the result's first; undef \
         where the types are open.",
    ),
    (
        multicall::NAME,
        &["array", "array"],
        "Makes calls, structs of methodName and params, one after the other; for each an \
         array of its result, or the struct of its fault.",
    ),
];

/// What the server is capable of beside plain calls: a name, where it is told, and its
/// version (message 2897 of the xml-rpc group, 2001).
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

/// What a method of the server itself answered.
pub(crate) struct Answer {
    pub(crate) method: String,
    pub(crate) response: MethodResponse,
}

/// What is told of a method: its help and its signature.
pub(crate) type Told<'a> = (&'a str, Option<&'a [&'static str]>);

/// Whether the name is kept for the server itself.
pub(crate) fn is_reserved(name: &str) -> bool {
    RESERVED.iter().any(|prefix| name.starts_with(prefix))
}

/// The server's own methods, by name.
pub(crate) fn methods() -> impl Iterator<Item = (&'static str, Told<'static>)> {
    METHODS
        .iter()
        .map(|(name, signature, help)| (*name, (*help, Some(*signature))))
}

/// Answers a method of the server itself; gives any other call back, and
/// `system.multicall`, which needs a worker.
pub(crate) fn answer(service: &Service, call: MethodCall) -> Result<Answer, MethodCall> {
    if !is_reserved(&call.method) {
        return Err(call);
    }
    let method = call.method.clone();
    let response = match method.as_str() {
        "system.listMethods" => take(call, |()| Ok(names(service))),
        "system.getCapabilities" => take(call, |()| Ok(capabilities())),
        "system.methodHelp" => take(call, |(name,): (String,)| {
            Ok(Value::from(told(service, &name)?.0))
        }),
        "system.methodSignature" => take(call, |(name,): (String,)| {
            Ok(match told(service, &name)?.1 {
                Some(signature) => Value::from(vec![signature.to_vec()]),
                // As xmlrpc-c has it: "some non-array value".
                None => Value::from("undef"),
            })
        }),
        _ => service.control().answer(call)?,
    };
    Ok(Answer { method, response })
}

fn take<P: FromParams>(
    call: MethodCall,
    answer: impl FnOnce(P) -> MethodResponse,
) -> MethodResponse {
    let params = P::from_params(call.params).map_err(|error| refused(&call.method, &error))?;
    answer(params)
}

/// All names, sorted; the server's own are among them.
fn names(service: &Service) -> Value {
    let mut names: Vec<&str> = service.names().collect();
    names.extend(METHODS.map(|(name, ..)| name));
    names.sort_unstable();
    Value::from(names)
}

fn told<'a>(service: &'a Service, name: &str) -> Result<Told<'a>, Fault> {
    let own = methods().find(|(method, _)| *method == name);
    let told = own.map(|(_, told)| told).or_else(|| service.told(name));
    told.ok_or_else(|| unknown(name))
}

fn capabilities() -> Value {
    let capability = |(name, url, version): (&'static str, &str, i32)| {
        let told = [
            ("specUrl", Value::from(url)),
            ("specVersion", Value::from(version)),
        ];
        (name, Value::Struct(told.into_iter().collect()))
    };
    Value::Struct(CAPABILITIES.into_iter().map(capability).collect())
}
