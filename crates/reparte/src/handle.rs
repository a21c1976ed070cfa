//! What can be done with a run from elsewhere.

use std::fmt;
use std::sync::Arc;

use crossbeam_channel::bounded;

use crate::engine::{Joining, News, Request, Run, SharedSummary, lock};
use crate::events::{Events, observer};
use crate::ids::ServerId;
use crate::{Destino, Error, RunSummary, TaskId};

/// Looks on a run, and steers it, from elsewhere. Reads its summary after its
/// end too. Clones are for the same run; they don't keep it alive.
pub struct Handle<A, R> {
    summary: SharedSummary,
    run: Arc<dyn Run<A, R>>,
}

impl<A, R> Handle<A, R> {
    pub(crate) fn new(summary: SharedSummary, run: Arc<dyn Run<A, R>>) -> Self {
        Self { summary, run }
    }

    /// Who has done what so far; in all, once the run is over.
    #[must_use]
    pub fn summary(&self) -> RunSummary {
        let summary = lock(&self.summary).clone();
        summary.up_to_now()
    }

    /// Cancels a task: its calls are [cancelled](Destino::cancel), and it ends
    /// with an error of the kind
    /// [`Cancelled`](crate::TaskErrorKind::Cancelled). One that has ended
    /// already is left alone.
    pub fn cancel(&self, task: TaskId) {
        self.ask(Request::Cancel(task));
    }

    /// Cancels all tasks that were sent and have not ended. Others can be sent
    /// after them.
    pub fn cancel_all(&self) {
        self.ask(Request::CancelAll);
    }

    /// Ends the run early: no more calls are made. Those in flight end as they
    /// will, and what they bring counts; every other task ends with an error of
    /// the kind [`NotRun`](crate::TaskErrorKind::NotRun).
    ///
    /// Not to wait for those in flight either, follow it by
    /// [`cancel_all`](Self::cancel_all).
    #[doc(alias("stop", "shutdown"))]
    pub fn drain(&self) {
        self.ask(Request::Stop);
    }

    /// Gives the run a server more.
    ///
    /// # Errors
    ///
    /// [`Error::NoSlots`], [`Error::TooManySlots`], [`Error::Threads`], and
    /// [`Error::RunEnded`].
    pub fn add_server(&self, destino: impl Destino<A, R> + 'static) -> Result<(), Error> {
        let (answer, answered) = bounded(1);
        self.ask(Request::Join(Joining {
            destino: Arc::new(destino),
            answer,
        }));
        // A run that is over drops the question.
        answered.recv().unwrap_or(Err(Error::RunEnded))
    }

    /// Takes the servers of this name out of the run: they get no more calls,
    /// and those in flight there end as they will. False if there is none.
    ///
    /// When the last server has left, the run ends.
    pub fn remove_server(&self, server: &str) -> bool {
        let named = self.named(server);
        self.remove_all(&named);
        !named.is_empty()
    }

    /// Gives the run a server in the place of those of this name, which
    /// [leave](Self::remove_server) it when it has joined: the run is never without.
    ///
    /// # Errors
    ///
    /// Those of [`add_server`](Self::add_server).
    pub fn replace_server(
        &self,
        server: &str,
        destino: impl Destino<A, R> + 'static,
    ) -> Result<(), Error> {
        let named = self.named(server);
        self.add_server(destino)?;
        self.remove_all(&named);
        Ok(())
    }

    fn named(&self, server: &str) -> Vec<ServerId> {
        let summary = lock(&self.summary);
        let servers = summary.servers.iter().enumerate();
        servers
            .filter(|(_, known)| &*known.name == server)
            .map(|(index, _)| ServerId::new(index))
            .collect()
    }

    fn remove_all(&self, servers: &[ServerId]) {
        for &server in servers {
            self.ask(Request::Leave(server));
        }
    }

    /// What happens from now on, with room for so many events that have not
    /// been read: the run does not wait for its reader.
    #[must_use]
    pub fn events(&self, room: usize) -> Events {
        let (observer, events) = observer(room);
        self.ask(Request::Observe(observer));
        events
    }

    /// False if the run is over.
    fn ask(&self, request: Request<A, R>) -> bool {
        self.run.tell(News::Asked(request))
    }
}

impl<A, R> Clone for Handle<A, R> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.summary), Arc::clone(&self.run))
    }
}

impl<A, R> fmt::Debug for Handle<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("summary", &*lock(&self.summary))
            .finish_non_exhaustive()
    }
}
