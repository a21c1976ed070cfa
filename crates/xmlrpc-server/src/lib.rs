// The page's example needs the feature.
#![cfg_attr(feature = "tiny", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "tiny"), doc = "Publish Rust functions over XML-RPC.")]
#![forbid(unsafe_code)]

mod builtin;
mod context;
mod control;
mod error;
#[cfg(any(feature = "tiny", feature = "hyper"))]
pub mod front;
mod handler;
mod service;
#[cfg(any(feature = "tiny", feature = "hyper"))]
mod stop;
mod text;

pub use context::Context;
pub use error::Error;
pub use handler::Handler;
pub use service::{Service, Step};
#[cfg(any(feature = "tiny", feature = "hyper"))]
pub use stop::Stop;
