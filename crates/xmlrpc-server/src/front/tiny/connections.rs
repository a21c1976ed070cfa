//! The open connections: how many there may be, and which of them may be closed.
//!
//! | a connection | becomes | by |
//! | --- | --- | --- |
//! | idle | reading | the first bytes of a request |
//! | reading | in a call | the end of the request |
//! | reading, in a call | idle | the end of its answer |
//! | idle | closed | a new connection at the limit, if it has been idle for longest |
//! | idle, reading | closed | the stop |
//!
//! A connection is closed by the shutdown of its socket: its thread then reads the end of the
//! stream, and ends.

use std::collections::BTreeMap;
use std::net::Shutdown;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::front::tiny::socket::Socket;

/// The open connections of a server.
#[derive(Debug)]
pub(crate) struct Connections {
    state: Mutex<State>,
    /// Signalled when a connection ends or becomes idle, and at the stop, if a thread waits for
    /// that.
    changed: Condvar,
    max: usize,
}

#[derive(Debug, Default)]
struct State {
    open: BTreeMap<u64, Open>,
    /// Counts connections and their idle times: the smaller number came first.
    next: u64,
    is_closed: bool,
    /// Threads that wait for a change. With none, a change need not enter the kernel.
    waiting: usize,
}

#[derive(Debug)]
struct Open {
    stream: Arc<Socket>,
    activity: Activity,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Activity {
    /// Between two requests, since the moment of this number.
    Idle(u64),
    Reading,
    InCall,
    /// Its socket is shut down.
    Closing,
}

impl State {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn close(&mut self, id: u64) {
        if let Some(open) = self.open.get_mut(&id) {
            open.activity = Activity::Closing;
            // It fails if the client has closed first.
            let _ = open.stream.shutdown(Shutdown::Both);
        }
    }

    /// Returns whether the connection is now in this activity. It is not if it is closed, or
    /// to be closed.
    fn set(&mut self, id: u64, activity: Activity) -> bool {
        if self.is_closed && activity != Activity::InCall {
            self.close(id);
        }
        match self.open.get_mut(&id) {
            Some(open) if open.activity != Activity::Closing && !self.is_closed => {
                open.activity = activity;
                true
            }
            _ => false,
        }
    }

    fn is_closing(&self) -> bool {
        let mut open = self.open.values();
        open.any(|open| open.activity == Activity::Closing)
    }

    /// Returns the connection that has been idle for longest.
    fn longest_idle(&self) -> Option<u64> {
        let idle = self
            .open
            .iter()
            .filter_map(|(id, open)| match open.activity {
                Activity::Idle(since) => Some((since, *id)),
                _ => None,
            });
        idle.min().map(|(_, id)| id)
    }
}

impl Connections {
    pub(crate) fn new(max: usize) -> Self {
        Connections {
            state: Mutex::new(State::default()),
            changed: Condvar::new(),
            max,
        }
    }

    /// Takes a new connection in, once there is a place for it. Returns `None` after the stop.
    pub(crate) fn enter(self: &Arc<Self>, stream: Socket) -> Option<Connection> {
        let mut state = self.lock();
        while state.open.len() >= self.max && !state.is_closed {
            // One at a time: this is woken by every change, and the thread of one that is
            // closed may not have ended yet.
            if !state.is_closing()
                && let Some(id) = state.longest_idle()
            {
                state.close(id);
            }
            state.waiting += 1;
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
        if state.is_closed {
            return None;
        }
        let (id, since) = (state.number(), state.number());
        let stream = Arc::new(stream);
        let open = Open {
            stream: Arc::clone(&stream),
            activity: Activity::Idle(since),
        };
        state.open.insert(id, open);
        Some(Connection {
            connections: Arc::clone(self),
            id,
            stream,
        })
    }

    /// Closes all connections but those in a call, and lets no other in.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        let open = state.open.iter();
        let without_call: Vec<u64> = open
            .filter(|(_, open)| open.activity != Activity::InCall)
            .map(|(id, _)| *id)
            .collect();
        for id in without_call {
            state.close(id);
        }
        self.notify(state);
    }

    /// Waits until no connection is in a call, at most for `time`.
    pub(crate) fn wait_until_no_call(&self, time: Duration) {
        let is_in_call = |state: &mut State| {
            let mut open = state.open.values();
            open.any(|open| open.activity == Activity::InCall)
        };
        let mut state = self.lock();
        state.waiting += 1;
        // Both ends of the wait are the same to the caller.
        let waited = self.changed.wait_timeout_while(state, time, is_in_call);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.waiting -= 1;
    }

    /// Wakes those that wait for a change, after a change of the state.
    fn notify(&self, state: MutexGuard<'_, State>) {
        let is_awaited = state.waiting > 0;
        drop(state);
        if is_awaited {
            self.changed.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that could panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An open connection. Its drop makes room for another.
#[derive(Debug)]
pub(crate) struct Connection {
    connections: Arc<Connections>,
    id: u64,
    pub(crate) stream: Arc<Socket>,
}

impl Connection {
    /// Returns whether the connection may wait for a request.
    pub(crate) fn set_idle(&self) -> bool {
        let mut state = self.connections.lock();
        let since = state.number();
        let is_open = state.set(self.id, Activity::Idle(since));
        self.connections.notify(state);
        is_open
    }

    /// Returns whether the request may be read.
    pub(crate) fn set_reading(&self) -> bool {
        self.connections.lock().set(self.id, Activity::Reading)
    }

    /// Returns whether the call may run.
    pub(crate) fn set_in_call(&self) -> bool {
        self.connections.lock().set(self.id, Activity::InCall)
    }

    /// Returns whether the server is at its limit or has been stopped, so that a request is
    /// the last one of its connection.
    pub(crate) fn is_unwanted(&self) -> bool {
        let state = self.connections.lock();
        state.is_closed || state.open.len() >= self.connections.max
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut state = self.connections.lock();
        state.open.remove(&self.id);
        self.connections.notify(state);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::net::{TcpListener, TcpStream};
    use std::sync::mpsc::channel;
    use std::thread;

    use super::*;

    fn pair(listener: &TcpListener) -> (TcpStream, Socket) {
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (client, Socket::Tcp(listener.accept().unwrap().0))
    }

    #[test]
    fn at_the_limit_the_longest_idle_one_leaves() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let connections = Arc::new(Connections::new(2));
        let (_first_client, first) = pair(&listener);
        let (mut second_client, second) = pair(&listener);
        let first = connections.enter(first).unwrap();
        let second = connections.enter(second).unwrap();
        assert!(first.set_idle());
        assert!(second.is_unwanted());
        let (_third_client, third) = pair(&listener);
        let entering = Arc::clone(&connections);
        let entered = thread::spawn(move || entering.enter(third).unwrap());
        // The second is closed: the first has been idle for a shorter time.
        assert_eq!(second_client.read(&mut [0]).unwrap(), 0);
        // No other is closed at a change before that has left.
        assert!(first.set_idle());
        thread::sleep(Duration::from_millis(50));
        assert!(!second.set_reading());
        drop(second);
        drop(entered.join().unwrap());
        assert_eq!(connections.lock().waiting, 0);
        assert!(first.set_reading());
    }

    #[test]
    fn a_stop_closes_all_but_the_calls() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let connections = Arc::new(Connections::new(9));
        let (mut idle_client, idle) = pair(&listener);
        let (_busy_client, busy) = pair(&listener);
        let idle = connections.enter(idle).unwrap();
        let busy = connections.enter(busy).unwrap();
        assert!(busy.set_reading() && busy.set_in_call());
        connections.close();
        assert_eq!(idle_client.read(&mut [0]).unwrap(), 0);
        assert!(!idle.set_reading());
        connections.wait_until_no_call(Duration::ZERO);
        let waiting = Arc::clone(&connections);
        let (end, ended) = channel();
        thread::spawn(move || {
            waiting.wait_until_no_call(Duration::from_secs(20));
            end.send(())
        });
        // It waits for the call alone.
        assert!(ended.recv_timeout(Duration::from_millis(100)).is_err());
        assert!(!busy.set_idle());
        ended.recv_timeout(Duration::from_secs(10)).unwrap();
        assert_eq!(connections.lock().waiting, 0);
        drop(busy);
        assert!(connections.enter(pair(&listener).1).is_none());
    }
}
