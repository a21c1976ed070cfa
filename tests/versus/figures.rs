//! Figures of rounds: medians, and the CPU time that processes take.
#![allow(dead_code, reason = "each program takes what it needs")]

use std::io;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// The median: of an even number of figures, the mean of the two in the middle.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_unstable_by(f64::total_cmp);
    let upper = figures.get(figures.len() / 2).copied();
    let lower = figures.get(figures.len().saturating_sub(1) / 2).copied();
    (lower.unwrap_or(f64::NAN) + upper.unwrap_or(f64::NAN)) / 2.0
}

/// CPU time so far, of this process or of those that it has waited for, in microseconds.
pub fn cpu_micros(who: UsageWho) -> io::Result<f64> {
    let usage = getrusage(who)?;
    let time = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(time as f64)
}
