//! The servers of `--local`, if this command was built with them.

#[cfg(feature = "factoring")]
pub(super) use factorizar_service::LocalServers;
#[cfg(not(feature = "factoring"))]
pub(super) use without::LocalServers;

#[cfg(not(feature = "factoring"))]
mod without {
    use std::iter;

    use crate::exit::Failure;

    /// No servers: the feature `factoring` has them.
    #[derive(Debug)]
    pub(in crate::run) struct LocalServers;

    impl LocalServers {
        /// Starts no server, and refuses to start any.
        pub(in crate::run) fn start(count: usize) -> Result<Self, Failure> {
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
        pub(in crate::run) fn addresses(&self) -> impl Iterator<Item = String> {
            iter::empty()
        }
    }
}
