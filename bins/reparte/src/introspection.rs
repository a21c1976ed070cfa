//! Introspection: what a server says of its methods (`system.*`).

use std::time::{Duration, Instant};

use xmlrpc_client::{Error, ErrorKind, ServerProxy, Value};

const SIGNATURE: &str = "system.methodSignature";
const HELP: &str = "system.methodHelp";

/// The time that a server has to answer one of these questions.
const PATIENCE: Duration = Duration::from_secs(5);

/// The number of methods that are asked for in one request, with two questions for each. The
/// request stays below the 512 KiB that rTorrent reads.
const METHODS_AT_A_TIME: usize = 250;

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

/// Asks for the signatures of a method. Returns none if the server does not say: if it answers
/// anything else, hangs up, or is silent for five seconds, as many servers do that have no
/// introspection.
///
/// # Errors
///
/// The server can't be reached.
pub(crate) fn signatures(server: &ServerProxy, method: &str) -> Result<Signatures, Error> {
    match ask(server, SIGNATURE, method) {
        Ok(value) => Ok(read_signatures(value)),
        Err(error) if error.kind() == ErrorKind::NeverRan => Err(error),
        Err(_) => Ok(Signatures::new()),
    }
}

/// Asks for the signatures and the help of methods. A server that has `system.multicall` is
/// asked for many at a time; `names` are all of its methods.
///
/// # Errors
///
/// The server can't be reached.
pub(crate) fn descriptions(
    server: &ServerProxy,
    names: &[String],
    wanted: &[String],
) -> Result<Vec<(Signatures, String)>, Error> {
    let mut described = Vec::with_capacity(wanted.len());
    if names.iter().any(|name| name == "system.multicall") {
        for some in wanted.chunks(METHODS_AT_A_TIME) {
            match multicall(server, some) {
                Ok(more) => described.extend(more),
                Err(error) if error.kind() == ErrorKind::NeverRan => return Err(error),
                Err(_) => break,
            }
        }
    }
    let mut asks = [SIGNATURE, HELP].map(Some);
    for name in wanted.iter().skip(described.len()) {
        let [signatures, help] = asks.each_mut().map(|question| {
            let answer = ask(server, (*question)?, name);
            // A fault may be about this method alone. Else the server does not know the question.
            if answer.as_ref().is_err_and(|error| {
                !matches!(error.kind(), ErrorKind::Fault | ErrorKind::BadResponse)
            }) {
                *question = None;
            }
            Some(answer)
        });
        let signatures = match signatures {
            Some(Err(error)) if error.kind() == ErrorKind::NeverRan => return Err(error),
            other => other,
        };
        let signatures = signatures.and_then(Result::ok).map(read_signatures);
        let help = help.and_then(Result::ok).map(read_help);
        described.push((signatures.unwrap_or_default(), help.unwrap_or_default()));
    }
    Ok(described)
}

/// Asks for the signatures and the help of some methods in one request.
fn multicall(server: &ServerProxy, names: &[String]) -> Result<Vec<(Signatures, String)>, Error> {
    let mut calls = server.multicall();
    for name in names {
        calls.add(SIGNATURE, (name.as_str(),));
        calls.add(HELP, (name.as_str(),));
    }
    let mut answers = calls.call()?;
    let mut next = || match answers.next() {
        Some(Err(Error::Fault(_))) | None => Ok(None),
        // Supervisor gives bare values, which can't be told from arrays of one.
        Some(answer) => answer.map(Some),
    };
    let described = names.iter().map(|_| {
        let (signatures, help) = (next()?, next()?);
        let signatures = signatures.map(read_signatures).unwrap_or_default();
        Ok((signatures, help.map(read_help).unwrap_or_default()))
    });
    described.collect()
}

/// Asks a question about a method, for five seconds at most.
fn ask(server: &ServerProxy, question: &str, method: &str) -> Result<Value, Error> {
    let attempt = server.attempt().deadline(Instant::now() + PATIENCE);
    attempt.call(question, (method,))
}

fn read_help(value: Value) -> String {
    match value {
        Value::String(help) => help.trim().to_owned(),
        _ => String::new(),
    }
}

/// Formats a signature as `method(types) -> type`.
pub(crate) fn format_signature(method: &str, signature: &[String]) -> String {
    match signature.split_first() {
        Some((result, arguments)) => format!("{method}({}) -> {result}", arguments.join(", ")),
        None => method.to_owned(),
    }
}

/// Reads an array of arrays of names. Supervisor's server gives the names of its one signature,
/// and Trac's gives each signature as one text, `array,int`. Anything else, such as Python's
/// "signatures not supported", is no signature.
fn read_signatures(value: Value) -> Signatures {
    let Value::Array(signatures) = value else {
        return Signatures::new();
    };
    if let Some(texts) = signatures
        .iter()
        .map(Value::as_str)
        .collect::<Option<Vec<_>>>()
    {
        return read_texts(&texts);
    }
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

/// Reads the types of one signature, or the texts of several.
fn read_texts(texts: &[&str]) -> Signatures {
    let types = |text: &&str| -> Vec<String> {
        let types = text.split(',');
        types.map(|name| name.trim().to_owned()).collect()
    };
    let each: Signatures = texts.iter().map(types).collect();
    let all_known = each.iter().flatten().all(|name| is_type(name));
    match each.iter().any(|types| types.len() > 1) {
        _ if !all_known || each.is_empty() => Signatures::new(),
        true => each,
        false => vec![each.concat()],
    }
}

/// Returns whether XML-RPC has a type of this name.
fn is_type(name: &str) -> bool {
    let name = name.strip_prefix("ex:").unwrap_or(name);
    matches!(
        name,
        "int"
            | "i1"
            | "i2"
            | "i4"
            | "i8"
            | "biginteger"
            | "double"
            | "float"
            | "bigdecimal"
            | "boolean"
            | "string"
            | "dateTime.iso8601"
            | "base64"
            | "array"
            | "struct"
            | "nil"
    )
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
            (Value::Array(vec![text("undef")]), vec![]),
            (Value::Array(vec![]), vec![]),
            // Supervisor's.
            (
                Value::Array(vec![text("array"), text("string"), text("int")]),
                vec![vec![
                    "array".to_owned(),
                    "string".to_owned(),
                    "int".to_owned(),
                ]],
            ),
            // Trac's.
            (
                Value::Array(vec![text("array,int"), text("array")]),
                vec![
                    vec!["array".to_owned(), "int".to_owned()],
                    vec!["array".to_owned()],
                ],
            ),
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
