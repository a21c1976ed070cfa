//! A method of a server, as the server describes it.

use serde_json::json;
use untrusted_text::OneLine;

use crate::introspection::{Signatures, format_signature};

/// A method of a server.
pub(super) struct Method {
    pub(super) name: String,
    pub(super) signatures: Signatures,
    pub(super) help: String,
}

impl Method {
    /// Returns a line for each signature, and the help below them.
    pub(super) fn text(&self) -> String {
        let in_line = |text: &str| OneLine::visible(text).max_chars(1000).to_string();
        let mut lines: Vec<String> = self
            .signatures
            .iter()
            .map(|types| in_line(&format_signature(&self.name, types)))
            .collect();
        if lines.is_empty() {
            lines.push(in_line(&self.name));
        }
        let help = self
            .help
            .lines()
            .map(|line| format!("    {}", in_line(line.trim())));
        lines.extend(help);
        lines.join("\n")
    }

    /// Returns the method as an object.
    pub(super) fn json(&self) -> serde_json::Value {
        json!({ "name": self.name, "signatures": self.signatures, "help": self.help })
    }
}
