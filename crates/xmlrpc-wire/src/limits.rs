//! Limits on what a decoder accepts.

use std::fmt;

/// The most that a document may hold; [`Error::LimitExceeded`](crate::Error::LimitExceeded)
/// beyond it.
///
/// ```
/// # use xmlrpc_wire::Limits;
/// let mut limits = Limits::default();
/// limits.bytes = 64 * 1024;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of the document; 16 MiB by default.
    pub bytes: usize,
    /// Depth of values within values: a bare `<int>` has depth 1, an array of them 2;
    /// 64 by default, and 256 at most whatever is set, since reading and dropping a value
    /// takes stack at each level.
    pub depth: usize,
    /// Number of values in the document, arrays and structs counted with what they
    /// hold; 1,000,000 by default.
    pub values: usize,
    /// Bytes of a name: of the method or of a struct's member; 1,024 by default.
    pub name: usize,
    /// Bytes of one string or one number's text, and of one base64 value once decoded;
    /// 16 MiB by default, which is as much as `bytes` allows.
    pub string: usize,
}

/// One of the [`Limits`]; displays as the field's name.
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
    /// The depth that holds.
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
