//! The stage that a factorization is in, as the progress shows it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::clock::Clock;

/// The stage, which one thread sets and another shows.
#[derive(Debug, Clone, Default)]
pub(super) struct SharedStage(Arc<Mutex<Stage>>);

impl SharedStage {
    pub(super) fn set(&self, stage: Stage) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = stage;
    }

    pub(super) fn get(&self) -> Stage {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// A stage. Displays as a part of the line of the progress.
#[derive(Debug, Clone, Default)]
pub(super) enum Stage {
    #[default]
    Start,
    /// p - 1 and curves.
    Curves {
        digits: usize,
        bounds: u32,
    },
    /// Relations of an earlier run are read and checked.
    Journal {
        digits: usize,
    },
    Sieving(Sieving),
    /// Elimination and square root.
    LinearAlgebra {
        digits: usize,
        relations: usize,
    },
    /// The proofs of the primes.
    Proofs,
    /// A number is done.
    Factored,
}

/// The state of the sieve of one number.
#[derive(Debug, Clone)]
pub(super) struct Sieving {
    pub(super) digits: usize,
    pub(super) began: Instant,
    /// The part that was done when it began, in thousandths.
    pub(super) began_at: u16,
    pub(super) permille: u16,
    pub(super) relations: usize,
    /// The number of those relations that an earlier run had found.
    pub(super) earlier: usize,
    pub(super) full: usize,
    pub(super) found: usize,
    pub(super) needed: usize,
}

impl Stage {
    /// Returns the part of the sieving that is done, in thousandths, as long as there is sieving.
    pub(super) fn permille(&self) -> Option<u16> {
        match self {
            Stage::Sieving(sieving) => Some(sieving.permille),
            Stage::LinearAlgebra { .. } | Stage::Proofs | Stage::Factored => Some(1_000),
            _ => None,
        }
    }
}

impl Sieving {
    /// Estimates the time until the relations suffice; `None` at the start.
    pub(super) fn time_left(&self) -> Option<Duration> {
        time_left(self.began.elapsed(), self.permille, self.began_at)
    }
}

fn time_left(elapsed: Duration, permille: u16, began_at: u16) -> Option<Duration> {
    let done = permille.checked_sub(began_at).filter(|&done| done > 0)?;
    let left = 1_000u16.saturating_sub(permille);
    Some(elapsed * u32::from(left) / u32::from(done))
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stage::Start => Ok(()),
            Stage::Curves { digits, bounds } => {
                write!(f, "{digits} digits: curves to {bounds}")
            }
            Stage::Sieving(sieving) => {
                let Sieving {
                    digits,
                    relations,
                    earlier,
                    full,
                    found,
                    needed,
                    ..
                } = sieving;
                let cycles = found.saturating_sub(*full);
                let partial = relations.saturating_sub(*full);
                let seconds = sieving.began.elapsed().as_secs_f64().max(0.001);
                let rate = relations.saturating_sub(*earlier) as f64 / seconds;
                write!(
                    f,
                    "{digits} digits: {found} of {needed} relations ({full} full, {cycles} from \
                     {partial} partial), {rate:.0}/s"
                )?;
                match sieving.time_left() {
                    Some(left) => write!(f, ", {} left", Clock(left)),
                    None => Ok(()),
                }
            }
            Stage::Journal { digits } => write!(f, "{digits} digits: reads the journal"),
            Stage::LinearAlgebra { digits, relations } => {
                write!(f, "{digits} digits: eliminates {relations} relations")
            }
            Stage::Proofs => f.write_str("proves the primes"),
            Stage::Factored => f.write_str("factored"),
        }
    }
}

#[cfg(test)]
mod tests;
