//! Refusals: HTTP answers to requests that no function answers.

/// An HTTP answer in place of the answer to a call.
///
/// Those of both fronts are constants here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The status code (RFC 9110, section 15).
    pub(crate) status: u16,
    /// The body, which is plain text.
    pub(crate) text: &'static str,
    /// A header that goes with the status: its name and its value.
    pub(crate) header: Option<(&'static str, &'static str)>,
}

/// The codings of bodies that are read.
const ACCEPTED_CODINGS: &str = match cfg!(feature = "gzip") {
    true => "gzip, deflate",
    false => "identity",
};

impl Refusal {
    #[cfg(feature = "tiny")]
    pub(crate) const NOT_HTTP: Refusal = Refusal::new(400, "this is not a request of HTTP\n");
    #[cfg(feature = "tiny")]
    pub(crate) const AMBIGUOUS_HEAD: Refusal =
        Refusal::new(400, "the request's head could be read in two ways\n");
    pub(crate) const NO_HOST: Refusal = Refusal::new(400, "HTTP/1.1 asks for a Host\n");
    #[cfg(feature = "gzip")]
    pub(crate) const BAD_CODING: Refusal =
        Refusal::new(400, "the body is not in its Content-Encoding\n");
    pub(crate) const BAD_LENGTH: Refusal =
        Refusal::new(400, "Content-Length is to be given once, in digits\n");
    pub(crate) const INCOMPLETE: Refusal = Refusal::new(400, "the body broke off\n");
    pub(crate) const FOREIGN_HOST: Refusal =
        Refusal::new(403, "the Host is not a name of this server\n");
    pub(crate) const FOREIGN_ORIGIN: Refusal =
        Refusal::new(403, "no calls from the pages of other servers\n");
    pub(crate) const NOT_FOUND: Refusal = Refusal::new(404, "calls go to / or /RPC2\n");
    /// Any method but POST. Python's SimpleXMLRPCServer answers 501, which is for a method
    /// that the server does not know at all.
    pub(crate) const METHOD_NOT_ALLOWED: Refusal =
        Refusal::new(405, "calls are made with POST\n").with_header("Allow", "POST");
    pub(crate) const LENGTH_REQUIRED: Refusal =
        Refusal::new(411, "the body's Content-Length is missing\n");
    pub(crate) const TOO_SLOW: Refusal = Refusal::new(408, "the body took too long\n");
    pub(crate) const NO_MEMORY: Refusal = Refusal::new(
        503,
        "other clients hold all memory of this server; try again\n",
    )
    .with_header("Retry-After", "1");
    /// A body that came too slowly while others got [`Refusal::NO_MEMORY`].
    pub(crate) const GIVES_WAY: Refusal = Refusal::new(
        503,
        "the body came too slowly while others lacked its memory; try again\n",
    )
    .with_header("Retry-After", "1");
    pub(crate) const TOO_LARGE: Refusal =
        Refusal::new(413, "the body is above this server's limit\n");
    pub(crate) const MEDIA_TYPE: Refusal = Refusal::new(415, "a call's Content-Type is text/xml\n");
    pub(crate) const CONTENT_CODING: Refusal =
        Refusal::new(415, "the body's Content-Encoding is not read here\n")
            .with_header("Accept-Encoding", ACCEPTED_CODINGS);
    #[cfg(feature = "tiny")]
    pub(crate) const HEAD_TOO_LARGE: Refusal =
        Refusal::new(431, "the request's head is above this server's limit\n");
    #[cfg(feature = "tiny")]
    pub(crate) const NOT_TAKEN: Refusal =
        Refusal::new(503, "no descriptors or threads are left; try again\n");
    #[cfg(feature = "tiny")]
    pub(crate) const VERSION: Refusal = Refusal::new(505, "this server speaks HTTP/1.1\n");

    pub(crate) const fn new(status: u16, text: &'static str) -> Self {
        Refusal {
            status,
            text,
            header: None,
        }
    }

    /// Returns the refusal with a header; one set before is replaced.
    pub(crate) const fn with_header(self, name: &'static str, value: &'static str) -> Self {
        Refusal {
            status: self.status,
            text: self.text,
            header: Some((name, value)),
        }
    }
}
