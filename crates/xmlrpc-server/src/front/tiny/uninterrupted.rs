//! Calls of the system that are made again after a signal.

use std::io::{self, ErrorKind};

/// Calls `call` until no signal interrupts it, and returns its result.
pub(crate) fn uninterrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_interrupted_call_is_made_again() {
        let mut results = vec![
            Err(ErrorKind::BrokenPipe),
            Err(ErrorKind::Interrupted),
            Ok(2),
            Err(ErrorKind::Interrupted),
            Err(ErrorKind::Interrupted),
            Ok(1),
        ];
        let mut next = || {
            let result = uninterrupted(|| results.pop().unwrap().map_err(io::Error::from));
            result.map_err(|error| error.kind())
        };
        assert_eq!(next(), Ok(1));
        assert_eq!(next(), Ok(2));
        assert_eq!(next(), Err(ErrorKind::BrokenPipe));
    }
}
