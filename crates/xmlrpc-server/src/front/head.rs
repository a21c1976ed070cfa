//! What a request's head alone decides; the same for both fronts.

/// The body that a head announces.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// So many bytes, no more than the limit.
    Sized(usize),
    /// Chunks: as many as come.
    Chunked,
}

/// Why a request is answered without its body being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    BadLength,
    NotFound,
    MethodNotAllowed,
    LengthRequired,
    TooLarge,
    #[cfg(feature = "hyper")]
    TooSlow,
    Incomplete,
    #[cfg(feature = "hyper")]
    Busy,
    #[cfg(feature = "hyper")]
    Failed,
    #[cfg(feature = "hyper")]
    Cancelled,
    #[cfg(feature = "hyper")]
    Late,
}

impl Refusal {
    /// The HTTP status (RFC 9110, section 15).
    ///
    /// A method other than POST is 405, with `Allow`, rather than the 501 of Python's
    /// SimpleXMLRPCServer: 501 is for a method that the server does not know at all.
    pub(super) fn status(self) -> u16 {
        match self {
            Refusal::BadLength | Refusal::Incomplete => 400,
            Refusal::NotFound => 404,
            Refusal::MethodNotAllowed => 405,
            Refusal::LengthRequired => 411,
            Refusal::TooLarge => 413,
            #[cfg(feature = "hyper")]
            Refusal::TooSlow => 408,
            #[cfg(feature = "hyper")]
            Refusal::Failed | Refusal::Cancelled => 500,
            #[cfg(feature = "hyper")]
            Refusal::Busy => 503,
            #[cfg(feature = "hyper")]
            Refusal::Late => 504,
        }
    }

    /// The status's own text, which hyper knows by itself.
    #[cfg(feature = "tiny")]
    pub(super) fn reason(self) -> &'static str {
        match self.status() {
            404 => "Not Found",
            405 => "Method Not Allowed",
            411 => "Length Required",
            413 => "Content Too Large",
            _ => "Bad Request",
        }
    }

    /// The header that goes with the status.
    pub(super) fn header(self) -> Option<(&'static str, &'static str)> {
        match self {
            Refusal::MethodNotAllowed => Some(("Allow", "POST")),
            #[cfg(feature = "hyper")]
            Refusal::Busy => Some(("Retry-After", "1")),
            _ => None,
        }
    }

    /// The body of the answer, plain text.
    pub(super) fn text(self) -> &'static str {
        match self {
            Refusal::BadLength => "Content-Length is to be given once, in digits\n",
            Refusal::NotFound => "calls go to / or /RPC2\n",
            Refusal::MethodNotAllowed => "calls are made with POST\n",
            Refusal::LengthRequired => "the body's Content-Length is missing\n",
            Refusal::TooLarge => "the body is above this server's limit\n",
            Refusal::Incomplete => "the body broke off\n",
            #[cfg(feature = "hyper")]
            Refusal::TooSlow => "the body took too long\n",
            #[cfg(feature = "hyper")]
            Refusal::Failed => "the server failed\n",
            #[cfg(feature = "hyper")]
            Refusal::Busy => "every worker computes and the queue is full\n",
            #[cfg(feature = "hyper")]
            Refusal::Cancelled => "the call was cancelled\n",
            #[cfg(feature = "hyper")]
            Refusal::Late => "the call's deadline has passed\n",
        }
    }
}

/// Judges a head: the method, the request's target, the values of `Content-Length`,
/// whether there is a `Transfer-Encoding`, and how many bytes a body may have.
pub(super) fn judge<'a>(
    method: &str,
    target: &str,
    lengths: impl IntoIterator<Item = &'a [u8]>,
    is_chunked: bool,
    limit: usize,
) -> Result<Body, Refusal> {
    let path = target.split('?').next().unwrap_or_default();
    if !matches!(path, "/" | "/RPC2") {
        return Err(Refusal::NotFound);
    }
    if method != "POST" {
        return Err(Refusal::MethodNotAllowed);
    }
    let length = length(lengths)?;
    match (length, is_chunked) {
        (Some(_), true) => Err(Refusal::BadLength),
        (None, true) => Ok(Body::Chunked),
        (None, false) => Err(Refusal::LengthRequired),
        (Some(length), false) if length > limit => Err(Refusal::TooLarge),
        (Some(length), false) => Ok(Body::Sized(length)),
    }
}

/// The declared length. One that no integer holds is the largest there is: it is above
/// any limit.
fn length<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Result<Option<usize>, Refusal> {
    let mut values = values.into_iter();
    let Some(first) = values.next() else {
        return Ok(None);
    };
    if values.any(|value| value != first)
        || first.is_empty()
        || !first.iter().all(u8::is_ascii_digit)
    {
        return Err(Refusal::BadLength);
    }
    let digits = std::str::from_utf8(first).map_err(|_| Refusal::BadLength)?;
    Ok(Some(digits.parse().unwrap_or(usize::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_alone_decides() {
        for (method, target, lengths, is_chunked, verdict) in [
            ("POST", "/", &["0"][..], false, Ok(Body::Sized(0))),
            ("POST", "/RPC2", &["9"], false, Ok(Body::Sized(9))),
            ("POST", "/RPC2?a=b", &["007"], false, Ok(Body::Sized(7))),
            ("POST", "/", &["9", "9"], false, Ok(Body::Sized(9))),
            ("POST", "/", &[], true, Ok(Body::Chunked)),
            ("POST", "/RPC3", &["9"], false, Err(Refusal::NotFound)),
            ("POST", "/RPC2/", &["9"], false, Err(Refusal::NotFound)),
            ("GET", "/other", &[], false, Err(Refusal::NotFound)),
            ("GET", "/", &[], false, Err(Refusal::MethodNotAllowed)),
            ("post", "/", &["9"], false, Err(Refusal::MethodNotAllowed)),
            ("POST", "/", &[], false, Err(Refusal::LengthRequired)),
            ("POST", "/", &["9"], true, Err(Refusal::BadLength)),
            ("POST", "/", &["9", "8"], false, Err(Refusal::BadLength)),
            ("POST", "/", &[""], false, Err(Refusal::BadLength)),
            ("POST", "/", &["+5"], false, Err(Refusal::BadLength)),
            ("POST", "/", &["-1"], false, Err(Refusal::BadLength)),
            ("POST", "/", &["5, 5"], false, Err(Refusal::BadLength)),
            ("POST", "/", &["10"], false, Err(Refusal::TooLarge)),
            (
                "POST",
                "/",
                &["18446744073709551616"],
                false,
                Err(Refusal::TooLarge),
            ),
        ] {
            let values = lengths.iter().map(|value| value.as_bytes());
            assert_eq!(
                judge(method, target, values, is_chunked, 9),
                verdict,
                "{method} {target} {lengths:?} {is_chunked}"
            );
        }
    }
}
