//! The reasons why a program can't be started, by who can do something about them.

use std::fmt;
use std::io;

use rustix::io::Errno;

/// The reason why a program was not started.
#[derive(Debug)]
pub(crate) enum StartError {
    /// The server is stopping.
    Stopping,
    /// The machine is short of processes, descriptors or memory, or the program's file is just
    /// being written. It may pass.
    Scarce(io::Error),
    /// The argument is longer than a command line can be: other arguments may do.
    ArgumentTooLong(io::Error),
    /// The machine can't start the program, whatever its argument: the file or its interpreter
    /// is missing, or may not be executed.
    Unfit(io::Error),
}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        match error.raw_os_error().map(Errno::from_raw_os_error) {
            Some(
                Errno::AGAIN
                | Errno::MFILE
                | Errno::NFILE
                | Errno::NOMEM
                | Errno::NOBUFS
                | Errno::INTR
                | Errno::TXTBSY,
            ) => StartError::Scarce(error),
            Some(Errno::TOOBIG) => StartError::ArgumentTooLong(error),
            _ => StartError::Unfit(error),
        }
    }
}

impl From<StartError> for io::Error {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Stopping => io::ErrorKind::Interrupted.into(),
            StartError::Scarce(error)
            | StartError::ArgumentTooLong(error)
            | StartError::Unfit(error) => error,
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Stopping => f.write_str("the server is stopping"),
            StartError::Scarce(error) => write!(
                f,
                "the program can't be started at the moment: {error}; run fewer at \
                 a time (--workers of serve, --local of run), or allow more (ulimit -n, ulimit -u)"
            ),
            StartError::ArgumentTooLong(error) => write!(
                f,
                "the program can't be started: {error}; leave {{}} out of the program's \
                 arguments, and the argument comes on standard input"
            ),
            StartError::Unfit(error) => write!(
                f,
                "this machine can't start the program: {error}; check its file, the interpreter \
                 that its first line names (#!), and that both may be executed"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_told_from_what_will_not() {
        for (errno, expected) in [
            (Errno::AGAIN, "at the moment"),
            (Errno::MFILE, "at the moment"),
            (Errno::NOMEM, "at the moment"),
            (Errno::TXTBSY, "at the moment"),
            (Errno::TOOBIG, "leave {} out"),
            (Errno::NOENT, "this machine can't"),
            (Errno::ACCESS, "this machine can't"),
            (Errno::NOEXEC, "this machine can't"),
        ] {
            let error = StartError::from(io::Error::from(errno));
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
