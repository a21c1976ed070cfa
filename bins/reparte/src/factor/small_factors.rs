//! The search for small factors of a composite: p - 1 in this process, curves on the servers.

use std::iter;
use std::ops::ControlFlow::{Break, Continue};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use factorizar::{
    CancelFlag, Control, CurveRange, Natural, SmallFactorStep, p_minus_1, small_factor_steps,
};

use crate::factor::cpu_times::Part;
use crate::factor::factorizer::Factorizer;
use crate::factor::failures::Failures;
use crate::factor::job::{CurveJob, Task, TaskResult};
use crate::factor::stage::Stage;
use crate::factor::stop::Stop;

/// The distance between the sigmas of two rounds; no round has as many curves.
const ROUND: u64 = 10_000;

impl Factorizer {
    /// Looks for a factor with p - 1, in this process, and curves, on the servers.
    pub(super) fn small_divisor(
        &mut self,
        n: &Natural,
        round: u64,
    ) -> Result<Option<Natural>, Stop> {
        let mut bounds = Vec::new();
        let mut levels = Vec::new();
        for step in small_factor_steps(n) {
            match step {
                SmallFactorStep::PMinus1 { b1, b2, .. } if round == 0 => bounds.push((b1, b2)),
                SmallFactorStep::Curves(curves) => levels.extend(shifted(curves, round)),
                _ => {}
            }
        }
        let job = Arc::new(CurveJob::new(n, levels));
        if let Some(journal) = &self.journal {
            bounds.retain(|&bounds| !journal.has_p_minus_1(n, bounds));
            for (curves, ranges) in &job.levels {
                let had = journal.curves(n, curves).into_iter();
                had.for_each(|part| ranges.remove(part));
            }
        }
        let ended = CancelFlag::new();
        let (flag, control) = (self.flag.clone(), Control::new().cancel_flag(&ended));
        let control = control.deadline(move || flag.is_cancelled());
        let divisor = Mutex::new(None);
        let mut without_factor = Vec::new();
        let known = || divisor.lock().unwrap_or_else(PoisonError::into_inner);
        let cpu_times = &self.cpu_times;
        let found = thread::scope(|scope| {
            scope.spawn(|| {
                for (b1, b2) in bounds {
                    let find = || p_minus_1(n, b1, b2, &control);
                    match cpu_times.of_thread(Part::PMinus1, find) {
                        Ok(None) => without_factor.push((b1, b2)),
                        Ok(found) => {
                            *known() = found;
                            break;
                        }
                        Err(_) => break,
                    }
                }
            });
            let tasks = iter::from_fn(|| {
                let has_work = !job.is_empty() && known().is_none();
                has_work.then(|| Task::Curves(Arc::clone(&job)))
            });
            let (digits, stage) = (n.digits(), self.stage.clone());
            let mut failures = Failures::default();
            let journal = &mut self.journal;
            let found = self.search.until(tasks, |_, outcome| {
                let level = job.levels.iter().find(|(_, ranges)| !ranges.is_empty());
                if let Some((curves, _)) = level {
                    stage.set(Stage::Curves {
                        digits,
                        bounds: curves.b1(),
                    });
                }
                match failures.check(outcome) {
                    Ok(Some(TaskResult::Factor(factor))) => return Break(Ok(factor)),
                    Ok(Some(TaskResult::NoFactor(curves))) => {
                        let added = journal
                            .as_mut()
                            .map(|journal| journal.add_curves(n, curves));
                        if let Some(Err(stop)) = added {
                            return Break(Err(stop));
                        }
                    }
                    Err(stop) => return Break(Err(stop)),
                    Ok(_) => {}
                }
                match known().take() {
                    Some(factor) => Break(Ok(factor)),
                    None => Continue(()),
                }
            });
            match found {
                Ok(None) => Ok(None),
                // p - 1 is no longer needed.
                Ok(Some(end)) => {
                    ended.cancel();
                    end.map(Some)
                }
                Err(error) => {
                    ended.cancel();
                    Err(error.into())
                }
            }
        });
        if let Some(journal) = &mut self.journal {
            for bounds in without_factor {
                journal.add_p_minus_1(n, bounds)?;
            }
        }
        Ok(found?.or_else(|| known().take()))
    }
}

/// Returns the curves of a later round, with parameters of their own.
fn shifted(curves: CurveRange, round: u64) -> Option<CurveRange> {
    let first = curves
        .first_sigma()
        .checked_add(round.checked_mul(ROUND)?)?;
    CurveRange::new(curves.b1(), curves.b2(), first, curves.count()).ok()
}
