//! The journal of a factorization: what servers have computed, from which the same command goes
//! on after its end.
//!
//! docs/journal.md has the bytes of its records.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use factorizar::{CurveRange, Natural, QuadraticSieve};
use reparte::{JournalError, RecordJournal, RecordPosition};
use untrusted_text::OneLine;

use crate::exit::Failure;
use crate::factor::journal_record::{Record, SievedRecord};
use crate::factor::stop::Stop;

/// The name of the work in the file's header.
const WORK: &str = "reparte factor: curves and relations";

/// An open journal, and an index of its records.
#[derive(Debug)]
pub(super) struct RelationJournal {
    file: RecordJournal,
    path: PathBuf,
    /// The numbers of the run that it was made by, in order.
    numbers: Vec<Natural>,
    /// The count of numbers that this run has begun.
    begun: usize,
    /// The records of each composite.
    composites: HashMap<Natural, Known>,
}

/// The index of the records of one composite.
#[derive(Debug, Default)]
struct Known {
    divisor: Option<Natural>,
    /// The bounds of p - 1 that have found nothing.
    p_minus_1: Vec<(u32, u64)>,
    /// Curves that have found nothing.
    curves: Vec<CurveRange>,
    sieved: Vec<SievedPart>,
    /// The version of the sieve that the last relations are of.
    version: Option<u32>,
}

/// A part of a sieve.
#[derive(Debug, Clone)]
pub(super) enum SievedPart {
    /// Leading coefficients that are sieved, and the relations are in the record there.
    Sieved(Range<u64>, RecordPosition),
    /// Leading coefficients to sieve again: their server had withheld relations.
    Withdrawn(Range<u64>),
}

impl RelationJournal {
    /// Opens the journal, or begins it.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let mut index = Index::default();
        let opened =
            RecordJournal::open(path, WORK, |position, record| index.add(position, record));
        let file = opened.map_err(|error| Failure::Journal(format!("--journal: {error}")))?;
        if let Some(record) = index.unreadable {
            return Err(Failure::Journal(format!(
                "--journal: record {record} of {} is of a later version of this command: use that \
                 one, or another file",
                name(path)
            )));
        }
        if index.other_versions > 0 {
            log::warn!(
                "{}: {} records are of another version of the sieve than {}, and are not used",
                name(path),
                index.other_versions,
                QuadraticSieve::VERSION
            );
        }
        Ok(RelationJournal {
            file,
            path: path.to_owned(),
            numbers: index.numbers,
            begun: 0,
            composites: index.composites,
        })
    }

    /// Begins the next number of the run.
    ///
    /// # Errors
    ///
    /// The journal has another number in its place, or can't be written.
    pub(super) fn begin(&mut self, n: &Natural) -> Result<(), Stop> {
        let begun = self.numbers.get(self.begun);
        self.begun += 1;
        match begun {
            Some(other) if other != n => Err(Stop::Journal(format!(
                "the journal {} is of another run: number {} there is {other}, not {n}: use \
                 another file, or the numbers it was made with",
                name(&self.path),
                self.begun
            ))),
            Some(_) => Ok(()),
            None => {
                self.append(&Record::Number(n.clone()))?;
                self.numbers.push(n.clone());
                Ok(())
            }
        }
    }

    /// Returns the divisor that was found of a composite.
    ///
    /// # Errors
    ///
    /// It is no divisor.
    pub(super) fn divisor(&self, n: &Natural) -> Result<Option<Natural>, Stop> {
        let divisor = self.known(n).and_then(|known| known.divisor.as_ref());
        match divisor {
            Some(divisor)
                if divisor.is_one() || divisor == n || n.exact_quotient(divisor).is_none() =>
            {
                Err(self.wrong(format_args!("{divisor} is no divisor of {n}")))
            }
            divisor => Ok(divisor.cloned()),
        }
    }

    /// Returns whether p - 1 with these bounds has found nothing.
    pub(super) fn has_p_minus_1(&self, n: &Natural, bounds: (u32, u64)) -> bool {
        self.known(n)
            .is_some_and(|known| known.p_minus_1.contains(&bounds))
    }

    /// Returns the curves of a range that have found nothing, as places in the range.
    pub(super) fn curves(&self, n: &Natural, wanted: &CurveRange) -> Vec<Range<u64>> {
        let known = self.known(n).map_or(&[][..], |known| &known.curves);
        let of_bounds = known
            .iter()
            .filter(|had| (had.b1(), had.b2()) == (wanted.b1(), wanted.b2()));
        let place = |had: &CurveRange| {
            let start = had.first_sigma().saturating_sub(wanted.first_sigma());
            let end = (had.first_sigma() + had.count()).saturating_sub(wanted.first_sigma());
            start..end.min(wanted.count())
        };
        of_bounds
            .map(place)
            .filter(|part| !part.is_empty())
            .collect()
    }

    /// Returns the parts of a sieve, in the order in which they came.
    pub(super) fn sieved(&self, n: &Natural) -> Vec<SievedPart> {
        self.known(n)
            .map_or_else(Vec::new, |known| known.sieved.clone())
    }

    /// Reads the record of a part.
    pub(super) fn read_sieved(&mut self, at: RecordPosition) -> Result<SievedRecord, Stop> {
        let bytes = self.file.read(at)?;
        match Record::read(&bytes) {
            Some(Record::Sieved(sieved)) => Ok(sieved),
            _ => Err(self.wrong("a record has changed")),
        }
    }

    /// Returns the end of a run whose journal holds what is not true.
    pub(super) fn wrong(&self, what: impl std::fmt::Display) -> Stop {
        Stop::Journal(format!(
            "the journal {} is wrong: {what}: use another file",
            name(&self.path)
        ))
    }

    pub(super) fn add_divisor(&mut self, n: &Natural, divisor: &Natural) -> Result<(), Stop> {
        self.append(&Record::Divisor(n.clone(), divisor.clone()))?;
        self.entry(n).divisor = Some(divisor.clone());
        Ok(())
    }

    /// Notes that p - 1 has found nothing with these bounds.
    pub(super) fn add_p_minus_1(&mut self, n: &Natural, bounds: (u32, u64)) -> Result<(), Stop> {
        self.append(&Record::PMinus1(n.clone(), bounds.0, bounds.1))?;
        self.entry(n).p_minus_1.push(bounds);
        Ok(())
    }

    /// Notes that curves have found nothing.
    pub(super) fn add_curves(&mut self, n: &Natural, curves: CurveRange) -> Result<(), Stop> {
        self.append(&Record::Curves(n.clone(), curves))?;
        self.entry(n).curves.push(curves);
        Ok(())
    }

    /// Adds the relations of a part of the sieve. They are not read back in this run.
    pub(super) fn add_sieved(&mut self, sieved: SievedRecord) -> Result<(), Stop> {
        self.append(&Record::Sieved(sieved))?;
        Ok(())
    }

    /// Notes that a part is to be sieved again.
    pub(super) fn add_withdrawn(&mut self, n: &Natural, part: Range<u64>) -> Result<(), Stop> {
        self.append(&Record::Withdrawn(n.clone(), part))?;
        Ok(())
    }

    /// Writes the file to the disk and closes it.
    pub(super) fn finish(self) -> Result<(), Failure> {
        self.file
            .finish()
            .map_err(|error| Failure::Journal(format!("--journal: {error}")))
    }

    fn append(&mut self, record: &Record) -> Result<RecordPosition, JournalError> {
        self.file.append(&record.to_bytes())
    }

    fn known(&self, n: &Natural) -> Option<&Known> {
        self.composites.get(n)
    }

    fn entry(&mut self, n: &Natural) -> &mut Known {
        self.composites.entry(n.clone()).or_default()
    }
}

/// Returns a path for a message.
fn name(path: &Path) -> String {
    OneLine::new(&path.display().to_string()).to_string()
}

/// The index of a journal, as it is read.
#[derive(Debug, Default)]
struct Index {
    numbers: Vec<Natural>,
    composites: HashMap<Natural, Known>,
    records: u64,
    /// The first record that can't be read, counted from 1.
    unreadable: Option<u64>,
    /// Relations of another version of the sieve.
    other_versions: u64,
}

impl Index {
    fn add(&mut self, position: RecordPosition, bytes: &[u8]) {
        self.records += 1;
        match Record::read(bytes) {
            None => _ = self.unreadable.get_or_insert(self.records),
            Some(Record::Number(n)) => self.numbers.push(n),
            Some(Record::Divisor(n, divisor)) => self.known(n).divisor = Some(divisor),
            Some(Record::PMinus1(n, b1, b2)) => self.known(n).p_minus_1.push((b1, b2)),
            Some(Record::Curves(n, curves)) => self.known(n).curves.push(curves),
            Some(Record::Sieved(sieved)) => {
                let known = self.known(sieved.n);
                known.version = Some(sieved.version);
                if sieved.version == QuadraticSieve::VERSION {
                    known
                        .sieved
                        .push(SievedPart::Sieved(sieved.range, position));
                } else {
                    self.other_versions += 1;
                }
            }
            // The run that withdrew them had sieved them before: they are of its version's list.
            Some(Record::Withdrawn(n, part)) => {
                let known = self.known(n);
                if known.version == Some(QuadraticSieve::VERSION) {
                    known.sieved.push(SievedPart::Withdrawn(part));
                }
            }
        }
    }

    fn known(&mut self, n: Natural) -> &mut Known {
        self.composites.entry(n).or_default()
    }
}

#[cfg(test)]
mod tests;
