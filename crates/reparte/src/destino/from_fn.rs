//! A closure as a destination.

use std::fmt;

use crate::destino::{Call, Destino};
use crate::error::call::CallError;

/// Creates a destination that calls a function, one call at a time. It stands for a server,
/// for example in a test.
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

/// A destination that calls a function: see [`from_fn`].
pub struct FromFn<F> {
    name: String,
    slots: usize,
    function: F,
}

impl<F> FromFn<F> {
    /// Sets the number of calls that it takes at a time.
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
