//! Checks of a request's head that both fronts make.

use crate::front::body_framing::{AmbiguousFraming, BodyFraming, FramingHeaders};
use crate::front::refusal::Refusal;

impl From<AmbiguousFraming> for Refusal {
    fn from(_: AmbiguousFraming) -> Self {
        Refusal::BAD_LENGTH
    }
}

/// Checks the head of a call: its method, its target, and the size of its body.
///
/// `lengths` are the values of `Content-Length`, and `max_bytes` is the limit on a body.
/// Returns the framing, which is a length up to the limit, or chunks.
pub(crate) fn check_head<'a>(
    method: &str,
    target: &str,
    lengths: impl IntoIterator<Item = &'a [u8]>,
    has_transfer_encoding: bool,
    max_bytes: usize,
) -> Result<BodyFraming, Refusal> {
    let path = target.split('?').next().unwrap_or_default();
    if !matches!(path, "/" | "/RPC2") {
        return Err(Refusal::NOT_FOUND);
    }
    if method != "POST" {
        return Err(Refusal::METHOD_NOT_ALLOWED);
    }
    let mut headers = FramingHeaders::default();
    for length in lengths {
        headers.add_content_length(length)?;
    }
    if has_transfer_encoding {
        headers.add_transfer_encoding();
    }
    match headers.framing()? {
        BodyFraming::Undeclared => Err(Refusal::LENGTH_REQUIRED),
        BodyFraming::Length(length) if length > max_bytes as u64 => Err(Refusal::TOO_LARGE),
        framing => Ok(framing),
    }
}

/// Checks that a request of HTTP/1.1 has a `Host` (RFC 9112, section 3.2).
pub(crate) fn check_host(is_1_1: bool, has_host: bool) -> Result<(), Refusal> {
    match is_1_1 && !has_host {
        true => Err(Refusal::NO_HOST),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_alone_decides() {
        for (method, target, lengths, is_chunked, verdict) in [
            ("POST", "/", &["0"][..], false, Ok(BodyFraming::Length(0))),
            ("POST", "/RPC2", &["9"], false, Ok(BodyFraming::Length(9))),
            (
                "POST",
                "/RPC2?a=b",
                &["007"],
                false,
                Ok(BodyFraming::Length(7)),
            ),
            ("POST", "/", &[], true, Ok(BodyFraming::Chunked)),
            ("POST", "/RPC3", &["9"], false, Err(Refusal::NOT_FOUND)),
            ("POST", "/RPC2/", &["9"], false, Err(Refusal::NOT_FOUND)),
            ("GET", "/other", &[], false, Err(Refusal::NOT_FOUND)),
            ("GET", "/x?/RPC2", &[], false, Err(Refusal::NOT_FOUND)),
            ("GET", "/", &[], false, Err(Refusal::METHOD_NOT_ALLOWED)),
            ("post", "/", &["9"], false, Err(Refusal::METHOD_NOT_ALLOWED)),
            ("POST", "/", &[], false, Err(Refusal::LENGTH_REQUIRED)),
            ("POST", "/", &["9"], true, Err(Refusal::BAD_LENGTH)),
            ("POST", "/", &["9", "9"], false, Err(Refusal::BAD_LENGTH)),
            ("POST", "/", &["9", "8"], false, Err(Refusal::BAD_LENGTH)),
            ("POST", "/", &[""], false, Err(Refusal::BAD_LENGTH)),
            ("POST", "/", &["+5"], false, Err(Refusal::BAD_LENGTH)),
            ("POST", "/", &["-1"], false, Err(Refusal::BAD_LENGTH)),
            ("POST", "/", &["5, 5"], false, Err(Refusal::BAD_LENGTH)),
            ("POST", "/", &["10"], false, Err(Refusal::TOO_LARGE)),
            (
                "POST",
                "/",
                &["18446744073709551616"],
                false,
                Err(Refusal::TOO_LARGE),
            ),
        ] {
            let values = lengths.iter().map(|value| value.as_bytes());
            assert_eq!(
                check_head(method, target, values, is_chunked, 9),
                verdict,
                "{method} {target} {lengths:?} {is_chunked}"
            );
        }
    }

    #[test]
    fn a_request_of_http_1_1_names_its_host() {
        for (is_1_1, has_host, verdict) in [
            (true, true, Ok(())),
            (true, false, Err(Refusal::NO_HOST)),
            (false, true, Ok(())),
            (false, false, Ok(())),
        ] {
            assert_eq!(check_host(is_1_1, has_host), verdict, "{is_1_1} {has_host}");
        }
    }
}
