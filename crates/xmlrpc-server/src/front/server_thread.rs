//! The thread in which a front runs, and the handle of it.

use std::io;
use std::panic::resume_unwind;
use std::sync::mpsc::sync_channel;
use std::thread::{self, JoinHandle};

use crate::error::{Error, system};
use crate::front::listen_address::ListenAddress;
use crate::stop::{Hook, Stop};

/// A front that runs in a thread of its own. Dropped, it tells the front to end, and does
/// not wait for that.
#[derive(Debug)]
pub(crate) struct ServerThread {
    address: ListenAddress,
    /// Ends this front alone: a stop of the caller's may be shared by several.
    stop: Stop,
    /// Passes the caller's stop on.
    _hook: Option<Hook>,
    /// `None` once the thread has been joined.
    thread: Option<JoinHandle<Result<(), Error>>>,
}

impl ServerThread {
    /// Starts a thread that calls `prepare`, and then `run` with what that returned. Returns
    /// once `prepare` has.
    ///
    /// Both run in the thread, so that what they make is also dropped there: a runtime of
    /// tokio must not be dropped in a thread that runs async code, as the caller's may.
    ///
    /// # Errors
    ///
    /// Those of `prepare`, and [`Error::System`] if there is no thread.
    pub(crate) fn start<P>(
        address: ListenAddress,
        stop: Option<&Stop>,
        prepare: impl FnOnce() -> Result<P, Error> + Send + 'static,
        run: impl FnOnce(P, &Stop) -> Result<(), Error> + Send + 'static,
    ) -> Result<Self, Error> {
        let own = Stop::new();
        let hook = stop.map(|stop| {
            let own = own.clone();
            stop.hook(move || own.stop())
        });
        let stopping = own.clone();
        let (tell, told) = sync_channel(1);
        let serve = move || {
            let prepared = match prepare() {
                Ok(prepared) => prepared,
                Err(error) => {
                    drop(tell.send(Err(error)));
                    return Ok(());
                }
            };
            drop(tell.send(Ok(())));
            run(prepared, &stopping)
        };
        let thread = thread::Builder::new()
            .name("xmlrpc-serve".to_owned())
            .spawn(serve)
            .map_err(system("start the server's thread"))?;
        let server = ServerThread {
            address,
            stop: own,
            _hook: hook,
            thread: Some(thread),
        };
        match told.recv() {
            Ok(prepared) => prepared.map(|()| server),
            // `prepare` panicked, and `wait` panics with it.
            Err(_) => {
                server.wait()?;
                Err(system("start the server")(io::Error::other(
                    "its thread has ended",
                )))
            }
        }
    }

    /// Returns the address on which it listens.
    pub(crate) fn address(&self) -> &ListenAddress {
        &self.address
    }

    /// Returns the handle that ends this front.
    pub(crate) fn stop_handle(&self) -> &Stop {
        &self.stop
    }

    /// Waits until the front has ended.
    ///
    /// # Panics
    ///
    /// With the thread's panic, if it panicked.
    pub(crate) fn wait(mut self) -> Result<(), Error> {
        match self.thread.take().map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(ended)) => ended,
            Some(Err(panic)) => resume_unwind(panic),
        }
    }
}

impl Drop for ServerThread {
    fn drop(&mut self) {
        self.stop.stop();
    }
}
