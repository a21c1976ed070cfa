//! A server that is started again whenever its process ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::nap_server;

/// The time between two looks of the supervisor at its process.
const LOOK: Duration = Duration::from_millis(20);

/// A server with a supervisor; both end when it is dropped.
pub(crate) struct Supervised {
    pub(crate) address: String,
    lost: Arc<AtomicU32>,
    over: Arc<AtomicBool>,
    supervisor: Option<JoinHandle<()>>,
}

impl Supervised {
    pub(crate) fn start(workers: usize) -> Self {
        let (mut running, address) = nap_server::start(workers);
        let (lost, over) = (Arc::<AtomicU32>::default(), Arc::<AtomicBool>::default());
        let (losses, end) = (Arc::clone(&lost), Arc::clone(&over));
        let at = address.clone();
        let supervise = move || {
            while !end.load(SeqCst) {
                if running.has_ended() {
                    losses.fetch_add(1, SeqCst);
                    running = nap_server::start_at(&at, workers, &[]).0;
                }
                thread::sleep(LOOK);
            }
        };
        Supervised {
            address,
            lost,
            over,
            supervisor: Some(thread::spawn(supervise)),
        }
    }

    /// Returns the number of processes that have ended by themselves.
    pub(crate) fn lost(&self) -> u32 {
        self.lost.load(SeqCst)
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.over.store(true, SeqCst);
        // A panic of the supervisor has been reported already.
        drop(self.supervisor.take().map(JoinHandle::join));
    }
}
