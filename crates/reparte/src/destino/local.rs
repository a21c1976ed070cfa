//! A pool of threads of this process as a destination.

use std::fmt;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use crate::destino::{Call, Destino};
use crate::error::call::CallError;

/// The fault code of an internal error in the function. `xmlrpc-server` answers with it too.
const INTERNAL_ERROR: i32 = -32603;

/// A pool of threads of this process as a [`Destino`]. They call a function: the same
/// program runs without any server, beside servers, or
/// [when none is left](crate::RepartidorBuilder::fallback).
///
/// ```
/// use reparte::{Call, Local, Repartidor};
///
/// let pool = Local::new(|n: &u64, _call: &Call| Ok(n * n));
/// let mut reparto = Repartidor::builder().destinos([pool]).start()?;
/// for n in 1..=5 {
///     reparto.enviar(n)?;
/// }
/// assert_eq!(reparto.terminar()?, [1, 4, 9, 16, 25]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A panic in the function is its task's failure: with the fault that a server would answer
/// (-32603), and the panic's text. The pool stays in use. (A panic in the function of
/// [`from_fn`](crate::from_fn) is the failure of a server.) The function may ask
/// [`Call::is_cancelled`], and return early.
#[doc(alias("ThreadPool", "pool"))]
pub struct Local<F> {
    name: String,
    slots: usize,
    function: F,
}

impl<F> Local<F> {
    /// Creates a pool named `local`, with as many threads as the machine has cores for this
    /// process.
    pub fn new<A, R>(function: F) -> Self
    where
        F: Fn(&A, &Call) -> Result<R, CallError> + Send + Sync,
    {
        Self {
            name: "local".to_owned(),
            slots: thread::available_parallelism().map_or(1, NonZero::get),
            function,
        }
    }

    /// Sets the number of threads.
    #[must_use]
    pub fn with_slots(self, slots: usize) -> Self {
        Self { slots, ..self }
    }

    /// Sets the name.
    #[must_use]
    pub fn with_name(self, name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..self
        }
    }
}

impl<A, R, F> Destino<A, R> for Local<F>
where
    F: Fn(&A, &Call) -> Result<R, CallError> + Send + Sync,
{
    fn name(&self) -> &str {
        &self.name
    }

    fn slots(&self) -> usize {
        self.slots
    }

    fn call(&self, args: &A, call: &Call) -> Result<R, CallError> {
        // The function's state after a panic is its owner's concern, as in any thread.
        catch_unwind(AssertUnwindSafe(|| (self.function)(args, call))).unwrap_or_else(|panic| {
            let text = CallError::panicked(panic.as_ref());
            Err(CallError::fault(
                INTERNAL_ERROR,
                format!("the function panicked: {}", text.message()),
            ))
        })
    }
}

impl<F> fmt::Debug for Local<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local")
            .field("name", &self.name)
            .field("slots", &self.slots)
            .finish_non_exhaustive()
    }
}
