//! The process's limit on open descriptors.

/// Returns the soft limit on open descriptors, if there is one.
#[cfg(unix)]
pub(crate) fn descriptor_limit() -> Option<usize> {
    use rustix::process::{Resource, getrlimit};

    let limit = getrlimit(Resource::Nofile).current?;
    Some(usize::try_from(limit).unwrap_or(usize::MAX))
}

/// Returns the soft limit on open descriptors, if there is one.
#[cfg(not(unix))]
pub(crate) fn descriptor_limit() -> Option<usize> {
    None
}
