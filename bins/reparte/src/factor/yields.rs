//! The yield of each server: what it has sieved, and how much it has found.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{AddAssign, Range};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value as Json, json};
use untrusted_text::OneLine;

use crate::factor::job::Sieved;
use crate::factor::journal_record::SievedRecord;
use crate::page::details::DetailsTable;

/// Relations that a server should have found before its yield is compared.
const COMPARED_FROM: f64 = 200.0;

/// The share of the others' yield below which a server is reported.
const SUSPICIOUS: f64 = 0.7;

/// The share below which a server gets no more calls.
const CERTAIN: f64 = 0.2;

/// The yields of all servers.
#[derive(Debug, Clone, Default)]
pub(super) struct Yields(BTreeMap<Arc<str>, ServerYield>);

/// The yields of a run, which one thread adds to and others show.
#[derive(Debug, Clone, Default)]
pub(super) struct SharedYields(Arc<Mutex<Yields>>);

impl SharedYields {
    pub(super) fn lock(&self) -> MutexGuard<'_, Yields> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The work of a server.
#[derive(Debug, Clone, Copy, Default)]
struct Work {
    coefficients: u64,
    relations: u64,
    time: Duration,
    /// The CPU time that the server has told.
    cpu: Duration,
}

impl AddAssign for Work {
    fn add_assign(&mut self, other: Work) {
        self.coefficients += other.coefficients;
        self.relations += other.relations;
        self.time = self.time.saturating_add(other.time);
        // The server says it, so it may be anything.
        self.cpu = self.cpu.saturating_add(other.cpu);
    }
}

/// The yield of a server.
#[derive(Debug, Clone, Default)]
struct ServerYield {
    work: Work,
    /// The work of the journal. It is told, and no server is judged by it: it may have been another
    /// program then.
    earlier: Work,
    /// The ranges that it has sieved of this number, which others sieve again if it is put out.
    ranges: Vec<Range<u64>>,
    is_out: bool,
}

impl Yields {
    pub(super) fn add(&mut self, sieved: &Sieved) {
        let server = self.0.entry(Arc::clone(&sieved.server)).or_default();
        server.work += Work {
            coefficients: sieved.range.end - sieved.range.start,
            relations: sieved.relations.len() as u64,
            time: sieved.time,
            cpu: sieved.cpu,
        };
        server.ranges.push(sieved.range.clone());
    }

    /// Adds a record of the journal, with the number of its relations.
    pub(super) fn add_earlier(&mut self, record: &SievedRecord, relations: usize) {
        let server = self.0.entry(record.server.as_str().into()).or_default();
        server.earlier += Work {
            coefficients: record.range.end - record.range.start,
            relations: relations as u64,
            time: record.time,
            cpu: record.cpu,
        };
    }

    /// Puts out the servers that have withheld nearly all relations, which no chance explains:
    /// they could take all polynomials and give nothing for them. Returns each server, and what
    /// has to be sieved again, once.
    pub(super) fn put_out(&mut self) -> Vec<(Arc<str>, Vec<Range<u64>>)> {
        let mut put_out = Vec::new();
        for (name, found, expected) in self.comparison() {
            if (found as f64) < CERTAIN * expected {
                put_out.push(name);
            }
        }
        let mut ranges = Vec::new();
        for name in put_out {
            if let Some(server) = self.0.get_mut(&name).filter(|server| !server.is_out) {
                server.is_out = true;
                ranges.push((name, std::mem::take(&mut server.ranges)));
            }
        }
        ranges
    }

    /// Notes that a server was put out, for the account.
    pub(super) fn note_put_out(&mut self, server: &Arc<str>) {
        self.0.entry(Arc::clone(server)).or_default().is_out = true;
    }

    /// Returns each server whose relations can be compared, how many it has found, and how many
    /// the others would have found in as many polynomials of the same number.
    fn comparison(&self) -> Vec<(Arc<str>, u64, f64)> {
        let mut total = Work::default();
        self.0.values().for_each(|server| total += server.work);
        let compared = self.0.iter().map(|(name, server)| {
            let work = server.work;
            let others = (total.relations - work.relations) as f64;
            let of_others = others / (total.coefficients - work.coefficients) as f64;
            let expected = work.coefficients as f64 * of_others;
            (Arc::clone(name), work.relations, expected)
        });
        let is_known = |expected: f64| expected.is_finite() && expected >= COMPARED_FROM;
        compared
            .filter(|&(_, _, expected)| is_known(expected))
            .collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns a sentence for each server that found far fewer relations than the others did in
    /// as many polynomials of the same number. It may have withheld some: nothing else shows it.
    pub(super) fn suspicions(&self) -> impl Iterator<Item = String> {
        let compared = self.comparison().into_iter();
        compared.filter_map(|(name, found, expected)| {
            ((found as f64) < SUSPICIOUS * expected).then(|| {
                format!(
                    "{} found {found} relations, where the others would have found \
                     {expected:.0}: it may withhold some",
                    OneLine::new(&name)
                )
            })
        })
    }
}

/// The columns of the table.
const COLUMNS: &[&str] = &[
    "server",
    "coefficients",
    "relations",
    "seconds",
    "CPU seconds",
];

impl Yields {
    /// Returns a table with a row for each server: the work of this run and that of the journal.
    pub(super) fn table(&self) -> DetailsTable {
        let row = |(name, server): (&Arc<str>, &ServerYield)| {
            let mut work = server.work;
            work += server.earlier;
            vec![
                OneLine::new(name).to_string(),
                work.coefficients.to_string(),
                work.relations.to_string(),
                format!("{:.1}", work.time.as_secs_f64()),
                match work.cpu {
                    Duration::ZERO => "-".to_owned(),
                    cpu => format!("{:.1}", cpu.as_secs_f64()),
                },
            ]
        };
        DetailsTable {
            title: "Yield by server",
            columns: COLUMNS,
            rows: self.0.iter().map(row).collect(),
        }
    }

    /// Returns an array with an object for each server.
    pub(super) fn to_json(&self) -> Json {
        let work = |work: &Work| {
            json!({
                "coefficients": work.coefficients,
                "relations": work.relations,
                "seconds": work.time.as_secs_f64(),
                "cpu_seconds": work.cpu.as_secs_f64(),
            })
        };
        let server = |(name, server): (&Arc<str>, &ServerYield)| {
            json!({
                "server": &**name,
                "sieved": work(&server.work),
                "from_journal": work(&server.earlier),
                "put_out": server.is_out,
            })
        };
        self.0.iter().map(server).collect()
    }
}

/// The table, with a line for each server.
impl fmt::Display for Yields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.table();
        let names = table.rows.iter().filter_map(|row| row.first());
        let width = names.map(|name| name.chars().count()).max().unwrap_or(0);
        let width = width.max("server".len());
        let heads = COLUMNS.iter().map(|&head| head.to_owned()).collect();
        for (line, row) in std::iter::once(&heads).chain(&table.rows).enumerate() {
            f.write_str(if line == 0 { "" } else { "\n" })?;
            for (cell, head) in row.iter().zip(COLUMNS) {
                match *head {
                    "server" => write!(f, "{cell:width$}")?,
                    head => write!(f, "  {cell:>0$}", head.len())?,
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use factorizar::Natural;

    use super::*;

    fn yields(servers: &[(&str, u64, u64)]) -> Yields {
        let server = |&(name, coefficients, relations): &(&str, u64, u64)| {
            let time = Duration::from_secs(coefficients);
            let work = Work {
                coefficients,
                relations,
                time,
                cpu: Duration::ZERO,
            };
            let server = ServerYield {
                work,
                ..ServerYield::default()
            };
            (Arc::from(name), server)
        };
        Yields(servers.iter().map(server).collect())
    }

    /// A server may tell any CPU time. That of two calls can be more than a duration holds.
    #[test]
    fn the_cpu_time_that_a_server_tells_may_be_absurd() {
        let mut work = Work::default();
        for _ in 0..2 {
            work += Work {
                cpu: Duration::from_secs_f64(1.5e19),
                time: Duration::from_secs(1),
                ..Work::default()
            };
        }
        assert_eq!(
            (work.cpu, work.time),
            (Duration::MAX, Duration::from_secs(2))
        );
    }

    fn record(server: &str, coefficients: u64) -> SievedRecord {
        SievedRecord {
            n: Natural::from(15u64),
            version: 1,
            range: 0..coefficients,
            server: server.to_owned(),
            time: Duration::from_secs(1),
            cpu: Duration::from_millis(900),
            packed: Vec::new(),
        }
    }

    #[test]
    fn a_server_that_withholds_relations_is_told() {
        for (servers, told) in [
            (&[("a", 10, 1_000), ("b", 10, 980), ("c", 2, 190)][..], ""),
            (
                &[("a", 10, 1_000), ("b", 10, 0), ("c", 2, 190)],
                "b found 0 relations, where the",
            ),
            (&[("a", 10, 1_000), ("b", 1, 0)], ""),
            (&[("a", 10, 0)], ""),
            (&[], ""),
        ] {
            let suspicions: Vec<String> = yields(servers).suspicions().collect();
            assert_eq!(
                suspicions.len(),
                usize::from(!told.is_empty()),
                "{suspicions:?}"
            );
            assert!(suspicions.concat().contains(told), "{suspicions:?}");
        }
    }

    #[test]
    fn the_table_has_a_line_for_each_server() {
        let mut all = yields(&[("host:9000", 10, 1_000), ("b", 2, 3)]);
        all.add_earlier(&record("host:9000", 1), 10);
        let expected = "\
server     coefficients  relations  seconds  CPU seconds
b                     2          3      2.0            -
host:9000            11       1010     11.0          0.9";
        assert_eq!(all.to_string(), expected);
    }
}
