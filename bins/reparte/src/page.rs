//! The page of a run: alive at an address, and frozen as a file.

mod document;
mod ending;
mod observer;
mod run_info;
mod run_json;
mod timeline;
mod utilisation;
mod web_server;

use std::sync::atomic::{AtomicBool, Ordering::Release};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use reparte::{Handle, RunSummary};

use crate::exit::Failure;
use crate::output_file::OutputFile;
use ending::Ending;
pub(crate) use run_info::RunInfo;
use run_json::State;
use timeline::Timeline;
use web_server::{WebListener, WebServer};

/// Where the page of a run is wanted. That it can be there is found out before the run.
#[derive(Debug)]
pub(crate) struct PageSetup {
    web_server: Option<WebListener>,
    report: Option<OutputFile>,
}

/// The page of a run that is on.
#[derive(Debug)]
pub(crate) struct RunPage {
    watch: Watch,
    url: Option<String>,
    web_server: Option<WebServer>,
    report: Option<OutputFile>,
}

impl PageSetup {
    /// Alive at an address, and frozen in a file.
    pub(crate) fn new(address: Option<&str>, report: Option<OutputFile>) -> Result<Self, Failure> {
        Ok(PageSetup {
            web_server: address.map(WebListener::listen).transpose()?,
            report,
        })
    }

    /// Shows a run, if that is wanted. Before the first task is sent.
    pub(crate) fn show<A, R>(
        self,
        handle: &Handle<A, R>,
        run_info: RunInfo,
    ) -> Result<Option<RunPage>, Failure>
    where
        A: 'static,
        R: 'static,
    {
        if self.web_server.is_none() && self.report.is_none() {
            return Ok(None);
        }
        let watch = Watch::over(handle, run_info)?;
        let url = self.web_server.as_ref().map(WebListener::url);
        let serve = |web_server: WebListener| web_server.serve(&watch.model);
        let web_server = self.web_server.map(serve).transpose()?;
        Ok(Some(RunPage {
            watch,
            url,
            web_server,
            report: self.report,
        }))
    }
}

impl RunPage {
    /// Where the page is alive.
    pub(crate) fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// Shows how the run has ended to those who look on, and writes it into the file.
    pub(crate) fn end(self, ran: &Result<(), Failure>) -> Result<(), Failure> {
        let model = self.watch.end(Ending::of(ran));
        let write = |report: OutputFile| report.write(&model.frozen());
        let written = self.report.map_or(Ok(()), write);
        if let Some(web_server) = self.web_server {
            web_server.farewell();
        }
        written
    }
}

/// Looks on a run, for those who look at its page.
#[derive(Debug)]
struct Watch {
    model: Arc<PageModel>,
    observer_thread: JoinHandle<()>,
}

/// What the page is made of.
struct PageModel {
    run_info: RunInfo,
    account: Box<dyn Fn() -> RunSummary + Send + Sync>,
    observed: Mutex<Observed>,
    /// The run is over, whether or not there was room to be told of that.
    over: AtomicBool,
}

/// What has been seen of the run.
#[derive(Debug, Default)]
struct Observed {
    timeline: Timeline,
    state: State,
}

impl Watch {
    /// Looks on from now on.
    fn over<A, R>(handle: &Handle<A, R>, run_info: RunInfo) -> Result<Self, Failure>
    where
        A: 'static,
        R: 'static,
    {
        let events = handle.events(observer::ROOM);
        let handle = handle.clone();
        let model = Arc::new(PageModel {
            run_info,
            account: Box::new(move || handle.summary()),
            observed: Mutex::default(),
            over: AtomicBool::new(false),
        });
        let observer_thread = observer::start(events, &model).map_err(Failure::server)?;
        Ok(Watch {
            model,
            observer_thread,
        })
    }

    /// Waits for what is still to be told of a run that is over.
    fn end(self, over: Ending) -> Arc<PageModel> {
        self.model.over.store(true, Release);
        // It does not panic; if it did, the page would lack its last state.
        let _ = self.observer_thread.join();
        self.model.lock().state.over = Some(over);
        self.model
    }
}

impl PageModel {
    /// The page that asks for its data.
    fn live(&self) -> String {
        let account = (self.account)();
        let observed = self.lock();
        let over = observed.state.over.as_ref();
        document::live(&self.run_info, &observed.timeline, &account, over)
    }

    /// The page with its data in it.
    fn frozen(&self) -> String {
        document::frozen(&self.live(), &self.data(0))
    }

    /// The state, with the calls that have ended since that many had.
    fn data(&self, since: u64) -> String {
        let account = (self.account)();
        let observed = self.lock();
        run_json::data(
            &self.run_info,
            &observed.timeline,
            &account,
            &observed.state,
            since,
        )
    }

    fn lock(&self) -> MutexGuard<'_, Observed> {
        self.observed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for PageModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("View")
            .field("subject", &self.run_info)
            .finish_non_exhaustive()
    }
}
