//! Programs as functions: each call runs one, or hands its task to one that stays. `serve` publishes such a function, and `run` has one
//! on this machine. The programs of `--verify` are started and ended here too.

#[cfg(unix)]
pub(crate) mod answer;
#[cfg(unix)]
pub(crate) mod call_input;
#[cfg(unix)]
pub(crate) mod column_words;
#[cfg(unix)]
pub(crate) mod command_template;
#[cfg(unix)]
mod error_tail;
#[cfg(unix)]
pub(crate) mod failure;
pub(crate) mod file;
#[cfg(unix)]
pub(crate) mod flags;
#[cfg(unix)]
pub(crate) mod function;
#[cfg(unix)]
pub(crate) mod guard;
#[cfg(unix)]
pub(crate) mod init_process;
#[cfg(unix)]
mod input;
#[cfg(unix)]
mod io;
#[cfg(unix)]
pub(crate) mod kept;
#[cfg(unix)]
pub(crate) mod limits;
#[cfg(unix)]
mod mark;
#[cfg(unix)]
mod output_text;
#[cfg(unix)]
pub(crate) mod own_memory;
#[cfg(unix)]
mod placeholder;
#[cfg(unix)]
pub(crate) mod process;
#[cfg(unix)]
pub(crate) mod process_groups;
#[cfg(unix)]
pub(crate) mod result_type;
#[cfg(unix)]
pub(crate) mod runner;
#[cfg(unix)]
mod shell_script;
#[cfg(unix)]
mod start_error;
#[cfg(unix)]
pub(crate) mod user;
