//! Summaries: the first paragraph of a module's or an item's documentation.

use std::collections::BTreeMap;
use std::path::PathBuf;

use syn::{Attribute, Expr, Lit, Meta};

use crate::modules::Package;

/// Words that no summary begins with: it would not stand alone on a page of documentation.
const HEADLESS: [&str; 15] = [
    "What", "Whether", "How", "The same", "As", "So many", "So long", "Such", "See the", "This",
    "Those", "These", "When", "Where", "Why",
];

/// Returns the modules without a summary, and those that share one.
pub(crate) fn missing_or_shared(package: &Package) -> impl Iterator<Item = (PathBuf, String)> {
    let mut problems = Vec::new();
    let mut seen = BTreeMap::<String, PathBuf>::new();
    for (_, module) in package.modules() {
        let file = module.file.clone();
        let summary = summary(&module.syntax.attrs);
        match summary {
            None => problems.push((file, "it has no summary".to_owned())),
            Some(summary) => {
                if let Some(other) = seen.insert(summary, file.clone()) {
                    let problem = format!("it has the summary of {}", crate::shown(&other));
                    problems.push((file, problem));
                }
            }
        }
    }
    problems.into_iter()
}

/// Returns the first line of the documentation in these attributes; a file that is included is
/// its own summary.
fn summary(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| {
        let Meta::NameValue(pair) = &attribute.meta else {
            // `cfg_attr` chooses between documentations.
            let of_feature = attribute.path().is_ident("cfg_attr");
            return of_feature.then(|| "by feature".to_owned());
        };
        if !pair.path.is_ident("doc") {
            return None;
        }
        match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) if !text.value().trim().is_empty() => {
                    Some(text.value().trim().to_owned())
                }
                _ => None,
            },
            _ => Some("a file".to_owned()),
        }
    })
}

/// Returns the summaries in a file's text that do not stand alone, with their lines: those of the
/// text of `--help` too.
pub(crate) fn headless(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut before = "";
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_start();
        let marker = ["//!", "///"]
            .into_iter()
            .find(|marker| line.starts_with(*marker));
        if let Some(marker) = marker
            && !before.starts_with(marker)
        {
            let summary = line[marker.len()..].trim();
            let words = |words: &str| {
                summary
                    .strip_prefix(words)
                    .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
            };
            if HEADLESS.into_iter().any(words) {
                found.push((number, summary));
            }
        }
        before = line;
    }
    found
}

#[test]
fn headless_summaries_are_found() {
    let text = "//! What is here.\n//! What follows.\n\n/// Assigns.\nfn a() {}\n    /// As b.\n";
    assert_eq!(headless(text), [(1, "What is here."), (6, "As b.")]);
    let flags = "#[derive(Debug, Args)]\nstruct A {\n    /// How long\n}\n/// How.\nfn a() {}\n";
    assert_eq!(headless(flags), [(3, "How long"), (5, "How.")]);
}
