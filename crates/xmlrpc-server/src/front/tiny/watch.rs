//! Notices an accept loop that has died without a word.
//!
//! tiny_http's accept loop reports an accept that fails, but where the last descriptor
//! goes to a connection and none is left to duplicate it, or where no thread can be had
//! for it, the loop panics: no request comes any more, and nothing tells so.

use std::io;
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::thread::{self, JoinHandle};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::text::Foreign;

/// How often waiting connections are looked at, and how many times in a row they have
/// to be there for the loop to be held dead: a living one takes them at once.
const LOOK: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 250_000_000,
};
const LOOKS: usize = 4;

/// A thread that watches a listener until this is dropped. It sleeps in the kernel
/// while no connection waits.
pub(super) struct Watch {
    end: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Calls `dead` whenever connections have waited on `listener` for a second in
    /// which `progress` has not changed.
    pub(super) fn start(
        listener: TcpListener,
        progress: impl Fn() -> usize + Send + 'static,
        dead: impl Fn() + Send + 'static,
    ) -> io::Result<Self> {
        let (end, ended) = UnixStream::pair()?;
        let thread = thread::Builder::new()
            .name("xmlrpc-watch".to_owned())
            .spawn(move || {
                if let Err(error) = watch(&listener, &ended, progress, dead) {
                    let error = error.to_string();
                    log::warn!("the listener is watched no more: {}", Foreign(&error));
                }
            })?;
        Ok(Watch {
            end: Some(end),
            thread: Some(thread),
        })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // It has no panic of its own, and no answer.
            let _ = thread.join();
        }
    }
}

fn watch(
    listener: &TcpListener,
    ended: &UnixStream,
    progress: impl Fn() -> usize,
    dead: impl Fn(),
) -> Result<(), Errno> {
    // Whether a connection waits; `None` at the end.
    let waits = |timeout: Option<&Timespec>| {
        let mut events = [
            PollFd::new(ended, PollFlags::IN),
            PollFd::new(listener, PollFlags::IN),
        ];
        wait(&mut events, timeout)?;
        let [ended, listener] = events.map(|event| !event.revents().is_empty());
        Ok::<_, Errno>((!ended).then_some(listener))
    };
    let pause = || wait(&mut [PollFd::new(ended, PollFlags::IN)], Some(&LOOK));

    while waits(None)?.is_some() {
        let before = progress();
        for look in 1..=LOOKS {
            pause()?;
            if waits(Some(&Timespec::default()))? != Some(true) || progress() != before {
                break;
            }
            if look == LOOKS {
                dead();
            }
        }
    }
    Ok(())
}

fn wait(events: &mut [PollFd<'_>], timeout: Option<&Timespec>) -> Result<(), Errno> {
    loop {
        match poll(events, timeout) {
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;
    use std::sync::mpsc;
    use std::time::Duration;

    #[test]
    fn a_connection_that_nobody_accepts_is_noticed() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (noticed, notice) = mpsc::channel();
        let watch = Watch::start(listener, || 0, move || noticed.send(()).unwrap()).unwrap();
        let _waiting = TcpStream::connect(address).unwrap();
        notice.recv_timeout(Duration::from_secs(10)).unwrap();
        drop(watch);
        assert!(TcpStream::connect(address).is_err());
    }
}
