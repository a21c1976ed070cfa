//! The sieve of a composite: relations from the servers, and a divisor from the relations.

use std::iter;
use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use factorizar::{Natural, QuadraticSieve, Relations, SieveError};
use reparte::{CallError, Destino, ErrorKind, ServerState, ServerSummary};

use crate::factor::cpu_times::Part;
use crate::factor::factorizer::Factorizer;
use crate::factor::failures::Failures;
use crate::factor::job::{SieveJob, Task, TaskResult, call_time};
use crate::factor::relation_journal::SievedPart;
use crate::factor::stage::{Sieving, Stage};
use crate::factor::stop::Stop;
use crate::factor::yields::Yields;

/// A call takes at most the time left divided by this, so that little is lost at the end.
const TIME_LEFT_DIVISOR: u32 = 4;

/// The shortest time that calls are sized for.
const SHORTEST_CALL: Duration = Duration::from_millis(50);

impl Factorizer {
    /// Sieves on the servers, and computes a divisor from what they find.
    pub(super) fn sieve(&mut self, n: &Natural) -> Result<Natural, Stop> {
        let control = self.control();
        let sieve = match QuadraticSieve::new_with(n, QuadraticSieve::VERSION, &control) {
            Ok(sieve) => sieve,
            Err(SieveError::Factor { prime }) => return Ok(prime.into()),
            Err(SieveError::Stopped(_)) => return Err(Stop::Interrupted),
            Err(error) => return Err(Stop::failed(error.to_string())),
        };
        let job = Arc::new(SieveJob::new(n, sieve));
        let mut collection = Collection::new(&job);
        self.readmit_unfit();
        self.resume(&mut collection)?;
        collection.begin();
        let mut yields = Yields::default();
        let divisor = self.collect_and_divide(&job, &mut collection, &mut yields);
        self.suspicions.extend(yields.suspicions());
        divisor
    }

    /// Collects relations until they give a divisor.
    fn collect_and_divide(
        &mut self,
        job: &Arc<SieveJob>,
        collection: &mut Collection<'_>,
        yields: &mut Yields,
    ) -> Result<Natural, Stop> {
        loop {
            if !collection.is_enough() {
                self.collect(job, collection, yields)?;
            }
            self.stage.set(Stage::LinearAlgebra {
                digits: collection.digits,
                relations: collection.relations.found(),
            });
            let control = self.control();
            let divide = || collection.relations.divisor(&control);
            if let Some(divisor) = self.cpu_times.of_process(Part::LinearAlgebra, divide)? {
                return Ok(divisor);
            }
            collection.raise_needed();
        }
    }

    /// Takes back the servers that are out since they could not do other work: the curves, or
    /// another number.
    fn readmit_unfit(&self) {
        let run = self.search.handle();
        let servers = run.summary().servers.into_iter();
        let is_unfit = |server: &ServerSummary| {
            let error = server.last_error.as_ref().map(CallError::kind);
            server.state == ServerState::Out && matches!(error, Some(ErrorKind::Unfit))
        };
        let unfit: Vec<_> = servers.filter(is_unfit).map(|server| server.name).collect();
        if unfit.is_empty() {
            return;
        }
        match (self.destinations)() {
            Ok(destinations) => {
                for destination in destinations {
                    let name = Destino::name(&destination).to_owned();
                    if unfit.iter().any(|unfit| **unfit == *name) {
                        // The run has ended otherwise, as the search will find.
                        let _ = run.replace_server(&name, destination);
                    }
                }
            }
            Err(error) => log::warn!("servers that were unfit stay out: {error}"),
        }
    }

    /// Adds the relations of the journal, and removes what they cover from the work that is left.
    fn resume(&mut self, collection: &mut Collection<'_>) -> Result<(), Stop> {
        let Some(journal) = &mut self.journal else {
            return Ok(());
        };
        let SieveJob { n, sieve, ranges } = collection.job;
        let parts = journal.sieved(n);
        if !parts.is_empty() {
            let digits = collection.digits;
            self.stage.set(Stage::Journal { digits });
        }
        for parts in parts.chunks(self.threads.max(1)) {
            if self.flag.is_cancelled() {
                return Err(Stop::Interrupted);
            }
            let mut records = Vec::new();
            for part in parts {
                match part {
                    SievedPart::Sieved(range, at) => {
                        ranges.remove(range.clone());
                        records.push((journal.read_sieved(*at)?, None));
                    }
                    SievedPart::Withdrawn(range) => ranges.give_back(range.clone()),
                }
            }
            let cpu_times = &self.cpu_times;
            thread::scope(|scope| {
                for (record, checked) in &mut records {
                    let (start, end) = (record.range.start, record.range.end);
                    let packed = &record.packed;
                    let check = move || sieve.check(start, end - start, packed);
                    scope.spawn(move || *checked = Some(cpu_times.of_thread(Part::Checks, check)));
                }
            });
            for (record, checked) in records {
                let checked = checked.and_then(Result::ok);
                let checked = checked.ok_or_else(|| journal.wrong("its relations are false"))?;
                collection.relations.add_checked(&checked);
                self.yields.lock().add_earlier(&record, checked.len());
            }
        }
        Ok(())
    }

    /// Has the servers sieve until the relations suffice.
    fn collect(
        &mut self,
        job: &Arc<SieveJob>,
        collection: &mut Collection<'_>,
        yields: &mut Yields,
    ) -> Result<(), Stop> {
        let run = self.search.handle();
        loop {
            let tasks = iter::from_fn(|| {
                let has_work = !job.ranges.is_empty();
                has_work.then(|| Task::Sieve(Arc::clone(job)))
            });
            let (stage, journal, all_yields) = (&self.stage, &mut self.journal, &self.yields);
            let mut failures = Failures::default();
            let mut take = |outcome| -> Result<bool, Stop> {
                let Some(TaskResult::Sieved(mut sieved)) = failures.check(outcome)? else {
                    return Ok(false);
                };
                if let Some(journal) = journal {
                    journal.add_sieved(sieved.take_record(&job.n))?;
                }
                collection.relations.add_checked(&sieved.relations);
                yields.add(&sieved);
                all_yields.lock().add(&sieved);
                for (server, withdrawn) in yields.put_out() {
                    run.remove_server(&server);
                    all_yields.lock().note_put_out(&server);
                    for part in withdrawn {
                        if let Some(journal) = journal {
                            journal.add_withdrawn(&job.n, part.clone())?;
                        }
                        job.ranges.give_back(part);
                    }
                }
                let sieving = collection.state();
                if let Some(left) = sieving.time_left() {
                    let part = (left / TIME_LEFT_DIVISOR).max(SHORTEST_CALL);
                    job.ranges
                        .set_call_time(call_time(sieving.digits).min(part));
                }
                stage.set(Stage::Sieving(sieving));
                Ok(collection.is_enough())
            };
            let cpu_times = &self.cpu_times;
            let enough = self.search.until(tasks, |_, outcome| {
                match cpu_times.of_thread(Part::Collection, || take(outcome)) {
                    Ok(true) => Break(Ok(())),
                    Ok(false) => Continue(()),
                    Err(stop) => Break(Err(stop)),
                }
            })?;
            match enough {
                // Those of a server that was put out.
                None if !job.ranges.is_empty() => {}
                None => return Err(Stop::failed("the sieve has no more polynomials")),
                Some(result) => return result,
            }
        }
    }
}

/// The relations of one composite, as they come.
struct Collection<'a> {
    job: &'a SieveJob,
    relations: Relations<'a>,
    digits: usize,
    needed: usize,
    began: Instant,
    /// The number of relations when it began: those of the journal.
    earlier: usize,
    /// The part of the sieving that was done when it began, in thousandths.
    began_at: u16,
}

impl<'a> Collection<'a> {
    fn new(job: &'a SieveJob) -> Self {
        let relations = job.sieve.relations();
        Collection {
            job,
            digits: job.n.digits(),
            needed: relations.needed(),
            relations,
            began: Instant::now(),
            earlier: 0,
            began_at: 0,
        }
    }

    /// Begins to count time, from the relations that are there.
    fn begin(&mut self) {
        self.began = Instant::now();
        self.earlier = self.relations.len();
        self.began_at = self.relations.permille(self.needed);
    }

    fn is_enough(&self) -> bool {
        self.relations.found() >= self.needed
    }

    /// Asks for more relations: those that were enough have given no divisor.
    fn raise_needed(&mut self) {
        let spare = self.relations.needed() / 100 + 10;
        self.needed = self.relations.found() + spare;
    }

    fn state(&self) -> Sieving {
        let Collection {
            relations, needed, ..
        } = self;
        Sieving {
            digits: self.digits,
            began: self.began,
            began_at: self.began_at,
            permille: relations.permille(*needed),
            relations: relations.len(),
            earlier: self.earlier,
            full: relations.full(),
            found: relations.found(),
            needed: *needed,
        }
    }
}
