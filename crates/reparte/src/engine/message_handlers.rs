//! The handling of messages by a run.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use untrusted_text::OneLine;

use crate::destino::{Destino, Status, WorkerEvent};
use crate::engine::message::{Message, ReturnedCall};
use crate::engine::run::Run;
use crate::engine::server_config::server_config;
use crate::engine::server_threads::ServerThreads;
use crate::error::Error;
use crate::error::call::{CallError, ErrorKind};
use crate::error::journal::JournalError;
use crate::error::task::{FailedCall, TaskError};
use crate::events::{CallEnd, Event as RunEvent};
use crate::ids::{ServerId, TaskId};
use crate::options::MAX_SLOTS;
use crate::plan::event::{Event, ServerStatus};
use crate::summary::server::{ServerState, ServerSummary};

impl<A, R> Run<A, R>
where
    A: Send + Sync + 'static,
    R: Send + 'static,
{
    /// Handles a message. One that comes after the run's end is dropped.
    pub(super) fn handle(&mut self, message: Message<A, R>) {
        if self.ended {
            return;
        }
        match message {
            Message::WorkerNoted { call, event } => match event {
                WorkerEvent::Begun(note) => self.call_began(call, &note),
                WorkerEvent::Lost(worker) => self.worker_lost(call, &worker),
                WorkerEvent::Unfit(worker) => self.worker_unfit(call, &worker),
            },
            Message::CallReturned(returned) => self.call_returned(returned),
            Message::StatusReturned { server, outcome } => self.status_returned(server, outcome),
            Message::JournalFailed(error) => self.journal_failed(error),
            Message::CancelTask(task) => self.apply(Event::TaskCancelled { task }),
            Message::CancelAllTasks => self.cancel_all_tasks(),
            Message::AddServer { destino, reply } => {
                let added = self.add_server(destino);
                // The caller waits for this.
                let _ = reply.send(added);
            }
            Message::RemoveServer(server) => {
                self.summary.lock().record_removal(server);
                self.apply(Event::ServerRemoved { server });
                self.servers[server.index()].remove();
            }
            Message::DropServer(server) => {
                self.summary.lock().record_removal(server);
                self.apply(Event::ServerDropped { server });
                self.servers[server.index()].remove();
            }
            Message::AddObserver(observer) => self.observers.push(observer),
            Message::WindowOpened => self.observe_window(0),
            Message::CloseInput => self.apply(Event::InputClosed),
            Message::Drain => self.apply(Event::DrainRequested),
            Message::Abandon => self.apply(Event::Abandoned),
        }
        self.wake_waiting_threads();
    }

    fn call_returned(&mut self, returned: ReturnedCall<R>) {
        let ReturnedCall {
            server,
            task,
            call,
            outcome,
        } = returned;
        if let Some(note) = call.worker_note() {
            self.call_began(call.id, &note);
        }
        let worker = self.calls.remove(&call.id).and_then(|call| call.worker);
        self.servers[server.index()].count_return();
        let cancelled = call.is_cancelled();
        let (name, started_at) = (self.server_name(server), self.started_at);
        self.observe(|| RunEvent::CallReturned {
            at: started_at.elapsed(),
            task,
            call: call.id,
            server: name,
            end: match &outcome {
                _ if cancelled => CallEnd::Cancelled,
                Ok(_) => CallEnd::Result,
                Err(error) => CallEnd::Failed(error.clone()),
            },
        });
        let (result, error) = match outcome {
            Ok(result) => (Some(result), None),
            Err(error) => (None, Some(error)),
        };
        let event = Event::CallReturned {
            call: call.id,
            outcome: error.as_ref().map_or(Ok(()), |error| Err(error.kind())),
        };
        let kind = error.as_ref().map(CallError::kind);
        let is_of_host = kind.is_some_and(ErrorKind::is_of_destination);
        let by = worker.filter(|_| !is_of_host).unwrap_or(server);
        // The error of a cancelled call says nothing about its task or its server.
        let error = error.filter(|_| !cancelled);
        let is_taken_back = error.as_ref().is_some_and(|error| {
            matches!(error.kind(), ErrorKind::Busy { .. }) && self.plan.takes_calls_back(server)
        });
        if let Some(error) = &error {
            self.record_failure(task, by, error);
        }
        // Before the call's slot is free for a task that a full window holds back.
        let coming = result.as_ref().map_or(0, |(_, bytes)| *bytes);
        self.observe_window(coming);
        self.apply_with(event, result, |summary, now| {
            summary.count_return(server, now);
            if let Some(worker) = worker {
                summary.count_return(worker, now);
            }
            match &error {
                Some(_) if is_taken_back => summary.count_taken_back(server, worker.is_some()),
                Some(error) => summary.count_failure(by, error),
                None => {}
            }
        });
        // The result of a cancelled call has not come to the caller.
        self.observe_window(0);
    }

    /// Keeps a failed call for its task's error.
    pub(super) fn record_failure(&mut self, task: TaskId, server: ServerId, error: &CallError) {
        if let Some(task) = self.tasks.get_mut(&task) {
            if task.history.len() == TaskError::HISTORY {
                task.history.remove(0);
            }
            task.history.push(FailedCall {
                server: Arc::clone(&self.servers[server.index()].name),
                error: error.clone(),
            });
        }
    }

    fn status_returned(&mut self, server: ServerId, outcome: Result<Option<Status>, CallError>) {
        if let Err(error) = &outcome {
            log::debug!("{}: status: {error}", self.shown_name(server));
            self.summary.lock().record_status_error(server, error);
        }
        if let Ok(Some(status)) = &outcome {
            self.list_workers(server, &status.workers);
        }
        let outcome = match outcome {
            Ok(status) => Ok(status.as_ref().map(server_status)),
            Err(error) => Err(error.kind()),
        };
        self.apply(Event::ProbeReturned { server, outcome });
    }

    fn journal_failed(&mut self, error: Arc<JournalError>) {
        log::debug!("{error}");
        self.apply_with(Event::JournalFailed, None, |summary, _| {
            summary.journal_error.get_or_insert(error);
        });
    }

    fn cancel_all_tasks(&mut self) {
        let mut tasks: Vec<TaskId> = self.tasks.keys().copied().collect();
        tasks.sort_unstable();
        for task in tasks {
            // The last one may end the run.
            if !self.ended {
                self.apply(Event::TaskCancelled { task });
            }
        }
    }

    fn add_server(&mut self, destino: Arc<dyn Destino<A, R>>) -> Result<(), Error> {
        let id = ServerId::new(self.servers.len());
        let config = server_config(&*destino, false)?;
        let slots: usize = self.servers.iter().map(ServerThreads::slots).sum();
        let slots = slots.saturating_add(config.slots);
        if slots > MAX_SLOTS {
            return Err(Error::TooManySlots { slots });
        }
        let server =
            ServerThreads::start(id, destino, config.slots, &self.inbox, &self.acceptance)?;
        let name = Arc::clone(&server.name);
        log::info!("{}: joins", OneLine::new(&name));
        self.servers.push(server);
        let added = Arc::clone(&name);
        self.observe(|| RunEvent::ServerAdded { server: added });
        self.apply_with(Event::ServerAdded { config }, None, |summary, now| {
            let mut server = ServerSummary::new(name, config.slots, ServerState::Up);
            server.since = now;
            summary.servers.push(server);
        });
        Ok(())
    }
}

/// Returns a server's report as the plan has it. Only the equality of instances matters there.
fn server_status(status: &Status) -> ServerStatus {
    let mut hasher = DefaultHasher::new();
    status.instance.hash(&mut hasher);
    ServerStatus {
        instance: hasher.finish(),
        slots: status.slots.min(MAX_SLOTS),
        time_left: status.time_left,
    }
}
