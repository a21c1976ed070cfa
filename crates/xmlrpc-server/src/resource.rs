//! Resources: pages of a service's own, and their files and data.

use std::collections::BTreeMap;
#[cfg(feature = "hyper")]
use std::panic::{AssertUnwindSafe, catch_unwind};
#[cfg(feature = "hyper")]
use std::thread;

use crate::error::Error;

/// The answer to a GET: a page, or one of its files or data. See
/// [`Service::resource`](crate::Service::resource).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resource {
    /// The media type, such as `text/html; charset=utf-8`.
    pub content_type: &'static str,
    /// The bytes.
    pub body: Vec<u8>,
}

impl Resource {
    /// Returns a resource of this media type and these bytes.
    pub fn new(content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Resource {
            content_type,
            body: body.into(),
        }
    }
}

type Give = Box<dyn Fn(&str) -> Resource + Send + Sync>;

/// The resources of a service, by path.
#[derive(Default)]
pub(crate) struct Resources(BTreeMap<String, Give>);

impl Resources {
    /// Publishes what `give` returns, which gets the query.
    ///
    /// # Errors
    ///
    /// [`Error::BadPath`].
    pub(crate) fn publish(&mut self, path: &str, give: Give) -> Result<(), Error> {
        let bad = |reason| {
            Err(Error::BadPath {
                path: path.to_owned(),
                reason,
            })
        };
        let is_path_byte = |b: u8| b.is_ascii_alphanumeric() || b"/-._~".contains(&b);
        if !path.starts_with('/') || !path.bytes().all(is_path_byte) {
            return bad("begin with /, and use letters of ASCII, digits, and / - . _ ~");
        }
        if matches!(path, "/RPC2" | "/health" | "/metrics") {
            return bad("the server itself answers there; choose another path");
        }
        if self.0.contains_key(path) {
            return bad("there is one already; choose another path");
        }
        self.0.insert(path.to_owned(), give);
        Ok(())
    }

    /// Returns the resource at `path`, if there is one, or the panic of its function.
    #[cfg(feature = "hyper")]
    pub(crate) fn get(&self, path: &str, query: &str) -> Option<thread::Result<Resource>> {
        let give = self.0.get(path)?;
        Some(catch_unwind(AssertUnwindSafe(|| give(query))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_plain_free_and_not_the_servers() {
        let mut resources = Resources::default();
        let mut publish = |path| {
            let give = |_: &str| Resource::new("text/plain", "");
            resources.publish(path, Box::new(give))
        };
        for path in ["/", "/run.json", "/a/b-c_d~e"] {
            publish(path).expect(path);
        }
        for (path, reason) in [
            ("", "begin with /"),
            ("run.json", "begin with /"),
            ("/run?since=1", "begin with /"),
            ("/a b", "begin with /"),
            ("/%41", "begin with /"),
            ("/\u{e9}", "begin with /"),
            ("/RPC2", "another path"),
            ("/health", "another path"),
            ("/metrics", "another path"),
            ("/run.json", "there is one already"),
        ] {
            let error = publish(path).expect_err(path).to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
