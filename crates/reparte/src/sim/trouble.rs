//! What befalls virtual servers.

use std::time::Duration;

use super::virtual_server::{Kind, Virtual};
use super::world::{What, World};
use crate::ids::ServerId;
use crate::{CallId, ErrorKind};

impl World {
    /// Its calls in flight are interrupted, sooner or later, or just not
    /// answered any more, where that can be found out.
    pub(super) fn die(&mut self, server: ServerId) {
        let ours = self.servers[server.index()].kind == Kind::Ours;
        let silently = ours && self.random.below(3) == 0;
        let after = if silently {
            &[4_000_000][..]
        } else {
            &[0, 1, 900]
        };
        self.fall(server, after);
    }

    /// The same, heard of at once, with a supervisor that starts it again.
    pub(super) fn crash(&mut self, server: ServerId) {
        self.fall(server, &[0]);
        let back = Duration::from_millis(self.random.below(3000));
        self.enter(self.now + back, What::Recovers(server));
    }

    /// Each call is interrupted after one of these times, in ms.
    fn fall(&mut self, server: ServerId, after: &[u64]) {
        let there = &mut self.servers[server.index()];
        if !there.alive || there.hung {
            return;
        }
        there.alive = false;
        there.frozen.clear();
        let calls = self.calls_of(server);
        self.died(&calls);
        for call in calls {
            let late = after[self.random.below(after.len() as u64) as usize];
            let cut = (server, Err(ErrorKind::Interrupted));
            if self.calls.get(&call) != Some(&(server, Err(ErrorKind::Cancelled))) {
                self.calls.insert(call, cut);
            }
            self.enter(self.now + Duration::from_millis(late), What::Ends(call));
        }
        self.recover_later(server);
    }

    /// Its calls in flight go on when it does.
    pub(super) fn hang(&mut self, server: ServerId) {
        let now = self.now;
        let there = &mut self.servers[server.index()];
        if !there.alive || there.hung {
            return;
        }
        there.hung = true;
        there.since = now;
        self.recover_later(server);
    }

    /// Some never do, where that is found out and is no end of all things.
    fn recover_later(&mut self, server: ServerId) {
        let there = &self.servers[server.index()];
        let found_out = there.kind == Kind::Ours && there.known;
        let must = self.habits.returns || (there.hung && !found_out);
        if must || self.random.below(2) == 0 {
            let back = Duration::from_millis(self.random.below(8000));
            self.enter(self.now + back, What::Recovers(server));
        }
    }

    pub(super) fn recover(&mut self, server: ServerId) {
        let now = self.now;
        let there = &mut self.servers[server.index()];
        if there.alive && !there.hung {
            return;
        }
        there.instance += u64::from(!there.alive);
        there.alive = true;
        there.hung = false;
        there.since = now;
        for call in std::mem::take(&mut there.frozen) {
            self.enter(now + Duration::from_millis(1), What::Ends(call));
        }
        // A question on its way is asked again below us, and answered.
        if let Some(question) = self.servers[server.index()].question {
            let again = Duration::from_millis(self.random.below(1000));
            self.enter(now + again, What::Answers(server, question));
        }
    }

    fn calls_of(&self, server: ServerId) -> Vec<CallId> {
        let calls = self.calls.iter();
        calls
            .filter_map(|(&call, &(at, _))| (at == server).then_some(call))
            .collect()
    }
}

impl Virtual {
    pub(super) fn is_well(&self) -> bool {
        self.alive && !self.hung
    }
}
