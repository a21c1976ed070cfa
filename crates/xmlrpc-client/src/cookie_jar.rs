//! The cookies of a server.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ::url::Url;
use cookie_store::{CookieStore, RawCookie};

/// The cookies that a proxy's servers have set (RFC 6265), as the requests to one URL have
/// them. They are never shown in messages, since one may be a secret.
#[derive(Clone)]
pub(crate) struct CookieJar {
    store: Arc<Mutex<CookieStore>>,
    url: Url,
}

impl CookieJar {
    /// Returns an empty jar. `None` if a cookie can't belong to this URL.
    pub(crate) fn new(url: &str) -> Option<Self> {
        Some(CookieJar {
            store: Arc::default(),
            url: Url::parse(url).ok()?,
        })
    }

    /// Returns this jar for requests to another URL, such as that of a redirect.
    pub(crate) fn for_url(&self, url: &str) -> Option<Self> {
        Some(CookieJar {
            store: Arc::clone(&self.store),
            url: Url::parse(url).ok()?,
        })
    }

    /// Returns the value of the `Cookie` header, if any cookie goes with a request.
    pub(crate) fn header(&self) -> Option<String> {
        let store = self.lock();
        let pairs = store.get_request_values(&self.url);
        let pairs: Vec<String> = pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Keeps the cookies of `Set-Cookie` headers. Those that can't be read, or that the server
    /// may not set, are dropped.
    pub(crate) fn keep<'a>(&self, headers: impl Iterator<Item = &'a str>) {
        let cookies = headers.filter_map(|text| RawCookie::parse(text.to_owned()).ok());
        self.lock().store_response_cookies(cookies, &self.url);
    }

    fn lock(&self) -> MutexGuard<'_, CookieStore> {
        // A change is of one cookie: a poisoned store is whole.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for CookieJar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CookieJar(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_not_shown() {
        let jar = CookieJar::new("http://localhost:9000/RPC2").unwrap();
        jar.keep(["session=secret; Path=/"].into_iter());
        assert_eq!(jar.header().as_deref(), Some("session=secret"));
        assert_eq!(format!("{jar:?}"), "CookieJar(***)");
    }
}
