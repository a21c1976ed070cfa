//! How a run ended, as its page tells it.

use crate::exit::Failure;

/// What is said of a run that is over: the same as on standard error.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ending {
    /// Every task of the input has its result.
    pub(super) is_well: bool,
    pub(super) text: String,
}

impl Ending {
    pub(super) fn of(ran: &Result<(), Failure>) -> Self {
        let text = match ran {
            Ok(()) => "Done".to_owned(),
            Err(Failure::Fault(text)) => format!("Done, but {text}"),
            Err(Failure::Told(_)) => "Ended early: nobody read its output any more".to_owned(),
            Err(failure) => format!("Ended early: {failure}"),
        };
        Ending {
            is_well: ran.is_ok(),
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
            let over = Ending::of(&ran);
            assert_eq!((&*over.text, over.is_well), (text, ran.is_ok()));
        }
    }
}
