//! `reparte man`: the manual, from the definition of the command line.

mod sections;

use std::fs;
use std::io;
use std::iter::once;
use std::path::PathBuf;

use clap::Args;
use clap_mangen::Man as Page;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::exit::Failure;
use crate::man::sections::{sections, see_also};

/// Writes the manual: a page for the command, and one for each subcommand
///
/// The pages are reparte.1, reparte-serve.1 and so on; `man` finds them in a directory
/// man1 of its path. They bear the date of SOURCE_DATE_EPOCH where that is set, for
/// packages that are the same each time they are made, else the day's.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  reparte man ~/.local/share/man/man1
  man reparte-serve")]
pub(crate) struct Man {
    /// Write them into this folder, which is made where it is missing. Pages of the same name are overwritten
    directory: PathBuf,
}

impl Man {
    /// Writes the pages of a command line.
    pub(crate) fn run(self, command_line: clap::Command) -> Result<(), Failure> {
        let failed = |error: io::Error| {
            Failure::argument(format_args!(
                "can't write the manual to {} ({error}): name a directory where you may write",
                self.directory.display()
            ))
        };
        let date = date()?;
        fs::create_dir_all(&self.directory).map_err(failed)?;
        // `help` is left out: a page of its own would say nothing.
        let mut top = command_line.disable_help_subcommand(true);
        top.build();
        for command in once(&top).chain(top.get_subcommands()) {
            let name = file_name(command);
            let text = page(command, &top, &date).map_err(failed)?;
            fs::write(self.directory.join(name), text).map_err(failed)?;
        }
        Ok(())
    }
}

/// Returns the name by which `man` knows a command, such as reparte-serve.
fn name(command: &clap::Command) -> &str {
    command.get_display_name().unwrap_or(command.get_name())
}

fn file_name(command: &clap::Command) -> String {
    format!("{}.1", name(command))
}

fn page(command: &clap::Command, top: &clap::Command, date: &str) -> io::Result<String> {
    // The usage of `--help`: that of clap_mangen lacks the -- before a program.
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").to_owned();
    let version = top.get_version().unwrap_or_default();
    let page = Page::new(command.clone().override_usage(usage))
        .title(name(command).to_uppercase())
        .date(date)
        .source(format!("reparte {version}"))
        .manual("User Commands");
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if command.has_subcommands() {
        page.render_subcommands_section(&mut text)?;
    }
    // The exit codes are the same for all subcommands.
    let common = top.get_after_help().filter(|_| name(command) != name(top));
    for help in command.get_after_long_help().into_iter().chain(common) {
        sections(&help.to_string()).to_writer(&mut text)?;
    }
    let others = once(top).chain(top.get_subcommands()).map(name);
    see_also(others.filter(|&other| other != name(command))).to_writer(&mut text)?;
    // clap_mangen breaks the line twice around an empty one, of which `mandoc -T lint` warns.
    Ok(String::from_utf8_lossy(&text).replace("\n.br\n\n.br\n", "\n.sp\n"))
}

/// Returns the date on the pages.
fn date() -> Result<String, Failure> {
    const VARIABLE: &str = "SOURCE_DATE_EPOCH";
    let Some(given) = std::env::var_os(VARIABLE) else {
        return Ok(Zoned::now().strftime("%Y-%m-%d").to_string());
    };
    let seconds = given.to_str().and_then(|text| text.parse().ok());
    seconds
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .map(|time| {
            time.to_zoned(TimeZone::UTC)
                .strftime("%Y-%m-%d")
                .to_string()
        })
        .ok_or_else(|| {
            Failure::argument(format_args!(
                "{VARIABLE} is {given:?}: set it to a number of seconds since 1970, or unset it"
            ))
        })
}
