#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod functions;
mod local_servers;
mod work_limits;

pub use functions::publish;
pub use local_servers::{LocalServers, StartError};
pub use work_limits::WorkLimits;
