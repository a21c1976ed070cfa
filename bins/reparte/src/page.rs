//! The page of a run: live at an address, and frozen in a file.
//!
//! A [`recorder`] reads the run's events into a [`model`]. A web server sends it as a document
//! with scripts, and as the JSON that the scripts ask for each second. At the end of the run the
//! same document is written into the report, with the JSON in it.

mod assets;
mod command_line;
pub(crate) mod details;
mod document;
mod ending;
mod lanes;
mod model;
mod plain_summary;
mod rate;
mod recorder;
pub(crate) mod run_info;
mod run_json;
mod snapshot;
mod state_text;
pub(crate) mod task_failures;
mod timeline;
mod utilisation;
mod web_server;

use reparte::Handle;

use crate::exit::Failure;
use crate::output_file::OutputFile;
use crate::page::ending::Ending;
use crate::page::recorder::Recorder;
use crate::page::run_info::RunInfo;
use crate::page::task_failures::TaskFailure;
use crate::page::web_server::{WebListener, WebServer};

/// The places where the page of a run is wanted. They are checked before the run begins.
#[derive(Debug)]
pub(crate) struct PageSetup {
    listener: Option<WebListener>,
    report: Option<OutputFile>,
}

/// The page of a run that has begun.
#[derive(Debug)]
pub(crate) struct RunPage {
    recorder: Recorder,
    url: Option<String>,
    web_server: Option<WebServer>,
    report: Option<OutputFile>,
}

impl PageSetup {
    /// Listens on the address of the live page, if one is given.
    pub(crate) fn new(address: Option<&str>, report: Option<OutputFile>) -> Result<Self, Failure> {
        Ok(PageSetup {
            listener: address.map(WebListener::bind).transpose()?,
            report,
        })
    }

    /// Starts the page of a run, if one is wanted. Events from before are missed, so this
    /// comes before the first task.
    pub(crate) fn show<A: 'static, R: 'static>(
        self,
        handle: &Handle<A, R>,
        info: RunInfo,
    ) -> Result<Option<RunPage>, Failure> {
        if self.listener.is_none() && self.report.is_none() {
            return Ok(None);
        }
        let recorder = Recorder::start(handle, info)?;
        let url = self.listener.as_ref().map(WebListener::url);
        let serve = |listener: WebListener| listener.serve(recorder.model());
        let web_server = self.listener.map(serve).transpose()?;
        Ok(Some(RunPage {
            recorder,
            url,
            web_server,
            report: self.report,
        }))
    }
}

impl RunPage {
    /// Returns the address of the live page, if there is one.
    pub(crate) fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// Shows a task that has failed.
    pub(crate) fn add_failure(&self, failure: TaskFailure) {
        self.recorder.model().add_failure(failure);
    }

    /// Shows how the run ended, writes the report, and stops the live page once those who
    /// look at it have seen the end.
    pub(crate) fn end(self, verdict: &Result<(), Failure>) -> Result<(), Failure> {
        let model = self.recorder.end(Ending::of(verdict));
        let write = |report: OutputFile| report.write(&model.frozen_document());
        let written = self.report.map_or(Ok(()), write);
        if let Some(web_server) = self.web_server {
            web_server.say_farewell();
        }
        written
    }
}
