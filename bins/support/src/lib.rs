#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod clear_text;
pub mod descriptors;
pub mod diagnostics;
pub mod distinct_files;
pub mod exit;
pub mod listening;
pub mod logging;
pub mod output;
pub mod seconds;
pub mod signals;
pub mod standard_streams;
