//! The jobs of a factorization that servers share, and a task, which takes a part of one.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use factorizar::{CheckedRelations, CurveRange, Natural, QuadraticSieve};

use crate::factor::journal_record::SievedRecord;
use crate::factor::ranges::Ranges;

/// Curves that servers compute in step.
const LANES: u64 = 8;

/// A task: some part of a job, as much as suits the server that takes it.
#[derive(Debug, Clone)]
pub(super) enum Task {
    Curves(Arc<CurveJob>),
    Sieve(Arc<SieveJob>),
}

/// The result of a task.
#[derive(Debug)]
pub(super) enum TaskResult {
    /// A factor that a curve has found.
    Factor(Natural),
    /// Curves that found no factor.
    NoFactor(CurveRange),
    /// Relations, checked.
    Sieved(Sieved),
    /// No part of the job was left.
    Nothing,
}

/// The relations of a range of leading coefficients.
#[derive(Debug)]
pub(super) struct Sieved {
    pub(super) server: Arc<str>,
    pub(super) range: Range<u64>,
    pub(super) time: Duration,
    /// The CPU time that the server says it took; zero if it says nothing.
    pub(super) cpu: Duration,
    /// The relations as they came.
    pub(super) packed: Vec<u8>,
    pub(super) relations: CheckedRelations,
}

impl Sieved {
    /// Returns the journal's record of these relations of `n`.
    pub(super) fn take_record(&mut self, n: &Natural) -> SievedRecord {
        SievedRecord {
            n: n.clone(),
            version: QuadraticSieve::VERSION,
            range: self.range.clone(),
            server: self.server.to_string(),
            time: self.time,
            cpu: self.cpu,
            packed: std::mem::take(&mut self.packed),
        }
    }
}

/// The curves for one composite.
#[derive(Debug)]
pub(super) struct CurveJob {
    pub(super) n: Natural,
    /// Curves of the same bounds, one level after the other.
    pub(super) levels: Vec<(CurveRange, Ranges)>,
}

impl CurveJob {
    pub(super) fn new(n: &Natural, levels: impl IntoIterator<Item = CurveRange>) -> Self {
        let ranges = |curves: CurveRange| Ranges::new(curves.count(), LANES, CALL_TIME);
        CurveJob {
            n: n.clone(),
            levels: levels
                .into_iter()
                .map(|curves| (curves, ranges(curves)))
                .collect(),
        }
    }

    /// Returns whether all curves are taken.
    pub(super) fn is_empty(&self) -> bool {
        self.levels.iter().all(|(_, ranges)| ranges.is_empty())
    }
}

/// The time that a call of curves should take.
const CALL_TIME: Duration = Duration::from_secs(1);

/// The sieve of one composite.
#[derive(Debug)]
pub(super) struct SieveJob {
    pub(super) n: Natural,
    pub(super) sieve: QuadraticSieve,
    pub(super) ranges: Ranges,
}

impl SieveJob {
    pub(super) fn new(n: &Natural, sieve: QuadraticSieve) -> Self {
        SieveJob {
            n: n.clone(),
            ranges: Ranges::new(sieve.units(), 1, call_time(n.digits())),
            sieve,
        }
    }
}

/// Returns the time that a call of the sieve should take: long beside the cost of a call, and short
/// beside the whole.
pub(super) fn call_time(digits: usize) -> Duration {
    match digits {
        ..60 => Duration::from_millis(500),
        60..80 => Duration::from_secs(2),
        _ => Duration::from_secs(8),
    }
}
