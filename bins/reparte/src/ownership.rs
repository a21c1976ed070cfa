//! Files and directories that decide who gets a token: who may write them.

use std::fs::Metadata;

/// Returns whether others than its owner may write a file. Only Unix can tell.
pub(crate) fn is_writable_by_others(file: &Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        is_writable(file.mode(), file.uid(), file.gid())
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        false
    }
}

/// Returns why others may change what a directory has, or which files it has.
#[cfg(unix)]
pub(crate) fn directory_fault(directory: &Metadata) -> Option<&'static str> {
    use std::os::unix::fs::MetadataExt as _;
    const STICKY: u32 = 0o1000;
    if !directory.is_dir() {
        return Some("it is no directory");
    }
    if !is_own(directory) {
        return Some("it is neither yours nor root's, so its owner decides what it has");
    }
    // In a sticky one, others can't replace files.
    let is_safe = directory.mode() & STICKY != 0 || !is_writable_by_others(directory);
    (!is_safe).then_some("others may write it: chmod go-w, or chmod +t")
}

/// Returns whether a file is this user's or root's.
#[cfg(unix)]
pub(crate) fn is_own(file: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    file.uid() == 0 || file.uid() == rustix::process::geteuid().as_raw()
}

/// Returns whether others may write a file. A group with its user's number is the user's own,
/// which has no other members: with the umask of such systems, 0002, it may write all files.
#[cfg(unix)]
fn is_writable(mode: u32, user: u32, group: u32) -> bool {
    mode & 0o002 != 0 || (mode & 0o020 != 0 && user != group)
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::test_folder::TestFolder;

    #[test]
    fn a_group_of_the_users_own_is_no_other() {
        for (mode, group, expected) in [
            (0o644, 7, false),
            (0o664, 1000, false),
            (0o664, 7, true),
            (0o646, 1000, true),
        ] {
            assert_eq!(is_writable(mode, 1000, group), expected, "{mode:o} {group}");
        }
    }

    #[test]
    fn a_directory_that_others_write_has_to_be_sticky() {
        let files = TestFolder::new();
        for (mode, is_safe) in [
            (0o700, true),
            (0o755, true),
            (0o1777, true),
            (0o757, false),
            (0o777, false),
        ] {
            let directory = files.folder();
            fs::set_permissions(directory, fs::Permissions::from_mode(mode)).unwrap();
            let fault = directory_fault(&fs::metadata(directory).unwrap());
            assert_eq!(fault.is_none(), is_safe, "{mode:o}: {fault:?}");
        }
        let file = files.write("file", "", 0o600);
        assert!(directory_fault(&fs::metadata(file).unwrap()).is_some());
    }
}
