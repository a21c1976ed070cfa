//! The verdict on a run that has ended: the command's exit code, and its last line.

use reparte::{ErrorKind, RunSummary, ServerState};

use crate::exit::Failure;
use crate::run::feeder::FeedError;

/// A part of the client's error where one side does not trust the other.
const NO_TLS: &str = "no TLS with ";

/// A part of the client's error where a server does not speak the protocol of its address.
const OTHER_PROTOCOL: &str = " speaks another protocol: ";

/// A part of the client's error where a server at an https address does not speak TLS.
const NOT_IN_TLS: &str = " does not speak TLS: ";

/// The facts that decide on a run.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) summary: &'a RunSummary,
    /// The reason why tasks of the input were not sent, if some were not.
    pub(super) feed_error: Option<&'a FeedError>,
    /// True if the input was read to its end.
    pub(super) is_input_complete: bool,
    pub(super) is_interrupted: bool,
    pub(super) keeps_journal: bool,
    /// True if there is more than a program of this machine.
    pub(super) has_servers: bool,
    /// True if servers are sent a token.
    pub(super) has_token: bool,
    /// True if the authorities of servers' certificates are named.
    pub(super) has_authority: bool,
    /// The reason why results can't be checked, if that ended the run.
    pub(super) check_failure: Option<&'a str>,
    /// The flags by which another command finds the engine, if the run is over one.
    pub(super) engine: Option<String>,
    /// The error that names the client that has taken the run on the engine from this one.
    pub(super) loss: Option<String>,
}

impl Facts<'_> {
    /// Returns the verdict. The first that applies counts, as the later ones follow from it:
    ///
    /// 1. The journal failed.
    /// 2. Results can't be checked.
    /// 3. A signal ended the run before all tasks had.
    /// 4. So many tasks failed that the run ended before all tasks had.
    /// 5. Another client has taken the run on an engine.
    /// 6. The run ended before all tasks had: no server is left.
    /// 7. The input can't be read to its end.
    /// 8. Some task failed.
    /// 9. The input was not read to its end for another reason.
    /// 10. All tasks have their result.
    pub(super) fn verdict(&self) -> Result<(), Failure> {
        let (done, tasks) = (self.summary.done, self.summary.tasks);
        // Calls are cancelled by the second signal alone, which is no failure of their tasks.
        let (failed, cancelled) = (
            self.summary.failed - self.summary.cancelled,
            self.summary.cancelled,
        );
        let results = format!("{done} of {tasks} tasks have their result");
        if let Some(error) = &self.summary.journal_error {
            return Err(Failure::Journal(match tasks {
                // It is the journal of other tasks, say, and none was sent.
                0 => format!("--journal: {error}"),
                _ => format!("{results}; --journal: {error}"),
            }));
        }
        if let Some(why) = self.check_failure {
            return Err(Failure::argument(format_args!(
                "{results}; the others can't be checked: {why}"
            )));
        }
        let is_cut_short = self.summary.not_run > 0
            || cancelled > 0
            || matches!(self.feed_error, Some(FeedError::RunEnded));
        let rest = match self.is_input_complete {
            true => "",
            false => ", and more were to come",
        };
        let failures = match failed {
            0 => String::new(),
            failed => format!("; {failed} failed"),
        };
        if self.is_interrupted && (is_cut_short || !self.is_input_complete) {
            return Err(Failure::Interrupted(format!(
                "ended by a signal: {results}{rest}{failures}; {}",
                self.remedy()
            )));
        }
        if is_cut_short && self.summary.is_halted() {
            return Err(Failure::Fault(format!(
                "ended by --halt: {results}{rest}{failures}; {}",
                self.remedy()
            )));
        }
        if is_cut_short && let Some(loss) = &self.loss {
            return Err(Failure::Journal(format!(
                "--engine: {loss}: {results}{rest}{failures}; {}",
                self.remedy()
            )));
        }
        if is_cut_short {
            return Err(Failure::Unreachable(format!(
                "{}: {results}{rest}{failures}; {}{}",
                self.end_reason(),
                self.place_remedy(),
                self.remedy()
            )));
        }
        if let Some(FeedError::Input(error)) = self.feed_error {
            return Err(Failure::argument(format_args!(
                "the tasks can't be read any further ({error}): {results}{failures}"
            )));
        }
        match failed {
            0 if self.is_input_complete => Ok(()),
            0 => Err(Failure::argument(format_args!(
                "the tasks were not read to their end: {results}"
            ))),
            failed => Err(Failure::Fault(format!("{failed} of {tasks} tasks failed"))),
        }
    }

    /// Returns whether all servers are in a state, by one of their names.
    fn are_all(&self, state: ServerState) -> bool {
        let mut servers = self.summary.servers.iter();
        servers.all(|server| matches!(server.state, ServerState::Alias) || server.state == state)
    }

    /// Returns whether all servers are out, and the last error of each is of this kind and has this
    /// text.
    fn are_all_out(&self, kind: ErrorKind, text: &str) -> bool {
        let mut servers = self.summary.servers.iter();
        self.are_all(ServerState::Out)
            && servers.all(|server| {
                let error = server.last_error.as_ref();
                error.is_none_or(|error| error.kind() == kind && error.message().contains(text))
            })
    }

    /// Returns the reason why the run ended early, with the last error of the only place if it is down.
    fn end_reason(&self) -> String {
        if !self.has_servers && self.are_all(ServerState::Out) {
            return "this machine can't run the program".to_owned();
        }
        let reason = self.summary.end_reason();
        let mut places = self.summary.servers.iter();
        let mut places = places.by_ref().filter(|server| server.host.is_none());
        let error = match (places.next(), places.next()) {
            (Some(only), None) if only.state == ServerState::Down => only.last_error.as_ref(),
            _ => None,
        };
        match (error, &self.engine) {
            // The error has the time for which the run has waited.
            (Some(error), Some(_)) => error.message().to_owned(),
            (Some(error), None) => format!("{reason} ({error})"),
            (None, _) => reason.to_string(),
        }
    }

    /// Returns the remedy for the servers that are lost to the run.
    fn place_remedy(&self) -> String {
        match (self.has_servers, &self.engine) {
            _ if self.are_all(ServerState::Quarantined) => {
                "run the program of --verify by hand, on a task and its result: it may be wrong \
                 itself; "
                    .to_owned()
            }
            (_, Some(flags)) => format!("see `reparte status {flags}`; "),
            (true, None)
                if self.are_all_out(ErrorKind::NotFound, OTHER_PROTOCOL)
                    || self.are_all_out(ErrorKind::Refused, NOT_IN_TLS) =>
            {
                "correct their addresses; ".to_owned()
            }
            (true, None) if self.are_all_out(ErrorKind::Refused, NO_TLS) => {
                match self.has_authority {
                    false => {
                        "name the authority of their certificates with --ca, or the directory of \
                         `reparte keys` with --keys; "
                    }
                    true => "see `reparte status`; ",
                }
                .to_owned()
            }
            (true, None) if !self.has_token && self.are_all_out(ErrorKind::Refused, "") => {
                "give the token of the servers with --token-file or --keys, if they ask for one; "
                    .to_owned()
            }
            (true, None) if self.are_all_out(ErrorKind::NotFound, "") => {
                "see `reparte methods` for the functions of a server; ".to_owned()
            }
            (true, None) => "see `reparte status`; ".to_owned(),
            // The table has the reason.
            (false, None) => String::new(),
        }
    }

    fn remedy(&self) -> &'static str {
        match self.keeps_journal {
            true => "the same command goes on where it was",
            false => "with --journal FILE, the same command would go on where it was",
        }
    }
}
