//! The handling of what destinations tell of their workers.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use untrusted_text::OneLine;

use crate::destino::WorkerNote;
use crate::engine::known_workers::KnownWorker;
use crate::engine::run::Run;
use crate::engine::server_threads::ServerThreads;
use crate::error::call::{CallError, ErrorKind};
use crate::events::Event as RunEvent;
use crate::ids::{CallId, ServerId};
use crate::plan::event::{Event, Role, ServerConfig};
use crate::summary::server::ServerSummary;

/// Most workers of a run, those that have left included. Further ones are not told apart.
const MOST_WORKERS: usize = 10_000;

impl<A, R> Run<A, R>
where
    A: Send + Sync + 'static,
    R: Send + 'static,
{
    /// Records that a worker has begun to work on a call.
    pub(super) fn call_began(&mut self, call: CallId, note: &WorkerNote) {
        let Some(server) = self.calls.get(&call).map(|call| call.server) else {
            return;
        };
        let Some(worker) = self.worker_id(server, &note.worker) else {
            return;
        };
        let Some(in_flight) = self.calls.get_mut(&call) else {
            return;
        };
        let before = in_flight.worker.replace(worker);
        if before == Some(worker) {
            return;
        }
        let is_again = in_flight.count_begin();
        let task = in_flight.task;
        let at_work = note.at_work;
        let event = Event::CallBegan {
            call,
            worker,
            at_work,
        };
        self.apply_with(event, None, |summary, now| {
            summary.count_begin(worker, before, now);
            if is_again {
                summary.count_execution_again(server);
            }
        });
        let (server, name) = (self.server_name(server), self.server_name(worker));
        let at = self.started_at.elapsed();
        self.observe(|| RunEvent::CallBegan {
            at: at.saturating_sub(at_work),
            task,
            call,
            server,
            worker: name,
        });
    }

    /// Records that a worker was lost while it was at work on a call.
    pub(super) fn worker_lost(&mut self, call: CallId, name: &Arc<str>) {
        let Some(host) = self.calls.get(&call).map(|call| call.server) else {
            return;
        };
        let Some(worker) = self.worker_id(host, name) else {
            return;
        };
        if let Some(known) = self.workers.known.get_mut(&(host, Arc::clone(name))) {
            // It goes with the next list that lacks it, even if none had it.
            known.listed = true;
        }
        let Some(in_flight) = self.calls.get_mut(&call) else {
            return;
        };
        let before = in_flight.worker.take();
        let is_again = before != Some(worker) && in_flight.count_begin();
        let task = in_flight.task;
        let error = CallError::new(ErrorKind::Interrupted, "the worker was lost with the task");
        log::info!("{}: task {task}: {error}", self.shown_name(worker));
        self.record_failure(task, worker, &error);
        let event = Event::WorkerLost { call, worker };
        self.apply_with(event, None, |summary, now| {
            if before != Some(worker) {
                summary.count_begin(worker, before, now);
            }
            summary.count_return(worker, now);
            if is_again {
                summary.count_execution_again(host);
            }
            summary.count_failure(worker, &error);
        });
    }

    /// Records that a worker can't do the task of a call.
    pub(super) fn worker_unfit(&mut self, call: CallId, name: &Arc<str>) {
        let host = self.calls.get(&call).map(|call| call.server);
        if let Some(worker) = host.and_then(|host| self.worker_id(host, name)) {
            self.apply(Event::WorkerUnfit { call, worker });
        }
    }

    /// Returns the worker of this name, which is added if it is new. `None` if there are too many.
    fn worker_id(&mut self, host: ServerId, name: &Arc<str>) -> Option<ServerId> {
        let key = (host, Arc::clone(name));
        if let Some(known) = self.workers.known.get(&key) {
            return Some(known.id);
        }
        let host_threads = &self.servers[host.index()];
        if !host_threads.destino.has_workers() || self.workers.count >= MOST_WORKERS {
            return None;
        }
        self.workers.count += 1;
        let id = ServerId::new(self.servers.len());
        let worker = ServerThreads::of_worker(id, Arc::clone(name), host_threads);
        let host_name = Arc::clone(&host_threads.name);
        log::info!(
            "{}: works for {}",
            OneLine::new(name),
            OneLine::new(&host_name)
        );
        self.servers.push(worker);
        self.workers
            .known
            .insert(key, KnownWorker { id, listed: false });
        let added = Arc::clone(name);
        self.observe(|| RunEvent::ServerAdded { server: added });
        let config = ServerConfig {
            slots: 1,
            learns_slots: false,
            has_status: false,
            reserve: false,
            role: Role::Worker(host),
        };
        let summary_name = Arc::clone(name);
        self.apply_with(Event::ServerAdded { config }, None, |summary, now| {
            summary
                .servers
                .push(ServerSummary::of_worker(summary_name, host_name, now));
        });
        Some(id)
    }

    /// Adds the workers that a destination knows before its first call: a failure of one that comes
    /// before the first report would be judged as if the others were not there.
    pub(super) fn list_first_workers(&mut self, host: ServerId) {
        let destino = Arc::clone(&self.servers[host.index()].destino);
        if !destino.has_workers() {
            return;
        }
        let status = catch_unwind(AssertUnwindSafe(|| destino.status()));
        if let Ok(Ok(Some(status))) = status {
            self.list_workers(host, &status.workers);
        }
    }

    /// Adds the workers that a destination lists, and forgets those that it lists no more.
    pub(super) fn list_workers(&mut self, host: ServerId, names: &[Arc<str>]) {
        let listing = &self.servers[host.index()];
        // A worker reports what its destination does, and has no workers of its own.
        if listing.is_worker || !listing.destino.has_workers() {
            return;
        }
        for name in names {
            self.worker_id(host, name);
            if let Some(known) = self.workers.known.get_mut(&(host, Arc::clone(name))) {
                known.listed = true;
            }
        }
        let listed: HashSet<&Arc<str>> = names.iter().collect();
        let at_work: HashSet<ServerId> =
            self.calls.values().filter_map(|call| call.worker).collect();
        let known = self.workers.known.iter();
        let gone = known.filter(|((of, name), known)| {
            *of == host && known.listed && !listed.contains(name) && !at_work.contains(&known.id)
        });
        let mut gone: Vec<ServerId> = gone.map(|(_, known)| known.id).collect();
        gone.sort_unstable();
        for worker in gone {
            self.workers.known.retain(|_, known| known.id != worker);
            self.summary.lock().record_removal(worker);
            self.apply(Event::ServerRemoved { server: worker });
            if self.ended {
                return;
            }
        }
    }

    /// Returns the names of the workers that are not to take a call.
    pub(super) fn avoided_names(&self, call: CallId) -> Vec<Arc<str>> {
        let avoided = self.plan.workers_to_avoid(call).into_iter();
        avoided.map(|worker| self.server_name(worker)).collect()
    }
}
