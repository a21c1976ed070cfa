//! The page of a run: alive at an address, and frozen as a file.

mod data;
mod document;
mod follow;
mod over;
mod past;
mod record;
mod site;
mod subject;

use std::sync::atomic::{AtomicBool, Ordering::Release};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use reparte::{Account, Handle};

use crate::exit::Failure;
use crate::output_file::OutputFile;
use data::State;
use over::Over;
use record::Record;
use site::{Open, Site};
pub(crate) use subject::Subject;

/// Where the page of a run is wanted. That it can be there is found out before the run.
#[derive(Debug)]
pub(crate) struct Wanted {
    site: Option<Site>,
    report: Option<OutputFile>,
}

/// The page of a run that is on.
#[derive(Debug)]
pub(crate) struct Shown {
    watch: Watch,
    url: Option<String>,
    site: Option<Open>,
    report: Option<OutputFile>,
}

impl Wanted {
    /// Alive at an address, and frozen in a file.
    pub(crate) fn new(address: Option<&str>, report: Option<OutputFile>) -> Result<Self, Failure> {
        Ok(Wanted {
            site: address.map(Site::listen).transpose()?,
            report,
        })
    }

    /// Shows a run, if that is wanted. Before the first task is sent.
    pub(crate) fn show<A, R>(
        self,
        handle: &Handle<A, R>,
        subject: Subject,
    ) -> Result<Option<Shown>, Failure>
    where
        A: 'static,
        R: 'static,
    {
        if self.site.is_none() && self.report.is_none() {
            return Ok(None);
        }
        let watch = Watch::over(handle, subject)?;
        let url = self.site.as_ref().map(Site::url);
        let serve = |site: Site| site.serve(&watch.view);
        let site = self.site.map(serve).transpose()?;
        Ok(Some(Shown {
            watch,
            url,
            site,
            report: self.report,
        }))
    }
}

impl Shown {
    /// Where the page is alive.
    pub(crate) fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// Shows how the run has ended to those who look on, and writes it into the file.
    pub(crate) fn end(self, ran: &Result<(), Failure>) -> Result<(), Failure> {
        let view = self.watch.end(Over::of(ran));
        let write = |report: OutputFile| report.write(&view.frozen());
        let written = self.report.map_or(Ok(()), write);
        if let Some(site) = self.site {
            site.farewell();
        }
        written
    }
}

/// Looks on a run, for those who look at its page.
#[derive(Debug)]
struct Watch {
    view: Arc<View>,
    follower: JoinHandle<()>,
}

/// What the page is made of.
struct View {
    subject: Subject,
    account: Box<dyn Fn() -> Account + Send + Sync>,
    followed: Mutex<Followed>,
    /// The run is over, whether or not there was room to be told of that.
    over: AtomicBool,
}

/// What has been seen of the run.
#[derive(Debug, Default)]
struct Followed {
    record: Record,
    state: State,
}

impl Watch {
    /// Looks on from now on.
    fn over<A, R>(handle: &Handle<A, R>, subject: Subject) -> Result<Self, Failure>
    where
        A: 'static,
        R: 'static,
    {
        let events = handle.events(follow::ROOM);
        let handle = handle.clone();
        let view = Arc::new(View {
            subject,
            account: Box::new(move || handle.account()),
            followed: Mutex::default(),
            over: AtomicBool::new(false),
        });
        let follower = follow::start(events, &view).map_err(Failure::server)?;
        Ok(Watch { view, follower })
    }

    /// Waits for what is still to be told of a run that is over.
    fn end(self, over: Over) -> Arc<View> {
        self.view.over.store(true, Release);
        // It does not panic; if it did, the page would lack its last state.
        let _ = self.follower.join();
        self.view.lock().state.over = Some(over);
        self.view
    }
}

impl View {
    /// The page that asks for its data.
    fn live(&self) -> String {
        let account = (self.account)();
        let followed = self.lock();
        let over = followed.state.over.as_ref();
        document::live(&self.subject, &followed.record, &account, over)
    }

    /// The page with its data in it.
    fn frozen(&self) -> String {
        document::frozen(&self.live(), &self.data(0))
    }

    /// The state, with the calls that have ended since that many had.
    fn data(&self, since: u64) -> String {
        let account = (self.account)();
        let followed = self.lock();
        data::data(
            &self.subject,
            &followed.record,
            &account,
            &followed.state,
            since,
        )
    }

    fn lock(&self) -> MutexGuard<'_, Followed> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("View")
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}
