//! The placeholders in the arguments of a program.
//!
//! | placeholder | stands for |
//! | --- | --- |
//! | `{}` | the argument; of several, the whole line |
//! | `{1}`, `{2}` | the argument with this number |
//! | `{name}` | the column, or the member of a struct, with this name |
//!
//! Programs have braces of their own, as in `[0-9]{3}` and `{print}`. So a number counts only if
//! the arguments are columns, or if the program has `{1}` and no `{}`; and a name if there is such
//! a column or member. Blanks beside the braces make them the program's.

/// A part of an argument of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Literal(Vec<u8>),
    /// `{}`
    Whole,
    /// `{1}` and so on, from 1.
    Number(usize),
    /// `{name}`
    Name(String),
}

impl Part {
    /// Returns the part as it was written.
    pub(super) fn text(&self) -> Vec<u8> {
        match self {
            Part::Literal(text) => text.clone(),
            Part::Whole => b"{}".to_vec(),
            Part::Number(number) => format!("{{{number}}}").into_bytes(),
            Part::Name(name) => format!("{{{name}}}").into_bytes(),
        }
    }
}

/// Splits an argument of a program into its parts.
pub(super) fn parts(word: &[u8]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut literal = Vec::new();
    let mut rest = word;
    while let Some((&first, after)) = rest.split_first() {
        match placeholder(rest) {
            Some((part, length)) => {
                if !literal.is_empty() {
                    parts.push(Part::Literal(std::mem::take(&mut literal)));
                }
                parts.push(part);
                rest = rest.get(length..).unwrap_or_default();
            }
            None => {
                literal.push(first);
                rest = after;
            }
        }
    }
    if !literal.is_empty() {
        parts.push(Part::Literal(literal));
    }
    parts
}

/// Returns whether a name is a word, which programs have in their own braces less often than other
/// texts.
pub(super) fn is_plain(name: &str) -> bool {
    name.chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// Returns the placeholder that a text begins with, and its length.
fn placeholder(text: &[u8]) -> Option<(Part, usize)> {
    let inner = text.strip_prefix(b"{")?;
    let end = inner.iter().position(|&byte| matches!(byte, b'}' | b'{'))?;
    if inner.get(end) != Some(&b'}') {
        return None;
    }
    let name = str::from_utf8(inner.get(..end)?).ok()?;
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit()) && !name.starts_with('0');
    let part = match name {
        "" => Part::Whole,
        _ if is_number => Part::Number(name.parse().ok()?),
        name if name.trim() != name => return None,
        name => Part::Name(name.to_owned()),
    };
    Some((part, end + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_parts() {
        let literal = |text: &str| Part::Literal(text.into());
        let name = |text: &str| Part::Name(text.to_owned());
        for (word, expected) in [
            ("", &[][..]),
            ("{}", &[Part::Whole]),
            ("--n={}", &[literal("--n="), Part::Whole]),
            ("{}{}", &[Part::Whole, Part::Whole]),
            ("{{}}", &[literal("{"), Part::Whole, literal("}")]),
            (
                "{1}-{20}",
                &[Part::Number(1), literal("-"), Part::Number(20)],
            ),
            ("{0}{01}", &[name("0"), name("01")]),
            ("{a b}", &[name("a b")]),
            ("{ a }", &[literal("{ a }")]),
            ("{a", &[literal("{a")]),
            ("a}{", &[literal("a}{")]),
        ] {
            assert_eq!(parts(word.as_bytes()), expected, "{word}");
            let whole: Vec<u8> = parts(word.as_bytes()).iter().flat_map(Part::text).collect();
            assert_eq!(whole, word.as_bytes());
        }
    }
}
