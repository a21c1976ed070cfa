//! The builder of a dispatcher, and `Repartidor::new`, which uses it.

use std::fmt;
use std::sync::Arc;

use crate::destino::Destino;
#[cfg(feature = "xmlrpc")]
use crate::destino::xmlrpc::XmlRpc;
use crate::engine::acceptance::{Acceptance, ResultBytes, Verify};
use crate::engine::run::CostOf;
use crate::engine::start::{RunSetup, start};
use crate::error::Error;
use crate::journal::Journal;
use crate::options::Options;
use crate::repartidor::Repartidor;

#[cfg(feature = "xmlrpc")]
impl<A, R> Repartidor<A, R>
where
    A: xmlrpc_client::IntoParams + Clone + Send + Sync + 'static,
    R: xmlrpc_client::FromValue + Send + 'static,
{
    /// Creates a dispatcher of calls of `function`, published over XML-RPC on these
    /// servers, with the default [`Options`].
    ///
    /// Each server is `host:port`, `N/host:port` for N calls at a time, an `http://`
    /// URL, `unix:/socket`, `scgi://host:port`, or `scgi+unix:/socket`. An address that
    /// stands there twice is called twice at a time. Without such a number the server is
    /// asked how many calls it takes, and gets one at a time if it does not know.
    ///
    /// For anything else than the defaults, give [`XmlRpc::list`](crate::XmlRpc::list) to
    /// the [builder](Self::builder).
    ///
    /// # Errors
    ///
    /// [`Error::BadAddress`], and those of [`RepartidorBuilder::start`]. No server is
    /// connected to yet.
    pub fn new<S: AsRef<str>>(servers: &[S], function: &str) -> Result<Self, Error> {
        let destinos = XmlRpc::list(servers, function)?;
        Self::builder().destinos(destinos).start()
    }
}

impl<A, R> Repartidor<A, R> {
    /// Returns a builder: for destinations of any kind, and for all that is set before
    /// the start.
    ///
    /// ```
    /// use reparte::{Options, Repartidor, from_fn};
    ///
    /// let mut options = Options::default();
    /// options.read_ahead = 10;
    /// let mut reparto = Repartidor::builder()
    ///     .destinos([from_fn("one", |n: &u64| Ok(n * n))])
    ///     .destinos([from_fn("two", |n: &u64| Ok(n * n))]) // may be repeated
    ///     .options(options)
    ///     .verify(|n, square| match square.isqrt() == *n {
    ///         true => Ok(()),
    ///         false => Err(format!("{square} is not the square of {n}")),
    ///     })
    ///     .start()?;
    /// reparto.enviar(12)?;
    /// assert_eq!(reparto.terminar()?, [144]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn builder() -> RepartidorBuilder<A, R> {
        RepartidorBuilder {
            destinos: Vec::new(),
            fallbacks: Vec::new(),
            options: Options::default(),
            journal: None,
            verify: None,
            cost: None,
            result_bytes: None,
        }
    }
}

/// A [`Repartidor`] before its start.
///
/// [`destinos`](Self::destinos) and [`fallback`](Self::fallback) add to what was given
/// before; any other setting replaces an earlier one of the same name.
#[must_use = "nothing starts before `start`"]
pub struct RepartidorBuilder<A, R> {
    destinos: Vec<Arc<dyn Destino<A, R>>>,
    fallbacks: Vec<Arc<dyn Destino<A, R>>>,
    options: Options,
    journal: Option<Journal<A, R>>,
    verify: Option<Verify<A, R>>,
    cost: Option<CostOf<A>>,
    result_bytes: Option<ResultBytes<R>>,
}

impl<A, R> RepartidorBuilder<A, R> {
    /// Adds destinations, in this order.
    ///
    /// Destinations of different types are given one after the other, or as
    /// `Box<dyn Destino<A, R>>`.
    pub fn destinos<D>(mut self, destinos: impl IntoIterator<Item = D>) -> Self
    where
        D: Destino<A, R> + 'static,
    {
        let destinos = destinos.into_iter();
        self.destinos
            .extend(destinos.map(|destino| Arc::new(destino) as Arc<dyn Destino<A, R>>));
        self
    }

    /// Adds a destination that is kept in reserve: it is used once the run would
    /// otherwise end for lack of servers, because all are out, or have been down for as
    /// long as [`Options::outage`] allows. It stays in use from then on, beside the
    /// servers that come back.
    ///
    /// ```
    /// use reparte::{Call, CallError, ErrorKind, Local, Repartidor, from_fn};
    ///
    /// let gone = |_: &u64| Err(CallError::new(ErrorKind::Refused, "not for you"));
    /// let mut reparto = Repartidor::builder()
    ///     .destinos([from_fn("far", gone)])
    ///     .fallback(Local::new(|n: &u64, _: &Call| Ok(n * n)))
    ///     .start()?;
    /// reparto.enviar(7)?;
    /// assert_eq!(reparto.terminar()?, [49]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fallback(mut self, destino: impl Destino<A, R> + 'static) -> Self {
        self.fallbacks.push(Arc::new(destino));
        self
    }

    /// Sets the options.
    pub fn options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// Sets the journal, a file that keeps the results: a run that was killed continues where
    /// it was when it is started again. See [`Journal`].
    ///
    /// Each result is written before it is delivered. If that fails, or the journal is of
    /// other tasks, the run ends: [`enviar`](Repartidor::enviar) and
    /// [`terminar`](Repartidor::terminar) return the reason, and after an iterator's last
    /// outcome it is in [`RunSummary::journal_error`](crate::RunSummary::journal_error).
    /// What was written before stays.
    pub fn journal(self, journal: Journal<A, R>) -> Self {
        Self {
            journal: Some(journal),
            ..self
        }
    }

    /// Sets the check of each result: `check` returns what is wrong with it, if anything.
    ///
    /// A wrong result is never delivered. Its server gets no more calls, and is in
    /// [quarantine](crate::ServerState::Quarantined) for the rest of the run; the task
    /// goes to another server. When all servers are in quarantine, the run ends.
    ///
    /// The slots' threads call `check`, many at a time. If it panics, the call has
    /// [failed](crate::ErrorKind::Panicked). Results from a [journal](Self::journal) were
    /// checked before they were written.
    ///
    /// ```
    /// use reparte::{Repartidor, ServerState, from_fn};
    ///
    /// let root = |n: u64| move |square: &u64| Ok(square.isqrt() + n);
    /// let mut reparto = Repartidor::builder()
    ///     .destinos([from_fn("honest", root(0)), from_fn("liar", root(1))])
    ///     .verify(|square, root: &u64| match root * root == *square {
    ///         true => Ok(()),
    ///         false => Err(format!("{root} is not the root of {square}")),
    ///     })
    ///     .start()?;
    /// let handle = reparto.handle();
    /// for n in 0..10 {
    ///     reparto.enviar(n * n)?;
    /// }
    /// assert_eq!(reparto.terminar()?, (0..10).collect::<Vec<_>>());
    /// assert_eq!(handle.summary().servers[1].state, ServerState::Quarantined);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias("check", "validate"))]
    pub fn verify(
        self,
        check: impl Fn(&A, &R) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            verify: Some(Box::new(check)),
            ..self
        }
    }

    /// Sets an estimate of each task's work, in any unit: of the tasks that wait the
    /// largest goes first, so that no long one is left for the end. Results still come in
    /// order of sending.
    ///
    /// It needs a [read-ahead](Options::read_ahead): without one no task ever waits.
    ///
    /// ```
    /// use reparte::{Options, Repartidor, from_fn};
    ///
    /// let mut options = Options::default();
    /// options.read_ahead = 100;
    /// let reparto = Repartidor::builder()
    ///     .destinos([from_fn("a", |digits: &String| Ok(digits.len()))])
    ///     .options(options)
    ///     .cost(|digits: &String| digits.len() as u64)
    ///     .start()?;
    /// # drop(reparto);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cost(self, estimate: impl Fn(&A) -> u64 + Send + Sync + 'static) -> Self {
        Self {
            cost: Some(Box::new(estimate)),
            ..self
        }
    }

    /// Sets the size of a result in bytes, by which [`Options::window_bytes`] bounds the results
    /// that an iterator holds. Without this their number alone is bounded, by
    /// [`Options::window`].
    ///
    /// The slots' threads call `measure`, once for each result. If it panics, the call has
    /// [failed](crate::ErrorKind::Panicked).
    ///
    /// ```
    /// use reparte::{Options, Repartidor, from_fn};
    ///
    /// let mut options = Options::default();
    /// options.window_bytes = 64 * 1024 * 1024;
    /// let reparto = Repartidor::builder()
    ///     .destinos([from_fn("a", |digits: &usize| Ok("9".repeat(*digits)))])
    ///     .options(options)
    ///     .result_bytes(String::len)
    ///     .start()?;
    /// for (_, text) in reparto.map([1, 10, 100]) {
    ///     println!("{}", text?);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn result_bytes(self, measure: impl Fn(&R) -> usize + Send + Sync + 'static) -> Self {
        Self {
            result_bytes: Some(Box::new(measure)),
            ..self
        }
    }

    /// Starts the run: a thread for each slot, and one more.
    ///
    /// # Errors
    ///
    /// [`Error::NoServers`] without [destinations](Self::destinos), [`Error::NoSlots`],
    /// [`Error::TooManySlots`] or [`Error::Threads`].
    pub fn start(self) -> Result<Repartidor<A, R>, Error>
    where
        A: Send + Sync + 'static,
        R: Send + 'static,
    {
        let window = self.options.window;
        let read_ahead = self.options.read_ahead;
        let run = start(RunSetup {
            destinos: self.destinos,
            fallbacks: self.fallbacks,
            options: self.options,
            cost: self.cost,
            acceptance: Acceptance {
                verify: self.verify,
                journal: self.journal,
                result_bytes: self.result_bytes,
            },
        })?;
        // With a smaller window an iterator could not keep all slots busy.
        let window = window.max(run.slots.saturating_add(read_ahead));
        Ok(Repartidor::of_run(run, window))
    }
}

impl<A, R> fmt::Debug for RepartidorBuilder<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |destinos: &[Arc<dyn Destino<A, R>>]| -> Vec<String> {
            destinos.iter().map(|d| d.name().to_owned()).collect()
        };
        f.debug_struct("RepartidorBuilder")
            .field("destinos", &names(&self.destinos))
            .field("fallbacks", &names(&self.fallbacks))
            .field("options", &self.options)
            .field("journal", &self.journal)
            .finish_non_exhaustive()
    }
}
