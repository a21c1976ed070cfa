//! `reparte completions`: the script that completes the command line in a shell.

use clap::Args;
use clap_complete::{Shell, generate};
use cli_support::output::print;

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
    /// Prints the script for a command line.
    pub(crate) fn run(self, mut command_line: clap::Command) -> Result<(), Failure> {
        let mut script = Vec::new();
        generate(self.shell, &mut command_line, "reparte", &mut script);
        Ok(print(String::from_utf8_lossy(&script).trim_end())?)
    }
}
