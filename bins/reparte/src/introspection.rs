//! What a server tells of its methods, where it does.

use xmlrpc_client::{Error, ErrorKind, ServerProxy, Value};

/// A method's signatures, each a list of types with the result's first.
pub(crate) type Signatures = Vec<Vec<String>>;

/// The names of all methods.
pub(crate) fn names(server: &ServerProxy) -> Result<Vec<String>, Error> {
    server.call("system.listMethods", ())
}

/// Whether a name is one of the server's own methods, which every server has.
pub(crate) fn is_own(name: &str) -> bool {
    name.starts_with("system.") || name.starts_with("reparte.")
}

/// The signatures of a method; none where the server does not tell.
pub(crate) fn signatures(server: &ServerProxy, method: &str) -> Result<Signatures, Error> {
    let told = told(server.call("system.methodSignature", (method,)))?;
    Ok(told.map(read).unwrap_or_default())
}

/// The help of a method; empty where the server does not tell.
pub(crate) fn help(server: &ServerProxy, method: &str) -> Result<String, Error> {
    let told = told(server.call("system.methodHelp", (method,)))?;
    Ok(match told {
        Some(Value::String(help)) => help.trim().to_owned(),
        _ => String::new(),
    })
}

/// `method(types) -> type`.
pub(crate) fn show(method: &str, signature: &[String]) -> String {
    match signature.split_first() {
        Some((result, arguments)) => format!("{method}({}) -> {result}", arguments.join(", ")),
        None => method.to_owned(),
    }
}

/// An answer to a question that a server may not know: none where it answered otherwise.
fn told(answer: Result<Value, Error>) -> Result<Option<Value>, Error> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind(), ErrorKind::Fault | ErrorKind::BadResponse) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads an array of arrays of names; anything else, such as Python's "signatures not
/// supported", tells nothing.
fn read(value: Value) -> Signatures {
    let Value::Array(signatures) = value else {
        return Signatures::new();
    };
    let names = |signature: Value| match signature {
        Value::Array(types) => types.into_iter().map(name).collect::<Option<Vec<_>>>(),
        _ => None,
    };
    let signatures = signatures.into_iter().filter_map(names);
    signatures.filter(|types| !types.is_empty()).collect()
}

fn name(value: Value) -> Option<String> {
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
        for (told, expected) in [
            (text("signatures not supported"), vec![]),
            (Value::Array(vec![text("int")]), vec![]),
            (Value::Array(vec![Value::Array(vec![])]), vec![]),
            (
                Value::Array(vec![good, Value::Array(vec![Value::Nil])]),
                vec![vec!["int".to_owned(), "string".to_owned()]],
            ),
        ] {
            assert_eq!(read(told), expected);
        }
        let types = ["int", "string", "double"].map(str::to_owned);
        assert_eq!(show("f", &types), "f(string, double) -> int");
        assert_eq!(show("f", &types[..1]), "f() -> int");
        assert_eq!(show("f", &[]), "f");
    }
}
