//! The handle of a run: observes and controls it from any thread.

use std::fmt;
use std::sync::Arc;

use crossbeam_channel::bounded;

use crate::destino::Destino;
use crate::engine::inbox::Inbox;
use crate::engine::message::Message;
use crate::error::Error;
use crate::events::{Events, observer};
use crate::ids::{ServerId, TaskId};
use crate::summary::RunSummary;
use crate::summary::shared::SharedSummary;

/// Observes and controls a run from any thread, and has its summary after its end.
///
/// Clones are of the same run. They don't keep it alive.
pub struct Handle<A, R> {
    summary: SharedSummary,
    inbox: Arc<dyn Inbox<A, R>>,
}

impl<A, R> Handle<A, R> {
    pub(crate) fn new(summary: SharedSummary, inbox: Arc<dyn Inbox<A, R>>) -> Self {
        Self { summary, inbox }
    }

    /// Returns the summary of the run: so far, or of all of it once the run has ended.
    #[must_use]
    pub fn summary(&self) -> RunSummary {
        self.summary.snapshot()
    }

    /// Cancels a task: its calls are [cancelled](Destino::cancel), and it ends with an error
    /// of the kind [`Cancelled`](crate::TaskErrorKind::Cancelled). Does nothing if the task
    /// has ended.
    pub fn cancel(&self, task: TaskId) {
        self.inbox.send(Message::CancelTask(task));
    }

    /// Cancels all tasks that were sent and have not ended. More tasks can be sent
    /// afterwards.
    pub fn cancel_all(&self) {
        self.inbox.send(Message::CancelAllTasks);
    }

    /// Ends the run early: no more calls are started, and the run ends once those in flight
    /// have returned. Their results count. Every other task ends with an error of the kind
    /// [`NotRun`](crate::TaskErrorKind::NotRun).
    ///
    /// Call [`cancel_all`](Self::cancel_all) after it to end the calls in flight too.
    #[doc(alias("stop", "shutdown"))]
    pub fn drain(&self) {
        self.inbox.send(Message::Drain);
    }

    /// Adds a server to the run. Blocks while its threads start, which takes some
    /// microseconds.
    ///
    /// # Errors
    ///
    /// [`Error::NoSlots`], [`Error::TooManySlots`], [`Error::Threads`], and
    /// [`Error::RunEnded`].
    pub fn add_server(&self, destino: impl Destino<A, R> + 'static) -> Result<(), Error> {
        let destino = Arc::new(destino);
        let (reply, added) = bounded(1);
        self.inbox.send(Message::AddServer { destino, reply });
        // A run that has ended drops the message, and `reply` with it.
        added.recv().unwrap_or(Err(Error::RunEnded))
    }

    /// Removes the servers of this name from the run: they get no more calls. Their calls in
    /// flight go on, and their results count. Returns false if there is no such server.
    ///
    /// When the last server is removed, the run ends.
    pub fn remove_server(&self, server: &str) -> bool {
        let named = self.servers_named(server);
        self.remove_servers(&named);
        !named.is_empty()
    }

    /// Drops the servers of this name from the run at once: they get no more calls, and those in
    /// flight are [cancelled](Destino::cancel) and made again elsewhere. That counts neither as an
    /// attempt of their tasks nor as a failure. Returns false if there is no such server.
    ///
    /// [`remove_server`](Self::remove_server) lets the calls in flight go on. When the last server
    /// is dropped, the run ends.
    pub fn drop_server(&self, server: &str) -> bool {
        let named = self.servers_named(server);
        for &server in &named {
            self.inbox.send(Message::DropServer(server));
        }
        !named.is_empty()
    }

    /// Adds a server to the run, and then [removes](Self::remove_server) those of this name,
    /// so that the run is never without a server.
    ///
    /// # Errors
    ///
    /// Those of [`add_server`](Self::add_server). Nothing is removed then.
    pub fn replace_server(
        &self,
        server: &str,
        destino: impl Destino<A, R> + 'static,
    ) -> Result<(), Error> {
        let named = self.servers_named(server);
        self.add_server(destino)?;
        self.remove_servers(&named);
        Ok(())
    }

    fn servers_named(&self, server: &str) -> Vec<ServerId> {
        let summary = self.summary.lock();
        let servers = summary.servers.iter().enumerate();
        servers
            .filter(|(_, known)| &*known.name == server)
            .map(|(index, _)| ServerId::new(index))
            .collect()
    }

    fn remove_servers(&self, servers: &[ServerId]) {
        for &server in servers {
            self.inbox.send(Message::RemoveServer(server));
        }
    }

    /// Returns the events of the run from now on, in a buffer for `capacity` unread ones, at
    /// least 1. The run never waits for the reader: events that find the buffer full are
    /// [counted](Events::missed) and dropped.
    #[must_use]
    pub fn events(&self, capacity: usize) -> Events {
        let (observer, events) = observer(capacity);
        self.inbox.send(Message::AddObserver(observer));
        events
    }
}

impl<A, R> Clone for Handle<A, R> {
    fn clone(&self) -> Self {
        Self::new(self.summary.clone(), Arc::clone(&self.inbox))
    }
}

impl<A, R> fmt::Debug for Handle<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("summary", &self.summary())
            .finish_non_exhaustive()
    }
}
