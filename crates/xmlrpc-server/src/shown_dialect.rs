//! The dialect that a call shows: what its client writes, it reads in the answer too.

use xmlrpc_wire::{Dialect, Extension, Value};

/// The namespace of Apache's extensions. Its client declares it in the root element of a call,
/// once extensions are enabled in it.
const APACHE: &[u8] = b"//ws.apache.org/xmlrpc/namespaces/extensions";

/// The bytes of a document in which the root element may begin.
const PROLOG: usize = 1024;

/// Returns Apache's dialect for a document whose root declares its extensions.
pub(crate) fn of_root(document: &[u8]) -> Option<Dialect> {
    let prolog = &document[..document.len().min(PROLOG)];
    let tags = prolog.split(|byte| *byte == b'<');
    let root = tags
        .into_iter()
        .find(|tag| tag.starts_with(b"methodCall"))?;
    let attributes = root.split(|byte| *byte == b'>').next()?;
    let mut places = attributes.windows(APACHE.len());
    places.any(|place| place == APACHE).then(Dialect::apache)
}

/// Returns the dialect with the extensions that the arguments use. One that the dialect writes
/// in some form stays in that form.
pub(crate) fn extended(mut dialect: Dialect, params: &[Value]) -> Dialect {
    params.iter().for_each(|value| extend(&mut dialect, value));
    dialect
}

fn extend(dialect: &mut Dialect, value: &Value) {
    match value {
        Value::Nil => show(&mut dialect.nil),
        Value::Int64(_) => show(&mut dialect.i8),
        Value::BigInteger(_) | Value::BigDecimal(_) => show(&mut dialect.big),
        Value::DateTime(at) if at.nanosecond.is_some() || at.offset.is_some() => {
            show(&mut dialect.date_time);
        }
        Value::Double(number) if !number.is_finite() => dialect.non_finite = true,
        Value::Array(items) => items.iter().for_each(|item| extend(dialect, item)),
        Value::Struct(members) => members.values().for_each(|item| extend(dialect, item)),
        _ => {}
    }
}

fn show(extension: &mut Extension) {
    if *extension == Extension::Refused {
        *extension = Extension::Plain;
    }
}

#[cfg(test)]
mod tests {
    use xmlrpc_wire::Limits;

    use super::*;

    #[test]
    fn a_root_declares_apaches_extensions() {
        for (root, is_apache) in [
            ("<methodCall>", false),
            (
                "<methodCall xmlns:ex=\"http://ws.apache.org/xmlrpc/namespaces/extensions\">",
                true,
            ),
            ("<?xml version='1.0'?><methodCall xmlns:ex='urn:x'>", false),
            (
                "<methodCall><methodName>//ws.apache.org/xmlrpc/namespaces/extensions",
                false,
            ),
        ] {
            let found = of_root(root.as_bytes());
            assert_eq!(found, is_apache.then(Dialect::apache), "{root}");
        }
    }

    #[test]
    fn arguments_show_what_they_use() {
        type Change = fn(&mut Dialect);
        let cases: [(&str, Change); 7] = [
            ("<int>1</int>", |_| {}),
            (
                "<dateTime.iso8601>20200101T00:00:00</dateTime.iso8601>",
                |_| {},
            ),
            (
                "<dateTime.iso8601>20200101T00:00:00Z</dateTime.iso8601>",
                |dialect| dialect.date_time = Extension::Plain,
            ),
            (
                "<struct><member><name>a</name><value><nil/></value></member></struct>",
                |dialect| dialect.nil = Extension::Plain,
            ),
            (
                "<array><data><value><i8>9000000000</i8></value></data></array>",
                |dialect| dialect.i8 = Extension::Plain,
            ),
            ("<biginteger>1</biginteger>", |dialect| {
                dialect.big = Extension::Plain;
            }),
            ("<double>nan</double>", |dialect| dialect.non_finite = true),
        ];
        for (value, change) in cases {
            let document = format!(
                "<methodCall><methodName>f</methodName><params><param><value>{value}</value></param></params></methodCall>"
            );
            let call = xmlrpc_wire::decode_call(document.as_bytes(), &Limits::default()).unwrap();
            let mut expected = Dialect::specification();
            change(&mut expected);
            let found = extended(Dialect::specification(), &call.params);
            assert_eq!(found, expected, "{value}");
        }
        let apache = Dialect::apache();
        assert_eq!(extended(apache.clone(), &[Value::Nil]), apache);
    }
}
