//! `reparte completions`: what a shell has to know of the command line.

use clap::{Args, CommandFactory as _};
use clap_complete::{Shell, generate};
use cli_support::output::print;

use crate::Command;
use crate::exit::Failure;

/// Prints the completions of a shell, for it to read when it starts
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  reparte completions bash > ~/.local/share/bash-completion/completions/reparte
  reparte completions zsh > ~/.zfunc/_reparte     # ~/.zfunc in fpath, before compinit
  reparte completions fish > ~/.config/fish/completions/reparte.fish")]
pub(crate) struct Completions {
    /// The shell that is to complete
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let mut script = Vec::new();
        generate(self.shell, &mut Command::command(), "reparte", &mut script);
        Ok(print(String::from_utf8_lossy(&script).trim_end())?)
    }
}
