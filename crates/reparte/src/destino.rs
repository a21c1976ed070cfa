//! Where calls go.

#[cfg(feature = "xmlrpc")]
mod address;
#[cfg(feature = "xmlrpc")]
mod control;
pub(crate) mod local;
#[cfg(feature = "xmlrpc")]
pub(crate) mod xmlrpc;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Instant;

use crate::{CallError, CallId};

/// One call of a task: what a [`Destino`] is told besides the arguments.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Call {
    /// The call's number, by which it can be [cancelled](Destino::cancel).
    pub id: CallId,
    /// When to give up on it, if there is a
    /// [time limit](crate::Options::time_limit). The destination sees to it.
    pub deadline: Option<Instant>,
    cancelled: Arc<AtomicBool>,
}

impl Call {
    /// Creates a call, as a test of a [`Destino`] needs one: without a deadline, and not
    /// cancelled.
    ///
    /// ```
    /// use reparte::{Call, CallId, Destino, ErrorKind, Local, CallError};
    ///
    /// let wait = Local::new(|_: &u32, call: &Call| match call.is_cancelled() {
    ///     true => Err(CallError::new(ErrorKind::Cancelled, "on request")),
    ///     false => Ok(7),
    /// });
    /// let call = Call::new(CallId::new(0));
    /// assert_eq!(wait.call(&1, &call).ok(), Some(7));
    /// call.cancel();
    /// assert!(wait.call(&1, &call).is_err());
    /// ```
    #[must_use]
    pub fn new(id: CallId) -> Self {
        Self {
            id,
            deadline: None,
            cancelled: Arc::default(),
        }
    }

    /// Sets the deadline.
    #[must_use]
    pub fn with_deadline(self, deadline: Instant) -> Self {
        Self {
            deadline: Some(deadline),
            ..self
        }
    }

    /// Whether nobody wants the result any more. Work that can stop half-way
    /// may look here from time to time.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(SeqCst)
    }

    /// Marks the call as cancelled, and its clones with it. The dispatcher does so before
    /// it calls [`Destino::cancel`].
    pub fn cancel(&self) {
        self.cancelled.store(true, SeqCst);
    }
}

/// What a server says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// Another one after each start: the calls of an earlier one are lost.
    pub instance: String,
    /// How many calls it takes at a time; 0 if it does not say.
    pub slots: usize,
}

impl Status {
    /// A server's word: its instance, and how many calls it takes at a time.
    pub fn new(instance: impl Into<String>, slots: usize) -> Self {
        Self {
            instance: instance.into(),
            slots,
        }
    }
}

/// A destination: a server, or anything else that takes calls, with arguments
/// `A` and results `R`.
///
/// It is called from as many threads at a time as it has
/// [slots](Destino::slots). [`from_fn`] makes one of a closure.
#[doc(alias("Destination", "Server", "Worker"))]
pub trait Destino<A, R>: Send + Sync {
    /// What the summary and the log call it, such as its address.
    fn name(&self) -> &str;

    /// How many calls it takes at a time; asked once, at the start. One unless
    /// it says otherwise.
    fn slots(&self) -> usize {
        1
    }

    /// Runs one call and gives its result. Blocks for as long as that takes.
    ///
    /// A panic is caught, and counts as a failed call of the kind
    /// [`Panicked`](crate::ErrorKind::Panicked).
    ///
    /// # Errors
    ///
    /// A [`CallError`] whose [kind](crate::ErrorKind) says who is at fault: it
    /// decides whether the task is retried, and whether the server is put aside.
    fn call(&self, args: &A, call: &Call) -> Result<R, CallError>;

    /// Makes a call in flight return soon, with any outcome: it is thrown
    /// away. Must not block; may do nothing, as it does unless overridden.
    ///
    /// It comes from another thread, and the call may have returned already,
    /// or be just about to begin. A destination that keeps a list of its calls
    /// misses none if each call enters itself first and looks at
    /// [`Call::is_cancelled`], which is set before, next.
    fn cancel(&self, _call: CallId) {}

    /// Whether [`status`](Self::status) is worth asking for. False unless
    /// overridden: such a server is known by how its calls end.
    fn has_status(&self) -> bool {
        false
    }

    /// Whether [`slots`](Self::slots) is a guess, so that what the
    /// [status](Status::slots) says counts. False unless overridden.
    fn learns_slots(&self) -> bool {
        false
    }

    /// Asks the server how it is, on a connection of its own, while its calls
    /// go on; from one thread at a time. `None` where it can be reached and
    /// does not tell.
    ///
    /// A server that has told is asked every second, and is taken to hang when
    /// it says nothing for two. One that is put aside is taken back by this,
    /// so that no task is risked; if it does not tell, by a task for a trial.
    /// Should return within two seconds, whatever happens.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unreachable`](crate::ErrorKind::Unreachable) and its like
    /// where the server can't be reached, or says nothing.
    fn status(&self) -> Result<Option<Status>, CallError> {
        Ok(None)
    }
}

macro_rules! forward {
    ($($pointer:ident),*) => {$(
        impl<A, R, D: Destino<A, R> + ?Sized> Destino<A, R> for $pointer<D> {
            fn name(&self) -> &str {
                (**self).name()
            }

            fn slots(&self) -> usize {
                (**self).slots()
            }

            fn call(&self, args: &A, call: &Call) -> Result<R, CallError> {
                (**self).call(args, call)
            }

            fn cancel(&self, call: CallId) {
                (**self).cancel(call);
            }

            fn has_status(&self) -> bool {
                (**self).has_status()
            }

            fn learns_slots(&self) -> bool {
                (**self).learns_slots()
            }

            fn status(&self) -> Result<Option<Status>, CallError> {
                (**self).status()
            }
        }
    )*};
}

forward!(Arc, Box);

/// A destination in this process: calls a function, one call at a time.
///
/// ```
/// use reparte::{CallError, Repartidor, from_fn};
///
/// let half = |n: &u32| match n % 2 {
///     0 => Ok(n / 2),
///     _ => Err(CallError::fault(1, "odd")),
/// };
/// let server = from_fn("here", half).with_slots(2);
/// let mut reparto = Repartidor::builder().destinos([server]).start()?;
/// reparto.enviar(84)?;
/// assert_eq!(reparto.terminar()?, [42]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn from_fn<A, R, F>(name: impl Into<String>, function: F) -> FromFn<F>
where
    F: Fn(&A) -> Result<R, CallError> + Send + Sync,
{
    FromFn {
        name: name.into(),
        slots: 1,
        function,
    }
}

/// What [`from_fn`] makes.
pub struct FromFn<F> {
    name: String,
    slots: usize,
    function: F,
}

impl<F> FromFn<F> {
    /// The same, for `slots` calls at a time.
    #[must_use]
    pub fn with_slots(self, slots: usize) -> Self {
        Self { slots, ..self }
    }
}

impl<F> fmt::Debug for FromFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FromFn")
            .field("name", &self.name)
            .field("slots", &self.slots)
            .finish_non_exhaustive()
    }
}

impl<A, R, F> Destino<A, R> for FromFn<F>
where
    F: Fn(&A) -> Result<R, CallError> + Send + Sync,
{
    fn name(&self) -> &str {
        &self.name
    }

    fn slots(&self) -> usize {
        self.slots
    }

    fn call(&self, args: &A, _call: &Call) -> Result<R, CallError> {
        (self.function)(args)
    }
}
