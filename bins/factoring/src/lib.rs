#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod cpu_time;
mod functions;
mod local_servers;
mod numbers;
mod sieves;
mod units;
mod work_limits;

pub use functions::publish;
pub use local_servers::{LocalServers, StartError};
pub use units::publish_units;
pub use work_limits::WorkLimits;
