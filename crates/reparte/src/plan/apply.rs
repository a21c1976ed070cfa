//! The changes that concern several parts of the plan, and their actions.
//!
//! Each method applies one decision to every part that has to know of it, so
//! that the parts agree when it returns. The decisions themselves are made in
//! the parts, and asked for in `plan.rs`.

mod attempts;
mod blame;
mod call;
mod chances;
mod isolated;
mod others;
mod probe;
mod server;
mod task;
mod worker;
