//! The lanes of the timeline: one for each slot of each server.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// The most lanes. Calls of further slots are not drawn: a browser could not.
pub(super) const MAX_LANES: usize = 2_000;

/// The lanes, and which of them are free.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    servers: Vec<Server>,
    by_name: HashMap<Arc<str>, usize>,
    /// The server of each lane, as an index of `servers`. Never longer than [`MAX_LANES`].
    owners: Vec<usize>,
}

#[derive(Debug)]
struct Server {
    name: Arc<str>,
    /// The number of its lanes.
    count: usize,
    /// The lanes that no running call has.
    free: BTreeSet<u32>,
}

impl Lanes {
    /// Returns the index of a server, which it gets when it is named first.
    pub(super) fn server(&mut self, name: &Arc<str>) -> usize {
        if let Some(&known) = self.by_name.get(name) {
            return known;
        }
        let index = self.servers.len();
        self.by_name.insert(Arc::clone(name), index);
        self.servers.push(Server {
            name: Arc::clone(name),
            count: 0,
            free: BTreeSet::new(),
        });
        index
    }

    /// Returns the index of a server that was named before.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub(super) fn name(&self, server: usize) -> &Arc<str> {
        &self.servers[server].name
    }

    /// Gives a server a lane for each slot. It keeps what it has if it has more.
    pub(super) fn set_slots(&mut self, server: usize, slots: usize) {
        while self.servers[server].count < slots && self.add(server) {}
    }

    pub(super) fn has_free(&self, server: usize) -> bool {
        !self.servers[server].free.is_empty()
    }

    /// Takes the first free lane of a server, or a new one. `None` if there are too many.
    pub(super) fn take(&mut self, server: usize) -> Option<u32> {
        if !self.has_free(server) {
            self.add(server);
        }
        self.servers[server].free.pop_first()
    }

    pub(super) fn release(&mut self, server: usize, lane: u32) {
        self.servers[server].free.insert(lane);
    }

    fn add(&mut self, server: usize) -> bool {
        let lane = self.owners.len();
        if lane == MAX_LANES {
            return false;
        }
        self.owners.push(server);
        let server = &mut self.servers[server];
        server.count += 1;
        server.free.insert(lane as u32);
        true
    }

    /// Returns the server of each lane, as an index of [`names`](Self::names).
    pub(super) fn owners(&self) -> &[usize] {
        &self.owners
    }

    /// Returns the servers' names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.servers.iter().map(|server| &*server.name)
    }
}
