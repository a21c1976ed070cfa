//! The token in a request's `Authorization`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::front::refusal::Refusal;
use crate::token::Token;

/// Checks that an `Authorization` has the token: `Bearer TOKEN`, or `Basic` with the token
/// as the password of any user.
pub(crate) fn check_token(token: &Token, authorization: Option<&[u8]>) -> Result<(), Refusal> {
    let has_token = authorization.and_then(split).is_some_and(|(scheme, rest)| {
        if scheme.eq_ignore_ascii_case(b"bearer") {
            return token.is(rest);
        }
        scheme.eq_ignore_ascii_case(b"basic") && password(rest).is_some_and(|p| token.is(&p))
    });
    match has_token {
        true => Ok(()),
        false => Err(Refusal::UNAUTHORIZED),
    }
}

/// Returns the scheme, and what follows it.
fn split(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = value.iter().position(|b| *b == b' ')?;
    Some((&value[..end], value[end..].trim_ascii()))
}

fn password(encoded: &[u8]) -> Option<Vec<u8>> {
    let decoded = STANDARD.decode(encoded).ok()?;
    let colon = decoded.iter().position(|b| *b == b':')?;
    Some(decoded[colon + 1..].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_lets_in() {
        let token = Token::new("correct-horse-battery").unwrap();
        for (value, has_token) in [
            ("Bearer correct-horse-battery", true),
            ("bearer  correct-horse-battery", true),
            // any:correct-horse-battery
            ("Basic YW55OmNvcnJlY3QtaG9yc2UtYmF0dGVyeQ==", true),
            ("Bearer correct-horse-batter", false),
            ("Bearer correct-horse-battery-", false),
            ("Bearer ", false),
            ("Bearer", false),
            ("correct-horse-battery", false),
            ("Basic correct-horse-battery", false),
            // correct-horse-battery: as the user
            ("Basic Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5Og==", false),
            ("Basic !!!", false),
            ("Digest correct-horse-battery", false),
            ("", false),
        ] {
            let verdict = check_token(&token, Some(value.as_bytes()));
            assert_eq!(verdict.is_ok(), has_token, "{value}");
        }
        assert!(check_token(&token, None).is_err());
    }
}
