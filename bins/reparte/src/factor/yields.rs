//! The yield of each server: what it has sieved, and how much it has found.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use untrusted_text::OneLine;

use crate::factor::job::Sieved;

/// Relations that a server should have found before its yield is compared.
const COMPARED_FROM: f64 = 200.0;

/// The part of the others' yield below which a server's is told.
const SUSPICIOUS: f64 = 0.7;

/// The part below which a server is put out.
const CERTAIN: f64 = 0.2;

/// The yields of all servers.
#[derive(Debug, Clone, Default)]
pub(super) struct Yields(BTreeMap<Arc<str>, ServerYield>);

/// The yield of a server.
#[derive(Debug, Clone, Default)]
struct ServerYield {
    coefficients: u64,
    relations: u64,
    time: Duration,
    /// The ranges that it has sieved of this number, which others sieve again if it is put out.
    ranges: Vec<Range<u64>>,
    is_out: bool,
}

impl Yields {
    pub(super) fn add(&mut self, sieved: &Sieved) {
        let server = self.0.entry(Arc::clone(&sieved.server)).or_default();
        server.coefficients += sieved.range.end - sieved.range.start;
        server.relations += sieved.relations.len() as u64;
        server.time += sieved.time;
        server.ranges.push(sieved.range.clone());
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

    /// Returns each server whose relations can be compared, how many it has found, and how many
    /// the others would have found in as many polynomials of the same number.
    fn comparison(&self) -> Vec<(Arc<str>, u64, f64)> {
        let total = |value: fn(&ServerYield) -> u64| self.0.values().map(value).sum::<u64>();
        let coefficients = total(|server| server.coefficients);
        let relations = total(|server| server.relations);
        let compared = self.0.iter().map(|(name, server)| {
            let others = (relations - server.relations) as f64;
            let of_others = others / (coefficients - server.coefficients) as f64;
            let expected = server.coefficients as f64 * of_others;
            (Arc::clone(name), server.relations, expected)
        });
        let is_known = |expected: f64| expected.is_finite() && expected >= COMPARED_FROM;
        compared
            .filter(|&(_, _, expected)| is_known(expected))
            .collect()
    }

    /// Adds the yields of another number.
    pub(super) fn extend(&mut self, other: &Yields) {
        for (name, of_number) in &other.0 {
            let server = self.0.entry(Arc::clone(name)).or_default();
            server.coefficients += of_number.coefficients;
            server.relations += of_number.relations;
            server.time += of_number.time;
        }
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

/// A table, with a line for each server.
impl fmt::Display for Yields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.keys().map(|name| OneLine::new(name).to_string());
        let width = names
            .map(|name| name.chars().count())
            .max()
            .unwrap_or(0)
            .max(6);
        write!(f, "{:width$}  coefficients  relations  seconds", "server")?;
        for (name, server) in &self.0 {
            write!(
                f,
                "\n{:width$}  {:12}  {:9}  {:7.1}",
                OneLine::new(name).to_string(),
                server.coefficients,
                server.relations,
                server.time.as_secs_f64()
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yields(servers: &[(&str, u64, u64)]) -> Yields {
        let server = |&(name, coefficients, relations): &(&str, u64, u64)| {
            let time = Duration::from_secs(coefficients);
            let server = ServerYield {
                coefficients,
                relations,
                time,
                ..ServerYield::default()
            };
            (Arc::from(name), server)
        };
        Yields(servers.iter().map(server).collect())
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
        let mut all = yields(&[("host:9000", 10, 1_000)]);
        all.extend(&yields(&[("host:9000", 1, 10), ("b", 2, 3)]));
        let expected = "\
server     coefficients  relations  seconds
b                     2          3      2.0
host:9000            11       1010     11.0";
        assert_eq!(all.to_string(), expected);
    }
}
