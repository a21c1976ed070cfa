//! The servers of `--local`, if this command is built with them.

#[cfg(feature = "factoring")]
pub(crate) use factorizar_service::LocalServers;

#[cfg(not(feature = "factoring"))]
use crate::exit::Failure;

/// No servers: they need the feature `factoring`.
#[cfg(not(feature = "factoring"))]
#[derive(Debug)]
pub(crate) struct LocalServers;

#[cfg(not(feature = "factoring"))]
impl LocalServers {
    /// Refuses to start any server.
    pub(crate) fn start(count: usize) -> Result<Self, Failure> {
        match count {
            0 => Ok(LocalServers),
            _ => Err(Failure::argument(
                "--local: this command was built without factoriz_sum and factor, the \
                 functions of its servers: build it with the feature `factoring`, which is \
                 on by default",
            )),
        }
    }

    /// Returns no address.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = String> {
        std::iter::empty()
    }
}
