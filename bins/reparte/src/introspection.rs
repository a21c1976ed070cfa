//! Introspection: what a server says of its methods (`system.*`).

use xmlrpc_client::{Error, ErrorKind, ServerProxy, Value};

/// The signatures of a method. Each is a list of types, the result's first.
pub(crate) type Signatures = Vec<Vec<String>>;

/// Asks for the names of all methods.
pub(crate) fn method_names(server: &ServerProxy) -> Result<Vec<String>, Error> {
    server.call("system.listMethods", ())
}

/// Returns whether a method is one of the server's own, which every server may have.
pub(crate) fn is_builtin(name: &str) -> bool {
    name.starts_with("system.") || name.starts_with("reparte.")
}

/// Asks for the signatures of a method. Returns none if the server does not say.
pub(crate) fn signatures(server: &ServerProxy, method: &str) -> Result<Signatures, Error> {
    let value = optional(server.call("system.methodSignature", (method,)))?;
    Ok(value.map(read_signatures).unwrap_or_default())
}

/// Asks for the help of a method. Returns an empty text if the server does not say.
pub(crate) fn help(server: &ServerProxy, method: &str) -> Result<String, Error> {
    let value = optional(server.call("system.methodHelp", (method,)))?;
    Ok(match value {
        Some(Value::String(help)) => help.trim().to_owned(),
        _ => String::new(),
    })
}

/// Formats a signature as `method(types) -> type`.
pub(crate) fn format_signature(method: &str, signature: &[String]) -> String {
    match signature.split_first() {
        Some((result, arguments)) => format!("{method}({}) -> {result}", arguments.join(", ")),
        None => method.to_owned(),
    }
}

/// Returns the result of a method that a server may not have. `None` if it answered with
/// anything else.
fn optional(result: Result<Value, Error>) -> Result<Option<Value>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind(), ErrorKind::Fault | ErrorKind::BadResponse) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads an array of arrays of names. Anything else, such as Python's "signatures not
/// supported", is no signature.
fn read_signatures(value: Value) -> Signatures {
    let Value::Array(signatures) = value else {
        return Signatures::new();
    };
    let names = |signature: Value| match signature {
        Value::Array(types) => types
            .into_iter()
            .map(into_string)
            .collect::<Option<Vec<_>>>(),
        _ => None,
    };
    let signatures = signatures.into_iter().filter_map(names);
    signatures.filter(|types| !types.is_empty()).collect()
}

fn into_string(value: Value) -> Option<String> {
    match value {
        Value::String(name) => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_signatures_are_read() {
        let text = |text: &str| Value::String(text.to_owned());
        let good = Value::Array(vec![text("int"), text("string")]);
        for (value, expected) in [
            (text("signatures not supported"), vec![]),
            (Value::Array(vec![text("int")]), vec![]),
            (Value::Array(vec![Value::Array(vec![])]), vec![]),
            (
                Value::Array(vec![good, Value::Array(vec![Value::Nil])]),
                vec![vec!["int".to_owned(), "string".to_owned()]],
            ),
        ] {
            assert_eq!(read_signatures(value), expected);
        }
        let types = ["int", "string", "double"].map(str::to_owned);
        assert_eq!(format_signature("f", &types), "f(string, double) -> int");
        assert_eq!(format_signature("f", &types[..1]), "f() -> int");
        assert_eq!(format_signature("f", &[]), "f");
    }
}
