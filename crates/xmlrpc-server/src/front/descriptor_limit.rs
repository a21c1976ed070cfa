//! The process's limit on open descriptors, and the number of connections within it.

/// The descriptors that connections leave to the rest of the process; half of them if there
/// are few.
const RESERVED_DESCRIPTORS: usize = 64;

/// Returns the limit on connections of so many descriptors each: what is asked for, or less if
/// the process's descriptors would not suffice.
pub(crate) fn max_connections(asked: usize, descriptors_each: usize) -> usize {
    within(asked, descriptor_limit(), descriptors_each)
}

fn within(asked: usize, descriptors: Option<usize>, each: usize) -> usize {
    let room = descriptors.map_or(usize::MAX, |all| {
        (all - RESERVED_DESCRIPTORS.min(all / 2)) / each
    });
    asked.min(room).max(1)
}

/// Returns the soft limit on open descriptors, if there is one.
#[cfg(unix)]
fn descriptor_limit() -> Option<usize> {
    use rustix::process::{Resource, getrlimit};

    let limit = getrlimit(Resource::Nofile).current?;
    Some(usize::try_from(limit).unwrap_or(usize::MAX))
}

/// Returns the soft limit on open descriptors, if there is one.
#[cfg(not(unix))]
fn descriptor_limit() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_to_the_rest_of_the_process() {
        for (asked, descriptors, each, expected) in [
            (10_000, Some(1024), 1, 960),
            (10_000, Some(1024), 4, 240),
            (10_000, Some(20_000), 1, 10_000),
            (10_000, Some(64), 1, 32),
            (10_000, Some(64), 4, 8),
            (10_000, None, 4, 10_000),
            (0, Some(1024), 1, 1),
            (usize::MAX, None, 1, usize::MAX),
        ] {
            assert_eq!(
                within(asked, descriptors, each),
                expected,
                "{asked} {descriptors:?} {each}"
            );
        }
    }
}
