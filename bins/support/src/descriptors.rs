//! The limit on open descriptors.

/// Raises the limit on open descriptors as far as this process may: from the soft limit to the
/// hard one. The soft one, often 1024, is for programs that use `select`. The programs that this
/// one starts inherit it.
pub fn raise_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};

        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        // Some systems refuse the hard limit. Then the soft one stays.
        let _ = setrlimit(Resource::Nofile, limit);
    }
}
