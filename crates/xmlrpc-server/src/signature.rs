//! Signatures: XML-RPC's names of Rust's types.

/// Returns a signature for `system.methodSignature`, the result's type first; `None` if a type
/// has no single name.
///
/// The types are those of [`std::any::type_name`], since the traits of conversion name none.
/// Its spelling is best effort, by its own documentation. A type with a new spelling would
/// lose its name here, and nothing else; the tests would show it.
pub(crate) fn signature(types: &[&str]) -> Option<Vec<&'static str>> {
    types.iter().map(|name| xml_type(name)).collect()
}

fn xml_type(name: &str) -> Option<&'static str> {
    let name = name.trim_start_matches('&').trim_start_matches("mut ");
    let (path, inner) = match name.split_once('<') {
        Some((path, rest)) => (path, first_of(rest.strip_suffix('>')?)),
        None => (name, ""),
    };
    Some(match path {
        "i8" | "i16" | "i32" | "u8" | "u16" => "int",
        "i64" | "u32" | "u64" | "isize" | "usize" | "i128" | "u128" => "i8",
        "bool" => "boolean",
        "f32" | "f64" => "double",
        "()" => "nil",
        "str" | "char" | "alloc::string::String" => "string",
        "alloc::vec::Vec" => "array",
        "std::collections::hash::map::HashMap" => "struct",
        "alloc::collections::btree::map::BTreeMap" => "struct",
        "core::option::Option" | "core::result::Result" => xml_type(inner)?,
        _ if path.starts_with('[') => "array",
        // Types of xmlrpc-wire, in whichever module.
        _ => match path.strip_prefix("xmlrpc_wire::")?.rsplit("::").next()? {
            "Bytes" => "base64",
            "DateTime" => "dateTime.iso8601",
            "Struct" => "struct",
            _ => return None,
        },
    })
}

/// Returns the first of a list of types, which may contain lists.
fn first_of(list: &str) -> &str {
    let mut depth = 0;
    let end = list.find(|c| {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' | ')' | ']' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    });
    end.map_or(list, |end| &list[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::any::type_name;
    use std::collections::{BTreeMap, HashMap};
    use xmlrpc_wire::{Bytes, DateTime, Fault, Struct, Value};

    #[test]
    fn types_have_the_names_that_peers_know() {
        for (rust, xml) in [
            (type_name::<i32>(), Some("int")),
            (type_name::<u8>(), Some("int")),
            (type_name::<i64>(), Some("i8")),
            (type_name::<bool>(), Some("boolean")),
            (type_name::<f64>(), Some("double")),
            (type_name::<()>(), Some("nil")),
            (type_name::<&'static str>(), Some("string")),
            (type_name::<String>(), Some("string")),
            (type_name::<Vec<String>>(), Some("array")),
            (type_name::<&[i32]>(), Some("array")),
            (type_name::<HashMap<String, i32>>(), Some("struct")),
            (type_name::<BTreeMap<String, Vec<i32>>>(), Some("struct")),
            (type_name::<Option<i32>>(), Some("int")),
            (type_name::<Result<Vec<u8>, Fault>>(), Some("array")),
            (
                type_name::<Result<BTreeMap<String, i32>, Fault>>(),
                Some("struct"),
            ),
            (type_name::<Bytes>(), Some("base64")),
            (type_name::<DateTime>(), Some("dateTime.iso8601")),
            (type_name::<Struct>(), Some("struct")),
            (type_name::<Value>(), None),
            (type_name::<Option<Value>>(), None),
            (type_name::<std::time::Duration>(), None),
        ] {
            assert_eq!(xml_type(rust), xml, "{rust}");
        }
    }
}
