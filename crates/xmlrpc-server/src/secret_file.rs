//! Files with secrets: tokens and private keys. Others than their owner may not read them.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use crate::error::Error;

/// Reads the file of a private key.
///
/// On Unix only the owner may read or write the file (mode 0600). A file of root's may be
/// readable by its group too (0640 or 0440): systemd's credentials and a Kubernetes Secret are.
///
/// # Errors
///
/// [`Error::System`] if the file can't be read, and [`Error::ExposedKey`] if it is readable by
/// others.
pub fn read_private_key(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |source: io::Error| Error::System {
        doing: "read the key's file",
        source,
    };
    let mut key = Vec::new();
    match open(path).map_err(failed)? {
        Some(mut file) => file.read_to_end(&mut key).map_err(failed)?,
        None => return Err(Error::ExposedKey),
    };
    Ok(key)
}

/// Opens a file with a secret. `None` if others may read it.
pub(crate) fn open(path: &Path) -> io::Result<Option<File>> {
    let file = File::open(path)?;
    let is_open = is_open_to_others(&file.metadata()?);
    Ok((!is_open).then_some(file))
}

/// Returns whether others may read a file. Only Unix can tell.
fn is_open_to_others(file: &std::fs::Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        is_open(file.mode(), file.uid())
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        false
    }
}

/// Returns whether others may read a file, by PostgreSQL's rule for keys: a file of root's is
/// readable by its group only if that is meant.
#[cfg(unix)]
fn is_open(mode: u32, owner: u32) -> bool {
    const ROOT: u32 = 0;
    let closed = if owner == ROOT { 0o037 } else { 0o077 };
    mode & closed != 0
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// systemd 257 gives credentials so, and a Secret in Kubernetes is given so.
    #[test]
    fn a_group_may_read_what_is_roots() {
        for (mode, owner, is_closed) in [
            (0o100_600, 1000, true),
            (0o100_400, 1000, true),
            (0o100_440, 1000, false),
            (0o100_640, 1000, false),
            (0o100_440, 0, true),
            (0o100_640, 0, true),
            (0o100_660, 0, false),
            (0o100_444, 0, false),
        ] {
            assert_eq!(!is_open(mode, owner), is_closed, "{mode:o} {owner}");
        }
    }
}
