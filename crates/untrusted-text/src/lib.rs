#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod html;
mod one_line;
mod terminal;

pub use html::Html;
pub use one_line::{OneLine, excerpt};
pub use terminal::{is_obeyed, multi_line};
