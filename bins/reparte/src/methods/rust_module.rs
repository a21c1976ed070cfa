//! A Rust module with a typed function for each method of a server.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;

use untrusted_text::OneLine;

use crate::introspection::format_signature;
use crate::methods::method::Method;

/// The longest tuple of arguments that `xmlrpc-client` takes.
const MAX_ARGUMENTS: usize = 8;

/// The most characters of a line from the server.
const MAX_CHARS: usize = 1000;

/// The words that can't be names of functions, and the functions that every value has.
const TAKEN: [&str; 55] = [
    "abstract",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "clone",
    "clone_from",
    "const",
    "continue",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fmt",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "struct",
    "super",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "union",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
];

/// Returns the text of the module, for `xmlrpc-client`. `server` is the server's name.
pub(super) fn rust_module(server: &str, methods: &[Method]) -> String {
    let mut imports = BTreeSet::from(["Error", "ServerProxy"]);
    let mut names = HashSet::new();
    let mut functions = String::new();
    for method in methods {
        let untyped = method.signatures.is_empty().then_some(None);
        for signature in method.signatures.iter().map(Some).chain(untyped) {
            let name = function_name(&method.name, &mut names);
            let function = Function::new(signature.map(Vec::as_slice), &mut imports);
            functions.push('\n');
            push_docs(&mut functions, method, signature);
            // Writing to a string does not fail.
            let _ = writeln!(
                functions,
                "    pub fn {name}{}(&self{}) -> Result<{}, Error> {{\n        self.0.call({:?}, {})\n    }}",
                function.generics,
                function.parameters,
                function.result,
                method.name,
                function.arguments,
            );
        }
    }
    let server = one_line(server);
    let imports = imports.into_iter().collect::<Vec<_>>().join(", ");
    format!(
        "//! The functions of the XML-RPC server at {server}.\n\
         //!\n\
         //! Written by `reparte methods --rust`, for the crate `xmlrpc-client`.\n\
         \n\
         #![allow(dead_code)]\n\
         \n\
         use xmlrpc_client::{{{imports}}};\n\
         \n\
         /// The functions of a server. Each one calls it, with the errors of [`ServerProxy::call`].\n\
         #[derive(Debug, Clone, Copy)]\n\
         pub struct Functions<'a>(pub &'a ServerProxy);\n\
         \n\
         impl Functions<'_> {{\n{}}}",
        // Without the empty line before the first function.
        functions.trim_start_matches('\n'),
    )
}

/// The parts of a function.
struct Function {
    generics: &'static str,
    parameters: String,
    arguments: String,
    result: &'static str,
}

impl Function {
    /// Returns the function of a signature, which names the result's type first. One without a
    /// signature, or with too many arguments, takes and gives any types.
    fn new(signature: Option<&[String]>, imports: &mut BTreeSet<&'static str>) -> Self {
        let Some((result, arguments)) = signature
            .and_then(<[String]>::split_first)
            .filter(|(_, arguments)| arguments.len() <= MAX_ARGUMENTS)
        else {
            imports.extend(["FromValue", "IntoParams"]);
            return Function {
                generics: "<R: FromValue>",
                parameters: ", params: impl IntoParams".to_owned(),
                arguments: "params".to_owned(),
                result: "R",
            };
        };
        let mut function = Function {
            generics: "",
            parameters: String::new(),
            arguments: String::new(),
            result: result_type(result, imports),
        };
        for (index, name) in arguments.iter().enumerate() {
            let number = index + 1;
            let argument = match result_type(name, imports) {
                "String" => "&str",
                "()" => "Value",
                other => other,
            };
            if argument == "Value" {
                imports.insert("Value");
            }
            let _ = write!(function.parameters, ", arg{number}: {argument}");
            let _ = write!(function.arguments, "arg{number}, ");
        }
        // A tuple of one element ends in a comma.
        let arguments = match arguments.len() {
            1 => function.arguments.trim_end(),
            _ => function.arguments.trim_end_matches(", "),
        };
        function.arguments = format!("({arguments})");
        function
    }
}

/// Returns the Rust type of an XML-RPC type; `Value` for one that XML-RPC does not have.
fn result_type(name: &str, imports: &mut BTreeSet<&'static str>) -> &'static str {
    let name = name.strip_prefix("ex:").unwrap_or(name);
    let (rust, import) = match name {
        "int" | "i4" => ("i32", None),
        "i1" => ("i8", None),
        "i2" => ("i16", None),
        "i8" => ("i64", None),
        "double" | "float" => ("f64", None),
        "boolean" => ("bool", None),
        "string" => ("String", None),
        "nil" => ("()", None),
        "array" => ("Vec<Value>", Some("Value")),
        "struct" => ("Struct", Some("Struct")),
        "base64" => ("Bytes", Some("Bytes")),
        "dateTime.iso8601" => ("DateTime", Some("DateTime")),
        "biginteger" => ("BigInteger", Some("BigInteger")),
        "bigdecimal" => ("BigDecimal", Some("BigDecimal")),
        _ => ("Value", Some("Value")),
    };
    imports.extend(import);
    rust
}

/// Writes what the server says of a method, as text that is no test.
fn push_docs(text: &mut String, method: &Method, signature: Option<&Vec<String>>) {
    let name = one_line(&method.name).replace('`', "'");
    let _ = writeln!(text, "    /// Calls `{name}`.");
    let signature = signature.map(|types| format_signature(&method.name, types));
    let help = method.help.lines().map(str::to_owned);
    let empty = (signature.is_some() && !method.help.is_empty()).then(String::new);
    let said: Vec<String> = signature.into_iter().chain(empty).chain(help).collect();
    if said.is_empty() {
        return;
    }
    text.push_str("    ///\n    /// ~~~text\n");
    for line in said {
        // A fence would end the text.
        let line = one_line(&line).replace("~~~", "~ ~ ~");
        let _ = writeln!(text, "{}", format!("    /// {line}").trim_end());
    }
    text.push_str("    /// ~~~\n");
}

fn one_line(text: &str) -> String {
    OneLine::visible(text).max_chars(MAX_CHARS).to_string()
}

/// Returns the name of a method's function, in Rust's letters, and different from those before.
fn function_name(method: &str, names: &mut HashSet<String>) -> String {
    let mut name = String::new();
    let mut was_lower = false;
    for c in method.chars() {
        if c.is_ascii_uppercase() && was_lower {
            name.push('_');
        }
        was_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        match c.is_ascii_alphanumeric() {
            true => name.push(c.to_ascii_lowercase()),
            false if name.ends_with('_') => {}
            false => name.push('_'),
        }
    }
    let name = name.trim_matches('_');
    let name = match name.chars().next() {
        None => "method".to_owned(),
        Some(c) if c.is_ascii_digit() => format!("method_{name}"),
        Some(_) if TAKEN.contains(&name) => format!("{name}_"),
        Some(_) => name.to_owned(),
    };
    let numbered = (2..).map(|number| format!("{}_{number}", name.trim_end_matches('_')));
    let mut free = std::iter::once(name.clone())
        .chain(numbered)
        .filter(|name| !names.contains(name));
    let chosen = free.next().unwrap_or(name.clone());
    names.insert(chosen.clone());
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_have_names_of_their_own_in_rusts_letters() {
        let mut names = HashSet::new();
        for (method, name) in [
            ("cuad", "cuad"),
            ("supervisor.getProcessInfo", "supervisor_get_process_info"),
            (
                "supervisor.get_process_info",
                "supervisor_get_process_info_2",
            ),
            ("aria2.addURI", "aria2_add_uri"),
            ("d.hash=", "d_hash"),
            ("d.hash", "d_hash_2"),
            ("type", "type_"),
            ("type", "type_2"),
            ("clone", "clone_"),
            ("2x", "method_2x"),
            ("ñandú", "and"),
            ("¿", "method"),
        ] {
            assert_eq!(function_name(method, &mut names), name, "{method}");
        }
        let unsorted: Vec<&&str> = TAKEN
            .windows(2)
            .filter(|w| w[0] >= w[1])
            .map(|w| &w[1])
            .collect();
        assert!(unsorted.is_empty(), "{unsorted:?}");
    }

    #[test]
    fn help_can_not_leave_its_comment() {
        let method = Method {
            name: "f\"); evil(\"".to_owned(),
            signatures: vec![],
            help: "~~~\n```\nlet x = 1;\r} evil\u{202e}".to_owned(),
        };
        let module = rust_module("h:1\n}", &[method]);
        assert!(
            module.contains(r#"self.0.call("f\"); evil(\"", params)"#),
            "{module}"
        );
        assert!(module.contains("/// ~ ~ ~\n    /// ```\n"), "{module}");
        for line in module.lines().filter(|line| line.contains("evil")) {
            let line = line.trim_start();
            let starts = ["///", "self.0.call(", "pub fn f_evil<"];
            assert!(starts.iter().any(|start| line.starts_with(start)), "{line}");
        }
        assert!(!module.contains(['\r', '\u{202e}']));
    }
}
