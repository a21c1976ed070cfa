//! The answers of a kept run: they stay on the server until the client has kept them.

use std::sync::Arc;
use std::time::Instant;

use crate::connection::{BLOCK, Connection};
use crate::error::Error;
use crate::queue::answer::Answer;
use crate::queue::claims::Settlement;
use crate::queue::run::Run;
use crate::queue::run_scripts::{ANSWERS, READS, collect_call};
use crate::reply::{self, Entry};
use crate::script::{Script, ScriptCall, millis};

/// The answers of a page that is looked through without their content.
const PAGE: u64 = 256;

/// Reads the answers of a kept run.
#[derive(Debug, Default)]
pub(crate) struct KeptAnswers {
    /// The id of the last answer that was read on this connection.
    last: String,
    /// The time of the connection on which all answers were looked through.
    looked: Option<Instant>,
}

impl KeptAnswers {
    /// Waits until there is an answer, for a time at most, and gives the calls that wait theirs.
    pub(crate) fn wait(
        &mut self,
        run: &Arc<Run>,
        connection: &mut Connection,
    ) -> Result<(), Error> {
        self.look_through(run, connection)?;
        let mut command = redis::cmd("XREAD");
        command.arg("COUNT").arg("1");
        command.arg("BLOCK").arg(millis(BLOCK));
        let last = if self.last.is_empty() {
            "0-0"
        } else {
            &self.last
        };
        command.arg("STREAMS").arg(run.keys.results()).arg(last);
        self.deliver(run, reply::entries(connection.query(&command)?));
        self.read_all(run, connection)
    }

    /// Gives the calls that wait the answers that are there, and deletes those that are kept. Ends
    /// after some reads, if answers come all the time.
    pub(crate) fn read_all(
        &mut self,
        run: &Arc<Run>,
        connection: &mut Connection,
    ) -> Result<(), Error> {
        self.look_through(run, connection)?;
        for _ in 0..READS {
            let settled = run.waiting.take_settled();
            let call = collect_call(&run.keys, ANSWERS, &self.last, &settled);
            let entries = match connection.run(&call) {
                Ok(entries) => reply::entries_of_list(entries),
                Err(error) => {
                    run.waiting.put_back(settled);
                    return Err(error);
                }
            };
            if entries.is_empty() {
                break;
            }
            self.deliver(run, entries);
        }
        Ok(())
    }

    /// Looks through all answers after each connection: the run may be that of an earlier client, and
    /// after a failover the ids may begin earlier.
    fn look_through(&mut self, run: &Arc<Run>, connection: &mut Connection) -> Result<(), Error> {
        if self.looked == Some(connection.since()) {
            return Ok(());
        }
        let mut from = String::new();
        self.last.clear();
        loop {
            let call = ScriptCall::new(Script::Index, [run.keys.results()])
                .arg(from.as_bytes())
                .number(PAGE);
            let page = reply::texts(connection.run(&call)?);
            let Some((next, found)) = page.split_first() else {
                break;
            };
            for answer in found.chunks_exact(2) {
                if let Ok(n) = answer[1].parse()
                    && run.waiting.note_there(n, &answer[0])
                {
                    run.fetch(n, answer[0].clone());
                }
                self.last.clone_from(&answer[0]);
            }
            if next.is_empty() {
                break;
            }
            from.clone_from(next);
        }
        self.looked = Some(connection.since());
        Ok(())
    }

    fn deliver(&mut self, run: &Run, entries: Vec<Entry>) {
        for entry in entries {
            let id = entry.id.clone();
            if let Some((n, answer)) = Answer::read(entry) {
                run.waiting.note_lost(n, answer.lost());
                run.waiting.note_unfit(n, answer.unfit());
                match answer.is_begin() {
                    true => {
                        run.waiting.note_begun(n, answer.worker(), answer.at_work());
                        let begin = Settlement {
                            answer: Some(id.clone()),
                            task: None,
                            n,
                        };
                        run.waiting.put_back(vec![begin]);
                    }
                    false => run.waiting.deliver(n, answer, &id),
                }
            }
            self.last = id;
        }
    }
}
