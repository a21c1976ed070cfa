#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod backoff;
mod command_thread;
mod connection;
mod error;
mod health;
mod holder;
mod keys;
mod kind;
mod large;
mod link;
mod monitor;
mod options;
mod queue;
mod queue_builder;
mod reply;
mod script;
mod sending;
mod shutdown;
mod thread;
mod url;
mod worker;
mod worker_builder;

pub use error::Error;
pub use holder::Holder;
pub use monitor::Monitor;
pub use monitor::queue_status::{DetachedBytes, QueueStatus, RunStatus, WorkerStatus};
pub use options::Options;
pub use queue::RedisQueue;
pub use queue::deposit::{Deposit, DepositHandle, Detached};
pub use queue::handle::RedisQueueHandle;
pub use queue_builder::RedisQueueBuilder;
pub use url::RedisUrl;
pub use worker::{Worker, WorkerHandle};
pub use worker_builder::WorkerBuilder;
