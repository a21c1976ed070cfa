//! What can be done with a run from elsewhere.

use std::fmt;
use std::sync::Arc;

use crate::engine::{News, Request, Run, SharedAccount, lock, site};
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

    /// Gives the run a server more.
    ///
    /// # Errors
    ///
    /// [`Error::NoSlots`], and [`Error::RunOver`].
    pub fn join(&self, destino: impl Destino<A, R> + 'static) -> Result<(), Error> {
        site(&destino)?;
        match self.ask(Request::Join(Arc::new(destino), false)) {
            true => Ok(()),
            false => Err(Error::RunOver),
        }
    }

    /// Takes the servers of this name out of the run: they get no more calls,
    /// and those in flight there end as they will. False if there is none.
    ///
    /// When the last server has left, the run ends.
    pub fn leave(&self, server: &str) -> bool {
        let named: Vec<usize> = {
            let account = lock(&self.account);
            let names = account.servers.iter().enumerate();
            names
                .filter_map(|(index, known)| (&*known.name == server).then_some(index))
                .collect()
        };
        for &index in &named {
            self.ask(Request::Leave(ServerId::new(index)));
        }
        !named.is_empty()
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
