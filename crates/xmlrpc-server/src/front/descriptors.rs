//! How many descriptors the process may have.

/// The soft limit on open descriptors, where there is one.
#[cfg(unix)]
pub(super) fn limit() -> Option<usize> {
    use rustix::process::{Resource, getrlimit};

    let limit = getrlimit(Resource::Nofile).current?;
    Some(usize::try_from(limit).unwrap_or(usize::MAX))
}

/// The soft limit on open descriptors, where there is one.
#[cfg(not(unix))]
pub(super) fn limit() -> Option<usize> {
    None
}
