//! The file of a program that a command line names.

use std::ffi::OsStr;
use std::path::PathBuf;

use crate::exit::Failure;

/// Finds the file of a program, as a shell does.
///
/// # Errors
///
/// There is no such program.
#[cfg(unix)]
pub(crate) fn find_program(name: &OsStr) -> Result<PathBuf, Failure> {
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::Path;

    use rustix::fs::{Access, access};

    if name.is_empty() {
        return Err(Failure::argument(
            "the name of the program is empty, as that of a variable that is not set would be: \
             name a program, such as wc",
        ));
    }
    let is_program = |path: &Path| path.is_file() && access(path, Access::EXEC_OK).is_ok();
    let shown = Path::new(name).display();
    if name.as_bytes().contains(&b'/') {
        let path = PathBuf::from(name);
        return match is_program(&path) {
            true => Ok(path),
            false => Err(Failure::argument(format_args!(
                "{shown} is not a program: check the path, and make it executable (chmod +x)"
            ))),
        };
    }
    if matches!(name.as_bytes(), b"." | b"..") {
        return Err(Failure::argument(format_args!(
            "{shown} is a directory, and no program: name one, such as ./block or wc"
        )));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|path| is_program(path))
        .ok_or_else(|| {
            Failure::argument(format_args!(
                "there is no program {shown} on the PATH: install it, or give its path (./{shown})"
            ))
        })
}

/// Returns the name itself: the system finds the program.
///
/// # Errors
///
/// None.
#[cfg(not(unix))]
pub(crate) fn find_program(name: &OsStr) -> Result<PathBuf, Failure> {
    Ok(PathBuf::from(name))
}
