//! The input of a run, and the files and the page that show its end.

use std::path::Path;
use std::sync::Arc;

use cli_support::distinct_files::DistinctFiles;
use cli_support::standard_streams::check_output;

use crate::exit::Failure;
use crate::output_file::OutputFile;
use crate::page::PageSetup;
use crate::run::flags::RunCommand;
use crate::run::input_progress::InputProgress;
use crate::run::result_files::ResultFiles;
use crate::run::result_writer::Extras;
use crate::run::task_format::TaskFormat;
use crate::run::task_reader::TaskReader;

/// The input of a run, and the files and the page that show its end.
pub(super) struct Files {
    pub(super) tasks: TaskReader,
    pub(super) format: TaskFormat,
    pub(super) input: Arc<InputProgress>,
    pub(super) account: Option<OutputFile>,
    pub(super) failed: Option<OutputFile>,
    pub(super) extras: Extras,
    pub(super) results: Option<ResultFiles>,
    pub(super) page: PageSetup,
}

impl RunCommand {
    /// Opens the input and the files of the end.
    pub(super) fn open(&self) -> Result<Files, Failure> {
        check_output()?;
        self.check_files()?;
        let format = TaskFormat::of(self)?;
        let account = OutputFile::at("--account", self.account.as_deref())?;
        let failed = OutputFile::at("--failed", self.failed.as_deref())?;
        let report = OutputFile::at("--report", self.report.as_deref())?;
        let page = PageSetup::new(self.page.as_deref(), report)?;
        let extras = Extras::of(self)?;
        let results = self.results.as_deref().map(ResultFiles::open).transpose()?;
        let input = Arc::new(InputProgress::default());
        // The input comes last: at a terminal it asks for tasks, and no bad flag may follow.
        let tasks = TaskReader::open(self.tasks.as_deref(), &format, &input)?;
        Ok(Files {
            tasks,
            format,
            input,
            account,
            failed,
            extras,
            results,
            page,
        })
    }

    /// Checks that no file is named for two purposes, one of which would overwrite the other.
    fn check_files(&self) -> Result<(), Failure> {
        let mut files = DistinctFiles::default();
        let tasks = self.tasks.as_deref().filter(|path| *path != Path::new("-"));
        match tasks {
            Some(path) => files.add_input("--tasks", Some(path)),
            None => files.add_standard_input(),
        }
        files.add_input("--verify", self.verify.as_deref());
        self.servers.add_to(&mut files);
        self.client.add_to(&mut files);
        files.add_standard_outputs();
        files.add_output("--journal", self.journal.as_deref());
        files.add_output("--account", self.account.as_deref());
        files.add_output("--report", self.report.as_deref());
        files.add_output("--results", self.results.as_deref());
        // The tasks may be those that failed before: they are replaced at the end.
        if self.failed != self.tasks {
            files.add_output("--failed", self.failed.as_deref());
        }
        Ok(files.check()?)
    }
}
