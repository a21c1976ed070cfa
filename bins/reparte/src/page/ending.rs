//! The end of a run, as its page shows it.

use crate::exit::Failure;

/// The end of a run: in the words that standard error has too.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ending {
    /// True if every task of the input has its result.
    pub(super) is_success: bool,
    pub(super) text: String,
}

impl Ending {
    /// Describes the end of a run with this verdict.
    pub(super) fn of(verdict: &Result<(), Failure>) -> Self {
        let text = match verdict {
            Ok(()) => "Done".to_owned(),
            Err(Failure::Fault(text)) => format!("Done, but {text}"),
            Err(Failure::Silent(_)) => "Ended early: nobody read its output any more".to_owned(),
            Err(failure) => format!("Ended early: {failure}"),
        };
        Ending {
            is_success: verdict.is_ok(),
            text,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn only_a_run_of_all_its_tasks_is_done() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        for (ran, text) in [
            (Ok(()), "Done"),
            (
                Err(Failure::Fault("1 of 3 tasks failed".to_owned())),
                "Done, but 1 of 3 tasks failed",
            ),
            (
                Err(Failure::Interrupted("stopped".to_owned())),
                "Ended early: stopped",
            ),
            (
                Err(Failure::argument("the tasks can't be read any further")),
                "Ended early: the tasks can't be read any further",
            ),
            (
                Err(full().into()),
                "Ended early: can't write the output: no storage space",
            ),
            (
                Err(io::Error::from(io::ErrorKind::BrokenPipe).into()),
                "Ended early: nobody read its output any more",
            ),
        ] {
            let ending = Ending::of(&ran);
            assert_eq!((&*ending.text, ending.is_success), (text, ran.is_ok()));
        }
    }
}
