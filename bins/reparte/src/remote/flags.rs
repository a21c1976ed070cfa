//! The flags of servers that are started by ssh.
//!
//! The comments of the fields are the text of `--help`.

use std::path::PathBuf;

use clap::Args;

// No doc comment: clap would take it for the subcommand's.
#[derive(Debug, Args)]
#[command(next_help_heading = "Machines by ssh")]
pub(crate) struct RemoteFlags {
    /// Copy this file or directory into the directory in which the program runs there; may be
    /// given again
    #[arg(long, value_name = "FILE", requires = "hosts")]
    pub(crate) with: Vec<PathBuf>,
    /// Copy this build of the command to hosts of another processor, or with an older C library,
    /// where this one would not run; may be given again, and the first that fits is taken
    #[arg(long, value_name = "FILE", requires = "hosts")]
    pub(crate) remote_binary: Vec<PathBuf>,
    /// Run this program in place of ssh, with the same arguments
    #[arg(
        long,
        value_name = "PROGRAM",
        default_value = "ssh",
        requires = "hosts"
    )]
    pub(crate) ssh_program: PathBuf,
}
