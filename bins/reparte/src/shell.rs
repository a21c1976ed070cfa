//! Words as a shell reads them.

/// Quotes a word, unless it has only letters, digits and characters of `plain`.
pub(crate) fn quote(word: &str, plain: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || plain.contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_where_it_must_be() {
        for (word, shown) in [
            ("/tmp/keys-1.d", "/tmp/keys-1.d"),
            ("my keys", "'my keys'"),
            ("it's", "'it'\\''s'"),
            ("$HOME", "'$HOME'"),
            ("", "''"),
        ] {
            assert_eq!(quote(word, "/._-"), shown);
        }
    }
}
