//! Limits on what a decoder accepts.

use std::fmt;

/// The most that a document may hold; more is
/// [`Error::LimitExceeded`](crate::Error::LimitExceeded).
///
/// ```
/// # use xmlrpc_wire::Limits;
/// let mut limits = Limits::default();
/// limits.bytes = 64 * 1024;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of the document. Default: 16 MiB.
    pub bytes: usize,
    /// Depth of values within values: a bare `<int>` has depth 1, an array of them 2.
    /// Default: 64.
    ///
    /// A depth above 256 counts as 256, since reading and dropping a value takes stack for
    /// each level.
    pub depth: usize,
    /// Number of values in the document; arrays and structs count together with their
    /// contents. Default: 1,000,000.
    pub values: usize,
    /// Bytes of one name, of the method or of a member. Default: 1,024.
    pub name: usize,
    /// Bytes of one string, of one number's text, and of one base64 value after decoding.
    /// Default: 16 MiB, as much as `bytes` allows.
    pub string: usize,
}

/// One of the [`Limits`]; displayed as the name of its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// [`Limits::bytes`].
    Bytes,
    /// [`Limits::depth`].
    Depth,
    /// [`Limits::values`].
    Values,
    /// [`Limits::name`].
    Name,
    /// [`Limits::string`].
    String,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Limit::Bytes => "bytes",
            Limit::Depth => "depth",
            Limit::Values => "values",
            Limit::Name => "name",
            Limit::String => "string",
        })
    }
}

impl Limits {
    /// Returns the depth that is enforced: `depth`, but at most 256.
    pub(crate) fn effective_depth(&self) -> usize {
        self.depth.min(256)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            bytes: 16 * 1024 * 1024,
            depth: 64,
            values: 1_000_000,
            name: 1024,
            string: 16 * 1024 * 1024,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_reads_as_the_name_of_its_field() {
        for (limit, name) in [
            (Limit::Bytes, "bytes"),
            (Limit::Depth, "depth"),
            (Limit::Values, "values"),
            (Limit::Name, "name"),
            (Limit::String, "string"),
        ] {
            assert_eq!(limit.to_string(), name);
        }
    }
}
