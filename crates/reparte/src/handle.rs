//! What can be done with a run from elsewhere.

use std::fmt;
use std::sync::Arc;

use crossbeam_channel::bounded;

use crate::engine::{Joining, News, Request, Run, SharedAccount, lock};
use crate::events::{Events, observer};
use crate::ids::ServerId;
use crate::{Account, Destino, Error, TaskId};

/// Looks on a run, and steers it, from elsewhere. Reads its account after its
/// end too. Clones are for the same run; they don't keep it alive.
pub struct Handle<A, R> {
    account: SharedAccount,
    run: Arc<dyn Run<A, R>>,
}

impl<A, R> Handle<A, R> {
    pub(crate) fn new(account: SharedAccount, run: Arc<dyn Run<A, R>>) -> Self {
        Self { account, run }
    }

    /// Who has done what so far; in all, once the run is over.
    #[must_use]
    pub fn account(&self) -> Account {
        let account = lock(&self.account).clone();
        account.up_to_now()
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
    #[doc(alias("stop", "drain", "shutdown"))]
    pub fn end(&self) {
        self.ask(Request::Stop);
    }

    /// Gives the run a server more.
    ///
    /// # Errors
    ///
    /// [`Error::NoSlots`], [`Error::TooManySlots`], [`Error::Threads`], and
    /// [`Error::RunOver`].
    pub fn join(&self, destino: impl Destino<A, R> + 'static) -> Result<(), Error> {
        join(&*self.run, Arc::new(destino), false)
    }

    /// Takes the servers of this name out of the run: they get no more calls,
    /// and those in flight there end as they will. False if there is none.
    ///
    /// When the last server has left, the run ends.
    pub fn leave(&self, server: &str) -> bool {
        let named = self.named(server);
        self.leave_all(&named);
        !named.is_empty()
    }

    /// Gives the run a server in the place of those of this name, which
    /// [leave](Self::leave) it when it has joined: the run is never without.
    ///
    /// # Errors
    ///
    /// Those of [`join`](Self::join).
    pub fn replace(
        &self,
        server: &str,
        destino: impl Destino<A, R> + 'static,
    ) -> Result<(), Error> {
        let named = self.named(server);
        self.join(destino)?;
        self.leave_all(&named);
        Ok(())
    }

    fn named(&self, server: &str) -> Vec<ServerId> {
        let account = lock(&self.account);
        let servers = account.servers.iter().enumerate();
        servers
            .filter(|(_, known)| &*known.name == server)
            .map(|(index, _)| ServerId::new(index))
            .collect()
    }

    fn leave_all(&self, servers: &[ServerId]) {
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

/// Has a server join a run, and waits for what comes of it: some microseconds, unless
/// its threads take long to start.
pub(crate) fn join<A, R>(
    run: &dyn Run<A, R>,
    destino: Arc<dyn Destino<A, R>>,
    reserve: bool,
) -> Result<(), Error> {
    let (answer, answered) = bounded(1);
    run.tell(News::Asked(Request::Join(Joining {
        destino,
        reserve,
        answer,
    })));
    // A run that is over drops the question.
    answered.recv().unwrap_or(Err(Error::RunOver))
}

impl<A, R> Clone for Handle<A, R> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.account), Arc::clone(&self.run))
    }
}

impl<A, R> fmt::Debug for Handle<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("account", &*lock(&self.account))
            .finish_non_exhaustive()
    }
}
